"""SiblingKeySet: the two issuer forms of a pool help each other out and do each other no harm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Pending, Reason, RemoteKeySet
from cognito_guard._support.listeners import Listeners
from cognito_guard.events import Event, KeysFetched
from cognito_guard.keys import remote as remote_module
from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.keys.sibling import SiblingKeySet
from cognito_guard.network.fetch import FetchFailed
from cognito_guard.testing import LocalUserPool

from .endpoint import Endpoint, answer
from .material import checks, jwk, jwks
from .source import DOWN, Clock, Source, remote, resolve, settle, unavailable, unknown

FORBIDDEN = FetchFailed("status 403")


class Pair:
    """The key sets of two issuer forms, and where each gets its keys from."""

    def __init__(self, clock: Clock) -> None:
        self.sources = Source(jwk("a")), Source(jwk("a"))
        self.remotes = tuple(remote(source, clock) for source in self.sources)
        first, second = self.remotes
        self.first, self.second = SiblingKeySet(first, second), SiblingKeySet(second, first)

    @property
    def calls(self) -> tuple[int, ...]:
        """How often each form's address was asked."""
        return tuple(source.calls for source in self.sources)


@pytest.fixture
def forms(clock: Clock) -> Pair:
    """Two issuer forms that publish the same key."""
    return Pair(clock)


def test_own_word_on_unknown_kids_is_enough(forms: Pair) -> None:
    """While a form's own address answers, the other one is not asked about what nobody knows."""
    resolve(forms.first, "a")
    unknown(forms.first, "x")
    unavailable(forms.first, "y")
    assert forms.calls == (2, 0)


# Sharing.


def test_keys_of_one_form_serve_the_other(forms: Pair) -> None:
    """Once one form's keys are held, the other form's tokens need no request of their own."""
    resolve(forms.first, "a")
    assert checks(forms.second.key("a"), "a")
    assert forms.calls == (1, 0)


def test_own_address_is_asked_first(forms: Pair) -> None:
    """With nothing held, a form asks its own address and leaves the other's alone."""
    resolve(forms.second, "a")
    assert forms.calls == (0, 1)


def test_kid_that_the_sibling_lacks_is_asked_for_at_home(forms: Pair) -> None:
    """Where the two addresses publish different keys, each form's own are found."""
    forms.sources[1].publish(jwk("b", "b"))
    resolve(forms.first, "a")
    assert checks(resolve(forms.second, "b"), "b")
    assert forms.calls == (1, 1)


def test_newer_keys_of_the_sibling_count_before_older_ones(forms: Pair, clock: Clock) -> None:
    """A key replaced under its kid counts as soon as either form has seen it."""
    resolve(forms.first, "a")
    forms.sources[1].publish(jwk("a", "b"))
    clock.now += 60
    resolve(forms.remotes[1], "a")
    assert checks(forms.first.key("a"), "b")


def test_own_older_key_is_asked_for_again_where_the_newer_sibling_lacks_it(
    forms: Pair, clock: Clock
) -> None:
    """What a form's own address publishes is good for it, whatever the other does; but that has to
    be younger than what the other said.
    """
    resolve(forms.first, "a")
    forms.sources[1].publish(jwk("b", "b"))
    clock.now += 60
    resolve(forms.remotes[1], "b")
    clock.now += 1  # of two that were fetched in one moment, neither is the newer
    assert isinstance(forms.first.key("a"), Pending)
    assert checks(resolve(forms.first, "a"), "a")
    assert forms.calls == (2, 1)


@pytest.mark.parametrize("reachable", [True, False], ids=["fetched earlier", "unreachable"])
@pytest.mark.parametrize("form", [0, 1], ids=["original", "updated"])
def test_key_withdrawn_at_the_address_that_answers_is_gone(
    form: int, reachable: bool, forms: Pair, clock: Clock
) -> None:
    """The one address was fetched earlier, the other has withdrawn a key since: neither form
    verifies with it any longer, and health tells the age of the keys that count.
    """
    other = 1 - form
    for number in (form, other):
        forms.sources[number].publish(jwk("a"), jwk("withdrawn", "b"))
    resolve(forms.remotes[form], "withdrawn")
    clock.now += 60
    for source in forms.sources:
        source.publish(jwk("a"))
    resolve(forms.remotes[other], "a")
    if not reachable:
        forms.sources[form].answer = DOWN
    for keys in (forms.first, forms.second):
        unknown(keys, "withdrawn")
        assert checks(resolve(keys, "a"), "a")
        health = keys.health()
        assert (health.state, health.keys, health.age) == ("fresh", 1, 0.0)


