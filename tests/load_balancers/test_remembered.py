"""verifier.py: data of a load balancer that comes again, and what is checked all the same."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cognito_guard import (
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    Reason,
    VerificationKey,
)
from cognito_guard.load_balancers.pem import StaticPemKeySet
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..engine.forge import NOW
from ..engine.silence import assert_silent, secrets_of
from ..tokens.test_cache import Clock

ALB = LocalLoadBalancer(LocalUserPool(clock=lambda: NOW))
DATA, IDENTITY, TOKEN = "x-amzn-oidc-data", "x-amzn-oidc-identity", "x-amzn-oidc-accesstoken"


class Keys:
    """Keys of the load balancer that a test holds in its hand, and counts what they verify."""

    algorithm = "ES256"

    def __init__(self, pems: Mapping[str, str] | None = None) -> None:
        self._real = StaticPemKeySet(pems or ALB.keys())
        self.verified = 0
        self.answer: Any = None

    def key(self, kid: str, /) -> VerificationKey:
        """See ``KeySet.key``."""
        if isinstance(self.answer, Exception):
            raise self.answer
        self.kid = kid
        answer: VerificationKey = self.answer or self
        return answer

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        self.verified += 1
        return self._real.key(self.kid).verify(signing_input, signature)


def ask(guard: Guard, headers: Mapping[str, str]) -> Identity:
    """As a thread asks."""
    return guard.authenticate(lambda name: [headers[name]] if name in headers else [])


def aask(guard: Guard, headers: Mapping[str, str]) -> Identity:
    """As a task asks."""
    return asyncio.run(guard.aauthenticate(lambda name: [headers[name]] if name in headers else []))


both_ways = pytest.mark.parametrize("verify", [ask, aask])
Verify = Callable[[Guard, Mapping[str, str]], Identity]


def guard_of(keys: Keys, clock: Clock | None = None, **arguments: Any) -> Guard:
    """A guard that asks these keys."""
    limits = {name: arguments.pop(name) for name in list(arguments) if name.startswith("cache_")}
    trusted = LoadBalancer([ALB.arn], client_id=ALB.client_id, keys=keys, **arguments)
    return Guard(trusted, clock=clock or Clock(), **limits)


def refused(guard: Guard, headers: Mapping[str, str], reason: Reason, verify: Verify) -> None:
    """For this reason, and nothing is given away."""
    secrets = {secret for value in headers.values() for secret in secrets_of(value)}
    with pytest.raises(InvalidToken) as caught:
        verify(guard, headers)
    assert caught.value.reason is reason
    assert_silent(caught.value, secrets)


@both_ways
def test_data_is_verified_twice(verify: Verify) -> None:
    """From the third time on the signature of the same data is not checked."""
    keys = Keys()
    guard = guard_of(keys)
    headers = ALB.headers("ada")

    first, second, third = (verify(guard, headers) for _ in range(3))

    assert first == second
    assert third is second
    assert keys.verified == 2
    assert verify(guard, ALB.headers("bob")).username == "bob"


@both_ways
@pytest.mark.parametrize("limits", [{"cache_entries": 0}, {"cache_bytes": 0}], ids=repr)
def test_without_a_cache(limits: dict[str, int], verify: Verify) -> None:
    """Where either bound is 0, all data is verified whenever it comes."""
    keys = Keys()
    guard = guard_of(keys, **limits)
    headers = ALB.headers("ada")
    for _ in range(4):
        verify(guard, headers)

    assert keys.verified == 4


@both_ways
@pytest.mark.parametrize(("of_header", "of_payload"), [(10, 60), (60, 10)])
@pytest.mark.parametrize("leeway", [0, 60])
def test_it_expires(of_header: int, of_payload: int, leeway: int, verify: Verify) -> None:
    """At the earlier of its two ends, moved by the leeway, remembered data is expired."""
    keys, clock = Keys(), Clock()
    guard = guard_of(keys, clock, leeway=leeway)
    headers = {
        DATA: ALB.data("ada", headers={"exp": NOW + of_header}, claims={"exp": NOW + of_payload})
    }
    for clock.now in (NOW, NOW, NOW + 9.75 + leeway):
        verify(guard, headers)
    assert keys.verified == 2

    clock.now = NOW + 10.0 + leeway
    refused(guard, headers, Reason.TOKEN_EXPIRED, verify)
    cache = guard._load_balancers._cache
    assert cache is not None
    assert len(cache) == 0


@both_ways
def test_it_waits_for_its_nbf(verify: Verify) -> None:
    """Where the clock is set back behind a remembered ``nbf``, the data waits for it."""
    clock = Clock()
    guard = guard_of(Keys(), clock)
    headers = {DATA: ALB.data("ada", nbf=NOW - 60)}
    for _ in range(3):
        verify(guard, headers)

    clock.now = NOW - 61.0
    refused(guard, headers, Reason.TOKEN_NOT_YET_VALID, verify)


@both_ways
def test_the_key_is_withdrawn_or_another(verify: Verify) -> None:
    """The key set is asked each time, and its answer decides."""
    keys = Keys()
    guard = guard_of(keys)
    headers, others = ALB.headers("ada"), ALB.headers("bob")
    cache = guard._load_balancers._cache
    assert cache is not None
    for each in (headers, headers, others, others):
        verify(guard, each)
    assert len(cache) == 2

    keys.answer = KeysUnavailable(7)
    with pytest.raises(KeysUnavailable):
        verify(guard, headers)
    assert len(cache) == 2

    keys.answer = Keys(LocalLoadBalancer(ALB.pool).keys())
    keys.answer.kid = next(iter(keys.answer._real._keys))
    refused(guard, headers, Reason.BAD_SIGNATURE, verify)
    assert len(cache) == 1

    keys.answer = InvalidToken("unknown_key", "Withdrawn.")
    refused(guard, others, Reason.UNKNOWN_KEY, verify)
    assert len(cache) == 0


@both_ways
def test_the_subject_is_compared_each_time(verify: Verify) -> None:
    """The header with the subject is no part of the data."""
    keys = Keys()
    guard = guard_of(keys)
    headers = ALB.headers("ada")
    for _ in range(3):
        verify(guard, headers)

    refused(guard, {**headers, IDENTITY: "mallory"}, Reason.IDENTITY_MISMATCH, verify)
    assert verify(guard, {DATA: headers[DATA]}).username == "ada", "it is optional"
    assert keys.verified == 2


@both_ways
def test_the_access_token_is_verified_each_time(verify: Verify) -> None:
    """The same data with another token: refused, or another caller's groups."""
    pool, clock, keys = ALB.pool, Clock(), Keys()
    guard = guard_of(keys, clock, user_pool=pool.trust())
    headers = ALB.headers("ada", groups=["admins"])
    for _ in range(4):
        assert verify(guard, headers).groups == ("admins",)
    assert verify(guard, headers) is verify(guard, headers)
    assert keys.verified == 2

    def with_token(token: str) -> dict[str, str]:
        return {**headers, TOKEN: token}

    refused(guard, {DATA: headers[DATA]}, Reason.IDENTITY_MISMATCH, verify)
    refused(guard, with_token(pool.access_token("bob")), Reason.IDENTITY_MISMATCH, verify)
    refused(guard, with_token(pool.access_token("ada")[:-8] + "AAAAAAAA"), *_bad(verify))
    expired = pool.access_token("ada", expires_in=-1)
    refused(guard, with_token(expired), Reason.TOKEN_EXPIRED, verify)
    fresh = with_token(pool.access_token("ada", groups=["readers"]))
    for each, groups in ((fresh, ("readers",)), (headers, ("admins",))) * 3:
        assert verify(guard, each).groups == groups


