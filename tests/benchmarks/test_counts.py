"""Speed without a clock: what is counted is the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

from cognito_guard import Guard, StaticKeySet, VerificationKey
from cognito_guard.testing import LocalUserPool

from . import probing
from .bench import Bench, set_up
from .material import good_token
from .results import row

WITHOUT_CACHE: dict[str, Any] = {"cache_entries": 0}


class CountingKeys:
    """The pool's keys, which count how often they check a signature."""

    def __init__(self, pool: LocalUserPool) -> None:
        keys = StaticKeySet(pool.jwks())
        self._keys = {
            jwk["kid"]: _CountingKey(keys.key(jwk["kid"]), self) for jwk in pool.jwks()["keys"]
        }
        self.checks = 0

    def key(self, kid: str, /) -> VerificationKey:
        return self._keys[kid]


class _CountingKey(VerificationKey):
    algorithm = "RS256"

    def __init__(self, key: VerificationKey, keys: CountingKeys) -> None:
        super().__init__(key.kid, key._key)
        self._other, self._keys = key, keys

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        self._keys.checks += 1
        return self._other.verify(signing_input, signature)


_TESTS = str(Path(__file__).parents[1])


def python_calls(call: Callable[[], object]) -> int:
    """How many functions written in Python a call runs through: the library's own, and those of
    Python's library that it calls. What listens in a run of tests does not count."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" and not frame.f_code.co_filename.startswith(_TESTS)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


def test_keys_are_fetched_once_for_a_hundred_tokens_in_eight_threads(pool: LocalUserPool) -> None:
    """However many callers there are, the key set is asked for once."""
    tokens = [good_token(pool) for _ in range(100)]
    with pool.serve() as server, ThreadPoolExecutor(8) as threads:
        guard = Guard(pool.trust(jwks=server.url))
        subjects = {identity.subject for identity in threads.map(guard.verify, tokens)}
        assert (len(subjects), server.requests) == (1, 1)


def test_a_token_is_checked_once_with_the_cache_and_each_time_without(pool: LocalUserPool) -> None:
    """A token that comes again costs no signature check."""
    token = good_token(pool)
    counts = []
    for options in ({}, WITHOUT_CACHE):
        keys = CountingKeys(pool)
        guard = Guard(pool.trust(jwks=keys), **options)
        for _ in range(10):
            guard.verify(token.encode("ascii").decode("ascii"))
        counts.append(keys.checks)
    assert counts == [1, 10]


def test_few_python_functions_run_for_a_token(pool: LocalUserPool) -> None:
    """Calls are what Python pays for: at most so many for a token that is new, and one again."""
    token = good_token(pool)
    for options, most in ((WITHOUT_CACHE, 22), ({}, 6)):
        guard = Guard(pool.trust(), **options)
        guard.verify(token)  # the header segment is new to it only now
        assert python_calls(lambda: guard.verify(token)) <= most  # noqa: B023


def test_few_python_functions_run_for_junk(pool: LocalUserPool) -> None:
    """What is refused before the signature is refused cheaply."""
    guard = Guard(pool.trust())
    expired = pool.access_token(expires_in=-60)

    def refuse() -> None:
        try:
            guard.verify(expired)
        except Exception:  # noqa: BLE001 - what it is has tests of its own
            return
        raise AssertionError("an expired token was accepted")

    refuse()
    assert python_calls(refuse) <= 12


def test_a_remembered_token_costs_two_kibibytes_and_the_bound_holds() -> None:
    """Memory of the cache is in proportion to what it may remember, not to what it is sent."""
    with set_up(short=True) as bench:
        section = probing.memory(bench)["memory"]
        assert _bytes(bench, section, "a token remembered, beyond its text") <= 2048
        text = _bytes(bench, section, "the text of a token")
        in_all = _bytes(bench, section, "in all, where 20 may be remembered")
        assert in_all <= 20 * (2048 + text) + 8192


def _bytes(bench: Bench, section: Any, name: str) -> float:
    found = row(section, name)
    assert found is not None
    return found["value"]["median"]
