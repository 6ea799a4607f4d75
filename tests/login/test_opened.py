"""Opened: what sealed bytes say is remembered, and whether a session lives is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cognito_guard.login import LoginSession, LoginSessions
from cognito_guard.login import opened as opened_module
from cognito_guard.login.cookies import is_random_value, random_value
from cognito_guard.login.opened import Opened
from cognito_guard.login.records import Record
from cognito_guard.login.sealing import Sealer

from .site import Browser, Site
from .test_refresh import signed_in


class CountingSealer:
    """A sealer that counts how often it opens something."""

    def __init__(self, sealer: Sealer) -> None:
        self.seal = sealer.seal
        self._sealer = sealer
        self.opened = 0

    def open(self, *arguments: Any) -> bytes | None:
        """As of a sealer."""
        self.opened += 1
        return self._sealer.open(*arguments)


def counting(sessions: LoginSessions) -> CountingSealer:
    """Count what these sessions open from now on."""
    records = sessions._staying._shelf.records
    sealer = CountingSealer(records._sealer)
    records._sealer = sealer  # type: ignore[assignment]
    return sealer


def remembered(sessions: LoginSessions) -> int:
    """Of how many sessions something is remembered."""
    return len(sessions._staying._shelf._opened._entries)


def current(here: Site, sessions: LoginSessions, browser: Browser) -> LoginSession | None:
    """The session of a browser whose request comes to another worker."""
    asked = getattr(sessions, f"{here.way.prefix}current")
    session: LoginSession | None = here.way.run(asked, browser.session_id)
    return session


def replaced(here: Site, browser: Browser, value: bytes) -> bytes:
    """Put something in the place of a record in the store. What was there."""
    entries = here.store.memory._entries
    key = here.sessions._staying._shelf.records.key(browser.session_id or "")
    old = entries[key]
    entries[key] = old._replace(value=value)
    return old.value


def record(refresh: str = "refresh") -> Record:
    """A record of no session."""
    return Record("access", "id", refresh, 1, 1, 1.0, 1.0)


# A session's requests.


def test_record_is_opened_once(here: Site) -> None:
    """Ten requests, and a record that was written anew once: two are opened."""
    browser = signed_in(here)
    sealer = counting(here.sessions)
    for _ in range(5):
        assert browser.username() == "alice"
    assert sealer.opened == 1
    here.clock.now += 3000
    for _ in range(5):
        assert browser.username() == "alice"
    assert sealer.opened == 2


def test_each_request_reads_the_store_all_the_same(here: Site) -> None:
    """And what it brings is asked whether it is over, and the guard about the token."""
    browser = signed_in(here)
    browser.current()
    if "memory" not in here.way.name:
        here.store.calls.clear()
        browser.current()
        assert here.store.calls == ["read"]
    here.clock.now += 3 * 24 * 3600
    assert browser.current() is None


def test_sign_out_in_one_worker_is_seen_by_the_next_request_in_another(here: Site) -> None:
    """Though both have the record open."""
    browser = signed_in(here)
    session_id = browser.session_id
    other = here.worker()
    for sessions in (here.sessions, other):
        assert current(here, sessions, browser) is not None
    browser.sign_out()
    for sessions in (here.sessions, other):
        asked = getattr(sessions, f"{here.way.prefix}current")
        assert here.way.run(asked, session_id) is None
        assert remembered(sessions) == 0


def test_refresh_in_one_worker_is_seen_by_the_next_request_in_another(here: Site) -> None:
    """The store has other bytes then."""
    browser = signed_in(here)
    other = here.worker()
    assert current(here, other, browser) is not None
    here.clock.now += 3550
    fresh = browser.current()
    found = current(here, other, browser)
    assert fresh is not None
    assert found is not None
    assert found.access_token == fresh.access_token
    assert here.endpoint.refreshes == 1


@pytest.mark.parametrize("change", ["first", "last", "cut", "longer", "nothing"])
def test_bytes_that_were_changed_do_not_open(
    change: str, here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever writes into the store gains nothing by what is remembered; what was there opens."""
    browser = signed_in(here)
    assert browser.username() == "alice"
    good = replaced(here, browser, b"")
    changed = {
        "first": bytes([good[0] ^ 1]) + good[1:],
        "last": good[:-1] + bytes([good[-1] ^ 1]),
        "cut": good[:-1],
        "longer": good + b"\0",
        "nothing": b"",
    }
    replaced(here, browser, changed[change])
    assert browser.username() is None
    assert [one.__dict__["reason"] for one in caplog.records] == ["session_unreadable"]
    replaced(here, browser, good)
    assert browser.username() == "alice"