def _bad(verify: Verify) -> tuple[Reason, Verify]:
    return Reason.BAD_SIGNATURE, verify


@both_ways
def test_checks_are_asked_each_time(verify: Verify) -> None:
    """The load balancer's own checks see each request, and whom they refuse is not remembered."""
    keys = Keys()
    out: list[str] = ["ada"]
    guard = guard_of(keys, checks=[lambda one: one.username not in out])
    headers = ALB.headers("ada")
    cache = guard._load_balancers._cache
    assert cache is not None
    for _ in range(3):
        refused(guard, headers, Reason.CHECK_FAILED, verify)
    assert (len(cache), keys.verified) == (0, 3)

    out.clear()
    for _ in range(2):
        verify(guard, headers)
    assert (len(cache), keys.verified) == (1, 4)

    out.append("ada")
    refused(guard, headers, Reason.CHECK_FAILED, verify)
    assert keys.verified == 4


class Revoked:
    """A list that a test writes by hand."""

    refresh_seconds = 1.0

    def __init__(self) -> None:
        self.out = False

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See ``RevocationList``."""
        return self.out

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See ``RevocationList``."""
        return self.out

    revoke = arevoke = health = is_revoked


@both_ways
def test_the_list_of_what_was_revoked_is_asked_each_time(verify: Verify) -> None:
    """Who was signed out is out, remembered or not."""
    listed: Any = Revoked()
    trusted = LoadBalancer([ALB.arn], client_id=ALB.client_id, keys=ALB.keys())
    guard = Guard(trusted, revocations=listed, clock=Clock())
    headers = ALB.headers("ada")
    for _ in range(3):
        verify(guard, headers)

    listed.out = True
    refused(guard, headers, Reason.REVOKED, verify)


