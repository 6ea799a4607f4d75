"""cache.py: what is remembered, for how long, and what a hit asks all the same."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    Pending,
    Reason,
    StaticKeySet,
    TokenVerifier,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard.tokens.cache import DEFAULT_BYTES, VerifiedTokens

from ..benchmarks.material import good_token
from ..engine.forge import NOW, Forge
from ..engine.refusal import assert_refused


class Keys:
    """A key set that a test holds in its hand. It counts what its keys have verified."""

    algorithm = "RS256"

    def __init__(self, forge: Forge) -> None:
        self.verified = 0
        self.asked = 0
        self.answer: Any = self
        self.publish(forge)

    def publish(self, forge: Forge) -> None:
        """From now on, under the same kid, have the key of this forge."""
        self._real = StaticKeySet({"keys": [forge.jwk()]}).key(forge.kid)

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        self.verified += 1
        return self._real.verify(signing_input, signature)


class AnotherKey:
    """A key that replaced the first one, under its kid."""

    algorithm = "RS256"

    def __init__(self, good: bool) -> None:
        self.good = good

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        return self.good


@pytest.fixture
def keys(forge: Forge) -> Keys:
    """The key of the forge, and how often it was used."""
    return Keys(forge)


class Clock:
    """The time of day, as a test says."""

    now = float(NOW)

    def __call__(self) -> float:
        return self.now


def ask(verifier: TokenVerifier | Guard, token: str) -> Identity:
    """As a thread asks."""
    return verifier.verify(token)


def aask(verifier: TokenVerifier | Guard, token: str) -> Identity:
    """As a task asks."""
    return asyncio.run(verifier.averify(token))


both_ways = pytest.mark.parametrize("verify", [ask, aask])
Verify = Callable[[Any, str], Identity]


def remember(guard: Any, *tokens: str, verify: Verify = ask) -> None:
    """Have tokens verified as often as it takes until they are remembered: twice."""
    for token in tokens:  # one by one: the mark of one may take the place of another's
        for _ in range(2):
            verify(guard, token)


def guard_of(forge: Forge, keys: Keys, clock: Clock | None = None, **arguments: Any) -> Guard:
    """A guard that asks these keys."""
    limits = {name: arguments.pop(name) for name in list(arguments) if name.startswith("cache_")}
    return Guard(forge.trust(jwks=keys, **arguments), clock=clock or Clock(), **limits)


@both_ways
def test_a_token_is_verified_twice(forge: Forge, keys: Keys, verify: Verify) -> None:
    """A token that came twice has its signature checked no third time, whoever asks."""
    guard = guard_of(forge, keys)
    token = forge.token()

    first, second, third = (verify(guard, text) for text in (token, token, (token + " ").strip()))

    assert first == second
    assert third is second
    assert (keys.verified, keys.asked) == (2, 3)


def test_who_comes_once_takes_no_place(forge: Forge, keys: Keys) -> None:
    """Tokens that never come again are not remembered, and push nobody out who does."""
    guard = guard_of(forge, keys, cache_entries=2)
    regular = forge.token()
    remember(guard, regular)
    for number in range(20):
        guard.verify(forge.token(forge.claims(jti=f"token-{number}")))

    assert list(guard._tokens._cache._entries) == [regular]
    verified = keys.verified
    guard.verify(regular)
    assert keys.verified == verified


def test_a_mark_is_written_over_by_a_later_one(forge: Forge) -> None:
    """The table keeps to its size: the mark of an older token gives way, and that one begins
    anew."""
    cache = VerifiedTokens(entries=1)
    assert not cache.comes_again("0")
    for number in range(1, 4096):
        cache.comes_again(str(number))

    assert not cache.comes_again("0")
    assert cache.comes_again("0")


@pytest.mark.parametrize(
    ("entries", "places"), [(1, 64), (60, 128), (100, 256), (10_000, 32_768), (10**9, 131_072)]
)
def test_the_table_has_a_few_places_for_each_entry(entries: int, places: int) -> None:
    """8 bytes each, between half a kilobyte and one megabyte, and nothing before it is needed."""
    cache = VerifiedTokens(entries=entries)
    assert cache._seen is None

    cache.comes_again("A.B.C")

    assert cache._seen is not None
    assert cache._seen.nbytes == 8 * places
    assert [index for index, mark in enumerate(cache._seen) if mark] == [hash("A.B.C") % places]


def test_marks_that_are_alike(forge: Forge, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two tokens had one mark, the second would be remembered too early, after it was
    verified. It would be found by its own text alone."""
    guard = guard_of(forge, keys)
    monkeypatch.setattr(guard._tokens._cache, "comes_again", lambda token: True)
    one, other = forge.token(), forge.token(forge.claims(jti="another"))

    assert guard.verify(one).jti != guard.verify(other).jti
    assert keys.verified == 2
    assert guard.verify(other).jti == "another"
    assert keys.verified == 2
    with pytest.raises(InvalidToken):
        guard.verify(one[:-8] + "AAAAAAAA")