# One form fails.


def test_form_that_answers_403_lives_on_the_other(forms: Pair) -> None:
    """On a pool that was not moved, both forms verify with the keys of the one that works."""
    forms.sources[1].answer = FORBIDDEN
    assert checks(resolve(forms.second, "a"), "a")
    assert checks(resolve(forms.first, "a"), "a")
    assert forms.calls == (1, 1)


@pytest.mark.parametrize("broken", [0, 1], ids=["original", "updated"])
def test_unknown_kid_is_unknown_though_one_form_fails(broken: int, forms: Pair) -> None:
    """One address that works is enough to say that a kid is nowhere."""
    forms.sources[broken].answer = FORBIDDEN
    for keys in (forms.first, forms.second):
        unknown(keys)


def test_flood_at_a_form_that_fails_is_not_passed_on(forms: Pair, clock: Clock) -> None:
    """Unknown kids at a form that answers 403 cost each address a handful of requests a minute."""
    forms.sources[1].answer = FORBIDDEN
    resolve(forms.first, "a")
    for _ in range(10_000):
        clock.now += 60 / 10_000
        try:
            forms.second.key("unknown")
        except InvalidToken as error:
            assert error.reason is Reason.UNKNOWN_KEY  # noqa: PT017
        settle()
    assert forms.calls[0] <= 3
    assert forms.calls[1] <= 7


def test_sibling_without_keys_is_asked_no_more_often_than_one_with_them(
    forms: Pair, clock: Clock
) -> None:
    """While this side holds keys, junk reaches the other side's address once in 30 s as well."""
    resolve(forms.first, "a")
    for source in forms.sources:
        source.answer = DOWN
    for _ in range(10_000):
        clock.now += 60 / 10_000
        with suppress(KeysUnavailable, InvalidToken):
            forms.first.key("unknown")
        settle()
    assert forms.calls[0] <= 4
    assert forms.calls[1] <= 3


def test_kid_that_nobody_could_be_asked_about_is_nobodys_fault(forms: Pair, clock: Clock) -> None:
    """One's own address fails and the other was asked a moment ago: a kid may be new, so 503."""
    resolve(forms.remotes[1], "a")
    unknown(forms.remotes[1], "junk")
    clock.now += 1
    forms.remotes[0].prefetch()
    settle()
    forms.sources[0].answer = DOWN
    clock.now += 1
    error = unavailable(forms.first, "new")
    forms.sources[0].publish(jwk("a"), jwk("new", "b"))
    clock.now += UNKNOWN_KEY_SECONDS
    assert error.retry_after <= UNKNOWN_KEY_SECONDS
    assert checks(resolve(forms.first, "new"), "b")


def test_new_key_is_found_through_the_form_that_works(forms: Pair, clock: Clock) -> None:
    """After a rotation, a form whose own address has gone dark still learns the new key."""
    resolve(forms.first, "a")
    resolve(forms.remotes[1], "a")
    forms.sources[0].answer = DOWN
    forms.sources[1].publish(jwk("a"), jwk("new", "b"))
    clock.now += UNKNOWN_KEY_SECONDS
    assert checks(resolve(forms.first, "new"), "b")


def test_both_down_is_unavailable_for_as_long_as_the_sooner_of_the_two(
    forms: Pair, clock: Clock
) -> None:
    """With no address left it is 503, and the time named is that of the next attempt at either."""
    forms.sources[0].answer, forms.sources[1].answer = DOWN, FORBIDDEN
    for _ in range(6):
        clock.now += 60
        unavailable(forms.remotes[1])
    assert unavailable(forms.first).retry_after == 1
    assert unavailable(forms.second).retry_after == 1
    clock.now += 1
    assert isinstance(forms.second.key("a"), Pending)


def test_two_addresses_that_hang_do_not_send_a_caller_round(forms: Pair, clock: Clock) -> None:
    """Each address is waited for once; then it is 503, not the first one again."""
    forms.sources[0].answer = forms.sources[1].answer = DOWN
    unavailable(forms.first)
    assert forms.calls == (1, 1)


# Withdrawn keys.


def test_key_withdrawn_here_is_not_brought_back_by_an_older_sibling(
    forms: Pair, clock: Clock
) -> None:
    """A key that the newer side no longer has verifies nothing, even while its address fails."""
    forms.sources[1].publish(jwk("a"), jwk("withdrawn", "b"))
    resolve(forms.remotes[1], "withdrawn")
    clock.now += 60
    resolve(forms.remotes[0], "a")
    unknown(forms.first, "withdrawn")
    # Now the address of the newer side fails, and the sibling's answers, with the key gone.
    forms.sources[0].answer = DOWN
    forms.sources[1].publish(jwk("a"))
    clock.now += UNKNOWN_KEY_SECONDS
    unknown(forms.first, "withdrawn")


