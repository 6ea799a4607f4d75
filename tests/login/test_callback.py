"""What a browser brings back that signs nobody in: each has a reason, and a status."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

import pytest

from cognito_guard.login import LoginFailed, LoginReason
from cognito_guard.login.reasons import OF_AUTHORIZE, WORDS

from .site import WAYS, Browser, Site, site


def failure(browser: Browser, query: str | bytes) -> LoginFailed:
    """The error that coming back with ``query`` ends with; nobody is signed in."""
    with pytest.raises(LoginFailed) as caught:
        browser.come_back(query)
    assert "__Host-cognito_session_token" not in browser.cookies
    return caught.value


def good(here: Site, browser: Browser) -> dict[str, str]:
    """The fields of a callback that would sign in."""
    return dict(parse_qsl(here.endpoint.authorize(browser.start().url)))


def changed(**fields: str | None) -> Callable[[Site, Browser], str]:
    """A good callback, but for these fields; ``None`` leaves one out."""

    def query(here: Site, browser: Browser) -> str:
        found = {**good(here, browser), **fields}
        return urlencode({name: value for name, value in found.items() if value is not None})

    return query


def added(text: str) -> Callable[[Site, Browser], str]:
    """A good callback, and this behind it."""
    return lambda here, browser: urlencode(good(here, browser)) + text


def of_another_browser(here: Site, browser: Browser) -> str:
    """A callback that somebody else got, who now leads this browser to it."""
    browser.start()
    return urlencode(good(here, here.browser()))


def state_of_another_browser(here: Site, browser: Browser) -> str:
    """The state of somebody else, and a code of one's own."""
    other = good(here, here.browser())
    return urlencode({**good(here, browser), "state": other["state"]})


def without_the_cookie(here: Site, browser: Browser) -> str:
    """A good callback in a browser that keeps no cookies."""
    query = urlencode(good(here, browser))
    browser.cookies.clear()
    return query


def with_two_cookies(here: Site, browser: Browser) -> str:
    """A second cookie of the name, which somebody planted."""
    query = urlencode(good(here, browser))
    browser.cookies[" __Host-cognito_login_token"] = browser.cookies["__Host-cognito_login_token"]
    return query


def one_letter_off(here: Site, browser: Browser) -> str:
    """The state, changed in its midst."""
    fields = good(here, browser)
    state = fields["state"]
    letter = "A" if state[40] != "A" else "B"
    return urlencode({**fields, "state": state[:40] + letter + state[41:]})


def too_late(here: Site, browser: Browser) -> str:
    """Ten minutes later."""
    query = urlencode(good(here, browser))
    here.clock.now += 600
    return query


def from_the_future(here: Site, browser: Browser) -> str:
    """A state of a worker whose clock is far ahead."""
    here.clock.now += 301
    query = urlencode(good(here, browser))
    here.clock.now -= 301
    return query


def of_another_secret(here: Site, browser: Browser) -> str:
    """A state that was sealed by a secret that is gone."""
    query = urlencode(good(here, browser))
    here.sessions = here.worker(secrets=["another secret, of 32 letters at least"])
    return query


def of_another_client(here: Site, browser: Browser) -> str:
    """A state of another app that has the same secret."""
    query = urlencode(good(here, browser))
    here.sessions._signing_in._attempts._sealer._context = "another client"
    return query


def code_of_another_attempt(here: Site, browser: Browser) -> str:
    """The code of another tab: its verifier is another one."""
    return urlencode({**good(here, browser), "code": good(here, browser)["code"]})


def code_of_another_user(here: Site, browser: Browser) -> str:
    """The code of somebody else's sign-in, who wants this browser to act as him."""
    return urlencode({**good(here, browser), "code": good(here, here.browser())["code"]})


