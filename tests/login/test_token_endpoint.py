"""The token endpoint and its faults, when a browser comes back: nobody is signed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import Identity
from cognito_guard.login import LoginFailed
from cognito_guard.login.attempts import Attempt
from cognito_guard.login.checks import check_stronger
from cognito_guard.network import post as post_module
from cognito_guard.testing import LocalUserPool
from cognito_guard.testing.listener import Visit

from ..keys.endpoint import answer
from ..keys.source import PATIENCE
from .endpoint import JSON, Spoil, at_hash
from .site import POOL, Site, Way, site

OTHER_POOL = LocalUserPool("eu-west-1_OtherPool", client_id=POOL.client_id)


def says(status: str, body: bytes, *headers: str) -> Spoil:
    """An endpoint that answers this."""
    return lambda visit, good: visit.send(answer(status, body, *headers))


def error(status: str, code: object) -> Spoil:
    """An endpoint that answers with an error, as RFC 6749 has them."""
    body = json.dumps({"error": code, "error_description": "eyJhbGciOiJSUzI1NiJ9 in words"})
    return says(status, body.encode("ascii"), JSON)


def half(visit: Visit, good: bytes) -> None:
    """Hangs up in the midst of the body."""
    visit.send(good[:-20])


def hangs(visit: Visit, good: bytes) -> None:
    """Never answers."""
    visit.stay()


NOTHING = "The request to the token endpoint failed: {}."
SAYS = "The token endpoint returned {}."
NO_JSON = SAYS.format("an answer that is not a JSON object")
NO_TOKEN = "The token endpoint's answer has no access token of the type Bearer."

# What the endpoint does; the reason, the status, and what is logged.
FAULTS: dict[str, tuple[Spoil, str, int, str]] = {
    "400 invalid_grant": (
        error("400 Bad Request", "invalid_grant"),
        "code_refused",
        400,
        "The token endpoint refused the code (invalid_grant).",
    ),
    "400 invalid_request": (
        error("400 Bad Request", "invalid_request"),
        "login_unavailable",
        503,
        SAYS.format("status 400 (invalid_request)"),
    ),
    "400 of no standard": (
        error("400 Bad Request", "it_rains"),
        "login_unavailable",
        503,
        SAYS.format("status 400"),
    ),
    "400 with a list for an error": (
        error("400 Bad Request", ["invalid_grant"]),
        "login_unavailable",
        503,
        SAYS.format("status 400"),
    ),
    "400 invalid_client": (
        error("400 Bad Request", "invalid_client"),
        "client_refused",
        503,
        "The token endpoint does not accept this client; its id or secret is wrong.",
    ),
    "401 invalid_client": (
        error("401 Unauthorized", "invalid_client"),
        "client_refused",
        503,
        "The token endpoint does not accept this client; its id or secret is wrong.",
    ),
    "401 invalid_grant": (
        error("401 Unauthorized", "invalid_grant"),
        "login_unavailable",
        503,
        SAYS.format("status 401 (invalid_grant)"),
    ),
    "429": (
        says("429 Too Many Requests", b"slow down"),
        "login_unavailable",
        503,
        SAYS.format("status 429"),
    ),
    "500": (
        error("500 Internal Server Error", "invalid_grant"),
        "login_unavailable",
        503,
        SAYS.format("status 500"),
    ),
    "a redirect": (
        says("302 Found", b"", "Location: /elsewhere"),
        "login_unavailable",
        503,
        SAYS.format("status 302"),
    ),
    "HTML": (says("200 OK", b"<h1>Sign in</h1>"), "login_unavailable", 503, NO_JSON),
    "a list": (says("200 OK", b"[]", JSON), "login_unavailable", 503, NO_JSON),
    "no UTF-8": (says("200 OK", b'{"a": "\xff"}', JSON), "login_unavailable", 503, NO_JSON),
    "a name twice": (
        says("200 OK", b'{"access_token": "a", "access_token": "b"}', JSON),
        "login_unavailable",
        503,
        NO_JSON,
    ),
    "nested deep": (says("200 OK", b"[" * 60_000, JSON), "login_unavailable", 503, NO_JSON),
    "an empty object": (says("200 OK", b"{}", JSON), "login_unavailable", 503, NO_TOKEN),
    "half a body": (half, "login_unavailable", 503, NOTHING.format("RemoteProtocolError")),
    "nothing": (
        lambda visit, good: None,
        "login_unavailable",
        503,
        NOTHING.format("RemoteProtocolError"),
    ),
    "too much": (
        lambda visit, good: visit.send(answer("200 OK", b" " * 65_537, JSON)),
        "login_unavailable",
        503,
        NOTHING.format("a body of more than 65536 bytes"),
    ),
    "no answer": (hangs, "login_unavailable", 503, NOTHING.format("no answer within 0.5 s")),
}


def failure(here: Site) -> LoginFailed:
    """What a sign-in ends with. Nobody is signed in, and nothing is kept of it."""
    browser = here.browser()
    with pytest.raises(LoginFailed) as caught:
        browser.sign_in()
    assert "__Host-cognito_session_token" not in browser.cookies
    assert [key for key in here.store.memory._entries if key.startswith("session/")] == []
    return caught.value


@pytest.mark.parametrize(("spoil", "reason", "status", "detail"), FAULTS.values(), ids=FAULTS)
def test_fault_signs_nobody_in_and_is_named(
    spoil: Spoil,
    reason: str,
    status: int,
    detail: str,
    here: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What went wrong is in the log; what came is not. The next sign-in works."""
    here.endpoint.spoil = spoil
    with monkeypatch.context() as patched:
        if spoil is hangs:
            patched.setattr(post_module, "_STEP_SECONDS", 0.5)
        found = failure(here)
        # One that never answers is given up, perhaps before it has looked at what was asked.
        assert here.endpoint.begun.wait(PATIENCE)
    assert (found.reason, found.status, found.detail) == (reason, status, detail)
    assert len(here.endpoint.asked) == 1
    here.endpoint.spoil = None
    assert here.browser().sign_in().identity.username == "alice"