@pytest.mark.parametrize("limits", [{"cache_entries": 0}, {"cache_bytes": 0}], ids=repr)
def test_without_a_cache(forge: Forge, keys: Keys, limits: dict[str, int]) -> None:
    """Where either bound is 0, every token is verified whenever it comes."""
    guard = guard_of(forge, keys, **limits)
    token = forge.token()

    remember(guard, token)
    assert guard.verify(token) is not guard.verify(token)
    assert keys.verified == 4
    assert guard._tokens._cache is None, "nor are marks left"


@pytest.mark.parametrize("leeway", [0, 60])
def test_a_remembered_token_expires(forge: Forge, keys: Keys, leeway: int) -> None:
    """At the second of its ``exp``, moved by the leeway, a remembered token is expired."""
    clock = Clock()
    guard = guard_of(forge, keys, clock, leeway=leeway)
    token = forge.token(forge.claims(exp=NOW + 10))

    remember(guard, token)
    for clock.now in (NOW, NOW + 9.75 + leeway):
        guard.verify(token)
    assert keys.verified == 2

    for clock.now in (NOW + 10.0 + leeway, NOW + 11.0 + leeway):
        assert_refused(guard, token, Reason.TOKEN_EXPIRED)
    assert (len(guard._tokens._cache), keys.verified) == (0, 2)


def test_a_remembered_token_is_not_valid_yet(forge: Forge, keys: Keys) -> None:
    """Where the clock is set back behind a remembered ``nbf``, the token waits for it."""
    clock = Clock()
    guard = guard_of(forge, keys, clock, leeway=5)
    with_nbf, without = forge.token(forge.claims(nbf=NOW - 60)), forge.token()
    remember(guard, with_nbf, without)
    for token in (with_nbf, without):
        assert guard.verify(token) is guard.verify(token), "remembered from that very moment on"

    clock.now = NOW - 66.0
    assert_refused(guard, with_nbf, Reason.TOKEN_NOT_YET_VALID)
    clock.now = NOW - 65.0
    guard.verify(with_nbf)

    verified = keys.verified
    guard.verify(without)
    assert keys.verified == verified, "without nbf there is nothing to wait for"


@both_ways
def test_a_withdrawn_key(forge: Forge, keys: Keys, verify: Verify) -> None:
    """With a key that is withdrawn everything goes that it verified, and that at once."""
    guard = guard_of(forge, keys)
    tokens = [forge.token(forge.claims(jti=f"token-{number}")) for number in range(3)]
    remember(guard, *tokens, verify=verify)
    cache = guard._tokens._cache

    assert len(cache) == 3
    keys.answer = InvalidToken("unknown_key", "Withdrawn.")
    with pytest.raises(InvalidToken) as caught:
        verify(guard, tokens[0])

    assert caught.value is keys.answer
    assert len(cache) == 0


def test_only_what_the_key_verified_goes(forge: Forge) -> None:
    """What another key verified stays remembered."""
    gone, kept = Keys(forge), Keys(forge)
    other = Forge()
    other.issuer = "https://other.example"
    kept.publish(other)
    guard = Guard(
        forge.trust(jwks=gone), other.trust(jwks=kept, issuer=other.issuer), clock=Clock()
    )
    mine, theirs = forge.token(), other.token()
    remember(guard, mine, theirs)

    gone.answer = InvalidToken("unknown_key", "Withdrawn.")
    with pytest.raises(InvalidToken):
        guard.verify(mine)

    guard.verify(theirs)
    assert (len(guard._tokens._cache), kept.verified) == (1, 2)


