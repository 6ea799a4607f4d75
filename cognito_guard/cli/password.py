"""Signs in with user name and password: InitiateAuth, USER_PASSWORD_AUTH."""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64encode
from getpass import getpass
from hashlib import sha256
from typing import Any

from ..errors import ConfigurationError
from ..network.call import Call, FetchFailed, call

__all__ = ["Refusal", "with_password"]

_TARGET = "AWSCognitoIdentityProviderService.InitiateAuth"
_WORD = re.compile(r"[A-Za-z_]{1,64}")


class Refusal(Exception):
    """The user pool gives no token."""


def with_password(origin: str, client_id: str, secret: str | None, username: str) -> str:
    """The access token of a user, whose password is asked for.

    Raises :class:`Refusal`, :class:`FetchFailed`, and :class:`ConfigurationError` where there is
    nobody to ask, or the name is no text.
    """
    try:
        username.encode()
    except UnicodeEncodeError:  # of bytes that are no text in the terminal's encoding
        raise ConfigurationError("--username must be a text") from None
    parameters = {"USERNAME": username, "PASSWORD": _password(username)}
    if secret is not None:
        digest = hmac.digest(secret.encode(), (username + client_id).encode(), sha256)
        parameters["SECRET_HASH"] = b64encode(digest).decode("ascii")
    asked = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": client_id,
        "AuthParameters": parameters,
    }
    answer = call(f"{origin}/", Call(_TARGET, asked))
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict) or answer.status >= 500:
        raise FetchFailed(f"status {answer.status}; this is not an answer of the user pool API")
    result = found.get("AuthenticationResult")
    token = result.get("AccessToken") if isinstance(result, dict) else None
    if isinstance(token, str):
        return token
    raise Refusal(_reason(found))


def _password(username: str) -> str:
    try:
        return getpass(f"Password of {username}: ")
    except (AttributeError, EOFError):  # the first, where standard input is closed
        raise ConfigurationError("there is no terminal to ask for the password") from None


def _reason(found: dict[str, Any]) -> str:
    challenge, error = found.get("ChallengeName"), found.get("__type")
    if isinstance(challenge, str) and _WORD.fullmatch(challenge):
        return f"the user pool asks for more than a password ({challenge}); use the browser"
    if isinstance(error, str) and _WORD.fullmatch(name := error.rpartition("#")[2]):
        return f"the user pool answers {name}"
    return "the user pool returned no token"
