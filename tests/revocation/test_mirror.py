"""The mirror: how late it is, when it waits, and what becomes of callers while it cannot read."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Reason, RevocationsUnavailable
from cognito_guard._support import fork, threads
from cognito_guard.network.aside import Crew
from cognito_guard.network.waiting import Pending
from cognito_guard.revocation import Changes, MirroredRevocationList, Revocation, tasks
from cognito_guard.revocation import mirror as mirror_module
from cognito_guard.revocation.mirror import GIVE_UP_SECONDS, MAX_GIVEN_UP
from cognito_guard.revocation.reading import Reading

from ..keys.frameworks import Runner, on_every_framework
from .shared import (
    END,
    ISSUER,
    PATIENCE,
    AsyncStore,
    Clocks,
    SharedStore,
    SlowStore,
    caller,
    mirror,
    settle,
    sign_in,
)

ALICE = caller(origin_jti="alice's")
DOWN = ConnectionError("redis://:secret@example")


def refused(here: MirroredRevocationList, identity: Any = ALICE) -> bool:
    """What a blocking question gets."""
    return here.is_revoked(identity, ISSUER)


def unavailable(here: MirroredRevocationList) -> RevocationsUnavailable:
    """The error of a question that gets no answer."""
    with pytest.raises(RevocationsUnavailable) as caught:
        refused(here)
    return caught.value


@pytest.fixture
def store() -> SharedStore:
    """A store that answers at once."""
    return SharedStore()


def test_the_first_question_reads_the_list(store: SharedStore, clocks: Clocks) -> None:
    """All of it; the next one reads nothing."""
    store.add([sign_in("alice's")])
    here = mirror(store, clocks)
    assert refused(here)
    assert not refused(here, caller(origin_jti="bob's"))
    assert store.reads == [None]


def test_it_is_never_older_than_its_bound(store: SharedStore, clocks: Clocks) -> None:
    """Half as old, it is renewed for those who come later; older than it may be, at once."""
    here = mirror(store, clocks)
    assert not refused(here)
    clocks.pass_(0.49)
    refused(here)
    assert len(store.reads) == 1
    clocks.pass_(0.01)
    refused(here)
    refused(here)
    assert len(store.reads) == 2
    clocks.pass_(1.01)
    store.add([sign_in("alice's")])
    assert refused(here)
    assert store.reads == [None, "0:0", "0:0"]


def test_a_bound_of_ones_own(store: SharedStore, clocks: Clocks) -> None:
    """Ten seconds, for example."""
    here = mirror(store, clocks, max_age=10)
    refused(here)
    clocks.pass_(4.9)
    refused(here)
    assert len(store.reads) == 1
    clocks.pass_(0.1)
    refused(here)
    assert len(store.reads) == 2


def test_the_list_comes_in_pages(store: SharedStore, clocks: Clocks) -> None:
    """A copy counts when there are no more; so do changes."""
    store.page = 3
    store.add([sign_in(str(n)) for n in range(10)])
    here = mirror(store, clocks)
    assert all(refused(here, caller(origin_jti=str(n))) for n in range(10))
    assert len(store.reads) == 4
    store.add([sign_in(str(n)) for n in range(10, 20)])
    clocks.pass_(2)
    assert all(refused(here, caller(origin_jti=str(n))) for n in range(20))
    assert len(store.reads) == 8


def test_ones_own_count_at_once(store: SharedStore, clocks: Clocks) -> None:
    """Here before anything is read, and in the store."""
    here, other = mirror(store, clocks), mirror(store, clocks)
    refused(here)
    refused(other)
    here.revoke(sign_in("alice's"))
    assert refused(here)
    assert not refused(other)
    clocks.pass_(1.001)
    assert refused(other)
    assert store.entries == [sign_in("alice's")]


def test_what_was_not_written(store: SharedStore, clocks: Clocks) -> None:
    """An error, and refused here all the same. It says nothing of the store."""
    here = mirror(store, clocks)
    refused(here)
    store.error = DOWN
    with pytest.raises(RevocationsUnavailable) as caught:
        here.revoke(sign_in("alice's"))
    assert caught.value.detail == "The revocation was not written (ConnectionError)."
    assert refused(here)
    with pytest.raises(TypeError, match="must be a Revocation"):
        here.revoke("alice's")  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["closed", "open"])
def test_down_at_the_start(store: SharedStore, clocks: Clocks, word: str) -> None:
    """Nobody passes, or everybody, as was said. Then all is well by itself."""
    store.add([sign_in("alice's")])
    store.error = DOWN
    here = mirror(store, clocks, when_unavailable=word)
    if word == "closed":
        error = unavailable(here)
        assert (error.reason, error.retry_after) == (Reason.REVOCATIONS_UNAVAILABLE, 1)
        assert error.detail == "The list of revoked tokens cannot be asked at the moment."
    else:
        assert not refused(here)
    store.error = None
    clocks.pass_(mirror_module.FIRST_BACKOFF_SECONDS)
    assert refused(here)


@pytest.mark.parametrize("word", ["closed", "open"])
def test_down_later(store: SharedStore, clocks: Clocks, word: str) -> None:
    """While the copy is young enough nobody notices. Who is known to be out stays out."""
    store.add([sign_in("alice's")])
    here = mirror(store, clocks, when_unavailable=word)
    bob = caller(origin_jti="bob's")
    assert (refused(here), refused(here, bob)) == (True, False)
    store.error = DOWN
    clocks.pass_(0.9)
    assert (refused(here), refused(here, bob)) == (True, False)
    assert here.health().state == "stale"
    clocks.pass_(0.2)
    if word == "closed":
        assert unavailable(here).retry_after == 1
    else:
        assert (refused(here), refused(here, bob)) == (True, False)
    assert here.health().state == "unavailable"
    store.error = None
    clocks.pass_(mirror_module.LAST_BACKOFF_SECONDS)
    assert (refused(here), refused(here, bob)) == (True, False)
    assert here.health().state == "fresh"


def test_failures_back_off(store: SharedStore, clocks: Clocks) -> None:
    """From half a second to five, less up to a quarter."""
    store.error = DOWN
    here = mirror(store, clocks)
    for most in (0.5, 1.0, 2.0, 4.0, 5.0, 5.0):
        asked = len(store.reads)
        unavailable(here)
        unavailable(here)
        assert len(store.reads) == asked + 1
        clocks.pass_(most * 0.74)
        unavailable(here)
        assert len(store.reads) == asked + 1
        clocks.pass_(most * 0.26)
    assert unavailable(here).retry_after in (4, 5)
    assert here.health().failures == 7


def test_health(store: SharedStore, clocks: Clocks) -> None:
    """How old the copy is, and what is wrong."""
    here = mirror(store, clocks)
    assert here.health() == ("empty", "SharedStore", 0, None, 1.0, None, 0, 0.0, False)
    store.add([sign_in("alice's")])
    refused(here)
    clocks.pass_(0.25)
    assert here.health() == ("fresh", "SharedStore", 1, 0.25, 1.0, None, 0, 0.25, False)
    store.error = DOWN
    clocks.pass_(0.5)
    refused(here)
    health = here.health()
    assert health[:7] == ("stale", "SharedStore", 1, 0.75, 1.0, "ConnectionError", 1)
    assert 0.375 <= (health.next_attempt or 0) <= 0.5


def test_the_log(store: SharedStore, clocks: Clocks, caplog: pytest.LogCaptureFixture) -> None:
    """That it fails, what that means, and that it is over; nothing of the address."""
    caplog.set_level(logging.INFO, "cognito_guard")
    for word in ("closed", "open"):
        store.error = DOWN
        here = mirror(store, clocks, when_unavailable=word)
        if word == "closed":
            unavailable(here)
        else:
            refused(here)
        store.error = None
        clocks.pass_(1)
        refused(here)
    assert [(one.getMessage(), one.reason, one.source) for one in caplog.records] == [  # type: ignore[attr-defined]
        (
            f"revocations were not read from a SharedStore: ConnectionError; after 1 s, {then}",
            "revocations_not_read",
            "SharedStore",
        )
        if n == 0
        else (
            "revocations were read again from a SharedStore, after 1 failed attempts",
            "revocations_read_again",
            "SharedStore",
        )
        for then in ("callers get 503", "callers are checked against the known entries")
        for n in range(2)
    ]


def test_an_emptied_store(
    store: SharedStore, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    """What is known is not forgotten; that it is lost for others is said."""
    store.add([sign_in("alice's"), sign_in("bob's")])
    here = mirror(store, clocks)
    refused(here)
    store.empty()
    store.add([sign_in("carol's")])
    clocks.pass_(2)
    assert refused(here)
    assert refused(here, caller(origin_jti="carol's"))
    assert not refused(mirror(store, clocks))
    (record,) = caplog.records
    assert record.getMessage() == (
        "the SharedStore lost entries that this process still knows: at least 1"
    )


def test_entries_that_nobody_understands(store: SharedStore, clocks: Clocks) -> None:
    """The others count. The read has failed, and is done again from where it began."""
    store.add([sign_in("alice's")])
    store.unreadable = 2
    here = mirror(store, clocks, when_unavailable="open")
    assert refused(here)
    assert here.health().last_error == "2 entries cannot be understood"
    assert here.health().state == "unavailable"
    clocks.pass_(1)
    store.unreadable = 0
    assert refused(here)
    assert store.reads == [None, None]


@pytest.mark.parametrize("answer", [None, [], Changes, ("x", "1")], ids=str)
def test_a_store_that_answers_rubbish(clocks: Clocks, answer: Any) -> None:
    """What is no page of changes is a failure."""

    class Rubbish(SharedStore):
        def read(self, position: str | None, /) -> Any:
            return answer

    here = mirror(Rubbish(), clocks)
    unavailable(here)
    assert here.health().last_error == "TypeError"


def test_a_calendar_that_was_ahead_when_it_was_read(store: SharedStore, clocks: Clocks) -> None:
    """What was over then, and was swept, is read again when the calendar is right."""
    store.add([sign_in("alice's")])
    clocks.calendar.now = END + 3600
    here = mirror(store, clocks)
    assert not refused(here)
    clocks.pass_(3600)
    refused(here)
    clocks.pass_(3600)
    refused(here)
    assert here.health().entries == 0
    clocks.calendar.now = END - 3600
    clocks.pass_(1.1)
    assert refused(here)
    assert store.reads[-1] is None
    clocks.pass_(2)
    refused(here)
    assert store.reads[-1] is not None


def test_a_calendar_that_was_ahead_at_the_start(store: SharedStore, clocks: Clocks) -> None:
    """The same, where nothing was read before it went ahead; and the first read may fail."""
    store.add([sign_in("alice's")])
    right = clocks.calendar.now
    clocks.calendar.now = END + 40 * 86400
    here = mirror(store, clocks)
    store.error = DOWN
    unavailable(here)
    store.error = None
    clocks.pass_(1)
    assert not refused(here)
    assert here.health().entries == 0
    clocks.calendar.now = right
    clocks.pass_(1.1)
    assert refused(here)
    assert len(store.reads) == 3


def test_a_steady_clock_that_gives_nothing(store: SharedStore, clocks: Clocks) -> None:
    """Nobody passes."""
    here = mirror(store, clocks)
    refused(here)
    clocks.steady.now = float("nan")
    unavailable(here)


def test_a_read_that_ends_just_in_time(store: SharedStore, clocks: Clocks) -> None:
    """Between a look at the copy and the next one, which nobody can see coming."""
    store.add([sign_in("alice's")])
    here = mirror(store, clocks)
    looks = iter([None, lambda: refused(here, caller())])

    def steady() -> float:
        meanwhile = next(looks, None)
        if meanwhile is not None:
            meanwhile()
        return clocks.steady.now

    here._steady = steady
    assert refused(here)
    assert len(store.reads) == 1


def test_a_renewal_waits_for_nobody(store: SharedStore, clocks: Clocks) -> None:
    """Whoever finds the lock taken leaves: somebody else is seeing to it."""
    here = mirror(store, clocks)
    refused(here)
    clocks.pass_(0.6)
    with here._lock:
        assert not refused(here)
    assert len(store.reads) == 1


# Reads in threads.


def test_a_renewal_is_in_nobodys_way(clocks: Clocks) -> None:
    """Asked in the background, once, while everybody goes on with the copy."""
    store = SlowStore()
    here = mirror(store, clocks)
    refused(here)
    assert store.begun.acquire(timeout=PATIENCE)
    clocks.pass_(0.6)
    store.inner.add([sign_in("alice's")])
    with store.held_up():
        for _ in range(3):
            assert not refused(here)
        assert store.begun.acquire(timeout=PATIENCE)
        assert here.health()[-2:] == (0.0, True)
    assert refused(here)
    assert len(store.inner.reads) == 2


def test_those_who_need_it_wait_for_one_read(clocks: Clocks) -> None:
    """Many threads, one read, and all of them know."""
    store = SlowStore()
    store.inner.add([sign_in("alice's")])
    here = mirror(store, clocks)
    answers: list[bool] = []
    waiting = [threading.Thread(target=lambda: answers.append(refused(here))) for _ in range(8)]
    with store.held_up():
        for one in waiting:
            one.start()
        assert store.begun.acquire(timeout=PATIENCE)
    for one in waiting:
        one.join(PATIENCE)
    assert answers == [True] * 8
    assert len(store.inner.reads) == 1


def test_a_read_that_began_too_early_is_not_enough(clocks: Clocks) -> None:
    """It does not say what was written after it began: another one does."""
    store = SlowStore()
    here = mirror(store, clocks, max_age=0.5)
    refused(here)
    assert store.begun.acquire(timeout=PATIENCE)
    clocks.pass_(0.3)
    answers: list[bool] = []
    with store.held_up():
        refused(here)  # begins a read, which knows nothing of alice
        assert store.begun.acquire(timeout=PATIENCE)
        store.inner.add([sign_in("alice's")])
        clocks.pass_(0.6)
        late = threading.Thread(target=lambda: answers.append(refused(here)))
        late.start()
        while not here._pending._finished._cond._waiters:  # type: ignore[union-attr]
            pass
    late.join(PATIENCE)
    assert answers == [True]
    assert len(store.inner.reads) == 3


def test_nobody_waits_for_ever(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that hangs: who waits gets an answer in time, and those who come later at once."""
    monkeypatch.setattr(mirror_module, "WAIT_SECONDS", 0.05)
    store = SlowStore()
    here = mirror(store, clocks)
    with store.held_up():
        late = threading.Thread(target=lambda: clocks.pass_(0.06))
        real = here._to_wait_for

        def noting(*arguments: Any) -> Any:
            wait = real(*arguments)
            if wait is not None and not late.is_alive():
                late.start()
                late.join(PATIENCE)
            return wait

        monkeypatch.setattr(
            MirroredRevocationList, "_to_wait_for", lambda self, *arguments: noting(*arguments)
        )
        error = unavailable(here)
        assert error.retry_after == 5
        assert unavailable(here).retry_after == 5
        assert store.begun.acquire(timeout=PATIENCE)  # its thread may come late
        assert len(store.inner.reads) == 1
        clocks.pass_(GIVE_UP_SECONDS)
        unavailable(here)
        assert here.health().last_error == "no answer within 5 s"


