"""What operators read of sign-in: which failures, at which level, and that none is left out."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import pytest

from cognito_guard.login import LoginFailed, MemorySessionStore, SessionsUnavailable, notes

from ..documents.tables import ROOT
from .site import WAYS, Browser, Site, site
from .test_token_endpoint import FAULTS, TOKENS

_UNAVAILABLE = "sessions_unavailable: sessions are unavailable"
OWN_STORE = [way for way in WAYS if "memory" not in way.name]


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, int, int | None]]:
    """Level, reason, count and status of each record, whose text has the reason as well."""
    assert all(record.__dict__["reason"] in record.getMessage() for record in caplog.records)
    return [
        (record.levelname, *(record.__dict__[name] for name in ("reason", "count", "status")))
        for record in caplog.records
    ]


def come_back(browser: Browser, query: str | None = None) -> None:
    """A sign-in that fails."""
    asked = browser.site.endpoint.authorize(browser.start().url)
    with pytest.raises(LoginFailed):
        browser.come_back(asked if query is None else query)


def test_what_anybody_can_cause_is_info(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A link that was made up wakes nobody."""
    caplog.set_level(logging.DEBUG, "cognito_guard")
    come_back(here.browser(), "code=a&state=made-up")
    assert said(caplog) == [("INFO", "wrong_state", 1, 400)]
    assert caplog.messages == [
        "sign-in failed with 400: wrong_state: The state was made up, or for another browser, or "
        "its secret is no longer known."
    ]