def test_texts_that_only_claim_to_be_equal() -> None:
    """A text with an equality of its own is neither looked up nor remembered."""
    keys = Keys()
    guard = guard_of(keys)
    headers = ALB.headers("ada")
    for _ in range(3):
        ask(guard, headers)

    class Chameleon(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash(headers[DATA])

        def strip(self, *_: Any) -> Chameleon:
            return self

    refused(guard, {DATA: Chameleon("A.B.C")}, Reason.MALFORMED_TOKEN, ask)
    other = {DATA: Chameleon(ALB.data("bob"))}
    assert [ask(guard, other).username for _ in range(3)] == ["bob"] * 3
    assert keys.verified == 5


def test_memory() -> None:
    """It is counted for no less than it takes."""
    guard = guard_of(Keys())
    every = [ALB.data(f"user-{number}", role="editor") for number in range(300)]
    ask(guard, {DATA: every[0]})
    gc.collect()
    tracemalloc.start()
    try:
        for one in every:
            for _ in range(2):
                ask(guard, {DATA: one})
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    cache = guard._load_balancers._cache
    assert cache is not None
    assert taken + sum(map(len, every)) - (1 << 18) <= cache._bytes


def test_another_access_token_is_not_kept_with_the_data() -> None:
    """The data is counted with the token that came along when it was remembered. A larger one that
    comes later with the same data takes no memory that nobody counts."""
    guard = guard_of(Keys(), user_pool=ALB.pool.trust())
    groups = [f"group-{number}-{'x' * 100}" for number in range(60)]
    users = [f"user-{number}" for number in range(100)]
    every = [ALB.headers(user) for user in users]
    larger = [
        {**one, TOKEN: ALB.access_token(user, groups=groups)}
        for one, user in zip(every, users, strict=True)
    ]
    ask(guard, ALB.headers("ada"))
    gc.collect()
    tracemalloc.start()
    try:
        for one in every:
            for _ in range(2):
                ask(guard, one)
        for one in larger:
            assert ask(guard, one).groups == tuple(groups)
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    caches: list[Any] = [guard._load_balancers._cache]
    caches += [one._cache for one in guard._load_balancers._access_tokens.values()]  # type: ignore[attr-defined]
    assert [len(cache) for cache in caches] == [len(every)] * 2
    # The texts themselves were there before.
    texts = sum(len(one[DATA]) + len(one[TOKEN]) for one in every)
    assert taken + texts - (1 << 19) <= sum(cache._bytes for cache in caches)
