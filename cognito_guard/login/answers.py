"""What is sent to the token endpoint, and what comes back: RFC 6749, sections 5.1 and 5.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from .._support.arguments import printable
from .._support.setting_texts import as_json
from ..network.post import Answer
from .errors import LoginFailed
from .reasons import LoginReason
from .secrecy import Secretive

__all__ = ["Post", "Tokens", "error_of", "tokens_of"]

# RFC 6749, section 5.2, and RFC 7009, section 2.2.1: what may be repeated in a log.
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_token_type",
        "invalid_scope",
    }
)
_OF_THE_CLIENT = frozenset({"invalid_client", "unauthorized_client"})


@final
class Post(Secretive):
    """A form to post, and the ``Authorization`` to send with it."""

    __slots__ = ("authorization", "fields", "url")

    def __init__(self, url: str, fields: Mapping[str, str], authorization: str | None) -> None:
        self.url = url
        self.fields = fields
        self.authorization = authorization


@final
class Tokens(Secretive):
    """What the token endpoint gave, none of it verified."""

    __slots__ = ("access", "id", "refresh")

    def __init__(self, access: str, id: str | None, refresh: str | None) -> None:
        self.access = access
        self.id = id
        self.refresh = refresh


def tokens_of(answer: Answer, *, grant_refused: LoginReason) -> Tokens:
    """The tokens of a good answer. ``grant_refused``: what ``invalid_grant`` means here.

    Raises :class:`LoginFailed`.
    """
    found = _members(answer) if answer.status == 200 else None
    if found is None:
        raise _failure(answer, grant_refused)
    kind = found.get("token_type")
    access = _token(found, "access_token")
    if access is None or not isinstance(kind, str) or kind.lower() != "bearer":
        raise LoginFailed(
            LoginReason.LOGIN_UNAVAILABLE,
            "The token endpoint's answer has no access token of the type Bearer.",
        )
    return Tokens(access, _token(found, "id_token"), _token(found, "refresh_token"))


def error_of(answer: Answer) -> str | None:
    """The error that an answer names, if it is one that a standard knows."""
    found = _members(answer)
    error = None if found is None else found.get("error")
    return error if isinstance(error, str) and error in _ERRORS else None


def _failure(answer: Answer, grant_refused: LoginReason) -> LoginFailed:
    status = answer.status
    error = error_of(answer) if 400 <= status < 500 else None
    if error == "invalid_grant" and status == 400:
        return LoginFailed(grant_refused)
    if error in _OF_THE_CLIENT:
        return LoginFailed(LoginReason.CLIENT_REFUSED)
    if status == 200:
        said = "an answer that is not a JSON object"
    else:
        said = f"status {status}" + (f" ({error})" if error else "")
    return LoginFailed(LoginReason.LOGIN_UNAVAILABLE, f"The token endpoint returned {said}.")


def _token(found: dict[str, Any], name: str) -> str | None:
    """RFC 6749, appendix A.12 and A.17: printable ASCII."""
    value = found.get(name)
    if isinstance(value, str) and value and printable(value):
        return value
    return None


def _members(answer: Answer) -> dict[str, Any] | None:
    try:
        found = as_json(answer.body.decode("utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
