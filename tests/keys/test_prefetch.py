"""Guard.prefetch with a limit: a start-up that must not go on without keys."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard, KeysUnavailable, RemoteKeySet, UserPool
from cognito_guard._support.clock import steady_clock
from cognito_guard.keys.lookup import await_keys
from cognito_guard.keys.sibling import SiblingKeySet
from cognito_guard.testing import JwksServer, LocalLoadBalancer, LocalUserPool

from .frameworks import Runner, on_every_framework
from .source import DOWN, Clock, Source, remote, settle
from .test_sibling import FORBIDDEN, Pair

LONG = 60.0


def guard_of(pool: LocalUserPool, source: Source) -> Guard:
    """A guard whose keys come from ``source``."""
    return Guard(pool.trust(jwks=RemoteKeySet("https://keys.example/", get=source)))


def test_it_returns_with_the_keys(pool: LocalUserPool) -> None:
    """After it, keys are held, and the first request waits for nothing."""
    with JwksServer(pool.jwks, "/jwks.json") as server:
        guard = Guard(pool.trust(jwks=server.url))
        guard.prefetch(wait=LONG)
        assert guard.health()[pool.issuer].state == "fresh"
        guard.prefetch(wait=0)
        assert server.requests == 1


@on_every_framework
def test_it_returns_with_the_keys_in_tasks(run: Runner, pool: LocalUserPool) -> None:
    """The same, without blocking the event loop."""
    with JwksServer(pool.jwks, "/jwks.json") as server:
        guard = Guard(pool.trust(jwks=server.url))
        run(guard.aprefetch(wait=LONG))
        assert guard.health()[pool.issuer].state == "fresh"


def test_it_tells_whose_keys_are_missing_and_why(pool: LocalUserPool, source: Source) -> None:
    """Of several pools, those at fault are named, with what their addresses said."""
    source.answer = DOWN
    static = UserPool("eu-west-1_Static", client_ids=["1"], jwks=pool.jwks())
    down = pool.trust(jwks=RemoteKeySet("https://keys.example/", get=source))
    guard = Guard(static, down)
    guard.prefetch()
    settle()  # on a busy machine, an attempt takes longer than the limit
    with pytest.raises(KeysUnavailable) as caught:
        guard.prefetch(wait=0.1)
    assert caught.value.detail == f"No keys could be had of {pool.issuer} (status 500)."
    assert "Static" not in str(caught.value)


@on_every_framework
def test_it_tells_it_in_tasks(run: Runner, pool: LocalUserPool, source: Source) -> None:
    """The same, and of an address that has not said anything yet."""
    with source.held_up(), pytest.raises(KeysUnavailable, match=r"\(no answer yet\)"):
        run(guard_of(pool, source).aprefetch(wait=0.05))
    settle()


def test_attempts_go_on_until_the_limit(pool: LocalUserPool, source: Source) -> None:
    """A network that comes up a moment later than the process is no failure."""
    good = Source(*pool.jwks()["keys"]).answer
    answers = iter([DOWN, good])

    def get(url: str) -> bytes:
        source.answer = next(answers)
        return source(url)

    guard = Guard(pool.trust(jwks=RemoteKeySet("https://keys.example/", get=get)))
    guard.prefetch(wait=LONG)
    assert source.calls == 2


def test_either_address_of_a_pool_is_enough(clock: Clock) -> None:
    """A pool that was moved answers at its other address only, or the other way round."""
    for broken in (0, 1):
        forms = Pair(clock)
        forms.sources[broken].answer = FORBIDDEN
        assert await_keys(forms.first.ready, steady_clock() + LONG)
    forms = Pair(clock)
    forms.sources[0].answer = forms.sources[1].answer = DOWN
    assert not await_keys(forms.first.ready, 0.0)
    settle()


def test_both_addresses_in_their_pause_are_unavailable(clock: Clock) -> None:
    """Then it is said how long the sooner of the two will take."""
    forms = Pair(clock)
    forms.sources[0].answer = forms.sources[1].answer = DOWN
    for keys in forms.remotes:
        keys.prefetch()
    settle()
    with pytest.raises(KeysUnavailable) as caught:
        forms.first.ready()
    assert caught.value.retry_after == 1


def test_keys_of_load_balancers_and_static_ones_are_not_waited_for(pool: LocalUserPool) -> None:
    """They are fetched when they are first named, or never."""
    balancer = LocalLoadBalancer(pool)
    Guard(balancer.trust(), pool.trust()).prefetch(wait=0)


@pytest.mark.parametrize("wait", [-1, float("nan"), float("inf"), 10**400, "5", True])
def test_limit_that_is_none_is_a_configuration_error(wait: Any, guard: Guard) -> None:
    """Seconds, and an end: nothing waits for ever by mistake."""
    with pytest.raises(ConfigurationError, match="wait must be"):
        guard.prefetch(wait=wait)


def test_attempt_that_ends_between_two_looks(source: Source, clock: Clock) -> None:
    """It ended while we looked: keys are held, and nobody is told to wait."""
    keys = remote(source, clock)
    pair = SiblingKeySet(keys, remote(Source(), clock))
    with source.held_up():
        pending = pair.ready()
    settle()
    assert pending is not None
    assert pending.wait(0)
    assert pair.ready() is None