CASES: dict[str, tuple[Callable[[Site, Browser], str | bytes], str, int]] = {
    "nothing": (lambda here, browser: "", "missing_state", 400),
    "no state": (changed(state=None), "missing_state", 400),
    "empty state": (changed(state=""), "missing_state", 400),
    "made-up state": (changed(state="x" * 43), "wrong_state", 400),
    "short state": (changed(state="eHg"), "wrong_state", 400),
    "state of JSON": (changed(state='{"next": "/"}'), "wrong_state", 400),
    "state of another alphabet": (changed(state="äöü" * 20), "wrong_state", 400),
    "state of a megabyte": (changed(state="A" * 16_000), "wrong_state", 400),
    "one letter off": (one_letter_off, "wrong_state", 400),
    "padded state": (added("%3D"), "wrong_state", 400),
    "another browser's callback": (of_another_browser, "wrong_state", 400),
    "another browser's state": (state_of_another_browser, "wrong_state", 400),
    "without the cookie": (without_the_cookie, "other_browser", 400),
    "two cookies": (with_two_cookies, "other_browser", 400),
    "too late": (too_late, "state_expired", 400),
    "from the future": (from_the_future, "state_expired", 400),
    "another secret": (of_another_secret, "wrong_state", 400),
    "another app's state": (of_another_client, "wrong_state", 400),
    "another tab's code": (code_of_another_attempt, "code_refused", 400),
    "another user's code": (code_of_another_user, "code_refused", 400),
    "made-up code": (changed(code="abc"), "code_refused", 400),
    "no code": (changed(code=None), "malformed_callback", 400),
    "empty code": (changed(code=""), "malformed_callback", 400),
    "code with a line end": (changed(code="a\r\nb"), "malformed_callback", 400),
    "code of another alphabet": (changed(code="cödé"), "malformed_callback", 400),
    "huge code": (changed(code="c" * 2049), "malformed_callback", 400),
    "code and error": (changed(error="access_denied"), "malformed_callback", 400),
    "two codes": (added("&code=abc"), "malformed_callback", 400),
    "two states": (added("&state=abc"), "malformed_callback", 400),
    "two errors": (added("&error=a&error=b"), "malformed_callback", 400),
    "a hundred fields": (added("&a=b" * 100), "malformed_callback", 400),
    "huge query": (added("&a=" + "b" * 32_768), "malformed_callback", 400),
    "bytes that are no UTF-8": (added("&a=%ff"), "malformed_callback", 400),
    "another server's answer": (
        changed(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"),
        "token_refused",
        403,
    ),
    "an error without state": (
        lambda here, browser: "error=access_denied",
        "missing_state",
        400,
    ),
    "an unknown error": (changed(code=None, error="it_rains"), "unknown_error", 503),
    "an error that is a reason of ours": (
        changed(code=None, error="token_refused"),
        "unknown_error",
        503,
    ),
    "an empty error": (changed(code=None, error=""), "unknown_error", 503),
    **{
        f"the error {reason}": (
            changed(code=None, error=str(reason), error_description="<b>eyJhbGciOiJSUzI1NiJ9"),
            str(reason),
            WORDS[reason].status,
        )
        for reason in sorted(OF_AUTHORIZE)
    },
}


@pytest.mark.parametrize(("query", "reason", "status"), CASES.values(), ids=CASES)
def test_callback_that_signs_nobody_in(
    query: Callable[[Site, Browser], str | bytes], reason: str, status: int, here: Site
) -> None:
    """The reason, the status and words for a person; nothing is kept, nobody is signed in."""
    browser = here.browser()
    error = failure(browser, query(here, browser))
    assert (error.reason, error.status) == (reason, status)
    assert error.title
    assert error.message.endswith(".")
    assert error.detail.endswith(".")
    assert str(error) == f"{reason}: {error.detail}"
    assert (error.retry_after is None) == (status != 503)
    assert here.do("current", browser.session_id) is None


def test_state_that_was_used_works_no_more(here: Site) -> None:
    """The code is not even sent. What became of it the first time need not be known."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    browser.come_back(query)
    del browser.cookies["__Host-cognito_session_token"]
    assert failure(browser, query).reason is LoginReason.LOGIN_REPLAYED
    assert here.endpoint.grants() == ["authorization_code"]
    query = here.endpoint.authorize(browser.start().url)
    here.endpoint.down()
    assert failure(browser, query).reason is LoginReason.LOGIN_UNAVAILABLE
    here.endpoint.up()
    assert failure(browser, query).reason is LoginReason.LOGIN_REPLAYED


def test_made_up_codes_fill_no_store(here: Site) -> None:
    """Where the pool knows no such code, there is nothing to replay, and nothing is kept. The right
    code still works."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    made_up = urlencode(dict(parse_qsl(query)) | {"code": "made-up"})
    for _ in range(3):
        assert failure(browser, made_up).reason is LoginReason.CODE_REFUSED
        assert len(here.store.memory) == 0
    assert browser.come_back(query).identity.username == "alice"


def test_refused_code_of_a_store_that_fails() -> None:
    """What is answered is what happened. The note ends by itself."""

    def fail(name: str, key: str) -> None:
        if name == "remove":
            raise ConnectionError

    with site(WAYS[0]) as here:
        browser = here.browser()
        made_up = urlencode(good(here, browser) | {"code": "made-up"})
        here.store.before = fail
        assert failure(browser, made_up).reason is LoginReason.CODE_REFUSED
        assert len(here.store.memory) == 1


def test_two_callbacks_at_once(here: Site) -> None:
    """The one that notes the state first exchanges the code; the other one is a replay."""
    browser, again = here.browser(), here.browser()
    query = here.endpoint.authorize(browser.start().url)
    again.cookies = dict(browser.cookies)
    outcomes: list[object] = []

    def interrupt(name: str, key: str) -> None:
        here.store.before = lambda name, key: None
        binding = here.sessions.find_binding(again.headers)
        worker = here.worker()
        worker._driver._store = here.store
        worker._driver._is_async = False
        outcomes.append(worker.finish(query, binding=binding))

    here.store.before = interrupt
    if here.way.name in ("threads, memory", "asyncio, memory"):
        interrupt("", "")
    assert failure(browser, query).reason is LoginReason.LOGIN_REPLAYED
    assert len(outcomes) == 1
    assert here.endpoint.grants() == ["authorization_code"]


def test_state_is_noted_for_longer_than_it_opens(here: Site) -> None:
    """However the clocks of two workers differ, within five minutes."""
    browser = here.browser()
    here.clock.now += 300
    query = here.endpoint.authorize(browser.start().url)
    here.clock.now -= 300
    browser.come_back(query)
    here.clock.now += 899
    assert failure(here.browser(), query).reason is LoginReason.OTHER_BROWSER
    del browser.cookies["__Host-cognito_session_token"]
    assert failure(browser, query).reason is LoginReason.LOGIN_REPLAYED
    here.clock.now += 1
    assert failure(browser, query).reason is LoginReason.STATE_EXPIRED


def test_secret_that_is_replaced_opens_what_it_sealed(here: Site) -> None:
    """With a new secret in front, attempts and sessions of the old one go on."""
    browser, other = here.browser(), here.browser()
    query = here.endpoint.authorize(browser.start().url)
    other.sign_in()
    new = "a new secret that has 32 letters and more"
    here.sessions = here.worker(secrets=[new, *here.arguments["secrets"]])
    browser.come_back(query)
    assert (browser.username(), other.username()) == ("alice", "alice")
    here.sessions = here.worker(secrets=[new])
    assert (browser.username(), other.username()) == ("alice", None)


def test_query_as_bytes() -> None:
    """As ASGI servers have it."""
    with site(WAYS[0]) as here:
        browser = here.browser()
        query = here.endpoint.authorize(browser.start().url).encode("ascii")
        assert browser.come_back(query).identity.username == "alice"


def test_answer_that_names_its_issuer() -> None:
    """RFC 9207: the right one is content."""
    with site(WAYS[0]) as here:
        browser = here.browser()
        query = here.endpoint.authorize(browser.start().url)
        issuer = urlencode({"iss": here.endpoint.pool.updated_issuer})
        assert browser.come_back(f"{query}&{issuer}").identity.username == "alice"


def test_tabs_that_begin_at_once(here: Site) -> None:
    """Each gives the browser a cookie, as it had none, and the last one stays. Whoever comes back
    in the other tab is told so; and led on, if signed in by now."""
    browser = here.browser()
    first, second = here.sessions.start(next_page="/a"), here.sessions.start(next_page="/b")
    browser.keep(first.set_cookies)
    browser.keep(second.set_cookies)
    with pytest.raises(LoginFailed) as caught:
        browser.come_back(here.endpoint.authorize(first.url))
    assert (caught.value.reason, caught.value.next_page) == ("wrong_state", "/")
    assert browser.come_back(here.endpoint.authorize(second.url)).next_page == "/b"
