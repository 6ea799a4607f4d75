"""trust_authorizer: who is calling by the word of an authorizer, in the formats that AWS has.

API Gateway turns every claim into a text, and not always in a way that can be undone. What can be
read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, final, get_args

from cognito_guard import ConfigurationError, Guard, Identity, InvalidToken, Reason, UserPool

from .context import claims_of_context, put_roles, whole_number
from .events import AuthorizerKind, Event, Kind, kind_of
from .outcome import Outcome

__all__ = [
    "checked_authorizer",
    "read_word",
    "trust_authorizer",
    "trust_word",
]

_TIMES = ("exp", "iat", "auth_time", "nbf")
_LISTS = ("cognito:groups", "cognito:roles", "amr")
# `Wed Jul 22 04:44:04 UTC 2026`, whatever the locale of this process calls its days.
_DATE = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) UTC (\d{4})", re.ASCII
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

_Context: TypeAlias = Mapping[str, Any]


def trust_authorizer(
    guard: Guard,
    event: Event,
    authorizer: AuthorizerKind,
    *,
    no_commas_in_groups: bool = False,
) -> Identity:
    """Return the sender of the request in ``event``, as reported by the authorizer in front of this
    function.

    **No token is verified here.** Anybody who can call the function without that authorizer can
    pretend to be anybody. So can anybody behind it, if the integration is not a Lambda proxy
    integration. :func:`authenticate` needs no such trust, and has the claims with their own types.

    ``authorizer``
        ``"cognito"``: a REST API's authorizer for user pools. ``"jwt"``: an HTTP API's JWT
        authorizer. ``"lambda"``: an :class:`Authorizer` of this package, also for messages of a
        WebSocket. ``"appsync"``: AppSync's own authorization with user pools.
    ``no_commas_in_groups``
        A REST API joins groups with commas, and a group name may contain one: ``x,admins`` looks
        like ``x`` and ``admins``. A comma is refused (``malformed_claim``). Pass ``True`` only if
        you make sure that no group of the pool has a comma in its name.

    The guard checks everything else on the claims: issuer, client, ``token_use``, times, revocation
    and your own checks. ``identity.source`` is ``"authorizer"``.

    Raises :class:`~cognito_guard.MissingCredentials` if the event contains nothing from an
    authorizer, :class:`~cognito_guard.InvalidToken`, and
    :class:`~cognito_guard.ConfigurationError` for an event that cannot come from such an
    authorizer.
    """
    pools = guard.user_pools
    word = Outcome(read_word, event, authorizer, pools, no_commas_in_groups=no_commas_in_groups)
    del event  # it has claims, which no frame of ours shows to who reports an error
    return trust_word(guard, word.get())


@final
class _Word:
    """What an authorizer has said, in a ``repr`` that says nothing of it."""

    __slots__ = ("claims",)

    def __init__(self, claims: dict[str, Any]) -> None:
        self.claims = claims


def trust_word(guard: Guard, word: _Word | None) -> Identity:
    """Who is calling, if anything was said."""
    if word is None:
        raise guard.missing_credentials()
    return guard.trust_claims(word.claims)


def read_word(
    event: Event,
    authorizer: AuthorizerKind,
    pools: Iterable[UserPool],
    *,
    no_commas_in_groups: bool = False,
) -> _Word | None:
    """What an authorizer says in an event, for a guard of these pools. Raises as
    :func:`trust_authorizer`."""
    reader = checked_authorizer(authorizer, no_commas_in_groups)
    claims = reader(event, kind_of(event))
    if claims is None:
        return None
    if authorizer == "lambda":
        put_roles(claims, pools)
    groups = claims.get("cognito:groups")
    if authorizer == "cognito" and isinstance(groups, str):
        if "," in groups and not no_commas_in_groups:
            raise InvalidToken(
                Reason.MALFORMED_CLAIM, "Groups that are joined with commas cannot be told apart."
            )
        claims["cognito:groups"] = groups.split(",") if groups else []
    return _Word(claims)


def checked_authorizer(
    authorizer: object, no_commas_in_groups: object
) -> Callable[[Event, Kind], dict[str, Any] | None]:
    """What reads the word of an authorizer. Raises :class:`ConfigurationError`."""
    if not isinstance(no_commas_in_groups, bool):
        raise ConfigurationError("no_commas_in_groups must be True or False")
    if not isinstance(authorizer, str) or authorizer not in _READERS:
        known = ", ".join(f'"{name}"' for name in get_args(AuthorizerKind))
        raise ConfigurationError(f"the authorizer to trust must be one of {known}")
    return _READERS[authorizer]


def _of_cognito(event: Event, kind: Kind) -> dict[str, Any] | None:
    if kind is not Kind.PAYLOAD_1 or "version" in event:
        raise _stands_elsewhere("a REST API's authorizer for user pools")
    claims = _member(_member(_member(event, "requestContext"), "authorizer"), "claims")
    return None if claims is None else _typed(claims, dict.fromkeys(_TIMES, _moment))


def _of_jwt(event: Event, kind: Kind) -> dict[str, Any] | None:
    if kind is Kind.PAYLOAD_2:
        said = _member(_member(_member(event, "requestContext"), "authorizer"), "jwt")
    elif kind is Kind.PAYLOAD_1 and "version" in event:
        said = _member(_member(event, "requestContext"), "authorizer")
    else:
        raise _stands_elsewhere("an HTTP API's JWT authorizer")
    claims = _member(said, "claims")
    if claims is None:
        return None
    own: dict[str, Callable[[str], object]] = dict.fromkeys(_TIMES, whole_number)
    return _typed(claims, {**own, **dict.fromkeys(_LISTS, _bracketed)})


def _of_lambda(event: Event, kind: Kind) -> dict[str, Any] | None:
    if kind is Kind.APPSYNC:
        context = _member(_member(event, "identity"), "resolverContext")
    elif kind is Kind.LOAD_BALANCER:
        raise _stands_elsewhere("a Lambda authorizer")
    else:
        context = _member(_member(event, "requestContext"), "authorizer")
        context = _member(context, "lambda") if kind is Kind.PAYLOAD_2 else context
    # Without a subject, it is another authorizer's word.
    return None if context is None or "sub" not in context else claims_of_context(context)


def _of_appsync(event: Event, kind: Kind) -> dict[str, Any] | None:
    if kind is not Kind.APPSYNC:
        raise _stands_elsewhere("AppSync's authorization with user pools")
    claims = _member(_member(event, "identity"), "claims")
    return None if claims is None else dict(claims)


_READERS: Mapping[str, Callable[[Event, Kind], dict[str, Any] | None]] = {
    "cognito": _of_cognito,
    "jwt": _of_jwt,
    "lambda": _of_lambda,
    "appsync": _of_appsync,
}


def _member(context: _Context | None, name: str) -> _Context | None:
    """A member that is an object; ``None`` where it is not there, or ``null``."""
    value = None if context is None else context.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise ConfigurationError("the event has an authorizer's answer in a form that AWS does not")
    return value


def _typed(claims: _Context, types: Mapping[str, Callable[[str], object]]) -> dict[str, Any]:
    """Claims that are all texts, with some of them as what they were. ``null`` is no claim."""
    typed: dict[str, Any] = {}
    for name, value in claims.items():
        if value is None:
            continue
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationError("an authorizer of API Gateway tells every claim as a text")
        typed[name] = types[name](value) if name in types else value
    return typed


# What these cannot read stays a text, and is refused as malformed where another type belongs.


def _moment(value: str) -> object:
    """The seconds since 1970 of a date, or of a text that has them."""
    match = _DATE.fullmatch(value)
    if match is None or match[1] not in _MONTHS:
        return whole_number(value)
    month = _MONTHS.index(match[1]) + 1
    day, hour, minute, second, year = map(int, match.groups()[1:])
    try:
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp())
    except ValueError:  # no such day
        return value


def _bracketed(value: str) -> object:
    """A list of names without spaces, which is told as ``[a b]``. Cognito allows none in a name;
    what a trigger writes is for the user to see to, as the docs say."""
    if not (value.startswith("[") and value.endswith("]") and len(value) > 1):
        return value
    names = value[1:-1].split(" ") if len(value) > 2 else []
    return names if all(names) else value


def _stands_elsewhere(what: str) -> ConfigurationError:
    return ConfigurationError(f"{what} does not stand before this function: the event is another's")