def test_nobody_listens(here: Site) -> None:
    """The endpoint is down: 503, and the very next one works when it is up."""
    here.endpoint.down()
    found = failure(here)
    assert (found.reason, found.status) == ("login_unavailable", 503)
    assert "Connection refused" in found.detail
    here.endpoint.up()
    assert here.browser().sign_in().identity.username == "alice"


def other(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer with another ID token, of the same pool."""
    return lambda said: {**said, "id_token": POOL.id_token(claims={"nonce": "n", **claims})}


def with_id(pool: LocalUserPool, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer whose ID token another pool, or the same, made for another."""

    def change(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "id_token": pool.id_token(**more)}

    return change


def with_access(pool: LocalUserPool, **more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """An answer whose access token another pool, or the same, made for another. Its ID token has
    no ``at_hash``, so that alone does not tell."""

    def change(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "access_token": pool.access_token(**more)}

    return change


# What the endpoint answers with; whether its ID token keeps its `at_hash`; what is said of it.
TOKENS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], bool, str]] = {
    "no ID token": (
        lambda said: {**said, "id_token": None},
        False,
        "The token endpoint's answer has no ID token.",
    ),
    "an empty ID token": (
        lambda said: {**said, "id_token": ""},
        False,
        "The token endpoint's answer has no ID token.",
    ),
    "another type": (lambda said: {**said, "token_type": "mac"}, False, NO_TOKEN),
    "no type": (lambda said: {**said, "token_type": None}, False, NO_TOKEN),
    "no access token": (lambda said: {**said, "access_token": 1}, False, NO_TOKEN),
    "an access token of another alphabet": (
        lambda said: {**said, "access_token": "\ud800"},
        False,
        NO_TOKEN,
    ),
    "no token at all": (
        lambda said: {**said, "access_token": "a.b.c"},
        False,
        "The access token is not accepted: malformed_token.",
    ),
    "another nonce": (
        other(),
        False,
        "The ID token is not for this attempt (nonce).",
    ),
    "a nonce that is a list": (
        other(nonce=["n"]),
        False,
        "The ID token is not for this attempt (nonce).",
    ),
    "no nonce": (
        with_id(POOL, claims={}),
        False,
        "The ID token is not for this attempt (nonce).",
    ),
    "another client's ID token": (
        with_id(POOL, client_id="2example98765432"),
        False,
        "The ID token is not accepted: wrong_client.",
    ),
    "another pool's ID token": (
        with_id(OTHER_POOL),
        False,
        "The ID token is not accepted: unknown_issuer.",
    ),
    "another pool's signature": (
        with_id(OTHER_POOL, iss=POOL.issuer),
        False,
        "The ID token is not accepted: unknown_key.",
    ),
    "an expired ID token": (
        with_id(POOL, expires_in=-1),
        False,
        "The ID token is not accepted: token_expired.",
    ),
    "an access token for an ID token": (
        lambda said: {**said, "id_token": said["access_token"]},
        False,
        "The token endpoint gave another token in the place of the ID token.",
    ),
    "an ID token for an access token": (
        lambda said: {**said, "access_token": said["id_token"]},
        False,
        "The token endpoint gave another token in the place of the access token.",
    ),
    "another access token than the ID token's": (
        with_access(POOL),
        True,
        "The ID token is not for this access token (at_hash).",
    ),
    "another user's access token": (
        with_access(POOL, username="mallory"),
        False,
        "The access token is for another user than the ID token.",
    ),
    "another client's access token": (
        with_access(POOL, client_id="2example98765432"),
        False,
        "The access token is not accepted: wrong_client.",
    ),
    "another pool's access token": (
        with_access(OTHER_POOL),
        False,
        "The access token is not accepted: unknown_issuer.",
    ),
    "an expired access token": (
        with_access(POOL, expires_in=-1),
        False,
        "The access token is not accepted: token_expired.",
    ),
}


