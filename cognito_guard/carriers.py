"""Where a credential is found in a request. Knows header values, and no framework.

A carrier is handed a function from a header's name to all raw values of that header in a request,
and returns the credential, ``None`` for none, or raises ``InvalidRequest``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, Protocol, TypeAlias, final

from .errors import ConfigurationError, InvalidRequest, Reason

__all__ = [
    "AuthorizationHeader",
    "Carrier",
    "Cookie",
    "Forwarded",
    "HeaderValues",
    "LoadBalancerHeaders",
]

HeaderValues: TypeAlias = Callable[[str], Sequence[str | bytes]]
"""All raw values of a header, by its lower-case name; bytes, or text decoded as ISO 8859-1."""

# Compiled when first needed, which is seldom: most requests bring one well-formed token or nothing.
#
# RFC 9110, section 5.6.2 (token) and 11.1 (the scheme is a token, matched in any case).
_SCHEME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*"
# RFC 6750, section 2.1, b64token; `=` may follow, but not stand between.
_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
# A comma that no `name=value` follows is not one between parameters (RFC 9110, section 11.4), so
# another header's credential comes after it.
_QUOTED = r'"[^"]*"'
_JOINED = r",(?![ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)"
# RFC 6265, section 4.1.1.
_COOKIE_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"


class Forwarded(NamedTuple):
    """What a load balancer forwards: its signed data, and two plain values that prove nothing."""

    data: str
    access_token: str | None = None
    identity: str | None = None

    def __repr__(self) -> str:
        return "<Forwarded>"


class Carrier(Protocol):
    """One way in which a request can carry a credential."""

    @property
    def ambient(self) -> bool:
        """Whether a browser sends the credential by itself, so that CSRF protection is needed."""
        ...  # pragma: no cover

    def find(self, headers: HeaderValues, /) -> str | Forwarded | None:
        """The credential, or ``None``. Raises :class:`InvalidRequest`."""
        ...  # pragma: no cover


@final
class AuthorizationHeader:
    """``Authorization: Bearer TOKEN`` (RFC 6750, section 2.1).

    WSGI servers, and some others, join repeated headers into one with commas (RFC 9110, section
    5.3). That is recognised, and refused like the headers before they were joined.
    """

    ambient = False

    def find(self, headers: HeaderValues, /) -> str | None:
        """See :meth:`Carrier.find`. Another scheme is no credential of ours."""
        values = headers("authorization")
        if not values:
            return None
        value = _text(values[0]).strip(" \t")
        if len(values) > 1 or ("," in value and re.search(_JOINED, re.sub(_QUOTED, "", value))):
            raise InvalidRequest(
                Reason.MULTIPLE_CREDENTIALS, "The request has more than one Authorization header."
            )
        if value[:7].lower() == "bearer ":
            # No regular expression: on a token it would take ten times as long as all else here.
            token = value[7:].lstrip(" ")
            letters = token.rstrip("=")
            if letters.isascii() and letters and not letters.encode().translate(None, _TOKEN):
                return token
        match = re.match(_SCHEME, value)
        if match is None or match[0].lower() != "bearer":
            return None
        raise InvalidRequest(
            Reason.MALFORMED_AUTHORIZATION,
            "The Authorization header must be the word Bearer, a space and one token.",
        )


@final
class Cookie:
    """A cookie that holds a token. Browsers send it by themselves: protect against CSRF.

    ``name`` is the cookie's name, matched exactly. Raises :class:`ConfigurationError`.
    """

    ambient = True

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not re.fullmatch(_COOKIE_NAME, name):
            raise ConfigurationError("the name of a cookie must be a token as in RFC 6265")
        self.name = name

    def find(self, headers: HeaderValues, /) -> str | None:
        """See :meth:`Carrier.find`."""
        found: list[str] = []
        for line in headers("cookie"):
            for pair in _text(line).split(";"):
                name, separator, value = pair.strip(" \t").partition("=")
                if separator and name == self.name:
                    found.append(value)
        if len(found) > 1:
            raise InvalidRequest(
                Reason.MULTIPLE_CREDENTIALS, "The request has the token's cookie more than once."
            )
        # An emptied cookie is how a sign-out looks before the browser has dropped it.
        return found[0] or None if found else None


@final
class LoadBalancerHeaders:
    """``x-amzn-oidc-data`` and the two headers that come along with it. The session behind them is
    a cookie at the load balancer: protect against CSRF.

    Application Load Balancers user guide, "Authenticate users". No part of ``carriers``: a guard
    looks at these headers if, and only if, it trusts a :class:`~cognito_guard.LoadBalancer`.
    """

    ambient = True

    data: ClassVar[str] = "x-amzn-oidc-data"
    access_token: ClassVar[str] = "x-amzn-oidc-accesstoken"
    identity: ClassVar[str] = "x-amzn-oidc-identity"

    def find(self, headers: HeaderValues, /) -> Forwarded | None:
        """What was forwarded, or ``None``; without data, the others are no credential.

        Raises :class:`InvalidRequest` if one of them is there twice.
        """
        data = _only(headers, self.data)
        if data is None:
            return None
        access_token = _only(headers, self.access_token)
        return Forwarded(data, access_token, _only(headers, self.identity, commas=True))


def _only(headers: HeaderValues, name: str, *, commas: bool = False) -> str | None:
    values = headers(name)
    if not values:
        return None
    value = _text(values[0]).strip(" \t")
    # A server may have put a comma between two headers. A subject may have one of its own.
    if len(values) > 1 or ("," in value and not commas):
        raise InvalidRequest(
            Reason.MULTIPLE_CREDENTIALS, f"The request has more than one {name} header."
        )
    return value


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
