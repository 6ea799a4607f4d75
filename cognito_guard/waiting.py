"""Pending: one event that threads, asyncio tasks and trio tasks of any loop can wait for alike."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import final

__all__ = ["Pending"]


@final
class Pending:
    """Something under way. It finishes once, and whoever waits is woken, wherever it runs.

    A waiter that gives up or is cancelled leaves the others and the thing itself alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._finished = threading.Event()
        self._wakers: set[Callable[[], object]] = set()

    def finish(self) -> None:
        """Wake everybody. Called once, from any thread."""
        with self._lock:
            self._finished.set()
            wakers, self._wakers = self._wakers, set()
        for wake in wakers:
            wake()

    def wait(self, seconds: float) -> bool:
        """Block the thread. Whether it finished within ``seconds``."""
        return self._finished.wait(seconds)

    async def wait_async(self, seconds: float) -> bool:
        """Suspend the task, under asyncio or trio. Whether it finished within ``seconds``."""
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_run():
            await self._wait_trio(seconds)
        else:
            await self._wait_asyncio(seconds)
        return self._finished.is_set()

    async def _wait_asyncio(self, seconds: float) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # that loop has closed, and its waiters are gone with it
                loop.call_soon_threadsafe(woken.set)

        if self._add(wake):
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), seconds)
            finally:
                self._remove(wake)

    async def _wait_trio(self, seconds: float) -> None:
        import trio

        token = trio.lowlevel.current_trio_token()
        woken = trio.Event()

        def wake() -> None:
            with suppress(trio.RunFinishedError):  # as above
                token.run_sync_soon(woken.set)

        if self._add(wake):
            try:
                with trio.move_on_after(seconds):
                    await woken.wait()
            finally:
                self._remove(wake)

    def _add(self, wake: Callable[[], object]) -> bool:
        """Whether there is something left to wait for."""
        with self._lock:
            if not self._finished.is_set():
                self._wakers.add(wake)
                return True
        return False

    def _remove(self, wake: Callable[[], object]) -> None:
        with self._lock:
            self._wakers.discard(wake)
