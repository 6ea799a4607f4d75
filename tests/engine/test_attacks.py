"""The whole attack corpus against the engine: tokens and requests, in both ways of asking.

Apps of several kinds are attacked, because some attacks only are some against one that accepts ID
tokens, asks for a resource, looks into a cookie or trusts a load balancer; and with the cache of
verified tokens on, off and full. No attack may open a connection.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Cookie,
    Guard,
    HeaderValues,
    Identity,
    InvalidToken,
    Reason,
)
from cognito_guard.load_balancers.pem import StaticPemKeySet
from cognito_guard.testing import LocalLoadBalancer, attacks
from cognito_guard.testing.attacks import Attack
from cognito_guard.testing.attacks.attack import Headers
from cognito_guard.testing.attacks.shapes import LARGE

from .forge import NOW, Forge, WatchedKeys
from .refusal import assert_refused
from .silence import assert_silent, secrets_of

RESOURCE = "https://api.example.com"


class App(NamedTuple):
    """An app under attack, as the corpus is told of it, its guard, and the keys of that."""

    forge: Forge
    keys: list[WatchedKeys]
    guard: Guard


class Kind(NamedTuple):
    """A kind of app: how the corpus is told of it, and what its pool and guard are told."""

    told: Mapping[str, Any] = MappingProxyType({})
    trusted: Mapping[str, Any] = MappingProxyType({})
    guard: Mapping[str, Any] = MappingProxyType({})
    load_balancer: bool = False


APPS = {
    "access tokens": Kind(),
    "no cache": Kind(guard={"cache_entries": 0}),
    "a full cache": Kind(guard={"cache_entries": 1}),
    "ID tokens": Kind({"token_use": "id"}, {"token_use": "id"}),
    "a resource": Kind({"resource": RESOURCE}, {"resources": [RESOURCE, "https://v2.example.com"]}),
    "a cookie": Kind(
        {"cookie": "session"}, guard={"carriers": [AuthorizationHeader(), Cookie("session")]}
    ),
    "a load balancer": Kind(load_balancer=True),
    "a load balancer, no cache": Kind(guard={"cache_entries": 0}, load_balancer=True),
    "a load balancer, a full cache": Kind(guard={"cache_entries": 1}, load_balancer=True),
    "a load balancer, user info alone": Kind({"user_info_alone": True}, load_balancer=True),
}


@pytest.fixture(scope="module", params=APPS)
def app(request: pytest.FixtureRequest, forge: Forge) -> App:
    """One app after the other, each with the forge's pool."""
    kind = APPS[request.param]
    balancer = LocalLoadBalancer(forge.pool) if kind.load_balancer else None
    own = Forge(load_balancer=balancer, **kind.told)
    own.pool = forge.pool
    keys = [WatchedKeys(forge.pool.jwks())]
    trusted: list[Any] = [forge.trust(jwks=keys[0], **kind.trusted)]
    if balancer is not None:
        # As at AWS, everybody's load balancers sign with keys of one place.
        both = {**balancer.keys(), **own.foreign_balancer.keys()}
        keys.append(WatchedKeys(StaticPemKeySet(both)))
        beside = {} if own.user_info_alone else {"user_pool": trusted[0]}
        trusted.append(balancer.trust(keys=keys[1], **beside))
    guard = Guard(*trusted, clock=lambda: float(NOW), **kind.guard)
    # So that what is forged is a good token's neighbour in the cache.
    assert guard.verify(own.token()) == guard.verify(own.token())
    return App(own, keys, guard)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that is attacked may open a connection."""

    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)


GROUPS = sorted({attack.name.partition(": ")[0] for attack in attacks.CORPUS})
# What has nothing to do with a load balancer is the same next to one.
PAIRS = [
    (name, group)
    for name, kind in APPS.items()
    for group in GROUPS
    if (group == "alb") == kind.load_balancer
]


def fault(
    verdict: Callable[[], Identity], reasons: frozenset[Reason], secrets: set[str]
) -> str | None:
    """What is wrong with a verdict: it must be a documented error for one of these reasons, that
    repeats nothing.
    """
    try:
        verdict()
    except AuthError as error:
        assert_silent(error, secrets)
        return None if error.reason in reasons else f"refused for {error.reason}"
    return "let in"


def values(headers: Headers, *, encoded: bool = False) -> HeaderValues:
    """The headers as an adapter hands them over, as text or as bytes."""

    def find(name: str) -> list[str | bytes]:
        found = [value for key, value in headers if key.lower() == name]
        return [value.encode("latin-1") if encoded else value for value in found]

    return find


def faults(app: App, attack: Attack, runner: asyncio.Runner) -> Iterator[str | None]:
    """What is wrong with each verdict on an attack: as a token and as a request, sync and async."""
    forge, _, guard = app
    if attack.token is not None:
        token = attack.token(forge)
        reasons, secrets = frozenset(attack.reasons), secrets_of(token)
        yield fault(lambda: guard.verify(token), reasons, secrets)
        yield fault(lambda: runner.run(guard.averify(token)), reasons, secrets)
    headers = attack.headers(forge)
    if headers is not None:
        reasons = attack.verdicts(headers)
        secrets = secrets_of(forge.token()) | {value for _, value in headers if len(value) > 30}
        for request in (values(headers), values(headers, encoded=True)):
            yield fault(partial(guard.authenticate, request), reasons, secrets)
            asked = partial(guard.aauthenticate, request)
            yield fault(lambda asked=asked: runner.run(asked()), reasons, secrets)  # type: ignore[misc]


@pytest.mark.parametrize(("app", "group"), PAIRS, indirect=["app"], scope="module")
def test_attacks(app: App, group: str, runner: asyncio.Runner) -> None:
    """The verdict is the documented one, and no key is asked for that is not needed for it."""
    found = []
    for attack in attacks.CORPUS:
        if attack.name.startswith(f"{group}: ") and attack.fits(app.forge):
            for keys in app.keys:
                keys.asked.clear()
            found += [(attack.name, each) for each in faults(app, attack, runner) if each]
            if not attack.needs_key and any(keys.asked for keys in app.keys):
                found.append((attack.name, "asked for a key"))
    assert found == []


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    """Several hundred attacks, each with a name of its own and one sentence."""
    names = [attack.name for attack in attacks.CORPUS]

    assert len(names) == len(set(names)) > 500
    assert all(attack.tries.endswith(".") and attack.reasons for attack in attacks.CORPUS)


def test_what_the_forge_signs_is_good(app: App) -> None:
    """Unchanged, a forged token is let in: so it is its one fault that an attack is refused for."""
    identity = app.guard.verify(app.forge.token())

    assert identity.username == "forged.alice"
    assert app.guard.authenticate(values([("Authorization", f"Bearer {app.forge.token()}")]))


@pytest.mark.parametrize("attack", LARGE, ids=lambda attack: attack.name)
def test_large_tokens_have_another_fault(forge: Forge, attack: Attack) -> None:
    """Where the limit was lifted, a large token is refused for what else is wrong with it."""
    assert attack.token is not None
    guard = forge.guard(max_token_bytes=2**24)
    token = attack.token(forge)

    if attack.name == "large: a good token of 20,000 letters":
        assert guard.verify(token)
    elif attack.name == "large: b64 false, a huge payload":
        assert_refused(guard, token, Reason.UNSUPPORTED_HEADER)
    else:
        assert_refused(guard, token, Reason.MALFORMED_TOKEN)


@pytest.mark.parametrize("not_text", [b"a.b.c", None, 1, ["a.b.c"]], ids=repr)
def test_what_is_no_text(guard: Guard, not_text: object) -> None:
    """A credential that is no text at all is a malformed token, not an uncaught error."""
    assert_refused(guard, not_text, Reason.MALFORMED_TOKEN)  # type: ignore[arg-type]


def test_only_configured_places_are_looked_at(guard: Guard) -> None:
    """The guard asks for no header but those of its carriers."""
    asked = []

    def request(name: str) -> list[str]:
        asked.append(name)
        return []

    with pytest.raises(AuthError):
        guard.authenticate(request)
    assert set(asked) == {"authorization"}


def test_attacks_that_got_in_are_seen(forge: Forge) -> None:
    """A guard that lacks a check lets some of the corpus in: the tests above can fail."""
    lax = forge.guard(client_ids=["9example97531086", forge.client_id])
    got_in = set()
    for attack in attacks.CORPUS:
        if attack.token is not None and attack.fits(forge) and "large" not in attack.name:
            try:
                lax.verify(attack.token(forge))
            except InvalidToken:
                continue
            got_in.add(attack.name)
    assert {
        "claims: client_id of another client",
        "confusion: another client's token",
        "confusion: another client's machine",
    } <= got_in