@both_ways
@pytest.mark.parametrize("good", [True, False])
def test_a_replaced_key(forge: Forge, keys: Keys, verify: Verify, good: bool) -> None:
    """Under the same kid another key: the token is held against that one, as if never seen."""
    guard = guard_of(forge, keys)
    token = forge.token()
    remember(guard, token, verify=verify)

    keys.answer = AnotherKey(good)
    if good:
        assert verify(guard, token) is verify(guard, token)
    else:
        assert_refused(guard, token, Reason.BAD_SIGNATURE)
        assert len(guard._tokens._cache) == 0


@both_ways
def test_keys_that_cannot_be_had(forge: Forge, keys: Keys, verify: Verify) -> None:
    """While nobody can say whether the key is still trusted, a remembered token is not either."""
    guard = guard_of(forge, keys)
    token = forge.token()
    remember(guard, token, verify=verify)

    keys.answer = KeysUnavailable(7)
    with pytest.raises(KeysUnavailable):
        verify(guard, token)

    keys.answer = keys
    verify(guard, token)
    assert keys.verified == 2, "it was the key after all"


@both_ways
def test_a_key_that_has_to_be_fetched(forge: Forge, keys: Keys, verify: Verify) -> None:
    """Where the key set must fetch first, a remembered token waits as any other does."""
    guard = guard_of(forge, keys)
    token = forge.token()
    remember(guard, token, verify=verify)

    class Fetched(Pending):  # type: ignore[misc]  # a Pending that brings the key
        def wait(self, seconds: float) -> bool:
            keys.answer = keys
            return True

        async def wait_async(self, seconds: float) -> bool:
            return self.wait(seconds)

    keys.answer = Fetched()
    verify(guard, token)

    assert keys.verified == 3


@both_ways
@pytest.mark.parametrize(
    "answer", [False, AccessDenied("missing_claim", "No."), InvalidToken("revoked", "Signed out.")]
)
def test_checks_are_asked_each_time(
    forge: Forge, keys: Keys, verify: Verify, answer: object
) -> None:
    """A pool's own checks see each request: who is revoked in between is out."""
    seen: list[Identity] = []
    answers: list[object] = [None, True, None, True, answer]

    def check(identity: Identity) -> object:
        seen.append(identity)
        if isinstance(said := answers[len(seen) - 1], Exception):
            raise said
        return said

    guard = guard_of(forge, keys, checks=[check])
    token = forge.token()
    for _ in range(4):
        verify(guard, token)
    with pytest.raises((InvalidToken, AccessDenied)) as caught:
        verify(guard, token)

    assert caught.value is answer or caught.value.reason is Reason.CHECK_FAILED
    assert keys.verified == 2
    assert [identity is seen[1] for identity in seen] == [False] + [True] * 4


def test_who_is_refused_is_not_remembered(forge: Forge, keys: Keys) -> None:
    """Tokens that fail, for whatever reason, take no place, and push no good one out."""
    guard = guard_of(forge, keys, cache_entries=1, checks=[lambda one: one.username != "mallory"])
    good = forge.token()
    remember(guard, good)

    for token in 2 * (
        good[:-8] + "AAAAAAAA",
        Forge().token(),
        "A.B.C",
        forge.token(forge.claims(exp=NOW)),
        forge.token(forge.claims(scope=1)),
        forge.token(forge.claims(username="mallory")),
    ):
        with pytest.raises(InvalidToken):
            guard.verify(token)

    verified = keys.verified
    guard.verify(good)
    assert keys.verified == verified


def test_the_whole_token_is_compared(forge: Forge, keys: Keys) -> None:
    """A text that differs from a remembered token in one letter is another token."""
    guard = guard_of(forge, keys)
    token = forge.token()
    remember(guard, token)

    for at in (0, len(token) // 2, len(token) - 1):
        with pytest.raises(InvalidToken):
            guard.verify(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :])


