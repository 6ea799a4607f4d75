"""What most tests need: two user pools of one's own, and a guard that trusts the first."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

from .leaks import Listener, listening

# Made once, because RSA keys are slow to make. A test that rotates keys makes a pool of its own.


@pytest.fixture(scope="session")
def pool() -> LocalUserPool:
    """The user pool that ``guard`` trusts."""
    return LocalUserPool()


@pytest.fixture(scope="session")
def other_pool() -> LocalUserPool:
    """A user pool in the same region that ``guard`` does not trust."""
    return LocalUserPool("eu-west-1_OtherPool", client_id="2example98765432")


@pytest.fixture(scope="session")
def guard(pool: LocalUserPool) -> Guard:
    """Accepts the access tokens of ``pool`` for its one client."""
    return Guard(pool.trust())


@pytest.fixture(scope="session")
def leaks() -> Iterator[Listener]:
    """Hears every log record, error and repr of the engine, in each test."""
    with listening() as listener:
        yield listener


@pytest.fixture(autouse=True)
def nothing_leaks(leaks: Listener) -> Iterator[None]:
    """Whatever a test makes the engine say gives away no token, no key and no user."""
    yield
    found, leaks.leaks = leaks.leaks, set()
    assert found == set()


@pytest.fixture(autouse=True)
def no_fetch_outlives_its_test() -> Iterator[None]:
    """What a fetch of keys has to say is said in the test that began it, not in the next one's log:
    where a server ends with its test, that is an error."""
    yield
    for thread in threading.enumerate():
        if thread.name == "cognito_guard.keys":
            thread.join(10)  # one that hangs is not what the test is about


def pytest_sessionfinish() -> None:
    """Save what was measured now: pytest-xdist kills a worker that takes 10 s to end, as one may on
    a busy machine, and what it has covered would be missing."""
    measuring = sys.modules.get("coverage")
    running = None if measuring is None else measuring.Coverage.current()
    if running is not None:
        running.save()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A name with an object's address in it is another one in each process that runs tests."""
    changing = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if changing:
        raise pytest.UsageError(f"give these cases names with tests.naming.steady: {changing}")
