"""What can be said without AWS credentials: keys, the way to them, clock, discovery document.

Two requests for each form of the issuer, each with a bounded time. What came is looked at by pure
functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import NamedTuple, final

from .._support.clock import calendar
from ..keys.given import read_file
from ..keys.jwk import KeySetError, parse_key_set
from ..network.exchange import exchange
from ..network.failure import FetchFailed
from ..network.fetch import FETCH_SECONDS, JWK_SET, MAX_BODY
from ..network.proxies import proxy_for
from ..network.trust import named_authorities, tls_context
from ..tokens.user_pool import UserPool
from .findings import Finding, Level

__all__ = ["Seen", "check_clock", "check_discovery", "check_keys", "check_machine", "check_pool"]

_STEP_SECONDS = 3.0

# The longest leeway that a pool may have: beyond it, no setting helps.
_FAR_OFF = 300
# A `Date` is in whole seconds, and the answer takes its time.
_OFF = 5


@final
class Seen(NamedTuple):
    """What an address answered."""

    url: str
    body: bytes = b""
    problem: str = ""
    """Why there is no good answer; then there is no body."""
    ahead: float | None = None
    """Seconds by which the clock here is ahead of the server's; ``None`` if it did not say."""
    way: str = "directly"


def check_machine() -> Iterator[Finding]:
    """The certificates that are trusted here."""
    try:
        tls_context()
        named = named_authorities()
    except FetchFailed as error:
        yield Finding(
            "trust-store-wrong",
            "error",
            f"The trusted certificates cannot be loaded: {error}.",
            "No keys can be fetched: every request is answered with 503.",
        )
        return
    where = f"by {' and '.join(named)}" if named else "by this machine's own store"
    yield Finding("trust-store", "ok", f"Certificates are checked {where}.")


def check_pool(pool: UserPool) -> Iterator[Finding]:
    """The keys of a pool, the clock, and its discovery documents. Makes requests."""
    if isinstance(pool.jwks, str) and "://" not in pool.jwks:
        yield _of_file(pool.jwks)
        return
    if isinstance(pool.jwks, str):
        keys = [_look(pool.jwks)]
    else:
        keys = [_look(_at(issuer, "jwks.json")) for issuer in pool.issuers]
    yield from check_keys(keys)
    yield from check_clock(keys)
    if not isinstance(pool.jwks, str):
        for issuer, seen in zip(pool.issuers, keys, strict=True):
            if not seen.problem:
                yield check_discovery(pool, _look(_at(issuer, "openid-configuration")))


def check_keys(answers: list[Seen]) -> Iterator[Finding]:
    """Whether each address has keys; ``answers`` are those of one pool."""
    counts = {one.url: _count(one) for one in answers}
    some = any(isinstance(count, int) for count in counts.values())
    for one in answers:
        count = counts[one.url]
        if isinstance(count, int):
            yield Finding("keys-reached", "ok", f"{one.url} has {_keys(count)}, reached {one.way}.")
        elif some:
            yield Finding(
                "issuer-form-absent",
                "info",
                f"{one.url} has no keys: {count}.",
                "This is normal for a pool that was not switched to the updated issuer: it "
                "answers 403 there. The keys come from the other address.",
            )
        else:
            yield Finding(
                "keys-unreachable",
                "error",
                f"{one.url}, asked {one.way}, has no keys: {count}.",
                "Without keys, every request is answered with 503. Check the pool's id, the "
                "firewall, the VPC endpoint, and the variables of the proxy.",
            )


def check_clock(answers: list[Seen]) -> Iterator[Finding]:
    """The clock here, beside the first server that said what time it is."""
    ahead = next((one.ahead for one in answers if one.ahead is not None), None)
    if ahead is None:
        return
    if abs(ahead) < _OFF:
        yield Finding("clock", "ok", "The clock agrees with the server's, to the second or so.")
        return
    level: Level = "error" if abs(ahead) >= _FAR_OFF else "warning"
    fast = ahead > 0
    yield Finding(
        "clock-wrong",
        level,
        f"The clock is {abs(ahead):.0f} seconds {'ahead of' if fast else 'behind'} the server's.",
        "Valid tokens are refused as expired, or never accepted."
        if fast
        else "Tokens are accepted after they have expired.",
        "sudo timedatectl set-ntp true",
    )


def check_discovery(pool: UserPool, seen: Seen) -> Finding:
    """Whether the discovery document names an issuer that the pool's settings accept."""
    try:
        found = json.loads(seen.body) if not seen.problem else {}
        issuer = found["issuer"] if seen.body else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        issuer = None
    if issuer in pool.issuers:
        return Finding("discovery", "ok", f"{seen.url} names the issuer {issuer}.")
    if seen.problem or not isinstance(issuer, str):
        return Finding(
            "discovery-absent",
            "info",
            f"{seen.url} is no discovery document: {seen.problem or 'it names no issuer'}.",
            "This library does not need it. Sign-in libraries and API gateways may.",
        )
    return Finding(
        "discovery-other-issuer",
        "error",
        f"{seen.url} names the issuer {issuer}, which is not among those that are accepted.",
        "Tokens name that issuer, and are refused as unknown_issuer.",
    )


def _at(issuer: str, name: str) -> str:
    return f"{issuer}/.well-known/{name}"


def _of_file(path: str) -> Finding:
    try:
        keys, _ = read_file(path)
    except KeySetError as error:
        return Finding(
            "keys-unreachable",
            "error",
            f"{path} has no keys: {error}.",
            "Without keys, no token can be verified.",
        )
    return Finding("keys-reached", "ok", f"{path} has {_keys(len(keys))}; nothing is fetched.")


def _keys(count: int) -> str:
    return f"{count} key" if count == 1 else f"{count} keys"


def _count(seen: Seen) -> int | str:
    """How many keys, or why there are none."""
    if seen.problem:
        return seen.problem
    try:
        return len(parse_key_set(seen.body, report=lambda _: None))
    except KeySetError as error:
        return str(error)


def _look(url: str) -> Seen:
    way = "directly"
    try:
        proxy = proxy_for(url)
        if proxy is not None:
            way = f"through the proxy {proxy.place} ({proxy.variable})"
        answer = exchange(
            "GET",
            url,
            accept=JWK_SET,
            seconds=(FETCH_SECONDS, _STEP_SECONDS),
            max_body=MAX_BODY,
        )
    except FetchFailed as error:
        # The way is told apart from the problem.
        return Seen(url, problem=str(error).partition(" (through the proxy ")[0], way=way)
    ahead = _ahead(answer.date, calendar())
    if answer.status != 200:
        return Seen(url, problem=f"status {answer.status}", ahead=ahead, way=way)
    return Seen(url, answer.body, ahead=ahead, way=way)


def _ahead(date: str, now: float) -> float | None:
    """RFC 9110, section 6.6.1. A text that is no date counts as none."""
    try:
        return now - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
