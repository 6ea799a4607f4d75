"""The table: what a browser does or brings, what every adapter must answer, and who is signed in
when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from cognito_guard.login.reasons import OF_AUTHORIZE, WORDS
from cognito_guard.testing import Fault
from cognito_guard.testing.managed_login import TokenFault

from .browser import Browser, Reply, next_of
from .site import Site

Do = Callable[[Site, Browser], Reply]

SESSION = "cognito_session_token"
LEVELS = "urn:cognito:loa:3 urn:cognito:loa:4"
MADE_UP = "A" * 43
"""It has the shape of a session's id."""


class Row(NamedTuple):
    """``do`` gives the answer that is judged. ``reason`` is somewhere in its body."""

    what: str
    do: Do
    status: int
    reason: str = ""
    user: str | None = None
    """Who is signed in afterwards, when all faults are over."""
    leads_to: str = ""
    """The path of a redirect."""


def changed(url: str, **changes: str | None) -> str:
    """An address with other parameters; None leaves one out."""
    parts = urlsplit(url)
    fields: dict[str, str | None] = {**dict(parse_qsl(parts.query)), **changes}
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    return urlunsplit((*parts[:3], query, ""))


# Coming back from the pool.


def coming_back(**changes: str | None) -> Do:
    """Sign in, and come back with something else in the address."""
    return lambda here, browser: browser.visit(
        changed(browser.authenticate(browser.begin()), **changes)
    )


def with_anothers(name: str) -> Do:
    """Sign in, and come back with the ``state`` or the ``code`` of somebody else."""

    def do(here: Site, browser: Browser) -> Reply:
        other = here.browser()
        theirs = dict(parse_qsl(urlsplit(other.authenticate(other.begin(), "ada")).query))
        own = browser.authenticate(browser.begin())
        return browser.visit(changed(own, **{name: theirs[name]}))

    return do


def with_a_forged_callback(here: Site, browser: Browser) -> Reply:
    """An attacker's whole callback, opened by the victim: it would sign them in as the attacker."""
    other = here.browser()
    browser.begin()
    return browser.visit(other.authenticate(other.begin(), "ada"))


def without_cookies(here: Site, browser: Browser) -> Reply:
    """A browser that keeps none, or another one."""
    url = browser.authenticate(browser.begin())
    browser.cookies.clear()
    return browser.visit(url)


def with_something_twice(here: Site, browser: Browser) -> Reply:
    """One who reads the first, and one who reads the last, would not agree."""
    return browser.visit(f"{browser.authenticate(browser.begin())}&code=another")


def a_second_time(here: Site, browser: Browser) -> Reply:
    """The back button."""
    url = browser.authenticate(browser.begin("/page?tab=2"))
    assert browser.visit(url).path == "/page?tab=2"
    return browser.visit(url)


def a_second_time_signed_out(here: Site, browser: Browser) -> Reply:
    """The back button, after the end."""
    url = browser.authenticate(browser.begin())
    browser.visit(url)
    browser.submit("/auth/logout")
    return browser.visit(url)


def too_late(here: Site, browser: Browser) -> Reply:
    """Somebody went for a coffee."""
    url = browser.authenticate(browser.begin())
    here.pass_time(601)
    return browser.visit(url)


def while_failing(fault: Fault | TokenFault) -> Do:
    """Sign in while the token endpoint has a fault; DOWN is the whole server's."""

    def do(here: Site, browser: Browser) -> Reply:
        url = browser.authenticate(browser.begin())
        with failing(here, fault):
            return browser.visit(url)

    return do


def failing(here: Site, fault: Fault | TokenFault) -> AbstractContextManager[None]:
    """The token endpoint has a fault."""
    return here.server.failing(fault, None if fault is Fault.DOWN else "token")


def clock_off(seconds: float) -> Do:
    """Sign in while the site's clock is wrong."""

    def do(here: Site, browser: Browser) -> Reply:
        with here.off(seconds):
            reply = browser.sign_in()
            assert browser.username() == "alice"
            return reply

    return do


def store_down(do: Do) -> Do:
    """The same while the store of sessions fails."""

    def while_down(here: Site, browser: Browser) -> Reply:
        with out_of_order(here):
            return do(here, browser)

    return while_down


@contextmanager
def out_of_order(here: Site) -> Iterator[None]:
    """Whatever is asked of the store fails."""

    def fail(name: str, key: str) -> None:
        raise ConnectionError("redis://user:password@10.0.0.7 is not there")

    with here.before_store(fail):
        yield


