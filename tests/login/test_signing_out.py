"""A sign-out writes the guard's list, so that the session's access token is refused as well."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard, InvalidToken, RevocationsUnavailable
from cognito_guard.login import SessionsUnavailable
from cognito_guard.testing import LocalUserPool

from ..revocation.listed import Listed
from .site import WAYS, Browser, Site, Way, site


def listing(here: Site) -> Listed:
    """Let a site have a list."""
    revocations = Listed(here.clock)
    here.guard = Guard(here.endpoint.pool.trust(), revocations=revocations, clock=here.clock)
    assert here.guard.revocations is revocations
    here.sessions = here.worker()
    return revocations


def token_of(browser: Browser) -> str:
    """What a page may have handed to a script."""
    session = browser.current()
    assert session is not None
    return session.access_token


def test_token_of_a_session_is_refused(here: Site) -> None:
    """Those of the same sign-in are, those of another one of the user are not."""
    revocations = listing(here)
    browser, phone = here.browser(), here.browser()
    browser.sign_in()
    phone.sign_in()
    token, other = token_of(browser), token_of(phone)
    ended = browser.sign_out()
    assert ended.problem is None
    with pytest.raises(InvalidToken, match="revoked"):
        here.guard.verify(token)
    assert here.guard.verify(other).username == "alice"
    assert phone.username() == "alice"
    assert [one.kind for one in revocations.written] == ["sign_in"]
    assert here.endpoint.grants()[-1] == "revoke"


def test_token_that_has_expired(here: Site) -> None:
    """A script may hold one that is newer than what is left of the session."""
    revocations = listing(here)
    browser = here.browser()
    browser.sign_in()
    here.clock.now += 3600
    assert browser.sign_out().problem is None
    assert len(revocations.written) == 1


def test_sign_out_of_nobody_writes_nothing(here: Site) -> None:
    """Nor does a new sign-in, nor who has written the list already."""
    revocations = listing(here)
    browser = here.browser()
    browser.sign_out()
    here.do("end", "A" * 43)
    browser.sign_in()
    browser.sign_in()
    ended = here.do("end", browser.session_id, revoke=False)
    assert ended.problem is None
    assert browser.username() is None
    assert revocations.written == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RevocationsUnavailable(),
            "revocations_unavailable: The list of revoked tokens cannot be asked at the moment.",
        ),
        (ConnectionError("redis://user:password@10.0.0.7"), "the list failed (ConnectionError)"),
    ],
    ids=["away", "broken"],
)
def test_list_that_fails(
    error: Exception, said: str, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    """The session is gone, the pool is told, and whoever is on call as well."""
    with site(way) as here, caplog.at_level(logging.WARNING, "cognito_guard"):
        revocations = listing(here)
        browser = here.browser()
        browser.sign_in()
        copy = here.browser()
        copy.cookies.update(browser.cookies)
        revocations.error = error
        assert browser.sign_out().problem is error
        assert copy.username() is None
        assert len(here.endpoint.revoked) == 1
        told = {record.__dict__["reason"]: record.message for record in caplog.records}
        assert told["session_not_revoked"] == (
            f"session_not_revoked: a session is over, and its tokens were not revoked: {said}"
        )


def test_pool_without_token_revocation(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    """Its tokens have no ids. The session ends as ever."""
    with site(way) as here, caplog.at_level(logging.WARNING, "cognito_guard"):
        here.endpoint.both = {"origin_jti": LocalUserPool.OMIT, "jti": LocalUserPool.OMIT}
        listing(here)
        browser = here.browser()
        browser.sign_in()
        assert isinstance(browser.sign_out().problem, ConfigurationError)
        assert browser.username() is None
        assert "nothing distinguishes this sign-in from others" in caplog.messages[-1]


def test_list_is_written_although_the_store_fails(here: Site) -> None:
    """Then the session is over by its token, whatever the store still has."""
    if "memory" in here.way.name:
        pytest.skip("that store does not fail")
    revocations = listing(here)
    browser = here.browser()
    browser.sign_in()

    def fail(name: str, key: str) -> None:
        if name == "remove":
            raise ConnectionError(key)

    here.store.before = fail
    with pytest.raises(SessionsUnavailable):
        browser.sign_out()
    here.store.before = lambda name, key: None
    assert len(revocations.written) == 1
    assert browser.username() is None


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_order(way: Way) -> None:
    """First the session, then the list, then the pool, which may take its time."""
    with site(way) as here:
        revocations = listing(here)
        browser = here.browser()
        browser.sign_in()
        seen: list[Any] = []

        def look() -> None:
            seen.append((len(here.endpoint.revoked), len(here.store.memory._entries)))

        revocations.before = look
        before = len(here.store.memory._entries)
        browser.sign_out()
        assert seen == [(0, before - 1)]
        assert len(here.endpoint.revoked) == 1
