"""guard.health(): how the keys are doing, told without a lock, a fetch or a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import Guard, KeyHealth, RemoteKeySet, StaticKeySet, UserPool
from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, REFRESH_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.keys.sibling import SiblingKeySet
from cognito_guard.network.fetch import FetchFailed
from cognito_guard.testing import LocalUserPool

from .material import jwk
from .source import DOWN, URL, Clock, Source, promptly, remote, resolve, settle, unavailable


def test_nothing_was_asked_for_yet(source: Source, clock: Clock) -> None:
    """A process that has verified nothing holds no keys, and that is nothing to worry about."""
    assert remote(source, clock).health() == KeyHealth(
        "empty", source=URL, keys=0, failures=0, next_attempt=0.0, fetching=False
    )
    assert source.calls == 0


def test_fetch_under_way_is_told_and_not_waited_for(source: Source, clock: Clock) -> None:
    """While the first fetch hangs, the answer comes at once and says that one is under way."""
    keys = remote(source, clock)
    with source.held_up():
        keys.prefetch()
        health = promptly(keys.health)
    assert (health.state, health.fetching, health.next_attempt) == ("empty", True, 0.0)


def test_fresh_keys_have_an_age(source: Source, clock: Clock) -> None:
    """Held keys are told by their number and age, with the time of their refresh."""
    source.publish(jwk("a"), jwk("b", "b"))
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += 100
    health = keys.health()
    assert health._replace(next_attempt=None) == KeyHealth(
        "fresh", source=URL, keys=2, age=100.0, last_success=100.0
    )
    assert health.next_attempt is not None
    assert 0.9 * REFRESH_SECONDS - 100 <= health.next_attempt <= REFRESH_SECONDS - 100
    assert not health.stale


def test_attempt_for_an_unknown_key_is_told_too(source: Source, clock: Clock) -> None:
    """Young keys are in use, and an attempt is under way all the same."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += UNKNOWN_KEY_SECONDS
    with source.held_up():
        keys.key("unknown")
        health = keys.health()
    assert (health.state, health.fetching, health.next_attempt) == ("fresh", True, 0.0)


def test_keys_that_nobody_used_for_hours_are_not_stale(source: Source, clock: Clock) -> None:
    """After a quiet night the refresh is due, and nothing has failed: no reason for an alarm."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += 8 * REFRESH_SECONDS
    health = keys.health()
    assert (health.state, health.age, health.next_attempt) == ("fresh", 8 * REFRESH_SECONDS, 0.0)


def test_keys_in_use_that_cannot_be_refreshed_are_stale(source: Source, clock: Clock) -> None:
    """In an outage it is told since when, why, for the how-manieth time, and when it goes on."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += REFRESH_SECONDS
    for _ in range(2):
        resolve(keys, "a")
        settle()
        clock.now += 1
    health = keys.health()
    assert health.stale
    assert health._replace(next_attempt=None) == KeyHealth(
        "stale",
        source=URL,
        keys=1,
        age=REFRESH_SECONDS + 2,
        last_success=REFRESH_SECONDS + 2,
        last_error="status 500",
        failures=2,
    )
    assert health.next_attempt is not None
    assert 0.5 <= health.next_attempt <= 1


def test_failed_search_for_an_unknown_key_makes_no_key_stale(source: Source, clock: Clock) -> None:
    """The endpoint fails while the keys are young: the error is told, the keys are fresh."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += UNKNOWN_KEY_SECONDS
    unavailable(keys, "unknown")
    health = keys.health()
    assert (health.state, health.last_error, health.failures) == ("fresh", "status 500", 1)
    # The attempt after it is made for another unknown kid, or else when the keys come of age.
    assert health.next_attempt is not None
    assert health.next_attempt > UNKNOWN_KEY_SECONDS


def test_no_keys_and_an_endpoint_that_fails_is_unavailable(source: Source, clock: Clock) -> None:
    """Down at the start, or for a day: nothing can be verified."""
    source.answer = DOWN
    keys = remote(source, clock)
    error = unavailable(keys)
    health = keys.health()
    assert (health.state, health.keys, health.age) == ("unavailable", 0, None)
    assert (health.last_success, health.last_error) == (None, "status 500")
    assert health.next_attempt is not None
    assert 0 < health.next_attempt <= error.retry_after
    source.publish(jwk("a"))
    clock.now += error.retry_after
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += HARD_LIMIT_SECONDS
    unavailable(keys)
    health = keys.health()
    assert (health.state, health.keys, health.age) == ("unavailable", 0, None)
    assert health.last_success == HARD_LIMIT_SECONDS


def test_success_ends_the_trouble(source: Source, clock: Clock) -> None:
    """After an outage nothing is left of it."""
    source.answer = DOWN
    keys = remote(source, clock)
    clock.now += unavailable(keys).retry_after
    source.publish(jwk("a"))
    resolve(keys, "a")
    settle()
    health = keys.health()
    assert (health.state, health.last_error, health.failures) == ("fresh", None, 0)


def test_expired_keys_that_nobody_asked_for_are_no_trouble(source: Source, clock: Clock) -> None:
    """After two quiet days nothing is held, as before the first request."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += 2 * HARD_LIMIT_SECONDS
    health = keys.health()
    assert (health.state, health.keys, health.next_attempt) == ("empty", 0, 0.0)
    assert health.last_success == 2 * HARD_LIMIT_SECONDS


