"""The store of sessions and its faults: 503, and nobody is signed out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cognito_guard import ConfigurationError
from cognito_guard.login import LoginReason, LoginSessions, MemorySessionStore, SessionsUnavailable

from .site import SECRET, WAYS, Site, Way, site
from .stores import AsyncStore, BlockingStore, Odd
from .test_refresh import records, signed_in

OWN_STORE = [way for way in WAYS if "memory" not in way.name]


class StoreFailed(Exception):
    """What the client of a database raises, with a word in it that nobody else is to see."""


def fail(name: str, key: str) -> None:
    """The store is down."""
    raise StoreFailed(f"redis://user:password@10.0.0.7 {key}")


@contextmanager
def down(here: Site, *operations: str) -> Iterator[None]:
    """Until the end of the block, these operations fail; all of them, if none is named."""

    def before(name: str, key: str) -> None:
        if not operations or name in operations:
            fail(name, key)

    here.store.before = before
    try:
        yield
    finally:
        here.store.before = lambda name, key: None


def unavailable(do: Callable[[], object]) -> SessionsUnavailable:
    """The 503 that something ends with, which names the kind of the store's error alone."""
    with pytest.raises(SessionsUnavailable) as caught:
        do()
    error = caught.value
    assert (error.status, error.reason) == (503, LoginReason.SESSIONS_UNAVAILABLE)
    assert error.detail == "The session store failed (StoreFailed)."
    assert error.retry_after >= 1
    assert error.__context__ is None
    assert error.__cause__ is None
    return error


