"""Pending: one event that threads, asyncio tasks and trio tasks of any loop can wait for alike."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from typing import final

__all__ = ["Pending"]


@final
class Pending:
    """Something under way. It finishes once, and whoever waits is woken, wherever it runs.

    A waiter that gives up or is cancelled leaves the others and the thing itself alone.
    """

    def __init__(self) -> None:
        self._finished = threading.Event()
        # Without a lock: each step on a set is atomic, and a waiter may leave at any moment, even
        # in the midst of another's step, when garbage collection closes an abandoned coroutine.
        self._wakers: set[Callable[[], object]] = set()
        self._patience = inf

    def within(self, seconds: float) -> Pending:
        """The same thing under way, for somebody who waits no longer than ``seconds``."""
        same = Pending()
        same._finished, same._wakers, same._patience = self._finished, self._wakers, seconds
        return same

    def finish(self) -> None:
        """Wake everybody. From any thread; a second call changes nothing."""
        self._finished.set()
        while self._wakers:
            # RuntimeError: that event loop has closed, and its waiters are gone with it.
            with suppress(KeyError, RuntimeError):
                self._wakers.pop()()

    def wait(self, seconds: float) -> bool:
        """Block the thread. Whether it finished within ``seconds``."""
        return self._finished.wait(min(seconds, self._patience))

    async def wait_async(self, seconds: float) -> bool:
        """Suspend the task, under asyncio or trio. Whether it finished within ``seconds``."""
        seconds = min(seconds, self._patience)
        # By the task, not by the run: trio as a guest shares its thread with asyncio's tasks. And
        # with care: another thread may be in the midst of importing trio (the HTTP client does).
        in_trio_task = getattr(sys.modules.get("trio.lowlevel"), "in_trio_task", None)
        if in_trio_task is not None and in_trio_task():
            await self._wait_trio(seconds)
        else:
            await self._wait_asyncio(seconds)
        return self._finished.is_set()

    async def _wait_asyncio(self, seconds: float) -> None:
        import asyncio  # a process without an event loop does without its 20 ms

        woken = asyncio.Event()
        wake = partial(asyncio.get_running_loop().call_soon_threadsafe, woken.set)
        self._wakers.add(wake)
        try:
            # Looked at after the waker was added, as `finish` looks for wakers after it was set.
            if not self._finished.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await woken.wait()
        finally:
            self._wakers.discard(wake)

    async def _wait_trio(self, seconds: float) -> None:
        import trio

        woken = trio.Event()
        wake = partial(trio.lowlevel.current_trio_token().run_sync_soon, woken.set)
        self._wakers.add(wake)
        try:
            if not self._finished.is_set():
                with trio.move_on_after(seconds):
                    await woken.wait()
        finally:
            self._wakers.discard(wake)
