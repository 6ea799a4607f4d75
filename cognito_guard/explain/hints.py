"""What helps: why a claim is not what it should be, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidToken
from ..keys import KeySet
from ..keys.health import KeyHealth, health_of
from ..keys.remote import RemoteKeySet
from ..keys.sibling import SiblingKeySet
from ..keys.static import FixedKeys
from ..network.proxies import is_loopback
from ..tokens.user_pool import aws_home
from . import words
from .text import Text

__all__ = [
    "by_leeway",
    "client",
    "clock_behind",
    "expiry",
    "expiry_of_data",
    "groups",
    "issuer",
    "resource",
    "signature",
    "signer",
    "time_in",
    "token_use",
    "unavailable",
    "unknown_key",
    "unknown_key_of_data",
]

Claims = Mapping[str, Any]

# 2001 in milliseconds: seconds that are as many are beyond every calendar.
_MILLISECONDS = 10**12
# An ARN of a load balancer: `arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:...`.
_REGION, _ACCOUNT = 3, 4


def by_leeway(leeway: float) -> str:
    """By how much a time may be missed."""
    return f", less a leeway of {words.distance(leeway)}" if leeway else ""


def time_in(claims: Claims, name: str, now: float) -> str:
    """A claim that is a time."""
    seconds = words.number_in(claims, name)
    if seconds is not None:
        return f"{name} {words.moment(seconds, now)}"
    said, found = words.claim(claims, name), claims.get(name)
    # In quotation marks: the mistake may be a number that is a text.
    return f'{name} "{said}"' if isinstance(found, str) and said == found else f"{name} {said}"


def issuer(claims: Claims, trusted: Iterable[str]) -> str | None:
    """In what an issuer differs from those that are trusted."""
    found = claims.get("iss")
    if not isinstance(found, str):
        return None
    said, known = words.value(found), list(trusted)
    if found.strip() in known:
        return "It is the right issuer except for white space around it."
    if any(found.rstrip("/") == one.rstrip("/") for one in known):
        return (
            "It is the right issuer except for a slash at the end. Compare issuer= letter by "
            "letter."
        )
    if any(found.lower() == one.lower() for one in known):
        return "It is the right issuer except for small and capital letters."
    if any(found.partition("://")[2] == one.partition("://")[2] for one in known):
        return "It is the right issuer except for http and https."
    pool_id, names = _pool_id(found), [_pool_id(one) for one in known]
    if pool_id and pool_id in names:
        return (
            "The pool is right; the issuer names another host. For the replica of a multi-Region "
            "pool, name its region in regions=; for an emulator, pass issuer=."
        )
    for one in names:
        if pool_id and one.lower() == pool_id.lower():
            return (
                f"The pool's id differs only in small and capital letters: {words.value(pool_id)}."
            )
        if pool_id and one.partition("_")[2] == pool_id.partition("_")[2]:
            return (
                "The pool's name is right, its region is not: the token names "
                f"{words.value(pool_id.partition('_')[0])}, the settings "
                f"{words.value(one.partition('_')[0])}."
            )
    if "cognito-identity.amazonaws.com" in found:
        return "This is a token of an identity pool. A user pool's token is needed."
    if aws_home(found) is not None:
        return (
            f"The token comes from another user pool, {words.value(pool_id)}. Is it from another "
            "stage, such as staging?"
        )
    if "://127.0.0.1" in found or "://localhost" in found:
        return f"The token comes from an emulator. To trust it, pass issuer={said} and jwks=."
    return "The token does not come from an AWS user pool."


def _pool_id(issuer: str) -> str:
    last = issuer.rstrip("/").rpartition("/")[2]
    return last if "_" in last else ""


def expiry(claims: Claims, now: float) -> str | None:
    """Since when a token has expired, and whether a clock may be wrong."""
    seconds = words.number_in(claims, "exp")
    if seconds is None:
        return None
    if seconds > _MILLISECONDS:
        return "exp is in milliseconds. It must be in seconds."
    if not seconds <= now:
        return None
    behind = clock_behind(claims, "iat", now)
    if behind is not None:
        return behind
    since = words.clock(seconds)
    return (
        f"It expired {words.distance(now - seconds)} ago, at {since}. Get a new one with the "
        "refresh token. Is this machine's clock right?"
    )


def expiry_of_data(claims: Claims, now: float) -> str | None:
    """As above, for what a load balancer signs anew with each request."""
    seconds = words.number_in(claims, "exp")
    if seconds is None or not seconds <= now:
        return None
    return (
        f"It expired {words.distance(now - seconds)} ago. A load balancer signs the data again "
        "for each request, so these are old data, or this machine's clock is wrong."
    )


def signer(header: Claims, trusted: Iterable[str]) -> str | None:
    """In what a load balancer differs from those that are trusted."""
    found = header.get("signer")
    if not isinstance(found, str):
        return "Every header of a load balancer has signer. Who made this data?"
    parts, known = found.split(":"), [one.split(":") for one in trusted]
    for place, what in ((_ACCOUNT, "account"), (_REGION, "region")):
        if len(parts) > place and parts[place] not in {one[place] for one in known}:
            return (
                f"The load balancer is in another {what}, {words.value(parts[place])}. If it is "
                "not yours, somebody else's load balancer sent this: see ALBeast."
            )
    return (
        "It is another load balancer of your account. If it may forward to this app, add its ARN."
    )


def clock_behind(claims: Claims, name: str, now: float) -> str | None:
    """How far a time of the past is ahead."""
    seconds = words.number_in(claims, name)
    if seconds is None or not seconds - now >= 1:
        return None
    if seconds > _MILLISECONDS:
        return f"{name} is in milliseconds. It must be in seconds."
    return (
        f"This machine's clock is {words.distance(seconds - now)} behind the token. Set it "
        "(NTP), or allow a small difference with leeway=."
    )


def token_use(found: object, accepted: frozenset[str]) -> str | None:
    """Which token this is, and where the other one is."""
    if found == "id":
        return (
            "This is the ID token. Your client has an access token as well: send that one. "
            'To accept ID tokens, set token_use="id".'
        )
    if found == "access":
        return (
            "This is the access token. Your client has an ID token as well: send that one. "
            'To accept access tokens, set token_use="access".'
        )
    if found is None:
        return "Every token of a user pool has token_use. Who made this one?"
    return None


def client(
    claims: Claims, name: str, accepted: frozenset[str] | None, setting: str = "client_ids"
) -> str | None:
    """Which client a token was issued to. ``setting``: where it would be accepted."""
    found = claims.get(name)
    if not isinstance(found, str) or not found or accepted is None:
        return None
    said = words.value(found)
    if found.strip().lower() in {one.strip().lower() for one in accepted}:
        return "It is the right client except for white space, or small and capital letters."
    return (
        f"The token was issued to another app client of the pool, {said}. If its users may call "
        f"this API, name it in {setting}."
    )


def unavailable(keys: KeySet | None) -> str | None:
    """Why no keys are there."""
    health = KeyHealth("custom")
    with suppress(Exception):  # a key set of a user's own
        health = health if keys is None else health_of(keys)
    if health.last_error is None:
        return None
    said = f"No keys could be fetched from {health.source}: {health.last_error}."
    if is_loopback(urlsplit(health.source or "").hostname or ""):
        return f"{said} The address is on this machine: is the local pool or emulator running?"
    return f"{said} If this is an emulator or a private network, set jwks= (COGNITO_JWKS)."


def unknown_key(text: Text, others: Iterable[KeySet]) -> str:
    """Whose key a token names."""
    if any(_holds(other, text.kid or "") for other in others):
        return "The key belongs to another pool that is trusted here."
    if text.kid in ("dummy", "CognitoLocal"):
        return "This is the key of an emulator. Set issuer= and jwks= to trust it."
    return (
        "The issuer has no key with this id. Was the pool deleted and created again, or do the "
        "keys come from an older file?"
    )


def _holds(keys: KeySet, kid: str) -> bool:
    """Whether a key set of ours has a key. Nothing is fetched for a hint."""
    if isinstance(keys, SiblingKeySet):
        return _holds(keys.own, kid) or _holds(keys.sibling, kid)
    if isinstance(keys, RemoteKeySet):
        return keys.held_key(kid) is not None
    with suppress(InvalidToken):
        return isinstance(keys, FixedKeys) and keys.key(kid) is not None
    return False


def unknown_key_of_data() -> str:
    """As above, for what a load balancer signed."""
    return "The load balancer's region has no key with this id. Was keys= set by hand?"


def signature(found: bytes, usual: int) -> str:
    """What became of a signature. ``usual``: the bytes that one has."""
    if len(found) < usual:
        return f"The signature has {len(found)} bytes and not {usual}: it was cut off."
    return "The token was changed after it was signed, or another key with the same id signed it."


def resource(claims: Claims) -> str | None:
    """Why a token is for no resource."""
    if "aud" in claims:
        return None
    return (
        "The token is bound to no resource. Send resource= to /oauth2/authorize to bind it. "
        "Machine tokens and tokens of SDK sign-ins are never bound."
    )


def groups(claims: Claims) -> str | None:
    """Where a text comes from that should be a list."""
    if isinstance(claims.get("cognito:groups"), str):
        return "A pre-token trigger or a gateway turned the list into a text."
    return None
