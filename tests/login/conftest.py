"""What the tests of sign-in share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..keys.conftest import no_fetch_outlives_its_test
from .site import WAYS, Site, Way, site

__all__ = ["no_fetch_outlives_its_test"]


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    """Each way to call the engine."""
    way: Way = request.param
    return way


@pytest.fixture
def here(way: Way) -> Iterator[Site]:
    """A site, called in each way."""
    with site(way) as one:
        yield one


@pytest.fixture
def rotating(way: Way) -> Iterator[Site]:
    """The same, of a pool that rotates refresh tokens."""
    with site(way, rotation=True) as one:
        yield one
