"""``serve`` runs an app, or says at once that it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from .serving import serve


def test_an_app_that_cannot_start() -> None:
    """A lifespan that fails is an error of the one who asked for the server, not a wait for it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        raise ValueError("no database")
        yield

    with (
        pytest.raises(RuntimeError, match="did not start"),
        serve(Starlette(lifespan=lifespan), log_level="critical"),
    ):
        raise AssertionError("unreachable")  # pragma: no cover