class PagedStore(SlowStore):
    """A store whose pages come one by one, each after a while."""

    def __init__(self, clocks: Clocks, seconds: float) -> None:
        super().__init__(SharedStore(*(sign_in(str(n)) for n in range(9)), sign_in("alice's")))
        self.inner.page = 1
        self._clocks, self._seconds = clocks, seconds
        self.meanwhile: Callable[[], object] = int

    def read(self, position: str | None, /) -> Changes:
        """See ``RevocationStore``."""
        changes = self.inner.read(position)
        if changes.whole:
            self._clocks.pass_(self._seconds)
            self.meanwhile()
        return changes


def test_a_long_list_is_read_to_its_end(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever it takes, as long as pages come. Meanwhile it is said that they come slowly."""
    monkeypatch.setattr(mirror_module, "WAIT_SECONDS", 0.0)
    store = PagedStore(clocks, 3)
    here = mirror(store, clocks)
    told = []

    def ask() -> None:
        if len(store.inner.reads) in (2, 5):
            unavailable(here)
            told.append(here.health())

    store.meanwhile = ask
    here._renew(here._in_background)
    settle()
    assert [(one.state, one.reading, one.failures) for one in told] == [
        ("unavailable", True, 0),
        ("unavailable", True, 0),
    ]
    assert {one.last_error for one in told} == {
        "slow: answers come, and 5 s were not enough for all"
    }
    assert [one.getMessage() for one in caplog.records] == [
        "revocations are not read yet from a PagedStore: slow: answers come, and 5 s were not "
        "enough for all; after 1 s, callers get 503"
    ]
    assert len(store.inner.reads) == 10
    # What came meanwhile takes one page.
    here._renew(here._in_background)
    settle()
    assert refused(here)
    assert store.inner.reads[10:] == ["0:0"]
    assert here.health().state == "fresh"


def test_a_late_answer_is_taken(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is true as of its beginning, and the next read goes on from there; an older one than what
    is known changes nothing."""
    monkeypatch.setattr(mirror_module, "WAIT_SECONDS", 0.01)
    store = SlowStore(SharedStore(sign_in("alice's")))
    here = mirror(store, clocks, when_unavailable="open")
    with store.held_up():
        give_up(here, clocks)
        here._renew(here._in_background)
        clocks.pass_(1)
        assert here.health().last_error == "no answer within 5 s"
    assert (here._given_up, here.health().state, here.health().age) == ({}, "fresh", 1)
    clocks.pass_(1)
    here._renew(here._in_background)
    settle()
    assert refused(here)
    assert store.inner.reads == [None, None, "0:0"]
    clocks.pass_(2)
    here._renew(here._in_background)
    settle()
    copy = here._copy
    here._ended(Pending(), Reading(here._known, None), mirror_module._Began(1.0, 0.0), None)
    assert here._copy is copy
    here._ended(Pending(), Reading(here._known, None), mirror_module._Began(1.0, 0.0), "late")
    assert here._copy is copy
    assert here.health().failures == 0


def test_after_a_failure_one_waits(clocks: Clocks) -> None:
    """The one who tries again; the others have their answer at once."""
    store = SlowStore()
    store.inner.error = DOWN
    here = mirror(store, clocks)
    unavailable(here)
    assert store.begun.acquire(timeout=PATIENCE)
    clocks.pass_(1)
    store.inner.error = None
    answers: list[bool] = []
    trying = threading.Thread(target=lambda: answers.append(refused(here)))
    with store.held_up():
        trying.start()
        assert store.begun.acquire(timeout=PATIENCE)
        with pytest.raises(RevocationsUnavailable):
            here._to_wait_for(clocks.steady.now, here._in_background)
    trying.join(PATIENCE)
    assert answers == [False]


def test_reads_that_hang_tie_up_few_threads(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three, and then no more until one of them ends."""
    monkeypatch.setattr(mirror_module, "WAIT_SECONDS", 0.01)
    store = SlowStore()
    here = mirror(store, clocks, when_unavailable="open")
    with store.held_up():
        for n in range(MAX_GIVEN_UP + 3):
            monkeypatch.setattr(here, "_attempted_at", here._attempted_at, raising=False)
            give_up(here, clocks)
            assert len(here._given_up) == min(n, MAX_GIVEN_UP)
        for _ in range(MAX_GIVEN_UP):
            assert store.begun.acquire(timeout=PATIENCE)  # their threads may come late
        assert len(store.inner.reads) == MAX_GIVEN_UP
        assert here.health().last_error == ("3 earlier attempts hang: set the client's timeouts")
        clocks.pass_(60)
        failures = here.health().failures
        assert not refused(here)  # open, and it says why
        assert here.health().failures == failures + 1
        assert len(store.inner.reads) == MAX_GIVEN_UP
    assert not here._given_up
    clocks.pass_(10)
    refused(here)
    assert here.health().state == "fresh"


def give_up(here: MirroredRevocationList, clocks: Clocks) -> None:
    """Start a read, and let so much time pass that it is given up."""
    here._renew(here._in_background)
    clocks.pass_(2 * GIVE_UP_SECONDS)


def test_no_thread_can_be_had(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a failure, and no 500."""

    def start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    here = mirror(SlowStore(), clocks)
    monkeypatch.setattr(threading.Thread, "start", start)
    unavailable(here)
    assert here.health().last_error == "no thread could be started"


def test_no_thread_can_be_had_after_a_long_time(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read has been given up meanwhile; it does not count as one that hangs."""
    here = mirror(SlowStore(), clocks)

    def start(self: threading.Thread) -> None:
        clocks.pass_(GIVE_UP_SECONDS)
        unavailable(here)
        assert len(here._given_up) == 1
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    unavailable(here)
    assert here.health().last_error == f"no answer within {GIVE_UP_SECONDS:g} s"
    assert not here._given_up


def test_others_may_run_while_a_thread_is_started(
    clocks: Clocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under gevent, where a lock from before ``monkey.patch_all`` would stop them all."""
    here = mirror(SlowStore(), clocks)
    start = threading.Thread.start
    locked = []

    def look(thread: threading.Thread) -> None:
        locked.append(here._lock.locked())
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", look)
    assert not refused(here)
    assert locked == [False]


def test_where_no_threads_run(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in uWSGI without them, a read is done by the one who asks."""
    monkeypatch.setattr(mirror_module, "threads_run", lambda: False)
    monkeypatch.setattr(mirror_module, "in_background", None)
    store = SlowStore()
    store.inner.add([sign_in("alice's")])
    here = mirror(store, clocks)
    assert refused(here)
    assert threads.threads_run()


def test_a_read_that_is_interrupted(clocks: Clocks) -> None:
    """Somebody waits for its end, whatever it was; and what interrupts is not swallowed."""
    store = SharedStore()
    store.error = KeyboardInterrupt()
    here = mirror(store, clocks)
    with pytest.raises(KeyboardInterrupt):
        refused(here)
    assert (here.health().last_error, here.health().reading) == ("it was interrupted", False)


def test_a_child_reads_for_itself(clocks: Clocks) -> None:
    """The read under way, and whoever held the lock, stayed behind; the copy did not."""
    store = SlowStore()
    here = mirror(store, clocks)
    refused(here)
    clocks.pass_(0.6)
    with store.held_up():
        refused(here)
        with here._lock:
            fork._after_fork_in_child()
            store.inner.add([sign_in("alice's")])
            assert not refused(here)
            assert here.health().age == pytest.approx(0.6)
    clocks.pass_(1)
    assert refused(here)


# Tasks.


@on_every_framework
def test_tasks_wait_for_threads(run: Runner, clocks: Clocks) -> None:
    """A store that blocks is asked in a thread, whatever loop asks."""
    store = SlowStore()
    here = mirror(store, clocks)

    async def main() -> list[bool]:
        await here.arevoke(sign_in("alice's"))
        clocks.pass_(2)
        return [await here.ais_revoked(one, ISSUER) for one in (ALICE, caller())]

    assert run(main()) == [True, False]
    assert run(main()) == [True, False]
    assert store.inner.entries == [sign_in("alice's")] * 2


@on_every_framework
def test_tasks_of_an_async_store(run: Runner, clocks: Clocks) -> None:
    """It is asked in a task of the loop that asks; many wait for one read."""
    store = AsyncStore()

    async def main() -> None:
        here = mirror(store, clocks)
        assert await here.ais_revoked(ALICE, ISSUER) is False
        await here.arevoke(sign_in("alice's"))
        assert await here.ais_revoked(ALICE, ISSUER) is True
        other = mirror(store, clocks)
        assert await other.ais_revoked(ALICE, ISSUER) is True
        store.inner.error = DOWN
        with pytest.raises(RevocationsUnavailable, match="was not written"):
            await here.arevoke(sign_in("bob's"))
        clocks.pass_(2)
        with pytest.raises(RevocationsUnavailable):
            await here.ais_revoked(ALICE, ISSUER)
        store.inner.error = None
        store.inner.unreadable = 1
        clocks.pass_(2)
        with pytest.raises(RevocationsUnavailable):
            await here.ais_revoked(ALICE, ISSUER)
        assert here.health().last_error == "1 entries cannot be understood"
        store.inner.unreadable = 0
        clocks.pass_(2)
        assert await here.ais_revoked(ALICE, ISSUER) is True

    run(main())


def test_many_tasks_one_read(clocks: Clocks) -> None:
    """Also where the loop begins its tasks at once, and they end at once."""

    async def main(eager: bool) -> None:
        if eager:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
        gate = asyncio.Event()
        store = AsyncStore(SharedStore(sign_in("alice's")), None if eager else gate.wait)
        here = mirror(store, clocks)
        asking = [asyncio.ensure_future(here.ais_revoked(ALICE, ISSUER)) for _ in range(8)]
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(*asking) == [True] * 8
        assert len(store.inner.reads) == 1

    asyncio.run(main(eager=False))
    if hasattr(asyncio, "eager_task_factory"):
        asyncio.run(main(eager=True))


def test_a_cancelled_question_leaves_the_read_alone(clocks: Clocks) -> None:
    """Others wait for it."""

    async def main() -> None:
        gate = asyncio.Event()
        here = mirror(AsyncStore(SharedStore(sign_in("alice's")), gate.wait), clocks)
        first, second = (asyncio.ensure_future(here.ais_revoked(ALICE, ISSUER)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await second is True

    asyncio.run(main())


def test_a_loop_that_ends_in_the_midst_of_a_read(clocks: Clocks) -> None:
    """The next loop begins another one."""
    store = AsyncStore(SharedStore(sign_in("alice's")), asyncio.Event().wait)
    here = mirror(store, clocks)

    async def leave() -> None:
        asking = asyncio.ensure_future(here.ais_revoked(ALICE, ISSUER))
        await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(leave())
    assert here.health().last_error == "it was interrupted"
    store.pause = None
    clocks.pass_(1)
    assert asyncio.run(here.ais_revoked(ALICE, ISSUER)) is True


def test_loops_that_are_closed_in_the_midst_of_a_read(clocks: Clocks) -> None:
    """However many: none of their reads counts as hanging, and each next loop reads for itself."""
    store = AsyncStore(SharedStore(sign_in("alice's")))
    here = mirror(store, clocks)

    def ask() -> bool:
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(here.ais_revoked(ALICE, ISSUER))
        finally:
            loop.close()

    async def hang() -> None:
        await asyncio.Event().wait()

    assert ask()
    left: list[asyncio.AbstractEventLoop] = []
    for n in range(2 * MAX_GIVEN_UP):
        clocks.pass_(0.6)
        store.pause = hang
        loop = asyncio.new_event_loop()
        assert loop.run_until_complete(here.ais_revoked(ALICE, ISSUER))
        store.pause = None
        if n % 2:  # given up first, and closed later
            clocks.pass_(2 * GIVE_UP_SECONDS)
            assert loop.run_until_complete(here.ais_revoked(ALICE, ISSUER))
            assert len(here._given_up) == 1
        left.append(loop)
        loop.close()
        assert ask()
        clocks.pass_(0.6)
        assert ask()
        assert here.health().failures == 0
    assert not here._given_up
    assert not [one for one in tasks._running if one.get_loop() in left]


def test_what_is_written_is_written_whoever_leaves(clocks: Clocks) -> None:
    """A browser that goes away cancels its request, not its sign-out."""

    async def main() -> None:
        gate, begun = asyncio.Event(), asyncio.Event()

        async def pause() -> None:
            begun.set()
            await gate.wait()

        store = AsyncStore(pause=pause)
        here = mirror(store, clocks)
        leaving = asyncio.ensure_future(here.arevoke(sign_in("alice's")))
        await begun.wait()
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        gate.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert store.inner.entries == [sign_in("alice's")]

    asyncio.run(main())


def test_an_async_store_has_to_be_awaited(clocks: Clocks) -> None:
    """A mistake of the app's, and no outage."""
    here = mirror(AsyncStore(), clocks)
    for ask in (lambda: refused(here), lambda: here.revoke(sign_in("alice's"))):
        with pytest.raises(ConfigurationError, match="await the method with an a"):
            ask()


@on_every_framework
def test_a_store_that_answers_at_once_is_asked_at_once(run: Runner, clocks: Clocks) -> None:
    """Without a thread."""
    here = mirror(SharedStore(), clocks)

    async def main() -> bool:
        await here.arevoke(sign_in("alice's"))
        return await here.ais_revoked(ALICE, ISSUER)

    assert run(main()) is True


class Half(SharedStore):
    """One of its operations is async."""

    async def add(self, revocations: Any, /) -> None:  # type: ignore[override]
        """Never called."""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"store": object()}, "add and read"),
        ({"store": SharedStore}, "add and read"),
        ({"store": Half()}, "all its operations async"),
        ({"when_unavailable": "half open"}, "when_unavailable"),
        ({"when_unavailable": None}, "when_unavailable"),
        ({"max_age": 0}, "max_age"),
        ({"max_age": True}, "max_age"),
        ({"max_age": "1"}, "max_age"),
        ({"max_age": float("nan")}, "max_age"),
        ({"max_age": 3601}, "max_age"),
        ({"refresh_seconds": 1}, "refresh_seconds"),
    ],
    ids=range(11),
)
def test_what_cannot_work(arguments: dict[str, Any], message: str) -> None:
    """Is an error at start-up."""
    good: dict[str, Any] = {"store": SharedStore(), "when_unavailable": "closed"}
    with pytest.raises(ConfigurationError, match=message):
        MirroredRevocationList(**(good | arguments))


