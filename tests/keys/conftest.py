"""What the tests of keys share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..patience import be_patient
from .material import jwk
from .source import Clock, Source, settle


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def source() -> Source:
    """A source that publishes one key, ``a``."""
    return Source(jwk("a"))


@pytest.fixture(autouse=True)
def healthy_fetches_end_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is. Tests of the limits set their own."""
    be_patient(monkeypatch.setattr)


@pytest.fixture(autouse=True)
def no_fetch_outlives_its_test() -> Iterator[None]:
    """A fetch that hangs is a failure of the test that started it."""
    yield
    settle()
