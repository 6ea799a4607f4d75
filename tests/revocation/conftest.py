"""What the tests of revocation share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .shared import Clocks, settle


@pytest.fixture
def clocks() -> Clocks:
    """Clocks that stand still."""
    return Clocks()


@pytest.fixture(autouse=True)
def no_read_outlives_its_test() -> Iterator[None]:
    """A read that hangs is a failure of the test that started it."""
    yield
    settle()