def back_while_store_down(here: Site, browser: Browser) -> Reply:
    """Sign in, and come back to a site without its store."""
    url = browser.authenticate(browser.begin())
    return store_down(lambda here, browser: browser.visit(url))(here, browser)


def led(page: str) -> Do:
    """Sign in for a page."""
    return lambda here, browser: browser.sign_in(page)


NO_SIGN_IN = [
    Row("a made-up state", coming_back(state="A" * 400), 400, "wrong_state"),
    Row("a state of another kind", coming_back(state="{}"), 400, "wrong_state"),
    Row("no state", coming_back(state=None), 400, "missing_state"),
    Row("an empty state", coming_back(state=""), 400, "missing_state"),
    Row("another browser's state", with_anothers("state"), 400, "wrong_state"),
    Row("another browser's code", with_anothers("code"), 400, "code_refused"),
    Row("another browser's callback", with_a_forged_callback, 400, "wrong_state"),
    Row("a browser without cookies", without_cookies, 400, "other_browser"),
    Row("no code", coming_back(code=None), 400, "malformed_callback"),
    Row("a made-up code", coming_back(code="made-up"), 400, "code_refused"),
    Row("two codes", with_something_twice, 400, "malformed_callback"),
    Row("a code and an error", coming_back(error="access_denied"), 400, "malformed_callback"),
    Row("another issuer", coming_back(iss="https://evil.example"), 403, "token_refused"),
    Row("nothing at all", lambda h, b: b.visit("/auth/callback"), 400, "missing_state"),
    Row("used before, signed out", a_second_time_signed_out, 400, "login_replayed"),
    Row("too late", too_late, 400, "state_expired"),
    Row("the store is down", back_while_store_down, 503, "sessions_unavailable"),
    *(
        Row(
            f"the pool says {reason}",
            coming_back(code=None, error=reason, error_description="<b>x</b>"),
            WORDS[reason].status,
            reason,
        )
        for reason in sorted(OF_AUTHORIZE)
    ),
    Row("the pool says what nobody knows", coming_back(code=None, error="x"), 503, "unknown_error"),
    *(
        Row(f"token endpoint: {fault.value}", while_failing(fault), status, reason)
        for fault, status, reason in (
            (TokenFault.BAD_REQUEST, 400, "code_refused"),
            (TokenFault.UNAUTHORIZED, 503, "client_refused"),
            (TokenFault.TOO_MANY_REQUESTS, 503, "login_unavailable"),
            (Fault.SERVER_ERROR, 503, "login_unavailable"),
            (Fault.HTML, 503, "login_unavailable"),
            (Fault.HALF_BODY, 503, "login_unavailable"),
            (Fault.GARBLED, 503, "login_unavailable"),
            (Fault.EMPTY_BODY, 503, "login_unavailable"),
            (Fault.HANG_UP, 503, "login_unavailable"),
            (Fault.REDIRECT, 503, "login_unavailable"),
            (Fault.TOO_LARGE, 503, "login_unavailable"),
            (Fault.DOWN, 503, "login_unavailable"),
            (TokenFault.OTHER_CLIENT, 403, "token_refused"),
            (TokenFault.OTHER_NONCE, 403, "token_refused"),
            (TokenFault.OTHER_POOL, 403, "token_refused"),
            (TokenFault.OTHER_USER, 403, "token_refused"),
            (TokenFault.NO_ID_TOKEN, 503, "login_unavailable"),
        )
    ),
]
"""Callbacks that sign nobody in; each answers with a page."""

SIGN_IN = [
    Row("a page", led("/page?a=1&b=%C3%A9"), 303, user="alice", leads_to="/page?a=1&b=%C3%A9"),
    Row("used before, signed in", a_second_time, 303, user="alice", leads_to="/page?tab=2"),
    Row("five minutes fast", clock_off(300), 303, user="alice", leads_to="/page"),
    Row("five minutes slow", clock_off(-300), 303, user="alice", leads_to="/page"),
    *(
        Row(f"next={page}", led(page), 303, user="alice", leads_to="/")
        for page in (
            *("//evil.example", "/\\evil.example", "javascript:alert(1)", "https://evil.example/"),
            *("/%2Fevil.example", "/x/..//evil.example", "\\\\evil.example", "", "evil.example"),
            *("/\tevil.example", "/page\r\nSet-Cookie: a=b", "/" + "x" * 2001),
        )
    ),
]
"""Callbacks that sign alice in."""


# With a session: alice's, unless ``do`` changes that.


def get(path: str) -> Do:
    """What a script reads."""
    return lambda here, browser: browser.fetch(path)


