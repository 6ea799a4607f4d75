"""Refreshing: ahead of time, one at a time, and what becomes of a session when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cognito_guard import AccessDenied, InvalidToken, KeysUnavailable
from cognito_guard.login import LoginReason, MemorySessionStore, SessionsUnavailable
from cognito_guard.login.refreshing import LEASE_SECONDS, WAIT_SECONDS
from cognito_guard.network import post as post_module
from cognito_guard.testing import LocalUserPool

from ..keys.source import PATIENCE
from .endpoint import Spoil
from .site import POOL, Browser, Site, Way, site
from .test_token_endpoint import FAULTS, hangs

OTHER_POOL = LocalUserPool("eu-west-1_OtherPool", client_id=POOL.client_id)


def signed_in(here: Site) -> Browser:
    """A browser of somebody who is signed in."""
    browser = here.browser()
    browser.sign_in()
    return browser


def unavailable(browser: Browser) -> SessionsUnavailable:
    """The 503 that a request ends with."""
    with pytest.raises(SessionsUnavailable) as caught:
        browser.current()
    assert caught.value.status == 503
    return caught.value


def records(here: Site, browser: Browser) -> list[Any]:
    """The record of the browser's session, if it is there."""
    shelf = here.sessions._staying._shelf
    session_id = browser.session_id or ""
    sealed = here.store.memory.read(shelf.records.key(session_id))
    return [] if sealed is None else [shelf.records.open(sealed, session_id)]


# When.


@pytest.mark.parametrize(
    ("life", "ahead", "at"), [(3600, 120, 3480), (3600, 0, 3600), (300, 200, 150), (300, 120, 180)]
)
def test_refresh_is_due_ahead_of_the_end(life: int, ahead: float, at: int, way: Way) -> None:
    """So many seconds before, and after half of the token's life at the soonest."""
    with site(way, refresh_ahead_seconds=ahead) as here:
        here.endpoint.expires_in = life
        browser = signed_in(here)
        here.clock.now += at - 1
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 0
        here.clock.now += 1
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


def test_session_lives_through_many_tokens(rotating: Site) -> None:
    """Each refresh token that rotation gives is kept, and used the next time."""
    browser = signed_in(rotating)
    used = set()
    for _ in range(10):
        rotating.clock.now += 3600
        assert browser.username() == "alice"
        used.add(rotating.endpoint.asked[-1]["refresh_token"])
    assert rotating.endpoint.refreshes == len(used) == 10


def test_refresh_token_that_does_not_come_back_stays(here: Site) -> None:
    """Without rotation it is the same one all the time."""
    browser = signed_in(here)
    used = set()
    for _ in range(3):
        here.clock.now += 3600
        assert browser.username() == "alice"
        used.add(here.endpoint.asked[-1]["refresh_token"])
    assert len(used) == 1


def test_id_token_that_does_not_come_back_stays(here: Site) -> None:
    """OpenID Connect Core, section 12.2: there may be none."""
    browser = signed_in(here)
    here.endpoint.change = lambda said: {**said, "id_token": None}
    here.clock.now += 3600
    session = browser.current()
    assert session is not None
    assert session.profile["email"] == "alice@example.com"


def test_session_without_a_refresh_token_ends_with_its_token(here: Site) -> None:
    """A client that gets none: no request is made for one."""
    here.endpoint.change = lambda said: {**said, "refresh_token": None}
    browser = signed_in(here)
    here.clock.now += 3599
    assert browser.username() == "alice"
    here.clock.now += 1
    assert browser.username() is None
    assert here.endpoint.grants() == ["authorization_code"]
    browser = signed_in(here)
    browser.sign_out()
    assert here.endpoint.revoked == []


# Failures.

OF_REFRESH = {name: fault for name, fault in FAULTS.items() if name != "400 invalid_grant"}


