"""Work aside: a task waits for what blocks, in threads that are few; what has begun goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
import trio

from cognito_guard._support.threads import in_background
from cognito_guard.network.aside import Crew, NotDone, _Job, finish_whole, run_whole

from ..keys.frameworks import Runner, on_every_framework
from ..keys.source import PATIENCE

NAME = "cognito_guard.test"


def together(run: Runner, *tasks: Callable[[], Awaitable[object]]) -> None:
    """Run tasks at once."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for task in tasks:
                nursery.start_soon(task)

    async def gathered() -> None:
        await asyncio.gather(*(task() for task in tasks))

    run(main() if run.__name__ == "run_trio" else gathered())


@contextmanager
def busy(crew: Crew, most: int) -> Iterator[threading.Event]:
    """All threads of a crew wait for the event."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        begun.release()
        assert go_on.wait(PATIENCE)

    def serve() -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(crew.run(wait) for _ in range(most)))

        asyncio.run(all_of_them())

    server = threading.Thread(target=serve)
    server.start()
    for _ in range(most):
        assert begun.acquire(timeout=PATIENCE)
    try:
        yield go_on
    finally:
        go_on.set()
        server.join(PATIENCE)


@on_every_framework
def test_work_aside_is_done_in_another_thread(run: Runner) -> None:
    """And what it returns comes back."""
    assert run(Crew(NAME, 1, PATIENCE).run(lambda: threading.current_thread().name)) == NAME


@on_every_framework
def test_error_of_work_aside_is_raised(run: Runner) -> None:
    """As it is."""
    with pytest.raises(ZeroDivisionError):
        run(Crew(NAME, 1, PATIENCE).run(lambda: 1 / 0))


class Timeout(BaseException):
    """As gevent's."""


@on_every_framework
@pytest.mark.parametrize("kind", [Timeout, SystemExit, KeyboardInterrupt])
def test_work_that_ends_with_no_error(run: Runner, kind: type[BaseException]) -> None:
    """Its waiter hears of it, and it ends no event loop; the next one finds the thread free."""

    def end() -> None:
        raise kind

    crew = Crew(NAME, 1, PATIENCE)
    for _ in range(2):
        with pytest.raises(NotDone, match=f"ended with {kind.__name__}"):
            run(crew.run(end))


@on_every_framework
def test_threads_are_few(run: Runner) -> None:
    """However many tasks ask at once; all of it is done, by one thread after another."""
    crew, lock, counts = Crew(NAME, 3, PATIENCE), threading.Lock(), [0, 0]
    all_of_them = threading.Barrier(3)

    def work() -> None:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
        all_of_them.wait(PATIENCE)
        with lock:
            counts[0] -= 1

    done: list[int] = []

    async def ask() -> None:
        await crew.run(work)
        done.append(1)

    together(run, *[ask] * 198)
    assert (len(done), counts) == (198, [0, 3])


@on_every_framework
def test_waiting_for_a_thread_is_bounded(run: Runner) -> None:
    """Then it is never begun."""
    crew, begun = Crew(NAME, 2, PATIENCE), [0]
    with busy(crew, 2):
        crew.seconds = 0.01
        with pytest.raises(NotDone, match=r"all of 2 threads were busy for 0\.01 s"):
            run(crew.run(lambda: begun.append(1)))
    crew.seconds = PATIENCE
    run(crew.run(lambda: None))
    assert begun == [0]


