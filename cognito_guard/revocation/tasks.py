"""A task of the event loop that asks, which belongs to no request."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any, cast

from ..network.waiting import in_trio

if TYPE_CHECKING:
    import asyncio

__all__ = ["is_closed", "loop_of_task", "start_task"]

_running: set[asyncio.Task[Any]] = set()  # a loop itself keeps no task alive


def start_task(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin what ``work`` gives, under asyncio or trio, and do not wait for it. It sees nothing of
    the context of whoever happened to ask."""
    if in_trio():
        import trio

        trio.lowlevel.spawn_system_task(work, context=Context())
        return
    import asyncio

    for one in [one for one in list(_running) if is_closed(one.get_loop())]:
        _running.discard(one)
        # Here and now, and not in a garbage collection, which may find a lock taken.
        with suppress(Exception):  # of code that cannot be closed
            cast("Coroutine[Any, Any, None]", one.get_coro()).close()
    task = asyncio.get_running_loop().create_task(work(), context=Context())
    _running.add(task)
    task.add_done_callback(_running.discard)


def loop_of_task() -> asyncio.AbstractEventLoop | None:
    """The event loop that :func:`start_task` takes; ``None`` for trio, which ends its tasks."""
    if in_trio():
        return None
    import asyncio

    return asyncio.get_running_loop()


def is_closed(loop: asyncio.AbstractEventLoop | None) -> bool:
    """Whether what this loop had begun stands still for ever."""
    return loop is not None and loop.is_closed()