@pytest.mark.parametrize(("change", "hashed", "detail"), TOKENS.values(), ids=TOKENS)
def test_tokens_that_are_not_for_this_sign_in(
    change: Callable[[dict[str, Any]], dict[str, Any]], hashed: bool, detail: str, here: Site
) -> None:
    """Of another client, nonce, pool or user: each is refused, and named."""
    here.endpoint.change = change
    if not hashed:
        here.endpoint.more = {"at_hash": LocalUserPool.OMIT}
    found = failure(here)
    assert found.detail == detail
    expected = ("login_unavailable", 503) if "answer" in detail else ("token_refused", 403)
    assert (found.reason, found.status) == expected


@pytest.mark.parametrize("value", [None, 1, "", "x", ["x"], at_hash("another")], ids=str)
def test_at_hash_that_does_not_fit(value: object, here: Site) -> None:
    """Where there is one, it must be the access token's, whatever its type."""
    here.endpoint.more = {"at_hash": value}
    assert failure(here).detail == "The ID token is not for this access token (at_hash)."


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_type_in_any_case(kind: str, here: Site) -> None:
    """RFC 6749, section 5.1. No ``at_hash`` is fine, too."""
    here.endpoint.change = lambda said: {**said, "token_type": kind}
    here.endpoint.more = {"at_hash": LocalUserPool.OMIT}
    assert here.browser().sign_in().identity.username == "alice"


def test_updated_issuer_signs_in(here: Site) -> None:
    """A pool that changes the form of its issuer."""
    here.endpoint.more = {"iss": here.endpoint.pool.updated_issuer}
    assert here.browser().sign_in().identity.username == "alice"


# The clock.


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clock_that_is_five_minutes_off(seconds: int, here: Site) -> None:
    """A sign-in, a request and a refresh work with a clock that is ahead, or behind."""
    POOL.clock = lambda: here.clock.now - seconds
    browser = here.browser()
    browser.sign_in()
    assert browser.username() == "alice"
    here.clock.now += 3600 - min(seconds, 0)
    assert browser.username() == "alice"
    assert here.endpoint.refreshes == 1


def test_tokens_that_are_over_when_they_come(here: Site) -> None:
    """A clock that is ahead by more than tokens live: the log says what it is."""
    here.endpoint.expires_in = 300
    POOL.clock = lambda: here.clock.now - 300
    assert failure(here).detail == "The ID token is not accepted: token_expired."


# What is asked of the sign-in.


@pytest.mark.parametrize(
    ("auth_time", "good"),
    [(0, True), (-60, True), (-61, False), (None, False), ("0", False), (True, False)],
)
def test_sign_in_that_must_not_be_old(auth_time: object, good: bool, here: Site) -> None:
    """``max_age`` is held against ``auth_time``: the pool has to ask for the password again, and we
    see that it did."""
    now = int(here.clock.now)
    offset = type(auth_time) is int
    here.endpoint.more = {"auth_time": now + auth_time if offset else auth_time}  # type: ignore[operator]
    if auth_time is None:
        here.endpoint.more = {"auth_time": LocalUserPool.OMIT}
    browser = here.browser()
    query = here.endpoint.authorize(browser.start(max_age=60).url)
    here.clock.now += 30  # a slow typist
    if good:
        assert browser.come_back(query).identity.username == "alice"
        return
    with pytest.raises(LoginFailed) as caught:
        browser.come_back(query)
    assert caught.value.status == 403
    assert caught.value.reason in ("login_too_old", "token_refused")


