"""Many at once: one refresh leaves, a sign-out wins, nobody who leaves takes anything along."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

from cognito_guard.login import (
    LoginFailed,
    LoginReason,
    LoginSession,
    LoginSessions,
    SessionsUnavailable,
    drivers,
)
from cognito_guard.login.cookies import random_value
from cognito_guard.login.refreshing import LEASE_SECONDS
from cognito_guard.network.aside import QUEUE_SECONDS, Crew
from cognito_guard.network.fetch import FETCH_SECONDS
from cognito_guard.network.post import POST_SECONDS
from cognito_guard.network.waiting import Pending

from ..keys.source import PATIENCE, promptly
from .site import WAYS, Site, Way, site
from .test_refresh import records, signed_in, unavailable
from .test_token_endpoint import FAULTS

AT_ONCE = 12
BY_NAME = {way.name: way for way in WAYS}


@pytest.fixture(params=[False, True], ids=["no rotation", "rotation"])
def rotation(request: pytest.FixtureRequest) -> bool:
    """Whether the pool rotates refresh tokens, without any grace."""
    rotation: bool = request.param
    return rotation


@pytest.fixture(params=[3590, 3600], ids=["ahead", "expired"])
def passed(request: pytest.FixtureRequest) -> int:
    """How old the access token is."""
    passed: int = request.param
    return passed


def names(sessions: list[LoginSession | None]) -> set[str | None]:
    """Who they are."""
    return {None if one is None else one.identity.username for one in sessions}


def test_threads_of_two_workers(rotation: bool, passed: int) -> None:
    """However many threads of however many workers: one refresh leaves, and all succeed."""
    with site(BY_NAME["threads"], rotation=rotation) as here:
        browser = signed_in(here)
        workers = [here.worker(), here.worker()]
        for worker in workers:
            worker._driver.pause = lambda seconds: Pending()
        here.clock.now += passed
        together = threading.Barrier(AT_ONCE)

        def ask(number: int) -> LoginSession | None:
            together.wait(PATIENCE)
            return workers[number % 2].current(browser.session_id)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(ask, range(AT_ONCE)))
        assert names(found) == {"alice"}
        assert here.endpoint.refreshes == 1
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


@pytest.mark.parametrize("name", ["asyncio", "asyncio, memory", "asyncio, blocking store", "trio"])
def test_tasks_of_two_workers(name: str, rotation: bool, passed: int) -> None:
    """The same for tasks, of asyncio and of trio."""
    way = BY_NAME[name]
    with site(way, rotation=rotation) as here:
        browser = signed_in(here)
        workers = [here.worker(), here.worker()]
        for worker in workers:
            worker._driver.pause = lambda seconds: Pending()
        here.clock.now += passed
        found: list[LoginSession | None] = []

        async def ask(number: int) -> None:
            found.append(await workers[number % 2].acurrent(browser.session_id))

        async def all_of_asyncio() -> None:
            await asyncio.gather(*map(ask, range(AT_ONCE)))

        async def all_of_trio() -> None:
            async with trio.open_nursery() as nursery:
                for number in range(AT_ONCE):
                    nursery.start_soon(ask, number)

        way.run(all_of_trio if name == "trio" else all_of_asyncio)
        assert len(found) == AT_ONCE
        assert names(found) == {"alice"}
        assert here.endpoint.refreshes == 1


def test_refresh_that_was_made_just_before_the_lock_was_got(rotation: bool, way: Way) -> None:
    """The record is read again once the lock is held, and what is new in it counts."""
    with site(way, rotation=rotation) as here:
        browser = signed_in(here)
        worker = other_worker(here)
        here.clock.now += 3600

        def before(name: str, key: str) -> None:
            if key.startswith("lock/"):
                here.store.before = lambda name, key: None
                assert worker.current(browser.session_id) is not None

        if "memory" in way.name:
            here.sessions._driver._store = here.store
        here.store.before = before
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


def test_many_tabs_fail_once() -> None:
    """Twenty requests of a session whose token has expired: one asks the token endpoint, and what
    it hears is said to all of them, or that it is being asked. Each round is one step."""
    with site(BY_NAME["threads"]) as here:
        browser = signed_in(here)
        here.sessions._driver.pause = lambda seconds: Pending()
        here.clock.now += 3600
        here.endpoint.spoil = FAULTS["500"][0]
        together = threading.Barrier(20)

        def ask(_: int) -> int:
            together.wait(PATIENCE)
            return unavailable(browser).retry_after

        for step in (1, 2, 4):
            with ThreadPoolExecutor(20) as pool:
                assert {step} <= set(pool.map(ask, range(20))) <= {1, step}
            assert here.endpoint.grants().count("refresh_token") == step.bit_length()
            here.clock.now += step


@pytest.mark.parametrize("passed", [3590, 3600], ids=["ahead", "expired"])
@pytest.mark.parametrize("when", ["before the lock", "with the lock", "in a pause"])
def test_whoever_comes_after_a_failure(way: Way, passed: int, when: str) -> None:
    """Who has waited for a refresh that failed does not ask at once as well, and leaves no lock."""
    with site(way) as here:
        browser = signed_in(here)
        here.clock.now += passed
        refreshing = here.sessions._staying._refreshing
        shelf = refreshing._shelf.records
        session_id = browser.session_id or ""
        lock = shelf.lock_key(session_id)
        if when == "in a pause":
            here.store.memory.add(lock, b"other", LEASE_SECONDS)
        here.sessions._driver._store = way.store(here.store)
        if "memory" in way.name:
            here.sessions._driver._store = here.store

        def others_failure() -> None:
            here.store.before = lambda name, key: None
            here.store.memory.remove(lock, b"other")
            refreshing._backoff.failed(shelf.key(session_id))

        def before(name: str, key: str) -> None:
            at_lock = when == "before the lock" and (name, key) == ("add", lock)
            behind_it = when == "with the lock" and name == "read" and here.store.memory.read(lock)
            if at_lock or behind_it:
                others_failure()

        here.store.before = before
        here.pauses.meanwhile = others_failure
        if passed < 3600:
            assert browser.username() == "alice"
        else:
            assert unavailable(browser).retry_after == 1
            assert len(here.pauses.seconds) == (when == "in a pause")
        assert here.endpoint.refreshes == 0
        if passed == 3600 or when != "in a pause":
            assert here.store.memory.read(lock) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_child_of_a_fork_goes_on() -> None:
    """With a store that workers share, a session is known in each, and is refreshed there."""
    with site(BY_NAME["threads"]) as here:
        browser = signed_in(here)
        here.store.memory._require_own_process = lambda: None  # type: ignore[method-assign]
        here.clock.now += 3600
        child = os.fork()
        if child == 0:  # pragma: no cover  # another process
            os._exit(0 if browser.username() == "alice" else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert here.endpoint.refreshes == 1


def test_pause_is_one() -> None:
    """What those wait for who poll never comes."""
    with site(BY_NAME["threads"]) as here:
        sessions = LoginSessions(
            here.sessions.login, here.guard, store=here.store, secrets=here.arguments["secrets"]
        )
        assert not sessions._driver.pause(0.05).wait(0)


# A sign-out during a refresh.


def meanwhile(here: Site, do: Callable[[], object]) -> None:
    """Have ``do`` done while the token endpoint answers."""

    def spoil(visit: Any, good: bytes) -> None:
        here.endpoint.spoil = None
        do()
        visit.send(good)

    here.endpoint.spoil = spoil


def other_worker(here: Site) -> LoginSessions:
    """A worker that is called by threads, on the same store."""
    worker = here.worker()
    worker._driver._store = here.store.memory
    worker._driver._is_async = False
    return worker


def test_sign_out_beats_a_refresh_under_way(rotation: bool, passed: int, way: Way) -> None:
    """The late answer revives nothing, and what it brought is revoked."""
    with site(way, rotation=rotation) as here:
        browser = signed_in(here)
        worker = other_worker(here)
        here.clock.now += passed
        meanwhile(here, lambda: worker.end(browser.session_id))
        assert browser.username() is None
        assert records(here, browser) == []
        assert here.endpoint._refresh_tokens == {}
        assert here.endpoint.grants()[1:] == ["refresh_token", "revoke", "revoke"]


def test_sign_out_takes_the_newest_record(way: Way) -> None:
    """A refresh that lands while somebody signs out is signed out, too."""
    with site(way, rotation=True) as here:
        browser = signed_in(here)
        here.clock.now += 3600
        worker = other_worker(here)

        def land(name: str, key: str) -> None:
            if name == "remove":
                here.store.before = lambda name, key: None
                assert worker.current(browser.session_id) is not None

        if here.way.name in ("threads, memory", "asyncio, memory"):
            here.sessions._driver._store = here.store
        here.store.before = land
        session_id = browser.session_id
        browser.sign_out()
        assert here.do("current", session_id) is None
        assert here.endpoint._refresh_tokens == {}


def test_touch_during_a_refresh_is_no_sign_out(rotation: bool, way: Way) -> None:
    """A sign of life that another worker writes changes the record, and it is the same session."""
    with site(way, rotation=rotation, refresh_ahead_seconds=120) as here:
        browser = signed_in(here)
        worker = other_worker(here)
        early = worker._staying._shelf.records
        early._ahead = 0
        here.clock.now += 3590
        meanwhile(here, lambda: worker.current(browser.session_id))
        before = records(here, browser)[0]
        assert browser.username() == "alice"
        (after,) = records(here, browser)
        assert after.access != before.access
        assert after.touched_at == here.clock.now
        assert here.endpoint.refreshes == 1
        assert here.endpoint.revoked == []


def test_refresh_that_took_longer_than_its_lock(way: Way) -> None:
    """Somebody else has refreshed meanwhile: what they have counts, and nothing is revoked."""
    with site(way) as here:
        browser = signed_in(here)
        worker = other_worker(here)

        theirs: list[LoginSession | None] = []

        def overtake() -> None:
            here.clock.now += 100
            theirs.append(worker.current(browser.session_id))

        here.clock.now += 3600
        meanwhile(here, overtake)
        session = browser.current()
        assert here.endpoint.refreshes == 2
        assert here.endpoint.revoked == []
        (record,) = records(here, browser)
        assert session is not None
        assert theirs[0] is not None
        assert session.access_token == theirs[0].access_token == record.access


def refusal_after(here: Site, do: Callable[[], object]) -> None:
    """Have the next refresh refused, and ``do`` done before that arrives."""

    def spoil(visit: Any, good: bytes) -> None:
        here.endpoint.spoil = None
        do()
        FAULTS["400 invalid_grant"][0](visit, good)

    here.endpoint.spoil = spoil


def test_refusal_that_comes_too_late(way: Way) -> None:
    """A refusal is no reason to end what another worker has written meanwhile."""
    with site(way) as here:
        browser = signed_in(here)
        worker = other_worker(here)

        def overtake() -> None:
            here.clock.now += 100  # longer than the lock lasts
            assert worker.current(browser.session_id) is not None

        here.clock.now += 3600
        refusal_after(here, overtake)
        assert browser.username() == "alice"
        (record,) = records(here, browser)
        assert record.expires_at > here.clock.now


def test_refusal_of_a_session_that_was_touched_or_signed_out(way: Way) -> None:
    """A sign of life does not save it, and what is signed out is signed out."""
    for verb in ("current", "end"):
        with site(way) as here:
            browser = signed_in(here)
            worker = other_worker(here)
            worker._staying._shelf.records._ahead = 0
            here.clock.now += 3590
            refusal_after(here, lambda: getattr(worker, verb)(browser.session_id))  # noqa: B023
            assert browser.username() is None
            assert records(here, browser) == []


def test_slow_refresh_is_nobody_elses_to_end(way: Way) -> None:
    """The lease is longer than its holder may take; and if a store is slower still, who is refused
    by then leaves the session to whoever has the lock."""
    assert LEASE_SECONDS > POST_SECONDS + FETCH_SECONDS + QUEUE_SECONDS + 1.5
    with site(way, rotation=True) as here:
        browser = signed_in(here)
        lock = here.sessions._staying._shelf.records.lock_key(browser.session_id or "")
        here.clock.now += 3600

        def overtake() -> None:
            here.clock.now += LEASE_SECONDS
            assert here.store.memory.add(lock, b"another worker", LEASE_SECONDS)

        refusal_after(here, overtake)
        assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE
        assert len(records(here, browser)) == 1
        assert here.store.memory.read(lock) == b"another worker"


def test_rotated_token_is_written_before_keys_are_waited_for(way: Way) -> None:
    """Whoever gets the lock then has the token that is good, however long the keys take."""
    with site(way, rotation=True) as here:
        browser = signed_in(here)
        worker = other_worker(here)
        here.clock.now += 3600
        verifier = here.sessions._staying._refreshing._client_tokens
        seen: list[LoginSession | None] = []

        class Slow:
            def verify(self, token: str) -> Any:
                if not seen:
                    here.clock.now += LEASE_SECONDS
                    seen.append(worker.current(browser.session_id))
                return verifier.verify(token)

            async def averify(self, token: str) -> Any:
                return self.verify(token)

        here.sessions._staying._refreshing._client_tokens = Slow()  # type: ignore[assignment]
        assert browser.username() == "alice"
        assert names(seen) == {"alice"}
        assert here.endpoint.refreshes == 2
        assert len(here.endpoint._refresh_tokens) == 1


def test_refusal_of_a_session_that_is_touched_just_then(way: Way) -> None:
    """The record that is there in the end goes."""
    with site(way) as here:
        browser = signed_in(here)
        shelf = here.sessions._staying._shelf
        session_id = browser.session_id or ""
        real, touched = here.store.memory.remove, list[int]()

        def remove(key: str, value: bytes | None = None) -> bool:
            if key == shelf.records.key(session_id) and not touched:
                touched.append(1)
                (record,) = records(here, browser)
                newer = shelf.records.seal(record.touched(here.clock.now), session_id)
                assert here.store.memory.replace(key, value or b"", newer, 100)
            return real(key, value)

        here.store.memory.remove = remove  # type: ignore[method-assign]
        here.endpoint.forget()
        here.clock.now += 3600
        assert browser.username() is None
        assert (touched, records(here, browser)) == ([1], [])


# Who leaves.


async def until(true: Callable[[], bool]) -> None:
    """Let other tasks of asyncio run until something is true."""
    while not true():  # noqa: ASYNC110  # threads make it true
        await asyncio.sleep(0)


def nobody_else_runs() -> bool:
    """Whether this is the only task."""
    return asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("name", ["asyncio", "asyncio, memory", "trio"])
def test_request_that_is_cancelled_leaves_the_refresh_alone(name: str) -> None:
    """Rotation gave a new refresh token to somebody who has left: it is kept all the same."""
    way = BY_NAME[name]
    with site(way, rotation=True) as here:
        browser = signed_in(here)
        here.clock.now += 3600

        async def with_asyncio() -> None:
            with here.endpoint.held_up():
                asking = asyncio.ensure_future(here.sessions.acurrent(browser.session_id))
                await until(here.endpoint.begun.is_set)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            await until(nobody_else_runs)

        async def with_trio() -> None:
            async with trio.open_nursery() as nursery:
                with trio.CancelScope() as scope, here.endpoint.held_up():

                    async def release() -> None:
                        while not here.endpoint.begun.is_set():
                            await trio.lowlevel.checkpoint()
                        scope.cancel()
                        here.endpoint._go_on.set()

                    nursery.start_soon(release)
                    await here.sessions.acurrent(browser.session_id)
                    await trio.lowlevel.checkpoint()
                    raise AssertionError("it was not cancelled")

        way.run(with_trio if name == "trio" else with_asyncio)
        assert here.endpoint.refreshes == 1
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


def test_refresh_is_waited_for_before_its_loop_ends() -> None:
    """As a server does that is restarted: the token that came is kept."""
    with site(BY_NAME["asyncio, memory"], rotation=True) as here:
        browser = signed_in(here)
        here.clock.now += 3600

        async def serve() -> None:
            with here.endpoint.held_up():
                asking = asyncio.ensure_future(here.sessions.acurrent(browser.session_id))
                await until(here.endpoint.begun.is_set)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            await here.sessions.asettle()

        asyncio.run(serve())
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


# Who are too many.


def logins() -> int:
    """How many threads there are for sign-in."""
    return sum(thread.name == "cognito_guard.login" for thread in threading.enumerate())


def test_strangers_begin_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With cookies that they have made up, and a store that takes its time: those who wait in vain
    get a 503."""
    with site(BY_NAME["asyncio, blocking store"]) as here:
        browser = signed_in(here)
        go_on, seen = threading.Event(), list[int]()

        def before(name: str, key: str) -> None:
            seen.append(logins())
            assert go_on.wait(PATIENCE)

        def ask(times: int) -> list[asyncio.Future[Any]]:
            ask = here.sessions.acurrent
            return [asyncio.ensure_future(ask(random_value())) for _ in range(times)]

        async def main() -> list[Any]:
            here.store.before = before
            first = ask(40)
            await until(lambda: len(seen) == 40)  # each has its thread, however late that came
            with monkeypatch.context() as patch:
                patch.setattr(drivers._STORE, "seconds", 0.05)
                late = ask(260)
                await until(lambda: all(one.done() for one in late))
            go_on.set()
            return await asyncio.gather(*first, *late, return_exceptions=True)

        found = promptly(lambda: asyncio.run(main()))
        problems = [one for one in found if isinstance(one, SessionsUnavailable)]
        assert (found[:40], len(problems)) == ([None] * 40, 260)
        assert {one.detail for one in problems} == {
            "The session store was not asked: all of 40 threads were busy for 0.05 s."
        }
        assert max(seen) <= 40
        assert browser.username() == "alice"


