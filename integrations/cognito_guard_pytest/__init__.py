"""cognito_guard for pytest: a local user pool, load balancer and clock as fixtures, a marker that
signs a user in, and one that attacks an app.

pytest loads this at every start, so it imports the test kit only where a test asks for it. It is a
package of its own, beside ``cognito_guard.testing``, because importing that one takes the engine,
``cryptography`` and PyJWT along.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, final
from weakref import WeakKeyDictionary

import pytest

from .sharing import folder_of_run, shared
from .signed_in import SignedIn

if TYPE_CHECKING:
    from cognito_guard.testing import LocalClock, LocalLoadBalancer, LocalUserPool
    from cognito_guard.testing.attacks import Attempt

__all__ = [
    "SignedIn",
    "cognito_alb",
    "cognito_attack",
    "cognito_client",
    "cognito_clock",
    "cognito_pool",
    "local_user_pool",
]

_MARKER = "cognito_attacks"
_USER = "cognito_user"


@final
class _Kit:
    """What the fixtures of a run share: keys are slow to make, and so are many tokens."""

    def __init__(self, config: pytest.Config) -> None:
        # Not the configuration itself, as the kit is found by a weak reference to it.
        self._folder = folder_of_run(config)
        self._made: dict[tuple[int, str], dict[str, Attempt]] = {}

    @cached_property
    def pool(self) -> LocalUserPool:
        """The pool of the run."""
        from cognito_guard.testing import LocalClock, LocalUserPool

        keys = shared(self._folder, "pool", lambda: LocalUserPool().private_keys())
        return LocalUserPool(private_keys=keys, clock=LocalClock())

    def load_balancer(self, pool: LocalUserPool) -> LocalLoadBalancer:
        """One in front of a pool, with the key of the run."""
        from cognito_guard.testing import LocalLoadBalancer

        key = shared(self._folder, "alb", lambda: LocalLoadBalancer(pool).private_key())
        return LocalLoadBalancer(pool, private_key=key)

    def attempts(self, pool: LocalUserPool, app: dict[str, Any]) -> dict[str, Attempt]:
        """The attacks on an app, by name."""
        from cognito_guard.testing import attacks

        key = (id(pool), repr(sorted(app.items())))
        if key not in self._made:
            self._made[key] = {made.name: made for made in attacks.build(pool, **app)}
        return self._made[key]


# pytest loads this in every project that has the package installed, so it has to work with any
# pytest. One before 7 has no stash.
_KITS: WeakKeyDictionary[pytest.Config, _Kit] = WeakKeyDictionary()


def pytest_configure(config: pytest.Config) -> None:
    """Say which marker there is."""
    _KITS[config] = _Kit(config)
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**app): run the test once for each attack on an app with Amazon Cognito "
        "authentication, as the fixture cognito_attack. The app is described by the arguments of "
        "cognito_guard.testing.attacks.Forge.",
    )
    config.addinivalue_line(
        "markers",
        f"{_USER}(username='alice', token_use='access', **arguments): who is signed in where the "
        "test uses the fixture cognito_client. The arguments are those of "
        "LocalUserPool.access_token, or of id_token.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each attack, and refuse markers that would do nothing."""
    fixtures = metafunc.fixturenames
    if metafunc.definition.get_closest_marker(_USER) and "cognito_client" not in fixtures:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} does not use cognito_client")
    marker = metafunc.definition.get_closest_marker(_MARKER)
    if marker is None:
        return
    if "cognito_attack" not in fixtures:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} does not use cognito_attack")
    kit = _KITS[metafunc.config]
    names = list(kit.attempts(kit.pool, dict(marker.kwargs)))
    metafunc.parametrize("cognito_attack", names, ids=names, indirect=True)


@pytest.fixture(scope="session")
def cognito_pool(pytestconfig: pytest.Config) -> LocalUserPool:
    """The user pool of this test run: build the app under test with a guard that trusts it.

    The workers of pytest-xdist have the same keys.
    """
    return _KITS[pytestconfig].pool


@pytest.fixture(scope="session")
def local_user_pool(cognito_pool: LocalUserPool) -> LocalUserPool:
    """The pool whose users ``cognito_attack`` attacks: ``cognito_pool``."""
    return cognito_pool


@pytest.fixture(scope="session")
def cognito_alb(pytestconfig: pytest.Config, cognito_pool: LocalUserPool) -> LocalLoadBalancer:
    """The load balancer of this test run, which signs in the users of ``cognito_pool``."""
    return _KITS[pytestconfig].load_balancer(cognito_pool)


@pytest.fixture
def cognito_clock(cognito_pool: LocalUserPool) -> Iterator[LocalClock]:
    """The clock of ``cognito_pool``, stopped for the test: ``cognito_clock.advance(3600)``.

    It moves a guard that was made with ``clock=cognito_pool.clock``.
    """
    from cognito_guard.testing import LocalClock

    clock = cognito_pool.clock
    if not isinstance(clock, LocalClock):
        raise pytest.UsageError("cognito_clock needs a cognito_pool with clock=LocalClock()")
    clock.stop()
    yield clock
    clock.resume()


@pytest.fixture
def cognito_client(request: pytest.FixtureRequest, cognito_pool: LocalUserPool) -> SignedIn:
    """A user who is signed in to ``cognito_pool``: the marker's, or ``alice``.

    ``cognito_client.flask(app)`` and the methods for other frameworks return test clients that send
    the user's token.
    """
    marker = request.node.get_closest_marker(_USER)
    if marker is None:
        return SignedIn.to(cognito_pool)
    return SignedIn.to(cognito_pool, *marker.args, **marker.kwargs)


@pytest.fixture
def cognito_attack(request: pytest.FixtureRequest, local_user_pool: LocalUserPool) -> Attempt:
    """One attack on an app that trusts ``local_user_pool``, as the marker says."""
    marker = request.node.get_closest_marker(_MARKER)
    if marker is None:
        raise pytest.UsageError(f"cognito_attack needs the marker @pytest.mark.{_MARKER}")
    kit = _KITS[request.config]
    return kit.attempts(local_user_pool, dict(marker.kwargs))[request.param]
