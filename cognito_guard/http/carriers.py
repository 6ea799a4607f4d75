"""Where a credential is found in a request. Knows header values, and no framework.

A carrier is handed a function from a header's name to all raw values of that header in a request,
and returns the credential, ``None`` for none, or raises ``InvalidRequest``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Protocol, TypeAlias, final

from ..errors import ConfigurationError, InvalidRequest, MissingCredentials, Reason
from ..identity import distinct

__all__ = [
    "AuthorizationHeader",
    "Carrier",
    "Cookie",
    "Credential",
    "Forwarded",
    "Header",
    "HeaderItems",
    "HeaderValues",
    "LoadBalancerHeaders",
    "check_carriers",
    "find_credential",
    "values_of",
    "vary",
]

HeaderValues: TypeAlias = Callable[[str], Sequence[str | bytes]]
"""All raw values of a header, by its lower-case name; bytes, or text decoded as ISO 8859-1."""


class HeaderItems(Protocol):
    """Headers with their names: a mapping, or the headers of a framework."""

    def items(self) -> Iterable[tuple[str, str | list[str] | None]]:
        """Each name, in any case, with a value, a list of values, or ``None`` for no header."""
        ...  # pragma: no cover


# Compiled when first needed, which is seldom: most requests bring one well-formed token or nothing.
#
# RFC 9110, section 5.6.2 (token) and 11.1 (the scheme is a token, matched in any case).
_SCHEME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*"
# RFC 6750, section 2.1, b64token; `=` may follow, but not stand between.
_TOKEN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
_WORD = ("Bearer ", "bearer ")
# A comma that no `name=value` follows is not one between parameters (RFC 9110, section 11.4), so
# another header's credential comes after it.
_QUOTED = r'"[^"]*"'
_JOINED = r",(?![ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=)"
# Headers that mean something else, or that another carrier reads by its own rules.
_TAKEN = ("authorization", "connection", "cookie", "forwarded", "host", "te", "trailer", "upgrade")
_TAKEN_PREFIXES = (
    *("access-control-", "content-", "proxy-", "sec-", "set-cookie", "transfer-"),
    *("x-amzn-oidc-", "x-forwarded-"),
)
# RFC 9110, section 5.6.2, without the underscore: servers drop such headers, or mix them up.
_HEADER_NAME = r"[!#$%&'*+\-.^`|~0-9a-z]+"
# RFC 6265, section 4.1.1.
_COOKIE_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_COOKIE_PATH = r"/[!-:<-~]*"
_COOKIE_DOMAIN = r"\.?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}


@final
class Forwarded:
    """What a load balancer forwards: its signed data, and two plain values that prove nothing."""

    # No tuple: error reports show the members of one, whatever its `repr`.
    __slots__ = ("access_token", "data", "identity")

    def __init__(
        self, data: str, access_token: str | None = None, identity: str | None = None
    ) -> None:
        self.data = data
        self.access_token = access_token
        self.identity = identity

    def __repr__(self) -> str:
        return f"<Forwarded {distinct(self.data, self.access_token, self.identity)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Forwarded):
            return NotImplemented
        return (self.data, self.access_token, self.identity) == (
            other.data,
            other.access_token,
            other.identity,
        )

    def __hash__(self) -> int:
        return hash(self.data)


class Carrier(Protocol):
    """One way in which a request can carry a credential."""

    @property
    def ambient(self) -> bool:
        """Whether browsers send the credential automatically, so that CSRF protection is needed."""
        ...  # pragma: no cover

    def find(self, headers: HeaderValues, /) -> str | Forwarded | None:
        """The credential, or ``None``. Raises :class:`InvalidRequest`; ``MissingCredentials`` means
        the same as ``None``."""
        ...  # pragma: no cover


@final
class Credential:
    """The credential of a request, unverified, and the carrier that found it.

    ``others``: the other credentials of the request, for another kind of trusted party.
    """

    # No tuple: error reports show the members of one, whatever its `repr`.
    __slots__ = ("carrier", "others", "value")

    def __init__(
        self,
        value: str | Forwarded,
        carrier: Carrier,
        others: tuple[Credential, ...] = (),
    ) -> None:
        self.value = value
        self.carrier = carrier
        self.others = others

    @property
    def ambient(self) -> bool:
        """Whether browsers send it automatically, so that the request may be forged across
        sites."""
        return self.carrier.ambient

    def __repr__(self) -> str:
        return f"<Credential in {self.carrier!r}; {distinct(self.value, self.others)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        return (self.value, self.carrier, self.others) == (other.value, other.carrier, other.others)

    def __hash__(self) -> int:
        return hash(self.value)


@final
class AuthorizationHeader:
    """``Authorization: Bearer TOKEN`` (RFC 6750, section 2.1).

    WSGI servers, and some others, join repeated headers into one with commas (RFC 9110, section
    5.3). Joined headers are recognized, and refused like separate ones.
    """

    ambient = False

    def find(self, headers: HeaderValues, /) -> str | None:
        """See :meth:`Carrier.find`. Another scheme is not a credential here."""
        return self.examine(values_of(headers, "authorization"))

    @staticmethod
    def glance(values: Sequence[str | bytes]) -> str:
        """What stands behind the word Bearer, unexamined; nothing where the values are not one.

        If this is the text of a token that was verified before, then :meth:`examine` returns the
        same: such a text has letters, digits, ``-``, ``_`` and dots, and nothing else.
        """
        if len(values) != 1:
            return ""
        text = values[0].decode("latin-1") if type(values[0]) is bytes else values[0]
        # As nearly everybody spells it. What is spelt otherwise is examined.
        return text[7:] if type(text) is str and text.startswith(_WORD) else ""

    @staticmethod
    def examine(values: Sequence[str | bytes]) -> str | None:
        """As :meth:`find`, for all values of the header."""
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
class Header:
    """A header that holds a token and nothing else, such as ``x-id-token``.

    Browsers do not set it by themselves, so it needs no protection against CSRF. ``name`` is
    matched in any case. Raises :class:`ConfigurationError` for a name that no header can have, and
    for one that means something else: ``Authorization`` and cookies have their own carriers, and
    the headers of a load balancer are trusted only through a :class:`~cognito_guard.LoadBalancer`.
    """

    ambient = False

    def __init__(self, name: str) -> None:
        lower = name.lower() if isinstance(name, str) and name.isascii() else ""
        if not re.fullmatch(_HEADER_NAME, lower):
            raise ConfigurationError("the name of a header is a token as in RFC 9110, without _")
        if lower in _TAKEN or lower.startswith(_TAKEN_PREFIXES):
            raise ConfigurationError(
                f"the header {lower} has another meaning; take one of your own"
            )
        self.name = lower

    def find(self, headers: HeaderValues, /) -> str | None:
        """See :meth:`Carrier.find`. An empty header is an error: it is neither a token nor
        absent."""
        token = _one(self.name, values_of(headers, self.name))
        if token is None:
            return None
        letters = token.rstrip("=")
        if letters.isascii() and letters and not letters.encode().translate(None, _TOKEN):
            return token
        raise InvalidRequest(
            Reason.MALFORMED_AUTHORIZATION,
            f"The {self.name} header must be one token and nothing else.",
        )


@final
class Cookie:
    """A cookie that holds a token. Browsers send it automatically: protect against CSRF.

    ``name`` is the cookie's name, matched exactly. ``path``, ``domain`` and ``samesite``
    (``"lax"``, ``"strict"`` or ``"none"``) must be the values that you set the cookie with. If its
    token is refused, the browser is told to delete the cookie, and it deletes only a cookie with
    the same path and domain (RFC 6265, section 5.3). Raises :class:`ConfigurationError`.
    """

    ambient = True

    def __init__(
        self,
        name: str,
        *,
        path: str = "/",
        domain: str | None = None,
        samesite: str | None = None,
    ) -> None:
        if not isinstance(name, str) or not re.fullmatch(_COOKIE_NAME, name):
            raise ConfigurationError("the name of a cookie must be a token as in RFC 6265")
        self.name = name
        self.deletion = _deletion(name, path, domain, samesite)
        """The value of the ``Set-Cookie`` header that makes a browser drop the cookie."""

    def find(self, headers: HeaderValues, /) -> str | None:
        """See :meth:`Carrier.find`."""
        found: list[str] = []
        for line in values_of(headers, "cookie"):
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
    """``x-amzn-oidc-data`` and the two headers that are sent with it. The session behind them is a
    cookie at the load balancer: protect against CSRF.

    Application Load Balancers user guide, "Authenticate users". Do not list it in ``carriers``: a
    guard reads these headers if, and only if, it trusts a :class:`~cognito_guard.LoadBalancer`.
    """

    ambient = True

    data: ClassVar[str] = "x-amzn-oidc-data"
    access_token: ClassVar[str] = "x-amzn-oidc-accesstoken"
    identity: ClassVar[str] = "x-amzn-oidc-identity"

    def find(self, headers: HeaderValues, /) -> Forwarded | None:
        """What was forwarded, or ``None``; without the data, the other headers are no credential.
        Raises :class:`InvalidRequest` if one of them occurs twice.
        """
        # All are asked for before one is kept: what asks may be a user's code and fail.
        data, access_token, identity = (
            values_of(headers, self.data),
            values_of(headers, self.access_token),
            values_of(headers, self.identity),
        )
        if not data:
            return None
        return Forwarded(
            _one(self.data, data) or "",
            _one(self.access_token, access_token),
            _one(self.identity, identity, commas=True),
        )


def find_credential(carriers: Iterable[Carrier], headers: HeaderValues) -> Credential | None:
    """The credential that one of the carriers finds, or ``None``. Raises :class:`InvalidRequest` if
    two of them find one."""
    found: Credential | None = None
    for carrier in carriers:
        one = _carried(carrier, headers)
        if found is None:
            found = one
        elif one is not None:
            raise InvalidRequest(
                Reason.MULTIPLE_CREDENTIALS, "The request carries a token in more than one place."
            )
    return found


def _carried(carrier: Carrier, headers: HeaderValues) -> Credential | None:
    try:
        value = carrier.find(headers)
    except MissingCredentials:
        value = None  # so it says, and the next carrier is asked
    if value is None:
        return None
    if not isinstance(value, str | Forwarded):
        # A header's value is bytes under one server and text under another. A carrier that hands
        # it on would refuse every caller, with a reason that blames the token.
        raise TypeError(
            f"{type(carrier).__name__}.find must return text or None, not {type(value).__name__}"
        )
    return Credential(value, carrier)


def vary(carriers: Iterable[Carrier]) -> tuple[str, ...]:
    """The headers that the carriers look at, as they say when asked about an empty request."""
    names = {"authorization": None}

    def note(name: str) -> tuple[str, ...]:
        names[name.lower()] = None
        return ()

    for carrier in carriers:
        try:  # noqa: SIM105  # as in `silence`
            carrier.find(note)
        except Exception:  # noqa: BLE001, S110  # of the user: fails again where there is a request
            pass
    return tuple(name.title() for name in names)


def check_carriers(carriers: Iterable[Carrier]) -> tuple[Carrier, ...]:
    """The carriers, if they are ones that a user may give. Raises :class:`ConfigurationError`."""
    if not isinstance(carriers, Iterable):
        raise ConfigurationError("carriers must be a list")
    listed = tuple(carriers)
    if not listed:
        raise ConfigurationError("carriers must not be empty")
    for carrier in listed:
        finds = callable(getattr(carrier, "find", None))
        # A text can find, too, and a class can, but neither says whether browsers send it along.
        says = isinstance(getattr(carrier, "ambient", None), bool)
        known = not isinstance(carrier, type | LoadBalancerHeaders)
        if not finds or not says or not known:
            raise ConfigurationError("each of carriers must be one, such as Cookie(name)")
    return listed


def _deletion(name: str, path: object, domain: object, samesite: object) -> str:
    if not isinstance(path, str) or not re.fullmatch(_COOKIE_PATH, path):
        raise ConfigurationError('the path of a cookie must start with "/", without ; and spaces')
    if domain is not None and (
        not isinstance(domain, str) or not re.fullmatch(_COOKIE_DOMAIN, domain)
    ):
        raise ConfigurationError("the domain of a cookie must be a host name")
    if samesite is not None and (
        not isinstance(samesite, str) or samesite.lower() not in _SAME_SITE
    ):
        raise ConfigurationError('the samesite of a cookie must be "lax", "strict" or "none"')
    same_site = None if samesite is None else _SAME_SITE[samesite.lower()]
    # RFC 6265bis, section 4.1.3: with these names, a browser takes the header only if it says so.
    prefixed = name.lower().startswith(("__host-", "__secure-"))
    if name.lower().startswith("__host-") and (path != "/" or domain is not None):
        raise ConfigurationError('a cookie whose name starts with __Host- has the path "/" only')
    parts = [
        f"{name}=",
        "expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Max-Age=0",
        f"Path={path}",
        *([] if domain is None else [f"Domain={domain}"]),
        *([] if same_site is None else [f"SameSite={same_site}"]),
        *(["Secure"] if prefixed or same_site == "None" else []),
    ]
    return "; ".join(parts)


def values_of(headers: HeaderValues, name: str) -> Sequence[str | bytes]:
    """All raw values of a header, from a function that gives them as a list."""
    values = headers(name)
    if type(values) is not list:
        if isinstance(values, str | bytes):
            del values
            # Its first letter would be taken for the first header, and every caller for anonymous.
            raise TypeError("the function that gives a header's values must give a list of them")
        return values or ()  # as a mapping's `get` says that there is none
    return values


def _one(name: str, values: Sequence[str | bytes], *, commas: bool = False) -> str | None:
    """The value of a header that has at most one."""
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