def go(path: str) -> Do:
    """A page that a person goes to."""
    return lambda here, browser: browser.visit(path)


def post(path: str, **headers: str) -> Do:
    """Something that changes something, with these headers and no others."""
    return lambda here, browser: browser.send("POST", path, named(headers))


def named(headers: dict[str, str]) -> dict[str, str]:
    """Headers by the names of arguments."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def from_own_origin(here: Site, browser: Browser) -> Reply:
    """An older browser, without Fetch Metadata."""
    return browser.send("POST", "/change", {"Origin": here.origin})


def with_cookie(value: str, do: Do) -> Do:
    """The same with another session's cookie."""

    def instead(here: Site, browser: Browser) -> Reply:
        browser.cookies[SESSION] = value
        return do(here, browser)

    return instead


def with_two_cookies(here: Site, browser: Browser) -> Reply:
    """Somebody has set a second one, for the parent domain or another path."""
    session = browser.cookies.pop(SESSION)
    twice = f"{SESSION}={session}; {SESSION}={MADE_UP}"
    reply = browser.send("GET", "/me", {"Cookie": twice})
    browser.cookies[SESSION] = session
    return reply


def copied_from_signed_out(here: Site, browser: Browser) -> Reply:
    """The cookie is kept aside, and the session has ended."""
    kept = browser.cookies[SESSION]
    browser.submit("/auth/logout")
    browser.cookies[SESSION] = kept
    return browser.fetch("/me")


def emptied(here: Site, browser: Browser) -> Reply:
    """The store has forgotten everything."""
    here.store.memory._entries.clear()
    return browser.fetch("/me")


def expired(fault: Fault | TokenFault | None = None, do: Do | None = None) -> Do:
    """The access token has expired, and the token endpoint may have a fault."""

    def later(here: Site, browser: Browser) -> Reply:
        here.expire()
        ask = do or get("/me")
        if fault is None:
            return ask(here, browser)
        with failing(here, fault):
            reply = ask(here, browser)
        here.pass_time(60)  # so long is nothing tried again
        return reply

    return later


def ahead_while_down(here: Site, browser: Browser) -> Reply:
    """It is time to refresh, and the access token is still good."""
    here.pass_time(here.client.token_seconds - 60)
    with failing(here, Fault.DOWN):
        reply = browser.fetch("/me")
    here.pass_time(60)
    return reply


def idle(seconds: float) -> Do:
    """Nothing was heard for so long."""

    def later(here: Site, browser: Browser) -> Reply:
        here.pass_time(seconds)
        return browser.fetch("/me")

    return later


def with_bearer(method: str, path: str, token: str = "", **headers: str) -> Do:
    """A bearer token comes beside the session: ada's, unless it is named."""
    return lambda here, browser: browser.send(
        method,
        path,
        {"Authorization": f"Bearer {token or ada_token(here)}", **named(headers)},
    )


def behind_a_password(path: str) -> Do:
    """A proxy in front of the site asks for a password, which the browser sends from then on."""

    def do(here: Site, browser: Browser) -> Reply:
        led = browser.visit(path, Authorization="Basic YTpi")
        return browser.visit(led.location, Authorization="Basic YTpi")

    return do


def ada_token(here: Site) -> str:
    """An access token of ada's."""
    return here.server.access_token("ada", groups=["admins"], client_id=here.client.client_id)


def stepping_up(path: str, *, lite: bool = False, old: bool = False) -> Do:
    """Go to a page that wants a stronger sign-in, sign in again where it leads to, and come back.
    ``old``: the sign-in before was long ago."""

    def do(here: Site, browser: Browser) -> Reply:
        if old:
            here.pool_clock.now -= 400
            browser.visit(browser.authenticate(browser.begin("/page", prompt="login")))
            here.pool_clock.now += 400
        here.server.lite = lite
        try:
            led = browser.visit(browser.visit(path).location)
            reply = browser.visit(browser.authenticate(led.location))
        finally:
            here.server.lite = False
        if reply.status == 303:
            assert reply.path == path
            reply = browser.visit(reply.location)
        return reply

    return do


def in_circles(path: str) -> Do:
    """Go to a page that wants a stronger sign-in, and then, as each is just too old for it, a
    younger one, twice. Pages judge the age by this machine's clock, so the site must be new."""

    def do(here: Site, browser: Browser) -> Reply:
        here.clock.now -= 10  # the sign-in is young enough here, and too old for the page
        here.pool_clock.now = here.clock.now - 300
        for _ in range(2):
            led = browser.visit(browser.visit(path).location)
            reply = browser.visit(browser.authenticate(led.location))
            assert reply.status == 303
            assert reply.path == path
            here.pass_time(1)  # so the next one is younger
        return browser.visit(browser.visit(path).location)

    return do


