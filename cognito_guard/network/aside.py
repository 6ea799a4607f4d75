"""What blocks, done in threads that are few, while tasks wait for it; what goes on without them.

Anybody's request may lead to such work. So its threads are counted, and whoever finds all of them
busy waits in a row, for a few seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar, final

from .._support.fork import forget_after_fork
from .._support.threads import in_background
from .waiting import Pending, in_trio

if TYPE_CHECKING:
    import asyncio

__all__ = ["QUEUE_SECONDS", "Crew", "NotDone", "finish_whole", "run_whole"]

T = TypeVar("T")

QUEUE_SECONDS = 3.0
"""How long work waits for a thread."""

_LOOK_SECONDS = 3600.0  # it wakes its waiter by itself


class NotDone(Exception):
    """Work was not begun, as no thread was free or none can be had; or it ended without a result.

    The message is for the log.
    """


@final
class _Job:
    """Work to do, and what came of it."""

    __slots__ = ("_work", "over", "problems", "results")

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.results: list[Any] = []
        self.problems: list[Exception] = []
        self.over = Pending()

    def do(self) -> None:
        """Raises nothing: whatever ends the work, somebody waits for that."""
        try:
            self.results.append(self._work())
        except Exception as error:  # noqa: BLE001  # for the one who waits
            self.problems.append(error)
        except BaseException as error:  # noqa: BLE001  # such as gevent's Timeout, or SystemExit
            # Raised where it is waited for, it would end an event loop.
            self.problems.append(NotDone(f"the work ended with {type(error).__name__}"))
        finally:
            self.over.finish()


@final
class Crew:
    """At most so many threads of one name, for work that blocks; they end when there is none. Work
    waits for one for so many ``seconds``.

    For tasks of any event loop, asyncio's and trio's, and after a fork.
    """

    # Without a lock, which an abandoned coroutine could ask for while its own thread has it (see
    # `Pending`): each step on a deque and a SimpleQueue is atomic. A place is looked for after the
    # work was put into the row, and the row is looked at after a place was given back; so there is
    # no work that nobody comes for.

    def __init__(self, name: str, most: int, seconds: float = QUEUE_SECONDS) -> None:
        self._name = name
        self._most = most
        self.seconds = seconds
        self._forget_parent()
        forget_after_fork(self)

    def _forget_parent(self) -> None:
        self._row: deque[_Job] = deque()
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(self._most):
            self._places.put(None)

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises. Suspends the task, under asyncio or trio.

        A task that is cancelled leaves work alone that has begun: it goes on, and nobody hears of
        it. Raises :class:`NotDone`.
        """
        job = _Job(work)
        del work
        self._row.append(job)
        try:
            if not self._employ() and self._withdrawn(job):
                raise NotDone("no thread can be had")
            if not await job.over.wait_async(self.seconds):
                if self._withdrawn(job):
                    raise NotDone(f"all of {self._most} threads were busy for {self.seconds:g} s")
                while not await job.over.wait_async(_LOOK_SECONDS):
                    pass  # pragma: no cover  # an hour later
        except BaseException:
            self._withdrawn(job)  # whoever is gone needs no thread any more
            raise
        if job.problems:
            raise job.problems.pop()
        result: T = job.results.pop()
        return result

    def _withdrawn(self, job: _Job) -> bool:
        """Take work out of the row. Whether it was there."""
        try:
            self._row.remove(job)
        except ValueError:
            return False
        return True

    def _employ(self) -> bool:
        """Begin a thread, if there may be another one. Whether none was missing."""
        try:
            self._places.get_nowait()
        except Empty:
            return True
        try:
            in_background(self._work, self._name)
        except RuntimeError:
            self._places.put(None)
            return False
        return True

    def _work(self) -> None:
        row, places = self._row, self._places  # those of before a fork, in the parent
        while True:
            with suppress(IndexError):
                while True:
                    row.popleft().do()
            places.put(None)
            if not row:
                return
            try:
                places.get_nowait()
            except Empty:
                return


async def run_whole(work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns or raises; once begun, it goes to its end.

    Under asyncio a task that is cancelled leaves at once, and the work goes on without it, as long
    as the loop does: see :func:`finish_whole`. Under trio the task leaves when the work is over.
    """
    if in_trio():
        import trio

        with trio.CancelScope(shield=True):
            return await work
    import asyncio

    task = asyncio.ensure_future(work)
    _under_way.add(task)  # a loop itself keeps no task alive
    task.add_done_callback(_over)
    return await asyncio.shield(task)


async def finish_whole(seconds: float) -> None:
    """Wait for what is under way in this event loop, which is about to end; ``seconds`` at most.

    Under trio nothing is: who asked for it has waited.
    """
    if in_trio():
        return
    import asyncio

    loop = asyncio.get_running_loop()
    mine = [task for task in list(_under_way) if task.get_loop() is loop]
    if mine:
        await asyncio.wait(mine, timeout=seconds)


_under_way: set[asyncio.Future[Any]] = set()


def _over(task: asyncio.Future[Any]) -> None:
    _under_way.discard(task)
    if not task.cancelled():
        task.exception()  # looked at: who waited for it may have left