def test_no_lock_is_needed(source: Source, clock: Clock) -> None:
    """It is told while another thread has the lock."""
    keys = remote(source, clock)
    resolve(keys, "a")
    with keys._lock:
        assert promptly(keys.health).state == "fresh"


# Nothing secret.


def test_address_is_told_without_its_query(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """A query may be a signature: the endpoint gets it, and neither log, repr nor health has it."""
    asked: list[str] = []

    def get(url: str) -> bytes:
        asked.append(url)
        raise FetchFailed("status 403")

    keys = RemoteKeySet(URL + "?X-Amz-Signature=secret", get=get, clock=clock)
    unavailable(keys)
    assert asked == [URL + "?X-Amz-Signature=secret"]
    assert keys.health().source == URL
    assert keys.health().last_error == "status 403"
    said = [repr(keys), *caplog.messages, *(str(vars(record)) for record in caplog.records)]
    assert not any("secret" in text for text in said)


def test_error_of_the_users_own_get_is_told_by_its_kind(clock: Clock) -> None:
    """What somebody else's exception says may be anything; its class is all that is told."""

    def get(url: str) -> bytes:
        raise RuntimeError("password=secret")

    keys = RemoteKeySet(URL, get=get, clock=clock)
    unavailable(keys)
    assert keys.health().last_error == "RuntimeError"


# Two addresses of one pool.


@pytest.fixture
def forms(clock: Clock) -> tuple[SiblingKeySet, SiblingKeySet, Source, Source]:
    """Two issuer forms, and where each gets its keys."""
    sources = Source(jwk("a")), Source(jwk("a"), jwk("b", "b"))
    first, second = (remote(source, clock) for source in sources)
    return SiblingKeySet(first, second), SiblingKeySet(second, first), *sources


def test_form_that_lives_on_its_sibling_is_well(
    forms: tuple[SiblingKeySet, SiblingKeySet, Source, Source], clock: Clock
) -> None:
    """On a pool that was not moved, the updated form answers 403 and is served all the same."""
    first, second, _, refusing = forms
    refusing.answer = FetchFailed("status 403")
    resolve(second, "a")
    settle()
    clock.now += 10
    health = second.health()
    assert (health.state, health.keys, health.age) == ("fresh", 1, 10.0)
    assert (health.last_success, health.last_error, health.failures) == (None, "status 403", 1)
    assert first.health() == first.own.health()


def test_newer_keys_are_the_ones_in_use(
    forms: tuple[SiblingKeySet, SiblingKeySet, Source, Source], clock: Clock
) -> None:
    """Of two forms that hold keys, each is told with the newer ones."""
    first, second, *_ = forms
    resolve(first.own, "a")
    clock.now += 10
    resolve(second.own, "b")
    clock.now += 5
    assert (first.health().age, first.health().keys, first.health().last_success) == (5.0, 2, 15.0)
    assert (second.health().age, second.health().keys) == (5.0, 2)


# Of a guard.


def test_guard_tells_it_for_each_issuer(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """One entry for each issuer, ready for JSON, and nobody was asked for it."""
    guard = Guard(
        pool.trust(),
        UserPool("eu-west-1_AbC123xyz", client_ids=["1example23456789"]),
        other_pool.trust(jwks=Silent()),
    )
    told = guard.health()
    static = KeyHealth("static", keys=len(pool.jwks()["keys"]))
    assert {issuer: told[issuer] for issuer in pool.trust().issuers} == dict.fromkeys(
        pool.trust().issuers, static
    )
    (custom,) = {told[issuer] for issuer in other_pool.trust().issuers}
    assert custom == KeyHealth("custom")
    form = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz"
    assert told[form] == KeyHealth(
        "empty", source=f"{form}/.well-known/jwks.json", keys=0, next_attempt=0.0
    )
    as_json = json.loads(json.dumps({name: one.as_dict() for name, one in told.items()}))
    assert as_json[form] == {
        "state": "empty",
        "source": f"{form}/.well-known/jwks.json",
        "keys": 0,
        "age": None,
        "last_success": None,
        "last_error": None,
        "failures": 0,
        "next_attempt": 0.0,
        "fetching": False,
    }


class Silent:
    """A key set of somebody's own, with the one method that it takes."""

    def key(self, kid: str, /) -> Any:
        """Never asked for here."""
        raise AssertionError


class Talkative(Silent):
    """One that says how it is doing."""

    def __init__(self, said: Any) -> None:
        self._said = said

    def health(self) -> Any:
        """What it was told to say."""
        return self._said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (KeyHealth("stale", keys=3), KeyHealth("stale", keys=3)),
        ({"ok": True}, KeyHealth("custom")),
    ],
    ids=["in our words", "in others"],
)
def test_key_set_of_ones_own_may_tell_for_itself(
    said: Any, told: KeyHealth, pool: LocalUserPool
) -> None:
    """A method `health` that gives a KeyHealth is heard; what else it may give is not passed on."""
    guard = Guard(pool.trust(jwks=Talkative(said)))
    assert set(guard.health().values()) == {told}


def test_key_health_cannot_be_changed() -> None:
    """It is a picture of one moment."""
    health = StaticKeySet({"keys": [jwk()]}).health()
    with pytest.raises(AttributeError):
        health.state = "fresh"  # type: ignore[misc]
