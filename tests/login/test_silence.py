"""No token, code, secret, verifier or cookie in any log, error, repr, pickle or error report."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import pytest

from cognito_guard.login import LoginFailed, LoginLink, SessionsUnavailable

from ..engine.reports import assert_nothing_shown, shown_by, shown_now
from ..engine.silence import assert_silent, assert_unsaid, secrets_of
from .site import SECRET, WAYS, Browser, Site, Way, site
from .test_refresh import signed_in
from .test_token_endpoint import FAULTS, TOKENS

CLIENT_SECRET = "1a2b3c4d5e6f7g8h9i0j-client-secret"
OWN_STORE = [way for way in WAYS if "memory" not in way.name]


class Spy:
    """Knows all secrets of a site, and looks at what is shown."""

    def __init__(self, here: Site) -> None:
        self.here = here
        self.secrets = {SECRET, CLIENT_SECRET, "hint-of-a-browser"}
        self.frames = 0
        change = here.endpoint.change

        def note(said: dict[str, Any]) -> dict[str, Any]:
            said = change(said)
            for name in ("access_token", "id_token", "refresh_token"):
                self.learn(said.get(name))
            return said

        here.endpoint.change = note

    def learn(self, token: object) -> None:
        """A token must not be seen, nor a part of it."""
        if isinstance(token, str) and len(token) > 20:
            # The pool's own names are no secret, nor is the client's id.
            known = (self.here.endpoint.pool.client_id, self.here.endpoint.pool.issuer)
            found = secrets_of(token) if token.count(".") == 2 else {token}
            self.secrets |= {
                one
                for one in found
                if one not in known and len(one) > 12 and "aws.cognito" not in one
            }

    def learn_browser(self, browser: Browser) -> None:
        """Nor a cookie."""
        self.secrets |= set(browser.cookies.values())

    def learn_query(self, query: str) -> None:
        """Nor what a callback brings, nor what was asked of the endpoint."""
        self.secrets |= set(dict(parse_qsl(query)).values())

    def learn_forms(self) -> None:
        """Nor what was sent."""
        for form in self.here.endpoint.asked:
            self.secrets |= {
                form[name]
                for name in ("code", "code_verifier", "refresh_token", "token")
                if name in form
            }

    def look(self, name: str = "", key: str = "") -> None:
        """While the store's code runs."""
        self.learn_forms()
        frames = shown_now()
        for where, said in frames:
            assert_unsaid(said, self.secrets, where)
        self.frames += len(frames)

    def look_at(self, error: BaseException) -> None:
        """At an error, as a tracker would."""
        self.learn_forms()
        assert_silent(error, self.secrets)
        assert_nothing_shown(shown_by(error), self.secrets)


