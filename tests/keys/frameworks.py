"""One coroutine, run on each framework that the engine works under."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

from ..needs import need

Runner = Callable[[Coroutine[Any, Any, Any]], Any]


def run_uvloop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run ``work`` on asyncio, with uvloop as its loop."""
    try:
        import uvloop
    except ImportError:
        work.close()
        need(False, "uvloop: pip install uvloop")
    return uvloop.run(work)


def run_trio(work: Coroutine[Any, Any, Any]) -> Any:
    """Run ``work`` on trio."""

    async def main() -> Any:
        return await work

    return trio.run(main)


RUNNERS: dict[str, Runner] = {"asyncio": asyncio.run, "trio": run_trio, "uvloop": run_uvloop}

on_every_framework = pytest.mark.parametrize("run", RUNNERS.values(), ids=RUNNERS)