def test_texts_that_only_claim_to_be_equal(forge: Forge, keys: Keys) -> None:
    """What is no text, or a text with an equality of its own, is not looked up."""
    guard = guard_of(forge, keys)
    token = forge.token()
    remember(guard, token)

    class Chameleon(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash(token)

    remember(guard, Chameleon(token), Chameleon(forge.token(forge.claims(jti="another"))))
    assert list(map(type, guard._tokens._cache._entries)) == [str], "nor remembered"
    for text in (Chameleon("A.B.C"), token.encode(), [token], None):
        assert_refused(guard, text, Reason.MALFORMED_TOKEN)  # type: ignore[arg-type]


def test_oldest_out_first(forge: Forge, keys: Keys) -> None:
    """A flood of good tokens keeps to the number of entries; who was there first goes first."""
    guard = guard_of(forge, keys, cache_entries=3)
    tokens = [forge.token(forge.claims(jti=f"token-{number}")) for number in range(8)]
    remember(guard, *tokens)
    cache = guard._tokens._cache

    assert list(cache._entries) == tokens[-3:]
    remember(guard, tokens[0])
    assert list(cache._entries) == [*tokens[-2:], tokens[0]]


def test_bytes_are_bounded(forge: Forge, keys: Keys) -> None:
    """Large tokens push out as many as their size takes, and one larger than all stays out."""
    guard = guard_of(forge, keys, cache_bytes=20_000)
    small = [forge.token(forge.claims(jti=f"token-{number}")) for number in range(4)]
    large = forge.token(forge.claims(padding="x" * 3000))
    larger = forge.token(forge.claims(padding="x" * 9000))
    many = forge.token(forge.claims({"cognito:groups": [str(number) for number in range(200)]}))
    cache = guard._tokens._cache
    remember(guard, *small)
    assert list(cache._entries) == small

    remember(guard, large)
    assert list(cache._entries) == [small[-1], large]
    for token in (larger, many):
        remember(guard, token)
        assert list(cache._entries) == [small[-1], large]

    for token in (*small, large):
        cache.forget_token(token)
        cache.forget_token(token)
    assert (len(cache), cache._bytes) == (0, 0)


def test_a_token_of_just_the_size_fits(forge: Forge, keys: Keys) -> None:
    """The bound is the most that there may be: a token that takes all of it is remembered, and one
    for which a byte is missing is not."""
    token = forge.token()
    free = guard_of(forge, keys)
    remember(free, token)
    weight = free._tokens._cache._bytes

    for size, entries in ((weight, 1), (weight - 1, 0)):
        guard = guard_of(forge, keys, cache_bytes=size)
        remember(guard, token)
        assert len(guard._tokens._cache) == entries


@pytest.mark.parametrize("name", ["cache_entries", "cache_bytes"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "1", None], ids=repr)
def test_bounds_are_whole_numbers(forge: Forge, name: str, value: object) -> None:
    """Anything else than a whole number is no bound, and no quiet way to have none."""
    with pytest.raises(ConfigurationError, match=f"^{name} must be a whole number, 0 for no cache"):
        Guard(forge.trust(), **{name: value})  # type: ignore[arg-type]


def test_a_pool_does_not_remember_for_another(forge: Forge, keys: Keys) -> None:
    """A token of one pool, remembered, is none of the pool that a load balancer belongs to."""
    other = Forge()
    other.issuer = "https://other.example"
    pool = forge.trust(jwks=keys)
    balanced = LoadBalancer(
        ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef"],
        client_id=forge.client_id,
        user_pool=pool,
    )
    guard = Guard(other.trust(issuer=other.issuer), pool, balanced, clock=Clock())
    token = other.token()
    remember(guard, token)

    with pytest.raises(InvalidToken) as caught:
        guard._tokens.only(pool).verify(token)

    assert caught.value.reason is Reason.UNKNOWN_ISSUER


@both_ways
def test_the_verifier_of_one_pool_is_as_strict(forge: Forge, keys: Keys, verify: Verify) -> None:
    """It has the clock, the limit and the keys of the one that it comes from, and its own cache."""
    clock = Clock()
    pool = forge.trust(jwks=keys)
    token = forge.token(forge.claims(exp=NOW + 10))
    every = TokenVerifier(pool, max_token_bytes=len(token), clock=clock)
    one = every.only(pool, cache=VerifiedTokens())

    remember(one, token, verify=verify)
    assert verify(one, token) is verify(one, token)
    assert keys.verified == 2
    with pytest.raises(InvalidToken) as caught:
        verify(one, f"{token}A")
    assert caught.value.reason is Reason.TOKEN_TOO_LARGE
    clock.now = NOW + 10
    with pytest.raises(InvalidToken) as caught:
        verify(one, token)
    assert caught.value.reason is Reason.TOKEN_EXPIRED


def test_who_finds_the_lock_taken_leaves(forge: Forge, keys: Keys) -> None:
    """A hit needs no lock, and a miss that cannot have it verifies all the same."""
    guard = guard_of(forge, keys)
    remembered, new = forge.token(), forge.token(forge.claims(jti="another"))
    remember(guard, remembered)
    cache = guard._tokens._cache

    with cache._lock:
        guard.verify(remembered)
        remember(guard, new)
        cache.forget_token(remembered)
        cache.forget_key(keys)  # type: ignore[arg-type]

    assert list(cache._entries) == [remembered]
    assert keys.verified == 4


def test_many_threads(forge: Forge, keys: Keys) -> None:
    """Threads that come and go with few and many tokens keep to the bounds and the accounts."""
    guard = guard_of(forge, keys, cache_entries=4)
    claims = [forge.claims(jti=f"token-{number}") for number in range(8)]
    tokens = {forge.token(one): one["jti"] for one in claims}
    wrong: list[Any] = []

    def work(rounds: int) -> None:
        for _ in range(rounds):
            for token, jti in tokens.items():
                if guard.verify(token).jti != jti:
                    wrong.append(jti)
                guard._tokens._cache.forget_token(token) if rounds % 2 else None

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=work, args=(20 + number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    cache = guard._tokens._cache

    assert wrong == []
    assert len(cache) <= 4
    for token in list(cache._entries):
        cache.forget_token(token)
    assert cache._bytes == 0


def test_a_child_sorts_its_accounts(forge: Forge, keys: Keys) -> None:
    """A lock that somebody held, and a count in the midst of a change, are the parent's."""
    guard = guard_of(forge, keys)
    remember(guard, forge.token())
    cache = guard._tokens._cache
    whole = cache._bytes
    cache._bytes = 1

    with cache._lock:
        cache._forget_parent()
        assert (len(cache), cache._bytes) == (1, whole)
        remember(guard, forge.token(forge.claims(jti="another")))

    assert len(cache) == 2, "its lock is free"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_with_the_lock_held(forge: Forge, keys: Keys) -> None:
    """A child remembers what its parent knew, and new tokens too, whoever held the lock."""
    guard = guard_of(forge, keys)
    old, new = forge.token(), forge.token(forge.claims(jti="another"))
    remember(guard, old)
    cache = guard._tokens._cache
    whole = cache._bytes
    with cache._lock:
        cache._bytes = 1  # in the midst of a change
        child = os.fork()
        if child == 0:  # pragma: no cover  # the child's lines are counted by nobody
            guard.verify(old)
            remember(guard, new)
            good = keys.verified == 4 and len(cache) == 2 and cache._bytes > whole
            os._exit(0 if good else 1)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_memory(pool: LocalUserPool) -> None:
    """A remembered token takes at most 2 KiB beyond its own text, and is counted for no less."""
    guard = Guard(pool.trust())
    tokens = [
        pool.access_token(f"user-{number}", groups=["admins", "users"], scopes=["openid", "a/b"])
        for number in range(500)  # many, as other threads of the process take memory too
    ]
    remember(guard, tokens.pop())
    gc.collect()
    tracemalloc.start()
    try:
        remember(guard, *tokens)
        issuers = {id(guard.verify(token).issuer) for token in tokens}
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken / len(tokens) <= 2048
    assert len(issuers) == 1, "what they have in common is there once"
    whole = taken + sum(map(len, tokens))
    assert whole <= guard._tokens._cache._bytes <= 2 * whole


def test_how_many_fit(pool: LocalUserPool) -> None:
    """As many tokens of 1.1 kB as the page about keys says, and 10,000 where it says so."""
    guard = Guard(pool.trust())
    remember(guard, good_token(pool))
    each = guard._tokens._cache._bytes

    assert round(DEFAULT_BYTES / each, -2) == 6_800
    assert 10_000 * each <= 50_000_000


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A pool whose tokens are as long as those of Cognito."""
    return LocalUserPool()


def test_it_says_nothing(forge: Forge, keys: Keys) -> None:
    """The repr of the cache has a number in it and no token."""
    guard = guard_of(forge, keys)
    remember(guard, forge.token())

    assert repr(guard._tokens._cache) == "<VerifiedTokens: 1 tokens>"
    assert VerifiedTokens().limits == (10_000, 32 * 1024 * 1024)