@on_every_framework
def test_work_that_has_begun_may_take_longer(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is on the wait for a thread."""
    begun = threading.Event()

    def work() -> bool:
        begun.set()
        return threading.Event().wait(0.05)

    def start(work: Callable[[], object], name: str) -> None:
        in_background(work, name)
        assert begun.wait(PATIENCE)  # on a busy machine, the bound might be over before

    monkeypatch.setattr("cognito_guard.network.aside.in_background", start)
    assert run(Crew(NAME, 1, 0.01).run(work)) is False


@on_every_framework
def test_whoever_waits_gets_the_thread(run: Runner) -> None:
    """As soon as there is one, from whichever event loop the work before came."""
    crew = Crew(NAME, 1, PATIENCE)
    with busy(crew, 1) as go_on:

        async def ask() -> str:
            threading.Timer(0.01, go_on.set).start()
            return await crew.run(lambda: "done")

        assert run(ask()) == "done"


def test_whoever_leaves_needs_no_thread() -> None:
    """Tasks that are cancelled while they wait in the row, under asyncio and trio."""
    crew, begun = Crew(NAME, 1, PATIENCE), [0]
    with busy(crew, 1):

        async def with_asyncio() -> None:
            waiting = asyncio.ensure_future(crew.run(lambda: begun.append(1)))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

        async def with_trio() -> None:
            with trio.move_on_after(0.001) as scope:
                await crew.run(lambda: begun.append(1))
            assert scope.cancelled_caught

        asyncio.run(with_asyncio())
        trio.run(with_trio)
        assert len(crew._row) == 0
    asyncio.run(crew.run(lambda: None))
    assert begun == [0]


def test_whoever_leaves_lets_the_work_go_on() -> None:
    """Once it has begun."""
    crew, begun, go_on, done = Crew(NAME, 1), *(threading.Event() for _ in range(3))

    def work() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        done.set()

    async def leave() -> None:
        waiting = asyncio.ensure_future(crew.run(work))
        await asyncio.sleep(0)
        assert begun.wait(PATIENCE)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(leave())
    go_on.set()
    assert done.wait(PATIENCE)


@on_every_framework
def test_no_thread_can_be_had(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system has no more of them: said, and forgotten when there are some again."""
    crew = Crew(NAME, 2, PATIENCE)
    with monkeypatch.context() as patch:

        def start(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patch.setattr(threading.Thread, "start", start)
        for _ in range(3):
            with pytest.raises(NotDone, match="no thread can be had"):
                run(crew.run(lambda: None))
    assert run(crew.run(lambda: 7)) == 7


def test_another_thread_takes_what_none_could_be_begun_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that has just become free."""
    crew = Crew(NAME, 2)

    def start(work: Callable[[], object], name: str) -> None:
        crew._places.get_nowait()
        crew._work()
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("cognito_guard.network.aside.in_background", start)
    assert asyncio.run(crew.run(lambda: 7)) == 7


@pytest.mark.parametrize("taken", [False, True])
def test_work_that_comes_while_a_thread_ends(taken: bool) -> None:
    """The thread has given its place back: it takes that again, or leaves the work to whoever has
    the place now."""
    crew = Crew(NAME, 1)
    late, done = [_Job(lambda: done.append(1))], list[int]()

    class Places(SimpleQueue[None]):
        def put(self, item: None, block: bool = True, timeout: float | None = None) -> None:
            super().put(item, block, timeout)
            if late:
                crew._row.append(late.pop())
                if taken:
                    self.get_nowait()

    crew._places = Places()
    crew._work()
    assert (len(done), len(crew._row)) == ((0, 1) if taken else (1, 0))


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_child_of_a_fork_has_threads_of_its_own() -> None:
    """Those of the parent, and what waits for them, stayed behind."""
    crew = Crew(NAME, 1, PATIENCE)
    with busy(crew, 1):
        child = os.fork()
        if child == 0:  # pragma: no cover  # another process
            signal.alarm(60)
            os._exit(asyncio.run(crew.run(lambda: 7)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@on_every_framework
def test_whole_work_returns_and_raises(run: Runner) -> None:
    """As if it had been awaited."""

    async def work(fails: bool) -> int:
        if fails:
            raise ZeroDivisionError
        return 7

    assert run(run_whole(work(False))) == 7
    with pytest.raises(ZeroDivisionError):
        run(run_whole(work(True)))


def cancelled(work: Any) -> Any:
    """Whole work whose task is cancelled at once."""

    async def leave() -> None:
        waiting = asyncio.ensure_future(run_whole(work))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    return leave()


def test_whole_work_ends_with_its_loop() -> None:
    """A loop that closes cancels it, and nobody is told of an error that nobody fetched."""
    said: list[object] = []
    begun = threading.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, about: said.append(about))
        await cancelled(work())

    asyncio.run(main())
    assert begun.wait(PATIENCE)
    assert said == []


def test_whole_work_is_waited_for_before_its_loop_ends() -> None:
    """By whoever ends the loop; not for what another loop has under way, and not for ever."""
    done: list[int] = []

    async def work() -> None:
        for _ in range(9):
            await asyncio.sleep(0)
        done.append(1)

    async def never() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await finish_whole(PATIENCE)
        await cancelled(work())
        asyncio.run_coroutine_threadsafe(other(), elsewhere).result(PATIENCE)
        await finish_whole(PATIENCE)
        assert done == [1]
        await cancelled(never())
        await finish_whole(0.01)

    async def other() -> None:
        await cancelled(never())

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    elsewhere = asyncio.new_event_loop()
    thread = threading.Thread(target=elsewhere.run_forever)
    thread.start()
    try:
        asyncio.run(main())
    finally:
        asyncio.run_coroutine_threadsafe(end(), elsewhere).result(PATIENCE)
        elsewhere.call_soon_threadsafe(elsewhere.stop)
        thread.join(PATIENCE)
        elsewhere.close()


def test_trio_has_waited() -> None:
    """There is nothing to wait for."""
    trio.run(finish_whole, PATIENCE)