def test_browser_that_did_not_begin(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The sentence says what developers get wrong."""
    caplog.set_level(logging.DEBUG, "cognito_guard")
    query = here.endpoint.authorize(here.browser().start().url)
    with pytest.raises(LoginFailed):
        here.browser().come_back(query)
    assert caplog.messages == [
        "sign-in failed with 400: other_browser: The callback has no cookie of the browser that "
        "started the sign-in; a sign-in has to start on the origin of redirect_uri."
    ]


def test_what_an_operator_has_to_mend_is_a_warning(
    here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """As Python shows it without a word of anybody's."""
    caplog.set_level(logging.WARNING, "cognito_guard")
    here.endpoint.spoil = FAULTS["400 invalid_client"][0]
    come_back(here.browser())
    here.endpoint.spoil = FAULTS["400 invalid_grant"][0]  # INFO: the user came too late
    come_back(here.browser())
    here.endpoint.spoil = None
    here.endpoint.change = TOKENS["another client's ID token"][0]
    come_back(here.browser())
    assert said(caplog) == [
        ("WARNING", "client_refused", 1, 503),
        ("WARNING", "token_refused", 1, 403),
    ]
    assert caplog.messages[0] == (
        "sign-in failed with 503: client_refused: The token endpoint does not accept this client; "
        "its id or secret is wrong."
    )


class ReadOnlyError(Exception):
    """As of a store's client."""


@pytest.mark.parametrize("way", OWN_STORE, ids=lambda way: way.name)
def test_store_that_fails(way: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Each failure is counted once, whoever met it; and it is said when it is over."""
    caplog.set_level(logging.WARNING, "cognito_guard")
    with site(way) as here:
        browser = here.browser()
        browser.sign_in()
        query = here.endpoint.authorize(browser.start().url)

        def down(name: str, key: str) -> None:
            raise ConnectionError

        here.store.before = down
        for _ in range(50):
            with pytest.raises(SessionsUnavailable):
                browser.current()
        with pytest.raises(SessionsUnavailable):
            browser.come_back(query)
        failed = f"{_UNAVAILABLE}: The session store failed (ConnectionError)."
        assert caplog.messages == [failed] * 10
        assert said(caplog) == [("WARNING", "sessions_unavailable", 1, None)] * 10

        caplog.clear()
        here.store.before = lambda name, key: None
        for _ in range(3):
            assert browser.username() == "alice"
        assert caplog.messages == [
            "sessions_available_again: the session store works again (read), after 50 failed "
            "attempts"
        ]
        assert said(caplog) == [("WARNING", "sessions_available_again", 1, None)]


@pytest.mark.parametrize("way", OWN_STORE, ids=lambda way: way.name)
def test_store_that_can_only_be_read(way: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Is not well again whenever somebody reads it."""
    caplog.set_level(logging.WARNING, "cognito_guard")
    with site(way) as here:
        browser = here.browser()
        browser.sign_in()

        def read_only(name: str, key: str) -> None:
            if name != "read":
                raise ReadOnlyError

        here.store.before = read_only
        for _ in range(3):
            assert browser.username() == "alice"
            with pytest.raises(SessionsUnavailable):
                browser.sign_out()
        assert caplog.messages == [f"{_UNAVAILABLE}: The session store failed (ReadOnlyError)."] * 3


def test_store_that_takes_no_new_session(caplog: pytest.LogCaptureFixture) -> None:
    """A cache that is down may say no in the place of an error."""
    caplog.set_level(logging.WARNING, "cognito_guard")
    with site(OWN_STORE[0]) as here:
        browser = here.browser()
        query = here.endpoint.authorize(browser.start().url)
        add = here.store.add
        here.store.add = lambda key, *more: "session" not in key and add(key, *more)  # type: ignore[method-assign]
        with pytest.raises(SessionsUnavailable):
            browser.come_back(query)
    assert caplog.messages == [f"{_UNAVAILABLE}: The session store did not accept a new session."]


def test_two_causes_in_one_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Neither a refresh nor a sign-in that fails is summed up under another's cause."""
    caplog.set_level(logging.INFO, "cognito_guard")
    with site() as here:
        log = here.sessions._signing_in._log
        seconds = [0.0]
        log._clock = lambda: seconds[0]
        browsers = [here.browser() for _ in range(2)]
        for browser in browsers:
            browser.sign_in()
        here.clock.now += 3600
        faults = "400 invalid_client", "400 of no standard"
        for browser, fault in zip(browsers, faults, strict=True):
            here.endpoint.spoil = FAULTS[fault][0]
            for _ in range(11):
                here.clock.now += 120
                with suppress(SessionsUnavailable):
                    browser.current()
            for _ in range(11):
                come_back(here.browser())
        caplog.clear()
        seconds[0] = 90.0
        come_back(here.browser(), "")
    client = "The token endpoint does not accept this client; its id or secret is wrong"
    unknown = FAULTS["400 of no standard"][3].removesuffix(".")
    assert caplog.messages[:-1] == [
        f"refresh_failed: a session was not refreshed: {client}, 1 more times in 90 s",
        f"sign-in failed with 503: client_refused: {client}, 1 more times in 90 s",
        f"refresh_failed: a session was not refreshed: {unknown}, 1 more times in 90 s",
        f"sign-in failed with 503: login_unavailable: {unknown}, 1 more times in 90 s",
    ]


def test_record_of_another_secret(here: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The sentence names the setting."""
    browser = here.browser()
    browser.sign_in()
    here.sessions = here.worker(secrets=["Another-1-Secret-2-of-3-the-4-site"])
    assert browser.username() is None
    assert caplog.messages == [
        "session_unreadable: a session record cannot be opened: it was sealed with a secret that "
        "this process does not have (`secrets`), or it was changed"
    ]


def test_session_that_memory_does_not_know(caplog: pytest.LogCaptureFixture) -> None:
    """Said once in each process: by chance it is another worker's."""
    one, other = MemorySessionStore(), MemorySessionStore()
    one.add("session/a", b"sealed", 60)
    assert one.read("session/a") == b"sealed"
    assert caplog.records == []
    for _ in range(3):
        assert other.read("session/a") is None
    assert caplog.messages == [
        "session_unknown: this process does not know a session that was requested: it has ended, "
        "it is from before a restart, or it belongs to another worker (workers do not share a "
        "MemorySessionStore)"
    ]
    assert said(caplog) == [("WARNING", "session_unknown", 1, None)]


def test_session_that_ended_here_is_known(caplog: pytest.LogCaptureFixture) -> None:
    """A copy of a cookie that was signed out says nothing about workers; of old ones, not all are
    remembered."""
    store = MemorySessionStore()
    for number in range(1001):
        store.add(f"session/{number}", b"sealed", 60)
        store.remove(f"session/{number}")
    assert store.read("session/1000") is store.read("session/1") is None
    assert caplog.records == []
    assert store.read("session/0") is None
    assert [name for _, name, *_ in said(caplog)] == ["session_unknown"]
    store.add("session/a", b"sealed", 60)
    assert store.remove("session/a")


def test_pages_name_all_that_the_log_does() -> None:
    """Whoever is on call finds each word of the log that is about sessions."""
    reference = (ROOT / "docs" / "login.md").read_text(encoding="utf-8")
    on_call = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in notes.__all__:
        reason = getattr(notes, name)
        assert f"`{reason}`" in reference.rpartition("### Every reason")[2]
        assert f"`{reason}`" in on_call or reason == "session_revoked"
