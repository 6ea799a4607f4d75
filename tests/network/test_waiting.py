"""Pending: whoever waits is woken, in whatever thread, loop or framework, and leaves no trace."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from math import inf
from types import ModuleType
from typing import Any, NoReturn

import pytest
import trio
import trio.testing

from cognito_guard import Pending
from cognito_guard.network import waiting

from ..keys.frameworks import Runner, on_every_framework, run_trio, run_uvloop
from ..keys.source import PATIENCE, promptly, settle


class Arrivals(set[Callable[[], object]]):
    """The wakers of a pending, which say when one more task has begun to wait."""

    def __init__(self) -> None:
        self._arrived = threading.Semaphore(0)

    def add(self, wake: Callable[[], object]) -> None:
        """As of a set."""
        super().add(wake)
        self._arrived.release()

    def await_another(self) -> None:
        """Block until one more task waits."""
        assert self._arrived.acquire(timeout=PATIENCE)


@pytest.fixture
def pending() -> Pending:
    """Something under way."""
    pending = Pending()
    pending._wakers = Arrivals()
    return pending


def await_another(pending: Pending) -> None:
    """Block until one more task waits for ``pending``."""
    assert isinstance(pending._wakers, Arrivals)
    pending._wakers.await_another()


# Patience.


@on_every_framework
def test_the_same_thing_with_less_patience(run: Runner, pending: Pending) -> None:
    """Who joins for a moment waits that long at most, and is woken with the others."""
    hasty, patient = pending.within(0.01), pending.within(PATIENCE)
    assert hasty.wait(PATIENCE) is False
    assert promptly(lambda: run(hasty.wait_async(1e6))) is False
    assert run(patient.wait_async(0.01)) is False
    pending.finish()
    assert hasty.wait(0) is True
    assert run(patient.wait_async(PATIENCE)) is True
    assert not pending._wakers


@on_every_framework
def test_who_joins_is_woken_in_his_own_loop(run: Runner, pending: Pending) -> None:
    """The wakers are shared: a finish reaches a task that waits for a part of the time."""
    joined = pending.within(PATIENCE)

    def finish() -> None:
        await_another(pending)
        pending.finish()

    finisher = threading.Thread(target=finish)
    finisher.start()
    assert run(joined.wait_async(1e6)) is True
    finisher.join()


# Being woken.


@on_every_framework
def test_waiter_is_woken_by_another_thread(run: Runner, pending: Pending) -> None:
    """What finishes in a thread wakes a task, in the loop that the task runs in."""

    def finish() -> None:
        await_another(pending)
        pending.finish()

    finisher = threading.Thread(target=finish)
    finisher.start()
    assert run(pending.wait_async(PATIENCE)) is True
    finisher.join()
    assert not pending._wakers


@on_every_framework
def test_what_has_finished_is_not_waited_for(run: Runner, pending: Pending) -> None:
    """A latecomer goes on at once, and a second finish changes nothing."""
    pending.finish()
    pending.finish()
    assert promptly(lambda: run(pending.wait_async(1e6))) is True
    assert not pending._wakers


@on_every_framework
@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_waiter_gives_up_in_time(run: Runner, seconds: float, pending: Pending) -> None:
    """A task waits for so long and no longer, is told so, and leaves nothing behind."""
    assert run(pending.wait_async(seconds)) is False
    assert not pending._wakers


@on_every_framework
@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_waiter_gives_up_in_time_though_the_loops_clock_stands_still(
    run: Runner, seconds: float, pending: Pending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a test has stopped the clock that event loops go by, their timeouts never come."""
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    assert promptly(lambda: run(pending.wait_async(seconds))) is False
    assert not pending._wakers


@on_every_framework
@pytest.mark.parametrize("threads", [True, False], ids=["an alarm", "no threads for one"])
def test_waiter_is_woken_though_the_loops_clock_stands_still(
    run: Runner, threads: bool, pending: Pending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What finishes wakes, whatever the clocks do, and no alarm outlives the wait."""
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    if not threads:
        monkeypatch.setattr(threading.Timer, "start", no_thread)

    def finish() -> None:
        await_another(pending)
        pending.finish()

    finisher = threading.Thread(target=finish)
    finisher.start()
    assert promptly(lambda: run(pending.wait_async(inf))) is True
    finisher.join()
    settle()


def no_thread(self: threading.Thread) -> NoReturn:
    """As of a thread, where none can be had."""
    raise RuntimeError("can't start new thread")


def test_alarm_for_a_loop_that_has_closed_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alarm may ring while the loop of its waiter closes."""
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    loop = asyncio.new_event_loop()
    loop.close()
    rung = threading.Event()

    def wake() -> None:
        rung.set()
        loop.call_soon_threadsafe(print)

    with waiting._Alarm(0, wake):
        assert rung.wait(PATIENCE)
        settle()


def test_threads_wait_for_it_too(pending: Pending) -> None:
    """A thread is woken as a task is, or gives up in time."""
    assert pending.wait(0) is False
    waiters = [threading.Thread(target=pending.wait, args=(PATIENCE,)) for _ in range(5)]
    for waiter in waiters:
        waiter.start()
    pending.finish()
    for waiter in waiters:
        waiter.join(PATIENCE)
        assert not waiter.is_alive()
    assert pending.wait(0) is True


def test_everybody_is_woken_by_one_finish(pending: Pending) -> None:
    """Threads, and tasks of asyncio, trio and several loops, wait for the same thing together."""
    results: list[bool] = []
    runs = (asyncio.run, asyncio.run, run_trio, run_trio)
    threads = [_waiting(pending, run, results) for run in runs]
    threads.append(threading.Thread(target=lambda: results.append(pending.wait(PATIENCE))))
    for thread in threads:
        thread.start()
    for _ in range(4):
        await_another(pending)
    pending.finish()
    for thread in threads:
        thread.join(PATIENCE)
    assert results == [True] * 5


def _waiting(pending: Pending, run: Runner, results: list[bool]) -> threading.Thread:
    """A thread whose one task waits for ``pending``."""
    return threading.Thread(target=lambda: results.append(run(pending.wait_async(PATIENCE))))


# Leaving.


async def _cancel_on_asyncio(pending: Pending) -> None:
    task = asyncio.ensure_future(pending.wait_async(PATIENCE))
    await asyncio.sleep(0)
    assert len(pending._wakers) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _cancel_on_trio(pending: Pending) -> None:
    async def wait(scope: trio.CancelScope) -> None:
        with scope:
            await pending.wait_async(PATIENCE)

    scope = trio.CancelScope()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, scope)
        await trio.testing.wait_all_tasks_blocked()
        assert len(pending._wakers) == 1
        scope.cancel()
    assert scope.cancelled_caught