def test_there_is_no_default() -> None:
    """What happens while Redis is away is the user's explicit word."""
    with pytest.raises(TypeError, match="when_unavailable"):
        MirroredRevocationList(SharedStore())  # type: ignore[call-arg]


def test_it_says_nothing_of_the_store() -> None:
    """A client's repr may have a password in it."""
    here = MirroredRevocationList(SharedStore(), when_unavailable="open")
    assert repr(here) == "<MirroredRevocationList of a SharedStore>"


def test_by_the_real_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is used, but for the patience of a test."""
    monkeypatch.setattr(mirror_module, "WAIT_SECONDS", PATIENCE)
    monkeypatch.setattr(mirror_module, "GIVE_UP_SECONDS", PATIENCE)
    store = SlowStore()
    here = MirroredRevocationList(store, when_unavailable="closed")
    assert not refused(here)
    here.revoke(Revocation.of_sign_in("alice's", ends_at=4e9))
    assert refused(here)
    assert refused(MirroredRevocationList(store, when_unavailable="closed"))
    settle()


def test_threads_that_are_all_busy(store: SharedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-out that no thread is there for is not written, and says so."""
    monkeypatch.setattr(mirror_module, "_WRITERS", Crew("nobody", 0, seconds=0))
    store.blocking = True
    here = MirroredRevocationList(store, when_unavailable="closed")
    with pytest.raises(RevocationsUnavailable, match="all of 0 threads were busy"):
        asyncio.run(here.arevoke(sign_in("alice's")))
    assert store.entries == []
