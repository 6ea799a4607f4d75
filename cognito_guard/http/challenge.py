"""An error -> status, headers and body of the HTTP answer: RFC 6750, 9457, 9470 and 9728."""

import json
from typing import Any, NamedTuple

from .._support.arguments import printable
from ..errors import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    MissingCredentials,
    StepUpRequired,
)

__all__ = ["Challenge", "challenge", "check_docs_url", "check_realm"]

_Row = tuple[type[AuthError] | type[KeysUnavailable], int, str, str | None]

# The error, its status, the title of the status, and the code of RFC 6750, section 3.1 (RFC 9470
# for the sign-in, RFC 6749, section 4.1.2.1 for the keys).
_TABLE: tuple[_Row, ...] = (
    (MissingCredentials, 401, "Unauthorized", None),
    (InvalidRequest, 400, "Bad Request", "invalid_request"),
    (InvalidToken, 401, "Unauthorized", "invalid_token"),
    (StepUpRequired, 401, "Unauthorized", "insufficient_user_authentication"),
    (AccessDenied, 403, "Forbidden", "insufficient_scope"),
    (KeysUnavailable, 503, "Service Unavailable", "temporarily_unavailable"),
)


class Challenge(NamedTuple):
    """The response to a refused request. An adapter copies it and adds nothing.

    ``headers`` are pairs of name and value, without that of the body, which is
    ``Content-Type: application/problem+json``; ``problem`` is the body before it became JSON. It
    has a ``type`` if the guard has a ``docs_url``; otherwise the type is ``about:blank`` (RFC 9457,
    section 4.2.1), which is left out.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    problem: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The problem details (RFC 9457) as JSON in UTF-8."""
        return json.dumps(self.problem).encode("utf-8")

    @property
    def summary(self) -> dict[str, Any]:
        """``detail``, ``reason`` and ``error`` of the problem, and ``type`` if it has one: for
        frameworks that render errors in their own format."""
        names = ("detail", "reason", "error", "type")
        return {name: self.problem[name] for name in names if name in self.problem}


def challenge(
    error: AuthError | KeysUnavailable,
    *,
    realm: str | None = None,
    vary: str = "Authorization",
    metadata_url: str | None = None,
    docs_url: str | None = None,
) -> Challenge:
    """The answer to a request that failed with ``error``. ``vary`` names the headers that a
    credential may be in; ``metadata_url`` is that of the protected resource metadata (RFC 9728,
    section 5.1). No header is there twice. ``docs_url``: the page with a section for each
    reason."""
    status, title, code = next(
        (status, title, code) for kind, status, title, code in _TABLE if isinstance(error, kind)
    )
    problem = {
        "status": status,
        "title": title,
        "detail": error.detail,
        "error": code,
        "reason": str(error.reason),
    }
    if docs_url is not None:
        problem = {"type": f"{docs_url}#{error.reason}", **problem}
    headers = [("Cache-Control", "no-store"), ("Vary", vary)]
    if isinstance(error, KeysUnavailable):
        headers.insert(0, ("Retry-After", str(error.retry_after)))
    else:
        value = _www_authenticate(error, code, realm, metadata_url)
        headers.insert(0, ("WWW-Authenticate", value))
    if isinstance(error, InvalidToken) and error.set_cookie is not None:
        # Otherwise the browser would bring it again, and no page could let its user sign in.
        headers.append(("Set-Cookie", error.set_cookie))
    return Challenge(status, tuple(headers), problem)


def check_docs_url(value: object) -> None:
    """That it is the address of a page, whose sections explain the reasons. Raises
    :class:`ConfigurationError`."""
    whole = value if isinstance(value, str) else ""
    if (
        not whole.startswith(("https://", "http://"))
        or not printable(whole)
        or set(whole) & set(' #"')
    ):
        raise ConfigurationError(
            "docs_url must be the http(s) address of a page, without a fragment"
        )


def check_realm(realm: object) -> None:
    """That it can stand between quotation marks. Raises :class:`ConfigurationError`."""
    if (
        not isinstance(realm, str)
        or not realm
        or any(not " " <= character <= "~" or character in '"\\' for character in realm)
    ):
        raise ConfigurationError('realm must be printable ASCII without " and \\')


def _www_authenticate(
    error: AuthError, code: str | None, realm: str | None, metadata_url: str | None
) -> str:
    step_up = error if isinstance(error, StepUpRequired) else None
    parameters = {
        "realm": realm,
        "error": code,
        "error_description": error.detail if isinstance(error, InvalidToken) else None,
        "scope": " ".join(error.scopes) or None if isinstance(error, AccessDenied) else None,
        "acr_values": " ".join(step_up.acr_values) or None if step_up else None,
        "max_age": step_up.max_age if step_up else None,
        "resource_metadata": metadata_url,
    }
    text = ", ".join(
        f'{name}="{_quotable(str(value))}"'
        for name, value in parameters.items()
        if value is not None
    )
    return f"Bearer {text}" if text else "Bearer"


def _quotable(text: str) -> str:
    """RFC 6750, section 3: printable ASCII without the quotation mark and the backslash.

    A check of the user's may say anything; it must not break out of the header.
    """
    # As nearly all are, and a flood of bad tokens has one in each answer.
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join("'" if c in '"\\' else c if " " <= c <= "~" else "?" for c in text)