CANCELLERS: dict[str, tuple[Runner, Callable[..., Any]]] = {
    "asyncio": (asyncio.run, _cancel_on_asyncio),
    "trio": (run_trio, _cancel_on_trio),
    "uvloop": (run_uvloop, _cancel_on_asyncio),
}


@pytest.mark.parametrize(("run", "cancel"), CANCELLERS.values(), ids=CANCELLERS)
def test_cancelled_waiter_leaves_the_thing_alone(
    run: Runner, cancel: Callable[..., Any], pending: Pending
) -> None:
    """A task that is cancelled is gone without a trace, and what it waited for goes on."""
    run(cancel(pending))
    assert not pending._wakers
    assert pending.wait(0) is False
    pending.finish()
    assert pending.wait(0) is True


def test_loop_that_closed_keeps_nobody_else_asleep(pending: Pending) -> None:
    """The waiters of loops that were closed under them are passed over, the others are woken."""
    abandoned = []
    for _ in range(3):
        loop = asyncio.new_event_loop()
        work = pending.wait_async(PATIENCE)
        task = loop.create_task(work)
        loop.run_until_complete(asyncio.sleep(0))
        # As a process does that tears a loop down in haste, less asyncio's word about a lost task.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
        abandoned.append(work)
        await_another(pending)
    results: list[bool] = []
    living = _waiting(pending, asyncio.run, results)
    living.start()
    await_another(pending)
    pending.finish()
    living.join(PATIENCE)
    assert results == [True]
    for work in abandoned:
        work.close()


def test_trio_run_that_ended_keeps_nobody_else_asleep(pending: Pending) -> None:
    """A trio run may end between the choice of a waiter and its waking; that one is passed over."""

    async def main() -> None:
        token = trio.lowlevel.current_trio_token()
        pending._wakers.add(partial(token.run_sync_soon, print))

    run_trio(main())
    results: list[bool] = []
    living = _waiting(pending, run_trio, results)
    living.start()
    await_another(pending)
    await_another(pending)
    pending.finish()
    living.join(PATIENCE)
    assert results == [True]


def test_waiter_may_leave_while_others_are_being_woken(pending: Pending) -> None:
    """Garbage collection closes an abandoned waiter at any moment; that blocks nobody."""
    abandoned: list[Coroutine[Any, Any, bool]] = []

    async def main() -> None:
        for _ in range(20):
            work = pending.wait_async(PATIENCE)
            work.send(None)  # as far as its first suspension
            abandoned.append(work)

    asyncio.run(main())
    assert len(pending._wakers) == 20

    def leave_all() -> None:
        while abandoned:
            abandoned.pop().close()

    pending._wakers.add(leave_all)
    promptly(pending.finish)
    assert not pending._wakers
    leave_all()


def test_last_waiter_may_leave_between_a_look_and_a_step() -> None:
    """Nobody is left to wake, although somebody was there a moment ago: that is no error."""

    class Left(set[Callable[[], object]]):
        looks = 0

        def __bool__(self) -> bool:
            self.looks += 1
            return self.looks == 1

    pending = Pending()
    pending._wakers = left = Left()
    pending.finish()
    assert pending.wait(0) is True
    assert left.looks == 2


# Which framework.


def test_trio_as_a_guest_of_asyncio_does_not_confuse_the_two(pending: Pending) -> None:
    """In one thread with both frameworks, each task waits in its own."""
    results: dict[str, bool] = {}

    async def guest() -> None:
        results["trio"] = await pending.wait_async(PATIENCE)

    def finish() -> None:
        await_another(pending)
        await_another(pending)
        pending.finish()

    async def host() -> None:
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=over.set_result,
        )
        finisher = loop.run_in_executor(None, finish)
        results["asyncio"] = await pending.wait_async(PATIENCE)
        (await over).unwrap()
        await finisher

    asyncio.run(host())
    assert results == {"trio": True, "asyncio": True}


@pytest.mark.parametrize("half", [None, ModuleType("trio.lowlevel")], ids=["absent", "half there"])
def test_trio_that_is_absent_or_being_imported_is_no_trio(
    half: ModuleType | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The HTTP client imports trio in its own thread; a task of asyncio may look in the midst."""
    if half is None:
        monkeypatch.delitem(sys.modules, "trio.lowlevel")
    else:
        monkeypatch.setitem(sys.modules, "trio.lowlevel", half)
    assert asyncio.run(Pending().wait_async(0)) is False


def test_no_framework_at_all_is_an_error() -> None:
    """A coroutine that something else drives cannot wait, and says so instead of hanging."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        Pending().wait_async(0).send(None)