STRONGER: dict[str, Any] = {"stronger": True, "acr_values": ["gold", "silver"], "max_age": 60}


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"acr": "gold"}, ""),
        ({"acr": "silver"}, ""),
        ({"acr": "bronze"}, "login_too_weak"),
        ({"acr": "gold silver"}, "login_too_weak"),
        ({"acr": ["gold"]}, "login_too_weak"),
        ({}, "login_too_weak"),
        ({"acr": "gold", "auth_time": -60}, ""),
        ({"acr": "gold", "auth_time": -61}, "login_too_old"),
        ({"acr": "bronze", "auth_time": -61}, "login_too_old"),
    ],
)
def test_sign_in_that_must_be_stronger(claims: dict[str, Any], reason: str, here: Site) -> None:
    """It brings what was asked for, with no leeway, or nobody is signed in anew; and the session of
    before stays."""
    browser = here.browser()
    browser.sign_in()
    before = browser.session_id
    now = int(here.clock.now)
    here.endpoint.both = {**claims, "auth_time": now + claims.get("auth_time", 0)}
    query = here.endpoint.authorize(browser.start(**STRONGER).url)
    if not reason:
        assert browser.come_back(query).identity.acr == claims["acr"]
        return
    with pytest.raises(LoginFailed) as caught:
        browser.come_back(query)
    assert (caught.value.reason, caught.value.status) == (reason, 403)
    assert browser.session_id == before
    assert browser.username() == "alice"


@pytest.mark.parametrize(
    ("auth_time", "good"), [(1000, True), (940, True), (939, False), (None, False)]
)
def test_leeway_is_none_for_a_stronger_one(auth_time: int | None, good: bool) -> None:
    """A page gives none, so it would lead there again. The ID token's may have one."""
    attempt = Attempt("verifier", "nonce", "/", 1000, 60, [])
    access = Identity({"sub": "alice", "iss": "x", "auth_time": auth_time}, "access", "client")
    if good:
        check_stronger(access, attempt)
        return
    with pytest.raises(LoginFailed) as caught:
        check_stronger(access, attempt)
    assert caught.value.reason == "login_too_old"
    check_stronger(access, Attempt("verifier", "nonce", "/", 1000, 60))


def test_wishes_are_no_demands(here: Site) -> None:
    """``acr_values`` of any other sign-in, and a stronger one that names none, are not held
    against the tokens."""
    browser = here.browser()
    for asked in ({"acr_values": ["gold"]}, {"stronger": True, "max_age": 60}, {"stronger": True}):
        query = here.endpoint.authorize(browser.start(**asked).url)
        assert browser.come_back(query).identity.acr is None


def test_no_time_of_a_stronger_sign_in(here: Site) -> None:
    """A token that does not say when is too old."""
    here.endpoint.both = {"auth_time": LocalUserPool.OMIT}
    browser = here.browser()
    query = here.endpoint.authorize(browser.start(stronger=True, max_age=60).url)
    with pytest.raises(LoginFailed):
        browser.come_back(query)


def test_guard_has_the_last_word(way: Way) -> None:
    """What the guard refuses, a check of the user's for example, signs nobody in."""
    with site(way, trust={"checks": [lambda identity: identity.username != "alice"]}) as here:
        found = failure(here)
        assert (found.reason, found.status) == ("token_refused", 403)
        assert found.detail == "The access token is not accepted: check_failed."


def test_check_that_breaks_is_an_error(way: Way) -> None:
    """An error in a user's check is that error, and not a refusal."""

    def check(identity: object) -> None:
        raise ZeroDivisionError

    with site(way, trust={"checks": [check]}) as here, pytest.raises(ZeroDivisionError):
        here.browser().sign_in()


def test_keys_that_cannot_be_had(way: Way) -> None:
    """No key, no verdict: 503, and the next one works."""
    with site(way) as here, POOL.serve() as served:
        url = served.url
        here = Site(here.endpoint, here.clock, way, trust={"jwks": url})
        served._listener.down()
        found = failure(here)
        assert (found.reason, found.status) == ("login_unavailable", 503)
        assert found.detail == "The keys that verify tokens cannot be fetched at the moment."