@pytest.mark.parametrize("seconds", [0, 60], ids=["at once", "a minute later"])
def test_withdrawn_key_stays_away_while_both_addresses_fail(
    seconds: float, forms: Pair, clock: Clock
) -> None:
    """With nobody to ask, a key that only older keys still hold is 503, never accepted."""
    forms.sources[1].publish(jwk("a"), jwk("withdrawn", "b"))
    resolve(forms.remotes[1], "withdrawn")
    clock.now += seconds
    resolve(forms.remotes[0], "a")
    forms.sources[0].answer = forms.sources[1].answer = DOWN
    clock.now += UNKNOWN_KEY_SECONDS
    unavailable(forms.first, "withdrawn")
    assert checks(forms.first.key("a"), "a")


def test_keys_of_the_sibling_are_trusted_for_a_day_at_most(forms: Pair, clock: Clock) -> None:
    """The hard limit holds for borrowed keys too."""
    resolve(forms.first, "a")
    forms.sources[0].answer = forms.sources[1].answer = DOWN
    clock.now += HARD_LIMIT_SECONDS
    unavailable(forms.second)


# A pool of AWS's, with the two addresses on loopback.


class Pool:
    """A pool without ``issuer`` or ``jwks``, whose two addresses are two servers on loopback."""

    def __init__(self, pool: LocalUserPool, original: Endpoint, updated: Endpoint) -> None:
        self.pool, self.original, self.updated = pool, original, updated
        self.guard = Guard(pool.trust(jwks=None))

    def verify(self, issuer: str) -> str:
        """The subject of a good token that names ``issuer``."""
        return self.guard.verify(self.pool.access_token(iss=issuer)).subject


@pytest.fixture
def aws(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A pool that was not moved to the updated issuer."""
    good = answer(body=jwks(*pool.jwks()["keys"]))
    with (
        Endpoint(lambda visit: visit.send(good)) as original,
        Endpoint(lambda visit: visit.send(answer("403 Forbidden"))) as updated,
    ):
        servers = {
            f"{pool.issuer}/.well-known/jwks.json": original.url,
            f"{pool.updated_issuer}/.well-known/jwks.json": updated.url,
        }
        monkeypatch.setattr(remote_module, "RemoteKeySet", lambda url: RemoteKeySet(servers[url]))
        yield Pool(pool, original, updated)


@pytest.mark.parametrize("form", ["issuer", "updated_issuer"])
def test_both_forms_verify_on_a_pool_that_was_not_moved(form: str, aws: Pool) -> None:
    """The first token of either form verifies, though the updated address answers 403."""
    assert aws.verify(getattr(aws.pool, form)) == aws.pool.subject("alice")


@pytest.mark.parametrize("form", ["issuer", "updated_issuer"])
def test_both_forms_verify_on_a_pool_that_was_moved(form: str, aws: Pool) -> None:
    """The same with the original address gone."""
    aws.original.behave, aws.updated.behave = aws.updated.behave, aws.original.behave
    assert aws.verify(getattr(aws.pool, form)) == aws.pool.subject("alice")


def test_prefetch_asks_the_original_address_only(aws: Pool) -> None:
    """Start-up does not knock where a pool that was not moved answers 403."""
    aws.guard.prefetch()
    settle()
    assert (len(aws.original.requests), len(aws.updated.requests)) == (1, 0)
    aws.verify(aws.pool.issuer)
    aws.verify(aws.pool.updated_issuer)
    assert (len(aws.original.requests), len(aws.updated.requests)) == (1, 0)


def test_both_addresses_down_is_503(aws: Pool) -> None:
    """A good token of either form is not refused while no address answers."""
    aws.original.behave = aws.updated.behave
    for issuer in (aws.pool.issuer, aws.pool.updated_issuer):
        with pytest.raises(KeysUnavailable):
            aws.verify(issuer)


def test_listeners_are_told_of_both_addresses(forms: Pair) -> None:
    """The fetch of either form's address is told of once, though both forms share the two."""
    told: list[Event] = []
    listeners = Listeners()
    listeners.add(told.append)
    forms.first.observe(listeners)
    forms.second.observe(listeners)
    forms.sources[0].answer, forms.sources[1].answer = DOWN, FORBIDDEN
    unavailable(forms.first)
    problems = sorted(str(event.problem) for event in told if isinstance(event, KeysFetched))
    assert problems == ["status 403", "status 500"]
