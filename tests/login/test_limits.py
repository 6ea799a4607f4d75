"""How long a session lasts, and which cookies are none."""

from __future__ import annotations

from math import nan

import pytest

from .site import WAYS, Browser, Clock, Site, Way, site
from .test_refresh import records, signed_in

IDLE, ABSOLUTE = 8 * 3600, 7 * 86400


def test_idle_session_ends(here: Site) -> None:
    """Eight hours after the last request, to the second; soon it is gone from the store, too."""
    browser = signed_in(here)
    here.clock.now += IDLE - 1
    assert browser.username() == "alice"
    here.clock.now += IDLE
    assert browser.username() is None
    here.clock.now += 60
    assert records(here, browser) == []


def test_clock_that_is_ahead_ends_nothing_for_others(here: Site) -> None:
    """One worker's clock is nine hours ahead: there the session is over, and nowhere else."""
    browser = signed_in(here)
    with_refresh = records(here, browser)[0]
    here.endpoint.change = lambda said: {**said, "refresh_token": None}
    without_refresh = signed_in(here)
    wrong = Clock()
    wrong.now = here.clock.now + 9 * 3600
    ahead, right = here.worker(clock=wrong), here.sessions
    for one in (browser, without_refresh):
        here.sessions = ahead
        assert one.username() is None
        wrong.now -= 9 * 3600 - 3700  # the access token is over, and the session is not
        assert (one.username() is None) == (one is without_refresh)
        wrong.now += 9 * 3600 - 3700
        here.sessions = right
        assert one.username() == "alice"
    assert records(here, browser)[0].started_at == with_refresh.started_at


def test_clock_that_cannot_tell(here: Site) -> None:
    """It gives NaN, and nobody knows whether the session is over: so it is, meanwhile."""
    browser = signed_in(here)
    begun = records(here, browser)[0]
    broken = Clock()
    broken.now = nan
    here.sessions, right = here.worker(clock=broken), here.sessions
    assert browser.username() is None
    assert begun.touched(nan).touched_at == begun.touched_at
    here.sessions = right
    assert browser.username() == "alice"


def test_session_in_use_lasts_until_its_absolute_end(here: Site) -> None:
    """Seven days after the sign-in, whatever happens in between."""
    browser = signed_in(here)
    begun = here.clock.now
    while here.clock.now + 7 * 3600 < begun + ABSOLUTE:
        here.clock.now += 7 * 3600
        assert browser.username() == "alice"
    here.clock.now = begun + ABSOLUTE - 1
    assert browser.username() == "alice"
    here.clock.now += 1
    assert browser.username() is None


def test_looking_is_no_sign_of_life(way: Way) -> None:
    """A connection that stays open asks without end, and the session ends; it is refreshed
    meanwhile."""
    with site(way) as here:
        browser = signed_in(here)
        begun = records(here, browser)[0]
        current = getattr(here.sessions, f"{way.prefix}current")
        for _ in range(15):
            here.clock.now += 1900
            assert way.run(current, browser.session_id, touch=False) is not None
        assert records(here, browser)[0].touched_at == begun.touched_at
        assert records(here, browser)[0].access != begun.access
        here.clock.now = begun.touched_at + IDLE
        assert way.run(current, browser.session_id, touch=False) is None
        assert browser.username() is None


def test_sign_of_life_is_seldom_written(way: Way) -> None:
    """At most once in a tenth of the idle limit, and not with each request."""
    with site(way, idle_seconds=1000) as here:
        browser = signed_in(here)
        touched = []
        for _ in range(250):
            here.clock.now += 1
            assert browser.username() == "alice"
            touched.append(records(here, browser)[0].touched_at - here.clock.now)
        assert min(touched) == -99
        assert touched.count(0) == 2


def test_clock_that_is_set_back_ends_nothing(here: Site) -> None:
    """Nor does it take a sign of life away."""
    browser = signed_in(here)
    here.clock.now -= 200
    assert browser.username() == "alice"
    here.clock.now += 200 + IDLE - 1
    assert browser.username() == "alice"


def test_sign_of_life_that_somebody_else_writes(here: Site) -> None:
    """Two requests at once: the later one finds another record, and goes on."""
    browser = signed_in(here)
    worker = here.worker()
    worker._driver._store = here.store.memory
    worker._driver._is_async = False
    here.clock.now += IDLE / 10
    if "memory" not in here.way.name:

        def before(name: str, key: str) -> None:
            if name == "replace":
                here.store.before = lambda name, key: None
                worker.current(browser.session_id)

        here.store.before = before
    assert browser.username() == "alice"
    assert browser.username() == "alice"


# Cookies.


def made_up(browser: Browser) -> None:
    """An id of the right shape, of no session."""
    browser.cookies["__Host-cognito_session_token"] = "A" * 43


