"""Speed without a clock: what is counted is the same on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from redis import Redis

from cognito_guard import Guard, StaticKeySet, VerificationKey
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..login.site import site
from . import probing, serving, sessions, starting
from .bench import Bench, set_up
from .budget import BUDGET, VERSION, budget, counts, no_collection
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


# What a start may load beyond the bare script of its kind: how many modules of this project, and
# which of others. Each costs 0.1 to 0.4 ms, many more. Who adds one says why in the commit.
_NEEDED = {"threading", "weakref", "cryptography.exceptions"}
# What loads a public name when it is used.
_LOADING = {"importlib", "importlib._bootstrap", "importlib._bootstrap_external"}
_STARTS: dict[str, tuple[str, int, set[str]]] = {
    "with_cognito_guard.py": ("bare.py", 37, _NEEDED),
    "with_lambda.py": ("bare.py", 46, _NEEDED | _LOADING),
    "with_load_balancer.py": ("bare_es256.py", 42, _NEEDED | _LOADING),
}

_TESTS = str(Path(__file__).parents[1])


def python_calls(call: Callable[[], object]) -> int:
    """How many functions written in Python a call runs through: the library's own, and those of
    Python's library that it calls. What listens in a run of tests does not count."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call" and not frame.f_code.co_filename.startswith(_TESTS)

    before = sys.getprofile()
    with no_collection():
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


def test_a_token_is_checked_twice_with_the_cache_and_each_time_without(pool: LocalUserPool) -> None:
    """From its third time on, a token costs no signature check."""
    token = good_token(pool)
    counts = []
    for options in ({}, WITHOUT_CACHE):
        keys = CountingKeys(pool)
        guard = Guard(pool.trust(jwks=keys), **options)
        for _ in range(10):
            guard.verify(token.encode("ascii").decode("ascii"))
        counts.append(keys.checks)
    assert counts == [2, 10]


def test_few_python_functions_run_for_a_token(pool: LocalUserPool) -> None:
    """Calls are what Python pays for: at most so many for a token that is new, and one again."""
    token = good_token(pool)
    for options, most in ((WITHOUT_CACHE, 25), ({}, 6)):
        guard = Guard(pool.trust(), **options)
        for _ in range(2):  # the header segment is new to it only now, and the token no longer
            guard.verify(token)
        assert python_calls(lambda: guard.verify(token)) <= most  # noqa: B023


def test_no_request_takes_more_instructions_than_its_budget() -> None:
    """Of each kind of request at most 3 % more than written down. Who makes one grow on purpose
    says why in the commit, and renews the numbers: ``python -m tests.benchmarks.budget``."""
    allowed = budget()
    if allowed is None:
        pytest.skip(f"{BUDGET.name} has no numbers of Python {VERSION}")
    found = counts()

    assert found.keys() == allowed.keys()
    grown = {name: (allowed[name], count) for name, count in found.items()}
    assert {n: pair for n, pair in grown.items() if pair[1] > 1.03 * pair[0]} == {}


@pytest.mark.parametrize("script", _STARTS)
def test_a_start_imports_no_more_than_now(script: str, tmp_path: Path) -> None:
    """In a fresh process: so many of our modules, and of others those that are named."""
    pool = LocalUserPool()
    balancer = LocalLoadBalancer(pool)
    bare, most, others = _STARTS[script]
    if bare == "bare.py":
        text, given = good_token(pool), pool.jwks()
    else:
        names = ("arn", "client_id", "issuer")
        text = balancer.data()
        given = {name: getattr(balancer, name) for name in names} | {"keys": balancer.keys()}
    path = tmp_path / "given.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    more = _loaded(script, text, path) - _loaded(bare, text, path)
    ours = {name for name in more if name.startswith("cognito_guard")}

    assert "cognito_guard.guard" in ours
    assert len(ours) <= most, sorted(ours)
    assert {name for name in more - ours if not name.startswith("_")} - others == set()


def _loaded(script: str, text: str, path: Path) -> set[str]:
    """The modules that a process has loaded in the end that runs a script."""
    source = (starting.STARTS / script).read_text(encoding="utf-8")
    code = f"{source}\nprint(json.dumps(list(sys.modules)))"
    if "import json" not in source:
        code = f"import json\n{code}"
    run = subprocess.run(
        [sys.executable, "-I", "-c", code, text, str(path)],
        capture_output=True,
        check=True,
        cwd=path.parent,
        timeout=60,
    )
    return set(json.loads(run.stdout))


def test_few_python_functions_run_for_a_session() -> None:
    """Somebody who has signed in is found by at most so many, the read of the store among them:
    what the store has is opened when it is new."""
    with site() as here:
        browser = here.browser()
        browser.sign_in()
        session_id = browser.session_id
        assert here.sessions.current(session_id) is not None
        assert python_calls(lambda: here.sessions.current(session_id)) <= 47


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
    assert python_calls(refuse) <= 16


def test_a_remembered_token_costs_two_kibibytes_and_the_bound_holds() -> None:
    """Memory of the cache is in proportion to what it may remember, not to what it is sent."""
    with set_up(short=True) as bench:
        section = probing.memory(bench)["memory"]
        assert _bytes(bench, section, "a token remembered, beyond its text") <= 2048
        text = _bytes(bench, section, "the text of a token")
        in_all = _bytes(bench, section, "in all, where 20 may be remembered")
        assert in_all <= 20 * (2048 + text) + 8192


@pytest.mark.parametrize("target", sessions.APPS.values(), ids=sessions.APPS)
def test_a_session_costs_one_read_beyond_a_bearer_token(target: str) -> None:
    """Redis itself counts: one GET for each request of somebody who has signed in, and nothing for
    a request with a token."""
    with sessions.site(target, 2) as one:
        for headers, reads in ((one.bearer, {}), (one.session, {"get": 10})):
            one.redis.config_resetstat()
            for _ in range(5):
                for line in headers:
                    assert serving.status(one.origin, line) == 200
            assert _commands(one.redis) == reads


def _commands(redis: Redis) -> dict[str, int]:
    """How often each command was used that is about data."""
    stats: dict[str, dict[str, int]] = redis.info("commandstats")
    counts = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
    about_connections = ("client", "config", "hello", "info", "ping")
    return {name: count for name, count in counts.items() if not name.startswith(about_connections)}


def _bytes(bench: Bench, section: Any, name: str) -> float:
    found = row(section, name)
    assert found is not None
    return found["value"]["median"]
