"""Many callers, one endpoint: one fetch for all, and nobody waits who need not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import trio

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Reason, RemoteKeySet
from cognito_guard.keys.remote import REFRESH_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.testing import JwksServer, LocalUserPool

from .frameworks import Runner, on_every_framework, run_trio
from .source import PATIENCE, Clock, promptly, settle


class Gate:
    """A real JWKS server whose answers can be held back, and a guard that asks it."""

    def __init__(self, pool: LocalUserPool, clock: Clock) -> None:
        self.pool = pool
        self.asked = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()
        self.server = JwksServer(self._jwks, "/jwks.json")
        self._clock = clock

    def _jwks(self) -> Mapping[str, Any]:
        self.asked.release()
        assert self._open.wait(PATIENCE)
        return self.pool.jwks()

    def guard(self) -> Guard:
        """A guard with a key set of its own."""
        keys = RemoteKeySet(self.server.url, clock=self._clock)
        return Guard(self.pool.trust(jwks=keys))

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Until the end of the block, the server takes requests and answers none."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def await_request(self) -> None:
        """Block until the server was asked once more."""
        assert self.asked.acquire(timeout=PATIENCE)

    def unknown_token(self, kid: str = "unknown") -> str:
        """A good token, but for its kid."""
        claims = {
            "iss": self.pool.issuer,
            "exp": 4_000_000_000,
            "token_use": "access",
            "client_id": self.pool.client_id,
        }
        return self.pool.sign(claims, headers={"kid": kid})


@pytest.fixture
def gate(pool: LocalUserPool, clock: Clock) -> Iterator[Gate]:
    """A server that answers until its gate is closed."""
    gate = Gate(pool, clock)
    with gate.server:
        yield gate


class Crowd:
    """Callers in threads and tasks, all of whom have begun before the gate is opened."""

    def __init__(self, call: Callable[[], object], acall: Callable[[], Any]) -> None:
        self._call, self._acall = call, acall
        self._begun = threading.Semaphore(0)
        self._done = threading.Semaphore(0)
        self.results: list[object] = []
        self._threads: list[threading.Thread] = []
        self._size = 0

    def threads(self, number: int) -> None:
        """So many callers, each in a thread of its own."""
        for _ in range(number):
            self._start(1, self._one)

    def tasks(self, run: Runner, number: int) -> None:
        """So many callers, as tasks of one loop."""
        together = _together_on_trio if run is run_trio else _together_on_asyncio
        self._start(number, lambda: run(together(self._task, number)))

    def wait_until_begun(self) -> None:
        """Block until every caller has begun."""
        for _ in range(self._size):
            assert self._begun.acquire(timeout=PATIENCE)

    def wait_for(self, number: int) -> None:
        """Block until so many callers have got something."""
        for _ in range(number):
            assert self._done.acquire(timeout=PATIENCE)

    def join(self) -> list[object]:
        """What all of them got."""
        for thread in self._threads:
            thread.join(PATIENCE)
        assert len(self.results) == self._size
        return self.results

    def _start(self, number: int, target: Callable[[], object]) -> None:
        self._size += number
        thread = threading.Thread(target=target, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _one(self) -> None:
        self._begun.release()
        try:
            self.results.append(self._call())
        except Exception as error:  # noqa: BLE001  # an outcome like any other
            self.results.append(error)
        self._done.release()

    async def _task(self) -> None:
        self._begun.release()
        try:
            self.results.append(await self._acall())
        except Exception as error:  # noqa: BLE001  # as above
            self.results.append(error)
        self._done.release()


async def _together_on_asyncio(task: Callable[[], Coroutine[Any, Any, None]], number: int) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(number):
            group.create_task(task())


async def _together_on_trio(task: Callable[[], Coroutine[Any, Any, None]], number: int) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(number):
            nursery.start_soon(task)


# The first requests.


def test_thousand_first_requests_are_one_fetch(gate: Gate) -> None:
    """Threads, asyncio and trio start cold together: the server is asked exactly once."""
    guard, token = gate.guard(), gate.pool.access_token()

    async def averify() -> str:
        return (await guard.averify(token)).subject

    crowd = Crowd(lambda: guard.verify(token).subject, averify)
    with gate.closed():
        crowd.threads(200)
        for run in (asyncio.run, asyncio.run, run_trio, run_trio):
            crowd.tasks(run, 200)
        crowd.wait_until_begun()
        gate.await_request()
    assert crowd.join() == [gate.pool.subject("alice")] * 1000
    assert gate.server.requests == 1


def test_loops_in_many_threads_share_one_fetch(gate: Gate) -> None:
    """Eight event loops in eight threads, as a threaded server runs them, ask once."""
    guard, token = gate.guard(), gate.pool.access_token()

    async def averify() -> str:
        return (await guard.averify(token)).subject

    crowd = Crowd(lambda: None, averify)
    with gate.closed():
        for _ in range(8):
            crowd.tasks(asyncio.run, 5)
        crowd.wait_until_begun()
    assert crowd.join() == [gate.pool.subject("alice")] * 40
    assert gate.server.requests == 1


@on_every_framework
def test_one_loop_after_the_other_uses_the_same_keys(run: Runner, gate: Gate) -> None:
    """A key set belongs to no loop: it works in the second one as in the first."""
    guard, token = gate.guard(), gate.pool.access_token()
    for _ in range(2):
        assert run(guard.averify(token)).subject == gate.pool.subject("alice")
    assert gate.server.requests == 1


def test_key_sets_do_not_wait_for_each_other(
    gate: Gate, other_pool: LocalUserPool, clock: Clock
) -> None:
    """While one pool's endpoint hangs, another pool's first token verifies."""
    own = Gate(other_pool, clock)
    with own.server, gate.closed():
        hanging = gate.guard()
        hanging.prefetch()
        gate.await_request()
        token = other_pool.access_token()
        identity = promptly(lambda: own.guard().verify(token))
    assert identity.subject == other_pool.subject("alice")


# While the endpoint hangs.


@on_every_framework
def test_known_keys_answer_while_a_flood_waits_for_the_endpoint(
    run: Runner, gate: Gate, clock: Clock
) -> None:
    """One unknown kid waits for an endpoint that hangs, the others leave; known keys verify."""
    guard, known = gate.guard(), gate.pool.access_token()
    guard.verify(known)
    gate.await_request()
    clock.now += UNKNOWN_KEY_SECONDS
    unknown = gate.unknown_token()

    async def averify() -> Any:
        return await guard.averify(unknown)

    crowd = Crowd(lambda: guard.verify(unknown), averify)
    with gate.closed():
        crowd.threads(50)
        crowd.tasks(run, 50)
        gate.await_request()
        # All but the one who made the attempt are sent away, while the server still hangs.
        crowd.wait_for(99)
        # The server answers nobody before the block ends: whoever waited for it would hang here.
        for _ in range(100):
            assert promptly(lambda: guard.verify(known)).subject == gate.pool.subject("alice")
        assert promptly(lambda: run(guard.averify(known))).subject == gate.pool.subject("alice")
        assert {type(outcome) for outcome in crowd.results} == {KeysUnavailable}
        assert len(crowd.results) == 99
    outcome = crowd.join()[-1]
    assert isinstance(outcome, InvalidToken)
    assert outcome.reason is Reason.UNKNOWN_KEY
    assert gate.server.requests == 2


def test_refresh_in_the_background_keeps_no_request_waiting(gate: Gate, clock: Clock) -> None:
    """Keys that have come of age answer while the server hangs over their refresh."""
    guard, token = gate.guard(), gate.pool.access_token()
    guard.verify(token)
    gate.await_request()
    clock.now += REFRESH_SECONDS
    with gate.closed():
        for _ in range(100):
            promptly(lambda: guard.verify(token))
        gate.await_request()
    settle()
    assert gate.server.requests == 2


# Callers that leave.


async def _leave_on_asyncio(gate: Gate, work: Coroutine[Any, Any, Any]) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.to_thread(gate.await_request)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _leave_on_trio(gate: Gate, work: Coroutine[Any, Any, Any]) -> None:
    async def wait(scope: trio.CancelScope) -> None:
        with scope:
            await work

    scope = trio.CancelScope()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, scope)
        await trio.to_thread.run_sync(gate.await_request)
        scope.cancel()
    assert scope.cancelled_caught


@on_every_framework
def test_request_that_is_cancelled_leaves_the_fetch_to_the_others(run: Runner, gate: Gate) -> None:
    """A client that hangs up takes nothing along: the fetch lives on and serves the next one."""
    guard, token = gate.guard(), gate.pool.access_token()
    leave = _leave_on_trio if run is run_trio else _leave_on_asyncio
    with gate.closed():
        run(leave(gate, guard.averify(token)))
    assert guard.verify(token).subject == gate.pool.subject("alice")
    assert gate.server.requests == 1


def test_loop_that_is_closed_during_a_fetch_leaves_it_to_the_others(gate: Gate) -> None:
    """A loop torn down under its waiters takes nothing along either."""
    guard, token = gate.guard(), gate.pool.access_token()
    loop = asyncio.new_event_loop()
    with gate.closed():
        work = guard.averify(token)
        task = loop.create_task(work)
        loop.run_until_complete(asyncio.sleep(0))
        gate.await_request()
        # As a process does in haste, less asyncio's word about a lost task.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
    assert guard.verify(token).subject == gate.pool.subject("alice")
    settle()
    work.close()
    assert gate.server.requests == 1