TO_PAYOUTS, TO_TRANSFERS = (
    f"{next_of(page)}&prompt=login&step_up=login_too_weak&acr_values={quote(LEVELS, safe='')}"
    for page in ("/payouts", "/transfers?a=1")
)

CROSS_SITE, OTHER = "cross_site_request", "other_credential"
EVIL = "https://evil.example"

IN_CIRCLES = [
    Row(page, in_circles(page), 403, "login_too_weak", user="alice")
    for page in ("/payouts", "/transfers")
]

WITH_SESSION = [
    Row("the API", get("/me"), 200, user="alice"),
    Row("a page", go("/page"), 200, user="alice"),
    Row("a page of a group, gone to", go("/admin"), 403, "missing_group", user="alice"),
    Row("a page of a group, fetched", get("/admin"), 403, "missing_group", user="alice"),
    Row("sign in again", go(next_of("/page?x")), 303, user="alice", leads_to="/page?x"),
    Row("sign in again for evil", go(next_of("//evil")), 303, user="alice", leads_to="/"),
    # A stronger sign-in.
    Row("a strong page, fetched", get("/payouts"), 401, "login_too_weak", user="alice"),
    Row("a strong page, gone to", go("/payouts"), 303, user="alice", leads_to=TO_PAYOUTS),
    Row("a stronger sign-in", stepping_up("/payouts?a=1"), 200, user="alice"),
    Row("a second factor", stepping_up("/refunds"), 200, user="alice"),
    Row("a stronger and younger one", stepping_up("/payouts", old=True), 200, user="alice"),
    Row("Lite", stepping_up("/payouts", lite=True), 403, "login_too_weak", user="alice"),
    Row("Lite, factors", stepping_up("/refunds", lite=True), 403, "login_too_weak", user="alice"),
    # One that the view of a page asks for.
    Row("a strong view, fetched", get("/transfers"), 401, "login_too_weak", user="alice"),
    Row(
        "a strong view, posted to",
        post("/transfers", Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="navigate"),
        401,
        "login_too_weak",
        user="alice",
    ),
    Row("a strong view, gone to", go("/transfers?a=1"), 303, user="alice", leads_to=TO_TRANSFERS),
    Row("a stronger sign-in for a view", stepping_up("/transfers?a=1"), 200, user="alice"),
    Row("Lite, a view", stepping_up("/transfers", lite=True), 403, "login_too_weak", user="alice"),
    Row(
        "no sign-in would do",
        go(f"{next_of('/payouts')}&prompt=login&acr_values="),
        403,
        "login_too_weak",
        user="alice",
    ),
    # The cookie.
    Row("a made-up cookie", with_cookie(MADE_UP, get("/me")), 401, "missing_credentials"),
    Row("a short cookie", with_cookie("x", get("/me")), 401, "missing_credentials"),
    Row("a cookie that is a token", with_cookie("a.b.c", get("/me")), 401, "missing_credentials"),
    Row("two cookies", with_two_cookies, 401, "missing_credentials", user="alice"),
    Row("of a signed-out session", copied_from_signed_out, 401, "missing_credentials"),
    # The store.
    Row("store down, API", store_down(get("/me")), 503, "sessions_unavailable", user="alice"),
    Row("store down, page", store_down(go("/page")), 503, "sessions_unavailable", user="alice"),
    Row("store down, open page", store_down(go("/")), 503, "sessions_unavailable", user="alice"),
    Row("store down, exempt", store_down(go("/health")), 200, user="alice"),
    Row("store down, sign in", store_down(go(next_of("/"))), 503, user="alice"),
    Row(
        "store down, sign out",
        store_down(lambda here, browser: browser.submit("/auth/logout")),
        503,
        "sessions_unavailable",
        user="alice",
    ),
    Row("an emptied store", emptied, 401, "missing_credentials"),
    # Time.
    Row("nothing heard for eight hours", idle(8 * 3600), 401, "missing_credentials"),
    Row("an hour later", expired(), 200, user="alice"),
    Row("refresh due, pool down", ahead_while_down, 200, user="alice"),
    *(
        Row(f"refresh: {fault.value}", expired(fault), 503, "refresh_unavailable", user="alice")
        for fault in (
            *(TokenFault.UNAUTHORIZED, TokenFault.TOO_MANY_REQUESTS, TokenFault.OTHER_CLIENT),
            *(TokenFault.OTHER_POOL, TokenFault.OTHER_USER),
            *(Fault.SERVER_ERROR, Fault.HTML, Fault.HALF_BODY, Fault.EMPTY_BODY, Fault.HANG_UP),
            *(Fault.REDIRECT, Fault.DOWN),
        )
    ),
    Row(
        "refresh: gone to a page",
        expired(Fault.SERVER_ERROR, go("/page")),
        503,
        "refresh_unavailable",
        user="alice",
    ),
    Row("refresh refused", expired(TokenFault.BAD_REQUEST), 401, "missing_credentials"),
    # Other sites.
    Row("a change", post("/change", Sec_Fetch_Site="same-origin"), 200, user="alice"),
    Row("a change, address bar", post("/change", Sec_Fetch_Site="none"), 200, user="alice"),
    Row("a change, older browser", from_own_origin, 200, user="alice"),
    Row("of another site", post("/change", Sec_Fetch_Site="cross-site"), 403, CROSS_SITE, "alice"),
    Row("of a sibling", post("/change", Sec_Fetch_Site="same-site"), 403, CROSS_SITE, "alice"),
    Row("of another origin", post("/change", Origin=EVIL), 403, CROSS_SITE, "alice"),
    Row("of no origin", post("/change", Origin="null"), 403, CROSS_SITE, "alice"),
    Row("of nobody knows whom", post("/change"), 403, CROSS_SITE, "alice"),
    Row(
        "a form of another site",
        lambda here, browser: browser.submit("/page", by="cross-site"),
        403,
        CROSS_SITE,
        "alice",
    ),
    # Signing out.
    Row("sign out by GET", go("/auth/logout"), 405, user="alice"),
    Row(
        "sign out from elsewhere",
        lambda here, browser: browser.submit("/auth/logout", by="cross-site"),
        403,
        CROSS_SITE,
        "alice",
    ),
    Row("sign out by a bare POST", post("/auth/logout"), 403, CROSS_SITE, "alice"),
    # A bearer token beside it, which alone counts.
    Row("a bearer token", with_bearer("GET", "/me"), 200, user="alice"),
    Row("a bearer token, page", with_bearer("GET", "/admin"), 200, user="alice"),
    Row(
        "a bearer token, cross-site",
        with_bearer("POST", "/change", Sec_Fetch_Site="cross-site", Origin=EVIL),
        200,
        user="alice",
    ),
    Row(
        "a bad bearer token",
        with_bearer("GET", "/page", "x.y.z", Accept="text/html", Sec_Fetch_Mode="navigate"),
        401,
        "malformed_token",
        user="alice",
    ),
    Row(
        "another scheme",
        lambda here, browser: browser.send("GET", "/me", {"Authorization": "Basic YTpi"}),
        401,
        "missing_credentials",
        user="alice",
    ),
    Row("a page behind a password", behind_a_password("/page"), 403, OTHER, user="alice"),
]
"""What a browser does in which alice is signed in."""