@pytest.fixture(params=OWN_STORE, ids=lambda way: way.name)
def here(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site of a client with a secret, whose pool rotates."""
    with site(request.param, secret=CLIENT_SECRET, rotation=True) as one:
        yield one


@pytest.fixture
def spy(here: Site) -> Spy:
    """Somebody who looks."""
    return Spy(here)


def come_back(spy: Spy, browser: Browser) -> str:
    """The query of a callback, known to the spy."""
    query = spy.here.endpoint.authorize(browser.start(next_page="/").url)
    spy.learn_query(query)
    spy.learn_browser(browser)
    return query


def test_frames_that_run_while_the_store_does(here: Site, spy: Spy) -> None:
    """A store is a user's code: an error in it shows the frames below it."""
    here.store.before = spy.look
    browser = here.browser()
    browser.come_back(come_back(spy, browser))
    spy.learn_browser(browser)
    assert browser.username() == "alice"
    here.clock.now += 3600
    assert browser.username() == "alice"
    here.clock.now += 3000
    assert browser.username() == "alice"
    browser.sign_out()
    assert spy.frames > 20


def test_frames_that_run_while_a_check_does(way: Way) -> None:
    """A guard's check is one, too."""
    looks: list[Spy] = []

    def check(identity: object) -> None:
        for spy in looks:
            spy.look()

    with site(way, trust={"checks": [check]}) as here:
        spy = Spy(here)
        looks.append(spy)
        browser = here.browser()
        browser.come_back(come_back(spy, browser))
        spy.learn_browser(browser)
        assert browser.username() == "alice"
        here.clock.now += 3600
        assert browser.username() == "alice"
        assert spy.frames > 10


def test_frames_that_run_while_the_clock_does(here: Site, spy: Spy) -> None:
    """And so is a clock."""

    def clock() -> float:
        spy.look()
        return here.clock()

    here.sessions = here.worker(clock=clock)
    browser = here.browser()
    query = come_back(spy, browser)
    browser.start(next_page="/", login_hint="hint-of-a-browser")
    LoginLink("lang=de").start(here.sessions, browser.headers)
    browser.come_back(query)
    spy.learn_browser(browser)
    assert browser.username() == "alice"
    here.clock.now += 3600
    assert browser.username() == "alice"
    here.clock.now += 3000
    assert browser.username() == "alice"
    browser.sign_out()
    assert spy.frames > 20


@pytest.mark.parametrize("when", range(1, 10))
def test_store_that_fails_says_nothing(
    when: int, here: Site, spy: Spy, caplog: pytest.LogCaptureFixture
) -> None:
    """From whichever operation on it fails: neither the error nor a frame behind it."""
    caplog.set_level(logging.DEBUG)
    count = [0]

    def before(name: str, key: str) -> None:
        count[0] += 1
        if count[0] >= when:
            raise ValueError(f"{spy.secrets}")

    here.store.before = before
    browser = here.browser()
    query = come_back(spy, browser)

    def all_of_it() -> None:
        browser.come_back(query)
        spy.learn_browser(browser)
        here.clock.now += 3600
        browser.current()
        browser.sign_out()

    with pytest.raises(SessionsUnavailable) as caught:
        all_of_it()
    spy.look_at(caught.value)
    assert_unsaid(caplog.text, spy.secrets, "the log")


@pytest.mark.parametrize("name", [*FAULTS, *TOKENS])
def test_sign_in_that_fails_says_nothing(
    name: str, here: Site, spy: Spy, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the token endpoint does."""
    if name == "no answer":
        return
    caplog.set_level(logging.DEBUG)
    if name in FAULTS:
        here.endpoint.spoil = FAULTS[name][0]
    else:
        here.endpoint.change = TOKENS[name][0]
        spy = Spy(here)
    browser = here.browser()
    query = come_back(spy, browser)
    with pytest.raises(LoginFailed) as caught:
        browser.come_back(query)
    spy.look_at(caught.value)
    assert_unsaid(caplog.text, spy.secrets, "the log")
    assert any(record.__dict__.get("reason") == caught.value.reason for record in caplog.records)


@pytest.mark.parametrize("name", FAULTS)
def test_refresh_that_fails_says_nothing(
    name: str, here: Site, spy: Spy, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the token endpoint does then."""
    if name == "no answer":
        return
    caplog.set_level(logging.DEBUG)
    browser = signed_in(here)
    spy.learn_browser(browser)
    here.endpoint.spoil = FAULTS[name][0]
    here.clock.now += 3600
    with suppress(SessionsUnavailable):
        try:
            assert browser.current() is None
        except SessionsUnavailable as error:
            spy.look_at(error)
            raise
    browser.sign_out()
    spy.learn_forms()
    assert_unsaid(caplog.text, spy.secrets, "the log")
    assert any("session" in record.getMessage() for record in caplog.records)


def test_check_that_breaks_shows_nothing_of_ours(way: Way) -> None:
    """The error of a user's check comes through as it is, and the frames of ours are empty."""
    broken: list[bool] = []

    def check(identity: object) -> None:
        if broken:
            raise ZeroDivisionError

    with site(way, trust={"checks": [check]}) as here:
        spy = Spy(here)
        browser = here.browser()
        browser.come_back(come_back(spy, browser))
        spy.learn_browser(browser)
        broken.append(True)
        with pytest.raises(ZeroDivisionError) as caught:
            browser.current()
        spy.look_at(caught.value)


def objects(here: Site, browser: Browser) -> list[object]:
    """All that holds a secret, in the hands of a user."""
    started = browser.start()
    signed_in = browser.come_back(here.endpoint.authorize(started.url))
    session = browser.current()
    sessions = here.sessions
    held = [started, signed_in, session, sessions, sessions.login, browser.sign_out()]
    inner = [sessions._signing_in, sessions._signing_in._attempts, sessions._driver]
    inner += [sessions._staying, sessions._staying._shelf, sessions._staying._shelf.records]
    return [*held, *inner, sessions._staying._shelf.records._sealer]


@pytest.mark.parametrize("name", ["threads"])
def test_objects_say_their_kind_and_cannot_be_pickled(name: str) -> None:
    """A log, a cache and a process pool get nothing out of them."""
    with site(next(way for way in WAYS if way.name == name), secret=CLIENT_SECRET) as here:
        for one in objects(here, here.browser()):
            assert repr(one) == f"<{type(one).__name__}>"
            assert not hasattr(one, "__dict__")
            for number in range(pickle.HIGHEST_PROTOCOL + 1):
                with pytest.raises(TypeError, match="holds secrets"):
                    pickle.dumps(one, number)
            with pytest.raises(TypeError, match="holds secrets"):
                copy.copy(one)


def test_errors_can_be_pickled() -> None:
    """They hold nothing."""
    error = LoginFailed("wrong_state")  # type: ignore[arg-type]  # its text will do
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
    assert (str(again), again.status) == (str(error), 400)
    late = SessionsUnavailable(retry_after=7)
    assert str(pickle.loads(pickle.dumps(late))) == str(late)  # noqa: S301


def test_the_spy_sees() -> None:
    """What it looks for, it finds."""
    with site(OWN_STORE[0]) as here:
        spy = Spy(here)
        browser = here.browser()
        browser.sign_in()
        spy.learn_browser(browser)
        with pytest.raises(AssertionError, match="gives away"):
            assert_unsaid(browser.session_id or "", spy.secrets, "it")
        assert len(spy.secrets) > 8
