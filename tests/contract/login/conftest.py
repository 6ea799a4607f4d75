"""The sites of the tests: each adapter's, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .apps import ADAPTERS
from .browser import Browser
from .site import Site, site


@pytest.fixture(scope="module", params=ADAPTERS, ids=lambda adapter: adapter.name)
def here(request: pytest.FixtureRequest) -> Iterator[Site]:
    """One adapter's site after the other."""
    with site(request.param) as one:
        yield one


@pytest.fixture
def browser(here: Site) -> Browser:
    """A browser that was never there."""
    return here.browser()


@pytest.fixture
def alice(here: Site) -> Browser:
    """A browser in which alice is signed in."""
    return here.signed_in()