def older(path: str, accept: str) -> Do:
    """A browser without Fetch Metadata."""
    return lambda here, browser: browser.send("GET", path, {"Accept": accept})


ANONYMOUS = [
    Row("an open page", go("/"), 200),
    Row("the API", get("/me"), 401, "missing_credentials"),
    Row("a page, fetched", get("/page"), 401, "missing_credentials"),
    Row("a page, gone to", go("/page"), 303, leads_to=next_of("/page")),
    Row("its query", go("/page?a=1&b=%2F"), 303, leads_to=next_of("/page?a=1&b=%2F")),
    Row("a page of a group", go("/admin"), 303, leads_to=next_of("/admin")),
    Row("older browser", older("/page", "text/html,*/*"), 303, leads_to=next_of("/page")),
    Row("a program", older("/page", "*/*"), 401, "missing_credentials"),
    Row(
        "a form",
        lambda here, browser: browser.submit("/page"),
        401,
        "missing_credentials",
    ),
    Row("a change", post("/change", Sec_Fetch_Site="cross-site"), 401, "missing_credentials"),
    Row("the store is down", store_down(go("/")), 200),
    Row("a page behind a password", behind_a_password("/page"), 403, OTHER),
    Row("sign out by GET", go("/auth/logout"), 405),
    Row("sign out from elsewhere", post("/auth/logout", Origin=EVIL), 403, CROSS_SITE),
]
"""What a browser does in which nobody is signed in."""
