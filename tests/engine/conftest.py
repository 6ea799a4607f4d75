"""What the tests of the engine share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..keys.conftest import healthy_fetches_end_well
from .forge import Forge
from .wording import watched

__all__ = ["forge", "healthy_fetches_end_well", "worded_well"]


@pytest.fixture(scope="session")
def forge() -> Forge:
    """Signs whatever it is given, with a key that its own guards trust."""
    return Forge()


@pytest.fixture(autouse=True)
def worded_well() -> Iterator[None]:
    """Whatever the engine raises in a test says what went wrong in well-formed words."""
    with watched() as bad:
        yield
    assert bad == []