def one_letter_off(browser: Browser) -> None:
    """Nearly the right one."""
    value = browser.cookies["__Host-cognito_session_token"]
    browser.cookies["__Host-cognito_session_token"] = ("A" if value[0] != "A" else "B") + value[1:]


def twice(browser: Browser) -> None:
    """The same one, twice: somebody has planted one, and nobody knows which."""
    browser.cookies[" __Host-cognito_session_token"] = browser.cookies[
        "__Host-cognito_session_token"
    ]


def without_prefix(browser: Browser) -> None:
    """The right value under a name that another host can set."""
    browser.cookies["cognito_session_token"] = browser.cookies.pop("__Host-cognito_session_token")


def in_quotes(browser: Browser) -> None:
    """In quotation marks."""
    value = browser.cookies["__Host-cognito_session_token"]
    browser.cookies["__Host-cognito_session_token"] = f'"{value}"'


def its_key(browser: Browser) -> None:
    """What the store calls it, which whoever reads the store knows."""
    key = next(k for k in browser.site.store.memory._entries if k.startswith("session/"))
    browser.cookies["__Host-cognito_session_token"] = key.removeprefix("session/")[:43]


@pytest.mark.parametrize(
    "spoil", [made_up, one_letter_off, twice, without_prefix, in_quotes, its_key]
)
def test_cookie_that_is_no_session(spoil: object, here: Site) -> None:
    """Nobody is signed in by it, and signing out with it ends nobody's session."""
    browser = signed_in(here)
    kept = dict(browser.cookies)
    assert callable(spoil)
    spoil(browser)
    assert browser.username() is None
    browser.sign_out()
    browser.cookies = kept
    assert browser.username() == "alice"


def test_copied_cookie_is_worth_nothing_after_the_sign_out(here: Site) -> None:
    """Whoever copied it is signed out with its owner."""
    browser, thief = signed_in(here), here.browser()
    thief.cookies = dict(browser.cookies)
    assert thief.username() == "alice"
    browser.sign_out()
    assert thief.username() is None


def test_request_with_another_credential_has_no_session() -> None:
    """``Authorization`` alone says who is calling; cookies come as bytes, too."""
    with site(WAYS[0]) as here:
        browser = signed_in(here)
        line = browser.headers("cookie")[0].encode("latin-1")
        headers = {"cookie": [b"a=b; c", line + b"; d=\xff"], "authorization": []}
        find = here.sessions.find_session
        assert find(lambda name: headers[name]) == browser.session_id
        headers["authorization"] = [b"Bearer x"]
        assert find(lambda name: headers[name]) is None
        to_end = here.sessions.session_to_end(lambda name: headers[name])
        assert to_end == browser.session_id  # it ends all the same


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_site_without_https_on_loopback(host: str) -> None:
    """A browser would drop cookies with ``__Host-`` and ``Secure`` there, so they have neither."""
    with site(WAYS[0]) as here:
        login = here.sessions.login
        plain = here.sessions.__class__(
            login.__class__(
                login.pool,
                domain=login.domain,
                client_id=login.client_id,
                redirect_uri=f"http://{host}/auth/callback",
                logout_uri=f"http://{host}/",
            ),
            here.guard,
            store=here.store,
            secrets=here.arguments["secrets"],
        )
        (cookie,) = plain.start().set_cookies
        assert cookie.startswith("cognito_login_token=")
        assert cookie.endswith("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax")
        assert plain.drop_session.startswith("cognito_session_token=;")
        assert plain.login.origin == f"http://{host}"


def test_two_sites_on_one_host(here: Site) -> None:
    """Browsers tell their cookies apart by the names; a sign-in to one leaves the other alone."""
    browser = here.browser()
    browser.sign_in()
    own, here.sessions = here.sessions, here.worker(cookie_name="shop")
    assert browser.current() is None
    here.endpoint.username = "ada"
    browser.sign_in()
    assert browser.username() == "ada"
    assert {*browser.cookies} == {
        *("__Host-cognito_session_token", "__Host-cognito_login_token"),
        *("__Host-shop_session_token", "__Host-shop_login_token"),
    }
    browser.sign_out()
    assert browser.current() is None
    here.sessions = own
    assert browser.username() == "alice"


@pytest.mark.parametrize("value", ["", "x", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "\xe9"])
def test_value_that_we_did_not_make_is_not_found(value: str) -> None:
    """256 bits in their one spelling, or it is as if there were no cookie."""
    with site(WAYS[0]) as here:
        line = f"__Host-cognito_session_token={value}; __Host-cognito_login_token={value}"
        sessions = here.sessions
        for find in (sessions.find_session, sessions.session_to_end, sessions.find_binding):
            assert find(lambda name: [line] if name == "cookie" else []) is None