def test_record_of_another_session_stays_closed(here: Site) -> None:
    """Both are remembered, and neither is the other's."""
    alice = signed_in(here)
    here.endpoint.username = "mallory"
    mallory = signed_in(here)
    assert (alice.username(), mallory.username()) == ("alice", "mallory")
    of_alice = replaced(here, alice, b"")
    of_mallory = replaced(here, mallory, of_alice)
    assert mallory.username() is None
    replaced(here, alice, of_mallory)
    assert alice.username() is None


def test_nothing_stays_of_a_session_that_is_over(here: Site) -> None:
    """Signed out, revoked, forgotten by the store, or past its limits."""
    signed_out = signed_in(here)
    signed_out.current()
    assert remembered(here.sessions) == 1
    signed_out.sign_out()
    assert remembered(here.sessions) == 0

    forgotten = signed_in(here)
    forgotten.current()
    here.store.memory._entries.clear()
    assert forgotten.current() is None
    assert remembered(here.sessions) == 0

    idle = signed_in(here)
    idle.current()
    here.clock.now += 8 * 3600
    assert idle.current() is None
    assert remembered(here.sessions) == 0


# What is remembered.


def test_other_bytes_have_no_answer() -> None:
    """Nor has another key."""
    opened, one = Opened(), record()
    opened.add("a", b"sealed", one)
    assert opened.find("a", bytes(bytearray(b"sealed"))) is one
    assert opened.find("a", b"Sealed") is None
    assert opened.find("b", b"sealed") is None
    opened.forget("a")
    opened.forget("a")
    assert opened.find("a", b"sealed") is None


def test_newer_record_takes_the_place_of_the_older() -> None:
    """Of a session, one is enough."""
    opened, newer = Opened(), record("newer")
    opened.add("a", b"older", record())
    opened.add("a", b"newer", newer)
    assert opened.find("a", b"older") is None
    assert opened.find("a", b"newer") is newer


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In how many there are, and in how long one is."""
    monkeypatch.setattr(opened_module, "_MAX_ENTRIES", 3)
    opened = Opened()
    for key in "abcd":
        opened.add(key, key.encode(), record())
    assert [*opened._entries] == ["b", "c", "d"]
    opened.add("e", b"x" * opened_module._MAX_BYTES, record())
    opened.add("f", b"x" * (opened_module._MAX_BYTES + 1), record())
    assert [*opened._entries] == ["c", "d", "e"]


def test_it_is_bounded_with_threads_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry more for each thread that is in the midst of it, and no error."""
    monkeypatch.setattr(opened_module, "_MAX_ENTRIES", 10)
    opened = Opened()

    def add(thread: int) -> int:
        for number in range(2000):
            opened.add(f"{thread} {number}", b"x", record())
        return thread

    with ThreadPoolExecutor(4) as threads:
        assert [*threads.map(add, range(4))] == [0, 1, 2, 3]
    assert len(opened._entries) <= 10 + 4


def test_it_says_nothing() -> None:
    """Whatever shows it."""
    opened = Opened()
    opened.add("a", b"sealed", record())
    assert repr(opened) == "<Opened>"
    with pytest.raises(TypeError, match="secrets"):
        opened.__reduce_ex__(2)


# What is looked for at all.


def test_ids_are_what_random_values_look_like() -> None:
    """256 bits in canonical base64url, and nothing else."""
    assert all(is_random_value(random_value()) for _ in range(1000))
    letters = "AEIMQUYcgkosw048"
    for number in range(128):
        last = chr(number)
        assert is_random_value("x" * 42 + last) is (last in letters)
        inside = last.isalnum() or last in "-_"
        assert is_random_value("x" * 20 + last + "x" * 21 + "A") is inside
    wrong = ("x" * 41 + "A", "x" * 43 + "A", "x" * 42 + "A\n", "\N{ARABIC-INDIC DIGIT THREE}" * 43)
    for value in (None, b"x" * 42 + b"A", *wrong):
        assert not is_random_value(value)