@pytest.mark.parametrize(
    ("spoil", "_reason", "_status", "detail"), OF_REFRESH.values(), ids=OF_REFRESH
)
def test_endpoint_that_fails_leaves_the_session_alone(
    spoil: Spoil,
    _reason: str,
    _status: int,
    detail: str,
    here: Site,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While the access token is good, the user notices nothing; then it is 503, and no sign-out."""
    browser = signed_in(here)
    here.endpoint.spoil = spoil
    here.clock.now += 3590
    with monkeypatch.context() as patched:
        if spoil is hangs:
            patched.setattr(post_module, "_STEP_SECONDS", 0.5)
        here.endpoint.begun.clear()
        with caplog.at_level(logging.WARNING, "cognito_guard"):
            assert browser.username() == "alice"
        # One that never answers is given up, perhaps before it has looked at what was asked.
        assert here.endpoint.begun.wait(PATIENCE)
        assert caplog.messages == [f"refresh_failed: a session was not refreshed: {detail}"]
        here.clock.now += 10
        here.endpoint.begun.clear()
        error = unavailable(browser)
        assert here.endpoint.begun.wait(PATIENCE)
    assert error.reason is LoginReason.REFRESH_UNAVAILABLE
    assert error.retry_after >= 1
    here.endpoint.spoil = None
    here.clock.now += 60
    assert browser.username() == "alice"
    assert here.endpoint.grants().count("refresh_token") == 3


def test_endpoint_that_is_down(here: Site) -> None:
    """No connection is no sign-out either, for as long as the session's own limits say."""
    browser = signed_in(here)
    here.endpoint.down()
    for _ in range(7):
        here.clock.now += 3600
        assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE
    here.endpoint.up()
    here.clock.now += 60
    assert browser.username() == "alice"


def test_attempts_that_fail_become_fewer(here: Site) -> None:
    """After 1 s, 2 s, 4 s and so on, up to a minute; meanwhile nothing leaves the machine."""
    browser = signed_in(here)
    here.endpoint.spoil = FAULTS["500"][0]
    here.clock.now += 3600
    asked = []
    for _ in range(130):
        assert unavailable(browser).retry_after <= 60
        asked.append(here.endpoint.grants().count("refresh_token"))
        here.clock.now += 1
    attempts = [second for second in range(1, 130) if asked[second] > asked[second - 1]]
    assert attempts == [1, 3, 7, 15, 31, 63, 123]


def test_back_off_of_one_session_is_no_other_ones(here: Site) -> None:
    """And it is over with the first success."""
    one, other = signed_in(here), signed_in(here)
    here.endpoint.spoil = FAULTS["400 invalid_request"][0]
    here.clock.now += 3600
    unavailable(one)
    here.endpoint.spoil = None
    assert other.username() == "alice"
    unavailable(one)
    here.clock.now += 1
    assert one.username() == "alice"
    here.clock.now += 3600
    here.endpoint.spoil = FAULTS["500"][0]
    assert unavailable(one).retry_after == 1


def test_refused_refresh_token_ends_the_session(
    here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """The pool has the last word: a user who was disabled is signed out, and the log says why."""
    browser = signed_in(here)
    here.endpoint.forget()
    here.clock.now += 3600
    with caplog.at_level(logging.WARNING, "cognito_guard"):
        assert browser.username() is None
    assert [record.__dict__["reason"] for record in caplog.records] == ["refresh_refused"]
    assert caplog.messages == ["refresh_refused: a session is over: its refresh token is refused"]
    assert records(here, browser) == []
    assert browser.username() is None
    assert here.endpoint.grants().count("refresh_token") == 1


def no(*_: object) -> bool:
    """What a store says whose answers do not fit together, as it reads from a replica that is
    behind."""
    return False


@pytest.mark.parametrize("rotation", [False, True])
def test_a_store_that_replaces_nothing(
    rotation: bool, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    """Is not asked for ever, and signs nobody out; the log names it."""
    with site(way, rotation=rotation) as here:
        browser = signed_in(here)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(MemorySessionStore, "replace", no)
            here.clock.now += 3500
            assert browser.username() == "alice"
            here.clock.now += 3600
            with caplog.at_level(logging.WARNING, "cognito_guard"):
                error = unavailable(browser)
        assert error.reason is LoginReason.REFRESH_UNAVAILABLE
        assert "The session store does not replace what it returns." in caplog.text
        here.clock.now += 60
        assert browser.username() == "alice"


def test_a_store_that_removes_nothing(here: Site) -> None:
    """Is not asked for ever, when the pool refuses the refresh token."""
    browser = signed_in(here)
    here.endpoint.forget()
    here.clock.now += 3600
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MemorySessionStore, "remove", no)
        assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE
    here.clock.now += 60
    assert browser.username() is None


# Answers that are for somebody else.


def with_token(name: str, make: Callable[[], str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer with another token in it."""
    return lambda said: {**said, name: make()}


FOREIGN: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "another user": (
        with_token("access_token", lambda: POOL.access_token("mallory")),
        "The access token is for another user than the ID token.",
    ),
    "another client": (
        with_token("access_token", lambda: POOL.access_token(client_id="2example98765432")),
        "The new tokens are not accepted: wrong_client.",
    ),
    "another pool": (
        with_token("access_token", lambda: OTHER_POOL.access_token()),
        "The new tokens are not accepted: unknown_issuer.",
    ),
    "an ID token for an access token": (
        with_token("access_token", lambda: POOL.id_token()),
        "The token endpoint gave another token in the place of the access token.",
    ),
    "another user's ID token": (
        with_token("id_token", lambda: POOL.id_token("mallory")),
        "The new ID token is for another user.",
    ),
    "another sign-in's ID token": (
        with_token("id_token", lambda: POOL.id_token(claims={"nonce": "of-another-sign-in"})),
        "The new ID token is for another sign-in (nonce).",
    ),
    "another access token's ID token": (
        with_token(
            "id_token", lambda: POOL.id_token(claims={"at_hash": "of-another-access-token"})
        ),
        "The ID token is not for this access token (at_hash).",
    ),
    "an ID token with a nonce that is no text": (
        with_token("id_token", lambda: POOL.id_token(claims={"nonce": 17})),
        "The new ID token is for another sign-in (nonce).",
    ),
    "an access token for an ID token": (
        with_token("id_token", lambda: POOL.access_token()),
        "The new ID token is for another user.",
    ),
    "another client's ID token": (
        with_token("id_token", lambda: POOL.id_token(client_id="2example98765432")),
        "The new tokens are not accepted: wrong_client.",
    ),
    "an expired token": (
        with_token("access_token", lambda: POOL.access_token(expires_in=-1)),
        "The new tokens are not accepted: token_expired.",
    ),
    "junk": (
        with_token("access_token", lambda: "a.b.c"),
        "The new tokens are not accepted: malformed_token.",
    ),
}


def test_new_id_token_may_have_the_nonce_of_the_sign_in(here: Site) -> None:
    """Cognito leaves it out; others repeat it, with each refresh or not."""
    browser = signed_in(here)
    session = browser.current()
    assert session is not None
    first = session.profile["nonce"]
    for nonce in (first, None, first):
        more = {} if nonce is None else {"nonce": nonce}
        here.endpoint.change = with_token("id_token", partial(POOL.id_token, claims=more))
        here.clock.now += 3590
        assert browser.username() == "alice"
        session = browser.current()
        assert session is not None
        assert session.profile.get("nonce") == nonce


@pytest.mark.parametrize(("change", "detail"), FOREIGN.values(), ids=FOREIGN)
def test_new_tokens_must_be_for_the_same_user(
    change: Callable[[dict[str, Any]], dict[str, Any]],
    detail: str,
    here: Site,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is not for this session does not become a part of it."""
    browser = signed_in(here)
    here.endpoint.change = change
    here.clock.now += 3590
    with caplog.at_level(logging.WARNING, "cognito_guard"):
        assert browser.username() == "alice"
    assert caplog.messages == [f"refresh_failed: a session was not refreshed: {detail}"]
    here.clock.now += 10
    unavailable(browser)
    here.endpoint.change = lambda said: said
    here.clock.now += 60
    assert browser.username() == "alice"


def test_rotated_token_is_kept_where_keys_cannot_be_had(way: Way) -> None:
    """A pool that changes its keys while they cannot be fetched: the new refresh token is kept, as
    the old one is good for some seconds more only."""
    with site(way, rotation=True) as first, POOL.serve() as served:
        here = Site(first.endpoint, first.clock, way, trust={"jwks": served.url})
        browser = signed_in(here)
        served._listener.down()
        POOL.rotate()
        here.clock.now += 3600
        assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE
        refresh_token = records(here, browser)[0].refresh
        assert refresh_token != here.endpoint.asked[-1]["refresh_token"]
        here.sessions = here.worker()
        here.clock.now += 60
        unavailable(browser)
        assert here.endpoint.asked[-1]["refresh_token"] == refresh_token


def test_same_token_is_not_written_again_where_keys_cannot_be_had(way: Way) -> None:
    """Without rotation there is nothing to keep."""
    with site(way) as first, POOL.serve() as served:
        here = Site(first.endpoint, first.clock, way, trust={"jwks": served.url})
        browser = signed_in(here)
        served._listener.down()
        POOL.rotate()
        here.clock.now += 3600
        (before,) = records(here, browser)
        here.store.calls.clear()
        unavailable(browser)
        assert records(here, browser)[0].refresh == before.refresh
        assert "replace" not in here.store.calls


def test_rotated_token_is_kept_where_the_new_tokens_are_not_accepted(rotating: Site) -> None:
    """As with a key that is not known yet: the next attempt has the token that is good."""
    browser = signed_in(rotating)
    rotating.endpoint.change = with_token("access_token", lambda: "a.b.c")
    rotating.clock.now += 3590
    assert browser.username() == "alice"
    rotating.endpoint.change = lambda said: said
    rotating.clock.now += 60
    assert browser.username() == "alice"
    assert list(rotating.endpoint._refresh_tokens) == [records(rotating, browser)[0].refresh]


# The guard's word.


def test_key_that_was_withdrawn_is_a_reason_to_refresh(here: Site) -> None:
    """A pool that replaces its keys at once signs nobody out."""
    browser = signed_in(here)
    POOL.rotate()
    here.guard = here.guard.__class__(POOL.trust(), clock=here.clock)
    here.sessions = here.worker()
    assert browser.username() == "alice"
    assert here.endpoint.refreshes == 1


def test_token_that_is_refused_even_when_it_is_new(
    here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that were replaced here and not there: 503, whose cause is in the log, and the session
    is left alone."""
    browser = signed_in(here)
    other = LocalUserPool(POOL.user_pool_id, client_id=POOL.client_id)
    guard = here.sessions._staying._guard
    here.sessions._staying._guard = guard.__class__(other.trust(), clock=here.clock)
    with caplog.at_level(logging.WARNING, "cognito_guard"):
        error = unavailable(browser)
    assert error.detail == "The guard refuses the new access token as well: unknown_key."
    assert caplog.messages == [f"refresh_failed: a session was not refreshed: {error.detail}"]
    assert caplog.records[0].__dict__["reason"] == "refresh_failed"
    here.sessions._staying._guard = guard
    assert browser.username() == "alice"


def test_revoked_token_without_a_refresh_token(here: Site) -> None:
    """Nothing to refresh with: over."""
    here.endpoint.change = lambda said: {**said, "refresh_token": None}
    browser = signed_in(here)
    POOL.rotate()
    here.guard = here.guard.__class__(POOL.trust(), clock=here.clock)
    here.sessions = here.worker()
    assert browser.username() is None


def refusing() -> tuple[dict[str, Any], list[Exception]]:
    """What makes a guard with a check that can be switched on."""
    errors: list[Exception] = []

    def check(identity: object) -> None:
        if errors:
            raise errors[0]

    return {"checks": [check]}, errors


def test_revoked_token_ends_the_session(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    """A check, or a list, that says so: the user is signed out for good."""
    error = InvalidToken("revoked", "The session was revoked.")
    trust, errors = refusing()
    with site(way, trust=trust) as here, caplog.at_level(logging.INFO, "cognito_guard"):
        browser = signed_in(here)
        errors.append(error)
        assert browser.username() is None
        assert [record.__dict__["reason"] for record in caplog.records] == ["session_revoked"]
        assert caplog.messages == ["session_revoked: a session is over: its token was revoked"]
        errors.clear()
        assert browser.username() is None


@pytest.mark.parametrize("passed", [60, 50 * 60, 3600 - 60])
def test_revoked_session_is_gone(passed: int, way: Way) -> None:
    """Whatever the same request writes besides: a sign of life, or a rotated refresh token. A copy
    of the cookie is worth nothing, by no later token, and the pool forgets the refresh token."""
    trust, errors = refusing()
    with site(way, trust=trust, rotation=True) as here:
        browser = signed_in(here)
        here.clock.now += passed
        errors.append(InvalidToken("revoked", "The session was revoked."))
        assert browser.username() is None
        errors.clear()
        assert records(here, browser) == []
        assert here.endpoint._refresh_tokens == {}
        here.clock.now += 3600
        assert browser.username() is None


def test_revoked_session_that_somebody_refreshes_just_now(way: Way) -> None:
    """The record that is written meanwhile goes as well."""
    trust, errors = refusing()
    with site(way, trust=trust, rotation=True) as here:
        browser = signed_in(here)
        here.clock.now += 3000
        shelf = here.sessions._staying._shelf
        key = shelf.records.key(browser.session_id or "")
        real, times = here.store.memory.remove, [0]

        def remove(name: str, value: bytes | None = None) -> bool:
            times[0] += 1
            if value is not None and name == key and times[0] < 4:
                (record,) = records(here, browser)
                newer = shelf.records.seal(record.touched(here.clock.now), browser.session_id or "")
                assert here.store.memory.replace(key, value, newer, 100)
            return real(name, value)

        here.store.memory.remove = remove  # type: ignore[method-assign]
        errors.append(InvalidToken("revoked", "The session was revoked."))
        assert browser.username() is None
        errors.clear()
        assert (times[0], records(here, browser)) == (4, [])


def test_new_token_that_is_revoked_too(way: Way) -> None:
    """A list that names the user: the session is over, and no 503 for ever."""
    trust, errors = refusing()
    with site(way, trust=trust) as here:
        browser = signed_in(here)
        POOL.rotate()
        here.guard = here.guard.__class__(POOL.trust(**trust), clock=here.clock)
        here.sessions = here.worker()
        errors.append(InvalidToken("revoked", "The session was revoked."))
        assert browser.username() is None
        assert records(here, browser) == []
        assert here.endpoint._refresh_tokens == {}


@pytest.mark.parametrize(
    "error",
    [
        InvalidToken("check_failed", "A check of this API refuses the token."),
        AccessDenied("missing_group", "The caller is not in a group."),
        KeysUnavailable(7),
    ],
    ids=lambda error: type(error).__name__,
)
def test_guards_verdict_is_the_one_on_a_bearer_token(error: Exception, way: Way) -> None:
    """It comes through as it is, and the session is left alone."""
    trust, errors = refusing()
    with site(way, trust=trust) as here:
        browser = signed_in(here)
        errors.append(error)
        with pytest.raises(type(error)) as caught:
            browser.current()
        assert caught.value is error
        errors.clear()
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 0


# One at a time.


def test_who_comes_second_goes_on_while_the_token_is_good(here: Site) -> None:
    """A lock that somebody else holds is no reason to wait."""
    browser = signed_in(here)
    here.clock.now += 3590
    locks = here.sessions._staying._shelf.records
    here.store.memory.add(locks.lock_key(browser.session_id or ""), b"other", LEASE_SECONDS)
    assert browser.username() == "alice"
    assert here.pauses.seconds == []
    assert here.endpoint.refreshes == 0


def test_who_comes_second_waits_for_what_the_first_brings(rotating: Site) -> None:
    """When the token is over, the store is asked now and then, and the new one is found there."""
    browser = signed_in(rotating)
    rotating.clock.now += 3600
    locks = rotating.sessions._staying._shelf.records
    lock = locks.lock_key(browser.session_id or "")
    rotating.store.memory.add(lock, b"other", LEASE_SECONDS)

    def meanwhile() -> None:
        if len(rotating.pauses.seconds) == 3:
            rotating.store.memory.remove(lock)
            worker = rotating.worker()
            worker._driver._store = rotating.store.memory
            worker._driver._is_async = False
            assert worker.current(browser.session_id) is not None

    rotating.pauses.meanwhile = meanwhile
    assert browser.username() == "alice"
    assert rotating.pauses.seconds == [0.05, 0.1, 0.2]
    assert rotating.endpoint.refreshes == 1


def test_lock_of_a_worker_that_died_ends(here: Site) -> None:
    """Its lease is over some day, and the next one refreshes."""
    browser = signed_in(here)
    here.clock.now += 3600
    locks = here.sessions._staying._shelf.records
    here.store.memory.add(locks.lock_key(browser.session_id or ""), b"other", 5.0)
    assert browser.username() == "alice"
    assert 5 <= sum(here.pauses.seconds) < 5.5
    assert here.endpoint.refreshes == 1


def test_lock_that_never_ends_is_503(here: Site) -> None:
    """Nobody waits for ever."""
    browser = signed_in(here)
    here.clock.now += 3600
    locks = here.sessions._staying._shelf.records
    here.store.memory.add(locks.lock_key(browser.session_id or ""), b"other", 1e6)
    assert unavailable(browser).reason is LoginReason.REFRESH_UNAVAILABLE
    assert WAIT_SECONDS <= sum(here.pauses.seconds) < WAIT_SECONDS + 1
    assert here.endpoint.refreshes == 0


def test_sign_out_while_somebody_waits(here: Site) -> None:
    """Who waits for a refresh is told that the session is over."""
    browser = signed_in(here)
    here.clock.now += 3600
    shelf = here.sessions._staying._shelf.records
    session_id = browser.session_id or ""
    here.store.memory.add(shelf.lock_key(session_id), b"other", 1e6)
    here.pauses.meanwhile = lambda: here.store.memory.remove(shelf.key(session_id))
    assert browser.username() is None
    assert len(here.pauses.seconds) == 1


def test_lock_is_given_back(here: Site) -> None:
    """After a success, after a failure, and after a refusal: the next one need not wait."""
    browser = signed_in(here)
    for spoil in (None, FAULTS["500"][0], None):
        here.endpoint.spoil = spoil
        here.clock.now += 3590
        assert browser.username() == "alice"
        assert list(here.store.memory._locks) == []
        here.clock.now += 5
    here.endpoint.forget()
    here.clock.now += 3600
    assert browser.username() is None
    assert list(here.store.memory._locks) == []
