"""What the calls of the user pool API share: errors, and how what is asked is read."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from ...identity import Identity
from ..clients import LocalClient
from .answers import json_page
from .live import NotOwned, owner
from .state import State

__all__ = [
    "API_JSON",
    "API_SCOPE",
    "ApiError",
    "Json",
    "api_client",
    "api_owner",
    "check_secret_hash",
    "invalid",
    "metadata",
    "text",
    "unauthorized",
]

API_SCOPE = "aws.cognito.signin.user.admin"
API_JSON = "application/x-amz-json-1.1"

Json = Mapping[str, Any]


class ApiError(Exception):
    """The API refuses."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(name)
        self.page = json_page(
            {"__type": name, "message": message},
            HTTPStatus.BAD_REQUEST,
            f"x-amzn-ErrorType: {name}:",
        )._replace(content_type=API_JSON)


def api_owner(state: State, asked: Json) -> Identity:
    """Who asks, by the access token. Raises :class:`ApiError`."""
    try:
        identity = owner(state, text(asked, "AccessToken"))
    except NotOwned as no:
        raise ApiError(no.name, no.message) from None
    if API_SCOPE not in identity.scopes:
        raise unauthorized("Access Token does not have required scopes")
    return identity


def api_client(state: State, asked: Json) -> LocalClient:
    """The app client that asks, which is for users. Raises :class:`ApiError`."""
    client = state.clients.get(text(asked, "ClientId"))
    if client is None or client.machine:
        raise ApiError("ResourceNotFoundException", "There is no such user pool client.")
    return client


def check_secret_hash(client: LocalClient, username: str, given: object) -> None:
    """Whether a confidential client has shown its secret. Raises :class:`ApiError`."""
    if client.secret is not None:
        digest = hmac.digest(client.secret.encode(), (username + client.client_id).encode(), sha256)
        if b64encode(digest).decode() != given:
            raise unauthorized("The secret hash is not good.")


def metadata(asked: Json) -> dict[str, str] | None:
    """``ClientMetadata``, which is for triggers. Raises :class:`ApiError`."""
    value = asked.get("ClientMetadata")
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise invalid("ClientMetadata")
    return value


def text(asked: Json, name: str) -> str:
    """A member that is a text of one letter or more."""
    value = asked.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise invalid(name)
    return value


def invalid(name: str) -> ApiError:
    """A member that is not as it should be."""
    return ApiError("InvalidParameterException", f"{name} is missing, or not good.")


def unauthorized(message: str) -> ApiError:
    """NotAuthorizedException, which says many things."""
    return ApiError("NotAuthorizedException", message)
