"""Pending: one event that threads, asyncio tasks and trio tasks of any loop can wait for alike."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from math import inf
from typing import final

__all__ = ["Pending", "in_trio"]


def in_trio() -> bool:
    """Whether the task that asks is one of trio's, and not of asyncio's."""
    # By the task, not by the run: trio as a guest shares its thread with asyncio's tasks. And with
    # care: another thread may be in the midst of importing trio (the HTTP client does).
    in_trio_task = getattr(sys.modules.get("trio.lowlevel"), "in_trio_task", None)
    return in_trio_task is not None and bool(in_trio_task())


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

    @property
    def over(self) -> bool:
        """Whether it has finished."""
        return self._finished.is_set()

    def finish(self) -> None:
        """Wake everybody. From any thread; a second call changes nothing."""
        self._finished.set()
        while self._wakers:
            try:  # noqa: SIM105  # as in `silence`
                self._wakers.pop()()
            except (KeyError, RuntimeError):
                # RuntimeError: that event loop has closed, and its waiters are gone with it.
                pass

    def wait(self, seconds: float) -> bool:
        """Block the thread. Whether it finished within ``seconds``."""
        return self._finished.wait(min(seconds, self._patience))

    async def wait_async(self, seconds: float) -> bool:
        """Suspend the task, under asyncio or trio. Whether it finished within ``seconds``."""
        seconds = min(seconds, self._patience)
        if in_trio():
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
            if self._finished.is_set():
                await asyncio.sleep(0)  # the turn of others, as in every other wait
            else:
                try:
                    with _Alarm(seconds, wake):
                        async with asyncio.timeout(seconds):
                            await woken.wait()
                except TimeoutError:
                    pass
        finally:
            self._wakers.discard(wake)

    async def _wait_trio(self, seconds: float) -> None:
        import trio

        woken = trio.Event()
        wake = partial(trio.lowlevel.current_trio_token().run_sync_soon, woken.set)
        self._wakers.add(wake)
        try:
            if self._finished.is_set():
                await trio.lowlevel.checkpoint()
            else:
                with trio.move_on_after(seconds), _Alarm(seconds, wake):
                    await woken.wait()
        finally:
            self._wakers.discard(wake)


@final
class _Alarm:
    """Within the block, call ``wake`` after so many seconds, if event loops cannot: a test may have
    stopped their clock (freezegun), and none of their timeouts would ever come."""

    def __init__(self, seconds: float, wake: Callable[[], object]) -> None:
        self._seconds = seconds
        self._wake = wake
        self._timer: threading.Timer | None = None

    def __enter__(self) -> None:
        if time.monotonic() != time.monotonic():
            return
        # Of threads, Python counts the seconds itself.
        self._timer = threading.Timer(min(self._seconds, threading.TIMEOUT_MAX), self._ring)
        self._timer.name = "cognito_guard.alarm"
        try:
            self._timer.daemon = True
            self._timer.start()
        except RuntimeError:  # no thread can be had: it is the loop's to wake
            pass

    def __exit__(self, *error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        try:  # noqa: SIM105
            self._wake()
        except RuntimeError:  # that event loop has closed
            pass
