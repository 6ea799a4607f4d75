"""cognito_guard for pytest: a local user pool as a fixture, and the attack corpus as a marker.

pytest loads this at every start, so it imports the test kit only where a test asks for it. It is a
package of its own, beside ``cognito_guard.testing``, because importing that one takes the engine,
``cryptography`` and PyJWT along.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import pytest

if TYPE_CHECKING:
    from cognito_guard.testing import LocalUserPool
    from cognito_guard.testing.attacks import Attempt

__all__ = ["cognito_attack", "local_user_pool"]

_MARKER = "cognito_attacks"


@final
class _Kit:
    """What the fixtures of a run share: keys are slow to make, and so are many tokens."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str], dict[str, Attempt]] = {}

    @cached_property
    def pool(self) -> LocalUserPool:
        """The pool of the run."""
        from cognito_guard.testing import LocalUserPool

        return LocalUserPool()

    def attempts(self, pool: LocalUserPool, app: dict[str, Any]) -> dict[str, Attempt]:
        """The attacks on an app, by name."""
        from cognito_guard.testing import attacks

        key = (id(pool), repr(sorted(app.items())))
        if key not in self._made:
            self._made[key] = {made.name: made for made in attacks.build(pool, **app)}
        return self._made[key]


_KIT = pytest.StashKey[_Kit]()


def pytest_configure(config: pytest.Config) -> None:
    """Say which marker there is."""
    config.stash[_KIT] = _Kit()
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**app): run the test once for each attack on an app with Amazon Cognito "
        "authentication, as the fixture cognito_attack. The app is described by the arguments of "
        "cognito_guard.testing.attacks.Forge.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each attack."""
    marker = metafunc.definition.get_closest_marker(_MARKER)
    if marker is None:
        return
    if "cognito_attack" not in metafunc.fixturenames:
        raise pytest.UsageError(f"{metafunc.definition.nodeid} does not use cognito_attack")
    kit = metafunc.config.stash[_KIT]
    names = list(kit.attempts(kit.pool, dict(marker.kwargs)))
    metafunc.parametrize("cognito_attack", names, ids=names, indirect=True)


@pytest.fixture(scope="session")
def local_user_pool(pytestconfig: pytest.Config) -> LocalUserPool:
    """A user pool of the run's own: build the app under test with a guard that trusts it."""
    return pytestconfig.stash[_KIT].pool


@pytest.fixture
def cognito_attack(request: pytest.FixtureRequest, local_user_pool: LocalUserPool) -> Attempt:
    """One attack on an app that trusts ``local_user_pool``, as the marker says."""
    marker = request.node.get_closest_marker(_MARKER)
    if marker is None:
        raise pytest.UsageError(f"cognito_attack needs the marker @pytest.mark.{_MARKER}")
    kit = request.config.stash[_KIT]
    return kit.attempts(local_user_pool, dict(marker.kwargs))[request.param]