@pytest.mark.parametrize("name", ["asyncio, memory", "trio"])
def test_strangers_are_in_nobodys_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While they exchange junk for tokens, those who are signed in refresh."""
    with site(BY_NAME[name]) as here:
        browser, other = signed_in(here), here.browser()
        here.clock.now += 3600
        query = here.endpoint.authorize(other.start().url)
        nobody = Crew("cognito_guard.login", 0, 0.01)
        monkeypatch.setattr(drivers, "_SIGN_INS", nobody)
        with pytest.raises(LoginFailed) as caught:
            other.come_back(query)
        assert (caught.value.reason, caught.value.status) == (LoginReason.LOGIN_UNAVAILABLE, 503)
        assert browser.username() == "alice"
        monkeypatch.setattr(drivers, "_EXCHANGES", nobody)
        here.clock.now += 3600
        assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE


def test_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """503, which the log says, and no other error."""
    with site(BY_NAME["asyncio, blocking store"]) as here:
        browser, other = signed_in(here), here.browser()
        query = here.endpoint.authorize(other.start().url)
        real = threading.Thread.start

        def start(thread: threading.Thread) -> None:
            if thread.name == "cognito_guard.login":
                raise RuntimeError("can't start new thread")
            real(thread)

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            assert unavailable(browser).detail == (
                "The session store was not asked: no thread can be had."
            )
            with pytest.raises(SessionsUnavailable):
                other.come_back(query)
        assert [record.__dict__["reason"] for record in caplog.records] == [
            "sessions_unavailable"
        ] * 2
        assert browser.username() == "alice"
        assert other.come_back(query).identity.username == "alice"


class Timeout(BaseException):
    """As gevent's."""


