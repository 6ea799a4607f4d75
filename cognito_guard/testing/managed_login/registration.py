"""``/oauth2/register`` (RFC 7591), and clients that are the URL of their metadata.

"Dynamic client registration" in the Amazon Cognito guide, and
draft-ietf-oauth-client-id-metadata-document. What Cognito leaves open is as strict as the RFC
allows.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from ..._support.setting_texts import as_json
from ..clients import LocalClient
from ..web.forms import body_of
from ..wire import Page
from .answers import OAuthError, json_page
from .state import Call, State

__all__ = ["described_client", "register"]

# More than anybody's tests register.
_MAX_CLIENTS = 1000
_MAX_URLS = 10
_MAX_NAME = 128
_METHODS = ("none", "client_secret_basic", "client_secret_post")
_GRANTS = frozenset({"authorization_code", "refresh_token"})
_KINDS = ("native", "web")
# What would need keys, or somebody who vouches for the client.
_REFUSED = ("software_statement", "jwks", "jwks_uri")


def register(state: State, call: Call) -> Page:
    """Add a client that describes itself, and say how it is called."""
    scopes = state.registration_scopes
    if scopes is None:
        raise OAuthError("access_denied", "Registration is off.", HTTPStatus.FORBIDDEN)
    described = _described(call)
    if len(state.clients) >= _MAX_CLIENTS:
        raise OAuthError("temporarily_unavailable", None, HTTPStatus.TOO_MANY_REQUESTS)
    method = described.get("token_endpoint_auth_method", "client_secret_basic")
    secret = None if method == "none" else secrets.token_hex(26)
    client = _client(secrets.token_hex(13), secret, described, scopes)
    state.clients[client.client_id] = client
    answer: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": int(state.pool.clock()),
        "redirect_uris": list(client.callback_urls),
        "grant_types": sorted(_GRANTS),
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        # All of them, whatever the client asked for: it may want more later (step-up).
        "scope": " ".join(scopes),
    }
    if "client_name" in described:
        answer["client_name"] = described["client_name"]
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return json_page(answer, HTTPStatus.CREATED)


def described_client(url: str, document: Mapping[str, Any], scopes: Sequence[str]) -> LocalClient:
    """The client that a metadata document describes (section 4.1 of the draft). Raises
    ``ValueError``."""
    if document.get("client_id") != url:
        raise ValueError("client_id of a metadata document is its own URL, letter by letter")
    if document.get("token_endpoint_auth_method", "none") != "none":
        raise ValueError("the local pool knows metadata documents of public clients only")
    if any(name in document for name in ("client_secret", "client_secret_expires_at")):
        raise ValueError("a metadata document has no secret")
    try:
        return _client(url, None, {**document, "token_endpoint_auth_method": "none"}, scopes)
    except OAuthError as error:
        raise ValueError(json.loads(error.page.body)["error_description"]) from None


def _described(call: Call) -> dict[str, Any]:
    kinds = call.request.values("content-type")
    if len(kinds) != 1 or kinds[0].partition(";")[0].strip().lower() != "application/json":
        raise _wrong("Send the metadata as application/json.")
    try:
        described = as_json(body_of(call.exchange).decode("utf-8"))
    except ValueError:
        described = None
    if not isinstance(described, dict):
        raise _wrong("The metadata is a JSON object with each name once.")
    return described


def _client(
    client_id: str, secret: str | None, described: Mapping[str, Any], scopes: Sequence[str]
) -> LocalClient:
    """The client that is described, if it is one that may register. Raises :class:`OAuthError`."""
    for name in _REFUSED:
        if name in described:
            raise _wrong(f"{name} is not supported.")
    if described.get("token_endpoint_auth_method", _METHODS[1]) not in _METHODS:
        raise _wrong(f"token_endpoint_auth_method is one of {', '.join(_METHODS)}.")
    grants = _texts(described, "grant_types", ["authorization_code"])
    if "authorization_code" not in grants or not set(grants) <= _GRANTS:
        raise _wrong("grant_types are authorization_code and refresh_token.")
    if _texts(described, "response_types", ["code"]) != ["code"]:
        raise _wrong("response_types is code.")
    if described.get("application_type", "web") not in _KINDS:
        raise _wrong("application_type is native or web.")
    name = described.get("client_name", "-")
    if not isinstance(name, str) or not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise _wrong("client_name is a text that can be seen.")
    wanted = described.get("scope", "")
    if not isinstance(wanted, str) or not set(wanted.split()) <= set(scopes):
        raise _wrong(f"scope is of {' '.join(scopes)}.")
    urls = _texts(described, "redirect_uris", [])
    if not 1 <= len(urls) <= _MAX_URLS or len(set(urls)) != len(urls):
        raise _wrong(f"redirect_uris are 1 to {_MAX_URLS} URLs.", "invalid_redirect_uri")
    try:
        return LocalClient(client_id, secret, callback_urls=urls, scopes=list(scopes))
    except ValueError as problem:
        raise _wrong(f"{problem}.", "invalid_redirect_uri") from None


def _texts(described: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    found = described.get(name, default)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _wrong(f"{name} is a list of texts.")
    return found


def _wrong(description: str, error: str = "invalid_client_metadata") -> OAuthError:
    return OAuthError(error, description)