@pytest.fixture(params=OWN_STORE, ids=lambda way: way.name)
def here(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site whose store can fail."""
    with site(request.param) as one:
        yield one


def test_store_that_is_down_signs_nobody_out(here: Site) -> None:
    """Each verb is 503 as long as it lasts. Then all is as it was."""
    browser, other = signed_in(here), here.browser()
    query = here.endpoint.authorize(other.start().url)
    with down(here):
        unavailable(browser.current)
        unavailable(browser.sign_out)
        unavailable(lambda: other.come_back(query))
        other.start()
    assert browser.username() == "alice"
    assert other.come_back(query).identity.username == "alice"
    assert here.endpoint.revoked == []


def test_sign_out_that_cannot_be_written_is_no_sign_out(here: Site) -> None:
    """The user is told, instead of being led to believe it."""
    browser = signed_in(here)
    with down(here, "remove"):
        unavailable(browser.sign_out)
    assert browser.username() == "alice"
    browser.sign_out()
    assert browser.username() is None


def lost_answer(here: Site, *, again: bool) -> None:
    """The next removal of a session is done, and its answer is lost. A client that asks ``again``
    is told that there is nothing; another one raises."""
    real = here.store.memory.remove

    def remove(key: str, value: bytes | None = None) -> bool:
        done = real(key, value)
        if not key.startswith("session/"):
            return done
        here.store.memory.remove = real  # type: ignore[method-assign]
        if not again:
            raise StoreFailed
        return real(key, value)

    here.store.memory.remove = remove  # type: ignore[method-assign]


@pytest.mark.parametrize("again", [True, False])
def test_sign_out_whose_answer_is_lost(again: bool, here: Site) -> None:
    """The pool forgets the refresh token all the same."""
    browser = signed_in(here)
    lost_answer(here, again=again)
    if again:
        browser.sign_out()
    else:
        unavailable(browser.sign_out)
        browser.sign_out()
    assert browser.username() is None
    assert here.endpoint._refresh_tokens == {}


def test_sign_out_from_a_store_that_is_behind(here: Site) -> None:
    """What is read is another record than what is there, again and again: it goes all the same."""
    browser = signed_in(here)
    (key,) = here.store.memory._entries
    real, reads = here.store.memory.read, [0]

    def read(name: str) -> bytes | None:
        reads[0] += 1
        return b"of a while ago" if name == key else real(name)

    here.store.memory.read = read  # type: ignore[method-assign]
    browser.sign_out()
    here.store.memory.read = real  # type: ignore[method-assign]
    assert real(key) is None
    assert reads[0] <= 10


def test_store_that_was_emptied(here: Site) -> None:
    """Nobody is signed in, nothing breaks, and everybody may sign in anew."""
    browser = signed_in(here)
    here.store.memory._entries.clear()
    assert browser.username() is None
    browser.sign_out()
    assert here.endpoint.revoked == []
    assert signed_in(here).username() == "alice"


def test_store_that_fails_when_a_session_begins(here: Site) -> None:
    """The sign-in is 503, and the browser gets no cookie."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    begun: list[str] = []

    def before(name: str, key: str) -> None:
        begun.append(name)
        if len(begun) == 2:
            fail(name, key)

    here.store.before = before
    unavailable(lambda: browser.come_back(query))
    assert browser.session_id is None


def test_store_that_takes_no_new_session(here: Site) -> None:
    """An id that is taken, which is as likely as guessing one, signs nobody in as somebody else."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    real = here.store.memory.add
    here.store.memory.add = lambda *a: real(*a) and a[0].startswith("attempt/")  # type: ignore[method-assign]
    with pytest.raises(SessionsUnavailable, match="did not accept a new session"):
        browser.come_back(query)


@pytest.mark.parametrize("times", [1, 3])
def test_refresh_is_written_in_the_end(times: int, here: Site) -> None:
    """A store that fails for a moment does not lose what rotation gave."""
    here.endpoint.rotation = True
    browser = signed_in(here)
    here.clock.now += 3600
    failed: list[str] = []

    def before(name: str, key: str) -> None:
        if name == "replace" and len(failed) < times:
            failed.append(name)
            fail(name, key)

    here.store.before = before
    assert browser.username() == "alice"
    assert here.pauses.seconds == [0.05, 0.2, 0.5][:times]
    assert here.endpoint.refreshes == 1


def test_refresh_that_is_never_written(here: Site) -> None:
    """503, and without rotation the old refresh token does it later."""
    browser = signed_in(here)
    here.clock.now += 3600
    with down(here, "replace"):
        unavailable(browser.current)
    assert browser.username() == "alice"


def test_rotated_token_is_kept_in_the_process_until_it_is_written(here: Site) -> None:
    """A store that takes nothing for longer than anybody waits: the token is not lost, and nobody
    else asks with the old one meanwhile."""
    here.endpoint.rotation = True
    browser = signed_in(here)
    for _ in range(2):
        here.clock.now += 3600
        with down(here, "replace"):
            unavailable(browser.current)
            mine, here.sessions = here.sessions, here.worker()
            with pytest.raises(SessionsUnavailable) as caught:
                browser.current()
            assert caught.value.reason is LoginReason.REFRESH_UNAVAILABLE
            here.sessions = mine
            unavailable(browser.current)
        here.pauses.seconds.clear()
        assert browser.username() == "alice"
        assert here.pauses.seconds == []  # the lock that it has left is its own to take
        assert list(here.store.memory._locks) == []
    here.sessions = here.worker()
    here.clock.now += 3600
    assert browser.username() == "alice"
    assert len(here.endpoint._refresh_tokens) == 1
    browser.sign_out()
    assert here.endpoint._refresh_tokens == {}


def test_rotated_token_that_is_kept_keeps_its_lock(here: Site) -> None:
    """Whatever the next attempt ends with: to others, the store says the old refresh token still,
    which the pool refuses by now."""
    here.endpoint.rotation = True
    browser = signed_in(here)
    here.clock.now += 3500
    with down(here, "replace"):
        assert browser.username() == "alice"
    here.endpoint.down()
    assert browser.username() == "alice"
    here.endpoint.up()
    mine, here.sessions = here.sessions, here.worker()
    assert browser.username() == "alice"
    assert here.endpoint.refreshes == 1
    here.sessions = mine
    here.clock.now += 5
    assert browser.username() == "alice"
    assert here.endpoint.refreshes == 2
    assert list(here.store.memory._locks) == []
    assert len(here.endpoint._refresh_tokens) == 1


def test_rotated_token_that_is_kept_is_signed_out(here: Site) -> None:
    """And is written by whatever else writes."""
    here.endpoint.rotation = True
    browser, other = signed_in(here), signed_in(here)
    here.clock.now += 3600
    for one in (browser, other):
        with down(here, "replace"):
            unavailable(one.current)
    browser.sign_out()
    assert len(here.endpoint._refresh_tokens) == 1
    here.clock.now += 6 * 3600
    assert other.username() == "alice"


def test_refresh_that_can_wait_needs_no_store(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """While the access token is good, a store that takes no lock, or none of what came, is no
    reason to refuse anybody."""
    here.endpoint.rotation = True
    browser = signed_in(here)
    here.clock.now += 3540
    for operation in ("add", "replace"):
        with down(here, operation), caplog.at_level(logging.WARNING, "cognito_guard"):
            assert browser.username() == "alice"
        assert "a session was not refreshed: The session store failed" in caplog.text
        caplog.clear()
    here.clock.now += 60
    with down(here, "add"):
        unavailable(browser.current)
    assert browser.username() == "alice"


def test_refresh_that_could_wait_no_longer(here: Site) -> None:
    """The access token ends while the store is asked."""
    browser = signed_in(here)
    here.clock.now += 3599

    def before(name: str, key: str) -> None:
        if name == "add":
            here.clock.now += 1
            fail(name, key)

    here.store.before = before
    unavailable(browser.current)


def test_sign_of_life_can_wait(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A store that is read and takes nothing, as one that is full, signs nobody out."""
    browser = signed_in(here)
    here.clock.now += 3000
    with down(here, "replace"), caplog.at_level(logging.WARNING, "cognito_guard"):
        assert browser.username() == "alice"
    reasons = [record.__dict__["reason"] for record in caplog.records]
    assert reasons == ["sessions_unavailable", "touch_failed"]
    assert caplog.messages[1].startswith("touch_failed: a session got no sign of life: ")
    assert browser.username() == "alice"


def test_lock_that_is_not_given_back_is_no_harm(here: Site) -> None:
    """The refresh counts, and so does a failure's own reason."""
    browser = signed_in(here)
    here.clock.now += 3600
    with down(here, "remove"):
        assert browser.username() == "alice"
    assert here.endpoint.refreshes == 1
    here.clock.now += 3600
    here.endpoint.down()
    with down(here, "remove"), pytest.raises(SessionsUnavailable) as caught:
        browser.current()
    assert caught.value.reason is LoginReason.REFRESH_UNAVAILABLE


@pytest.mark.parametrize("way", [WAYS[2], WAYS[5]], ids=lambda way: way.name)
def test_slow_store_does_not_hold_up_an_event_loop(way: Way) -> None:
    """A store that blocks is asked in a thread; the loop does other things meanwhile."""
    with site(way) as here:
        browser = signed_in(here)
        threads = []
        here.store.before = lambda name, key: threads.append(threading.current_thread().name)
        assert browser.username() == "alice"
        assert threads == ["cognito_guard.login"]


def test_memory_is_asked_in_the_loops_own_thread() -> None:
    """It does not block, so a thread would be a waste."""
    way = next(way for way in WAYS if way.name == "asyncio, memory")
    with site(way) as here:
        browser = signed_in(here)
        threads: list[int] = []
        clock = here.store.memory._clock

        def look() -> float:
            threads.append(threading.get_ident())
            return clock()

        here.store.memory._clock = look
        assert browser.username() == "alice"
        assert set(threads) == {threading.get_ident()}


# What a store returns.


@pytest.mark.parametrize("result", ["text", 1, bytearray(b"x"), memoryview(b"x"), True])
def test_store_that_reads_something_else(result: object, here: Site) -> None:
    """Only bytes or None can be what was kept."""
    browser = signed_in(here)
    here.sessions = here.worker()
    here.sessions._driver._store = _async(here, Odd(result))
    with pytest.raises(SessionsUnavailable, match="TypeError"):
        browser.current()


@pytest.mark.parametrize("result", [None, 1, 0, "OK", object()], ids=["None", "1", "0", "OK", "it"])
def test_store_that_answers_neither_yes_nor_no(result: object, here: Site) -> None:
    """A number or a text is not taken for a yes: a state would work twice."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    here.sessions._driver._store = _async(here, Odd(result))
    with pytest.raises(SessionsUnavailable, match="TypeError"):
        browser.come_back(query)
    assert here.endpoint.asked == []


def _async(here: Site, store: Any) -> Any:
    return AsyncStore(store=_Named(store)) if here.way.name in ("asyncio", "trio") else store


class _Named(BlockingStore):
    """A store whose operations are another one's, without a look at what they return."""

    def __init__(self, other: Any) -> None:
        super().__init__(other)


# Records that are not ours.


@pytest.mark.parametrize("junk", [b"", b"x", b"x" * 12, b"x" * 500])
def test_record_that_does_not_open_is_no_session(
    junk: bytes, here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody has written into the store, or its secret is gone. It is left there, and logged."""
    browser = signed_in(here)
    (key,) = (key for key in here.store.memory._entries if key.startswith("session/"))
    here.store.memory._entries[key] = here.store.memory._entries[key]._replace(value=junk)
    assert browser.username() is None
    assert [record.__dict__["reason"] for record in caplog.records] == ["session_unreadable"]
    browser.sign_out()
    assert here.endpoint.revoked == []


def test_record_of_another_session_does_not_open(here: Site) -> None:
    """Who can write into the store cannot make one user another one."""
    alice = signed_in(here)
    here.endpoint.username = "mallory"
    mallory = signed_in(here)
    shelf = here.sessions._staying._shelf.records
    entries = here.store.memory._entries
    entries[shelf.key(mallory.session_id or "")] = entries[shelf.key(alice.session_id or "")]
    assert mallory.username() is None
    assert alice.username() == "alice"


def test_record_of_another_version_is_no_session(here: Site) -> None:
    """A later release writes other records; this one does not guess."""
    browser = signed_in(here)
    shelf = here.sessions._staying._shelf.records
    session_id = browser.session_id or ""
    sealed = shelf._sealer.seal("session", session_id, b"2\nsomething else")
    key = shelf.key(session_id)
    here.store.memory._entries[key] = here.store.memory._entries[key]._replace(value=sealed)
    assert browser.username() is None
    assert records(here, browser) == [None]


# What a store must be.


class Half:
    """Two operations of four."""

    def read(self, key: str) -> None:
        """As of a store."""

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        return True


class Mixed(BlockingStore):
    """One operation of four is async."""

    async def read(self, key: str) -> bytes | None:  # type: ignore[override]
        """As of a store."""
        return None


@pytest.mark.parametrize(
    ("store", "problem"),
    [
        (None, "store must be a SessionStore"),
        ({}, "store must be a SessionStore"),
        (MemorySessionStore, "store must be a SessionStore"),
        (Half(), "store must be a SessionStore"),
        (Mixed(MemorySessionStore()), "store must have all its operations async, or none"),
    ],
    ids=["None", "a dict", "a class", "half of one", "a mixed one"],
)
def test_what_is_no_store(store: Any, problem: str) -> None:
    """Refused when the app starts."""
    with site(WAYS[0]) as here, pytest.raises(ConfigurationError, match=problem):
        LoginSessions(here.sessions.login, here.guard, store=store, secrets=[SECRET])


def test_async_store_needs_methods_that_are_awaited() -> None:
    """The others say so, instead of taking a coroutine for a yes."""
    with site(WAYS[4]) as here:
        browser = here.browser()
        query = here.endpoint.authorize(browser.start().url)
        session_id = "A" * 43
        for call in (
            lambda: here.sessions.finish(query, binding=session_id),
            lambda: here.sessions.current(session_id),
            lambda: here.sessions.end(session_id),
        ):
            with pytest.raises(ConfigurationError, match="AsyncSessionStore; await"):
                call()