@pytest.mark.parametrize("name", ["asyncio, blocking store", "trio, blocking store"])
def test_store_that_ends_its_thread(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises there: 503, which the log says, and nobody waits for ever."""
    with site(BY_NAME[name]) as here:
        browser = signed_in(here)

        def before(name: str, key: str) -> None:
            raise Timeout

        here.store.before = before
        assert promptly(lambda: unavailable(browser)).detail == (
            "The session store was not asked: the work ended with Timeout."
        )
        assert caplog.messages == [
            "sessions_unavailable: sessions are unavailable: The session store was not asked: the "
            "work ended with Timeout."
        ]
        assert caplog.records[0].__dict__["reason"] == "sessions_unavailable"


def test_endpoint_that_fails_nobody_waits_for() -> None:
    """A task that left while the refresh failed: nothing is said about an error nobody fetched."""
    with site(BY_NAME["asyncio"]) as here:
        browser = signed_in(here)
        here.clock.now += 3600
        here.endpoint.spoil = FAULTS["500"][0]
        said: list[Any] = []

        async def leave() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, about: said.append(about))
            with here.endpoint.held_up():
                asking = asyncio.ensure_future(here.sessions.acurrent(browser.session_id))
                await until(here.endpoint.begun.is_set)
                asking.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await asking
            await until(nobody_else_runs)

        promptly(lambda: asyncio.run(leave()))
        assert [one for one in said if "never retrieved" in one["message"]] == []
        unavailable(browser)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name == "cognito_guard.login":
            thread.join(PATIENCE)
