"""Where the routes of sign-in are, what a link to them may ask for, and who is led there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from cognito_guard import (
    ConfigurationError,
    HeaderValues,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    LoginTooWeak,
    MissingCredentials,
    Reason,
    StepUpRequired,
)
from cognito_guard.login import (
    LoginFailed,
    LoginLink,
    LoginReason,
    LoginRoutes,
    LoginSession,
    LoginSessions,
    ManagedLogin,
    MemorySessionStore,
    sign_in_address,
)
from cognito_guard.login.step_up import StepUp

from .site import POOL, SECRET, Site, site

MISSING = MissingCredentials(Reason.MISSING_CREDENTIALS, "No credential.")
TOO_OLD = LoginTooOld(Reason.LOGIN_TOO_OLD, "The sign-in is too old.", max_age=60)
ASKS = "&prompt=login&step_up=login_too_old&max_age=60"


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


def sessions_at(here: Site, redirect_uri: str) -> LoginSessions:
    """The sessions of a site whose browsers come back to this address."""
    login = ManagedLogin(
        POOL.trust(),
        domain="https://auth.example",
        client_id=POOL.client_id,
        redirect_uri=redirect_uri,
        logout_uri="https://app.example/",
    )
    return LoginSessions(login, here.guard, store=MemorySessionStore(), secrets=[SECRET])


def routes_at(here: Site, redirect_uri: str) -> LoginRoutes:
    """The routes of such a site."""
    return LoginRoutes(sessions_at(here, redirect_uri), advice="move them")


def headers(mode: str) -> HeaderValues:
    """The headers of a request."""
    return lambda name: [mode] if name == "sec-fetch-mode" else []


NAVIGATION = headers("navigate")
SCRIPT = headers("cors")


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("https://app.example/auth/callback", "/auth"),
        ("https://app.example/callback", ""),
        ("http://localhost:8000/shop/callback/callback", "/shop/callback"),
    ],
)
def test_the_paths_follow_from_the_address(here: Site, address: str, prefix: str) -> None:
    """The routes stand beside the one that browsers come back to."""
    routes = routes_at(here, address)
    assert routes.prefix == prefix
    assert routes.paths == (f"{prefix}/login", f"{prefix}/callback", f"{prefix}/logout")
    assert routes.login_path == f"{prefix}/login"


def test_wrong_arguments(here: Site) -> None:
    """No sessions; an address that none of the routes could have."""
    for wrong in ("sessions", LoginSessions, None):
        with pytest.raises(ConfigurationError) as caught:
            LoginRoutes(wrong, advice="")  # type: ignore[arg-type]
        assert str(caught.value) == "login must be a cognito_guard.login.LoginSessions"
    for path in ("/auth/back", "/callback/", "/authcallback"):
        with pytest.raises(ConfigurationError) as caught:
            routes_at(here, f"https://app.example{path}")
        assert str(caught.value) == (
            "the path of the login's redirect_uri must end with /callback, such as "
            "/auth/callback, as the route of that name takes it"
        )


def test_routes_that_are_elsewhere(here: Site) -> None:
    """Told with both places, and what to do about it."""
    said = "the sign-in's routes are at {}, and redirect_uri leads to {}: move them"
    routes = routes_at(here, "https://app.example/shop/auth/callback")
    for path in routes.paths:
        routes.require_place(path)
    for path, there in (("/auth/login", "/auth"), ("/login", "/"), ("/shop/auth/other", None)):
        with pytest.raises(ConfigurationError) as caught:
            routes.require_place(path)
        assert str(caught.value) == said.format(there or "/shop/auth", "/shop/auth")
    for prefix in ("/shop/auth", "/auth", ""):
        routes.require_prefix(prefix)
    with pytest.raises(ConfigurationError) as caught:
        routes.require_prefix("/shop")
    assert str(caught.value) == said.format("/shop", "/shop/auth")
    with pytest.raises(ConfigurationError) as caught:
        routes_at(here, "https://app.example/callback").require_prefix("/auth")
    assert str(caught.value) == said.format("/auth", "/")


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        ("/orders", b"", "%2Forders"),
        ("/orders", b"a=b&c=%20", "%2Forders%3Fa%3Db%26c%3D%2520"),
        ("/caf\u00e9 ?", b"", "%2Fcaf%25C3%25A9%2520%253F"),
        ("/orders", b"q=\xff", "%2Forders%3Fq%3D%25C3%25BF"),
        ("/a:b@c!d$e&f'g(h)*i+,;=~-._", b"", None),
        ("//evil.example", b"", "%2F"),
        ("/a\\b", b"", "%2F"),
    ],
)
def test_the_way_to_the_sign_in(here: Site, path: str, query: bytes, wanted: str | None) -> None:
    """Leads back to where the browser wanted to go, if that is on the own site."""
    routes = routes_at(here, "https://app.example/auth/callback")
    for method in ("GET", "HEAD"):
        for error, more in ((MISSING, ""), (TOO_OLD, ASKS)):
            to = routes.way_in(error, method=method, path=path, query=query, headers=NAVIGATION)
            assert to is not None
            start, _, rest = to.partition("?")
            assert start == "/auth/login"
            if wanted is None:
                assert dict(parse_qsl(rest))["next"] == path
            else:
                assert rest == f"next={wanted}{more}"


def test_who_is_not_led(here: Site) -> None:
    """Scripts, forms, and whoever has a credential that is wrong."""
    routes = routes_at(here, "https://app.example/auth/callback")
    wrong = InvalidToken(Reason.TOKEN_EXPIRED, "It has expired.")
    for error, method, of in (
        (MISSING, "GET", SCRIPT),
        (MISSING, "POST", NAVIGATION),
        (TOO_OLD, "OPTIONS", NAVIGATION),
        (wrong, "GET", NAVIGATION),
        (KeysUnavailable(1), "GET", NAVIGATION),
        (None, "GET", NAVIGATION),
    ):
        assert routes.way_in(error, method=method, path="/", query=b"", headers=of) is None


def test_errors(here: Site) -> None:
    """A page that leads to the sign-in again, and problem details for a script."""
    routes = routes_at(here, "https://app.example/auth/callback")
    error = LoginFailed(LoginReason.ACCESS_DENIED)
    page = routes.page(error)
    assert b'href="/auth/login"' in page.body
    assert routes.answer(error, NAVIGATION).body == page.body
    problem = routes.answer(error, SCRIPT)
    assert dict(problem.headers)["Content-Type"] == "application/problem+json"
    assert problem.status == page.status


def test_address_of_a_sign_in() -> None:
    """For a page of the own site; any other becomes the first one."""
    assert sign_in_address("/in", "/a?b=c") == "/in?next=%2Fa%3Fb%3Dc"
    assert sign_in_address("/in", "/", again=True) == "/in?next=%2F&prompt=login"
    assert sign_in_address("/in", "/", step_up=TOO_OLD) == f"/in?next=%2F{ASKS}"
    assert sign_in_address("/in", "https://evil.example/") == "/in?next=%2F"


def weak(*levels: str, max_age: int | None = None) -> LoginTooWeak:
    """A refusal for the level of a sign-in."""
    return LoginTooWeak(Reason.LOGIN_TOO_WEAK, "Too weak.", acr_values=levels, max_age=max_age)


def signed_in(acr: str | None, before: StepUp | None = None) -> LoginSession:
    """Who is signed in at a level."""
    identity = Identity({"sub": "alice", "iss": "x", "acr": acr}, "access", "client")
    return LoginSession(identity, "access", "id", 1.0, before)


@pytest.mark.parametrize(
    ("error", "acr", "asks"),
    [
        (weak("a", "b"), None, "&acr_values=a%20b"),
        (weak("urn:x:2"), "urn:x:1", "&acr_values=urn%3Ax%3A2"),
        (weak("a", "b", max_age=60), None, "&acr_values=a%20b&max_age=60"),
        # What was not enough is not asked for again.
        (weak("a", "b"), "b", "&acr_values=a"),
        (weak("a", "b"), "a", "&acr_values="),
        (weak("a", "b", max_age=60), "a", "&max_age=60"),
        (weak(), None, "&acr_values="),
        (weak(max_age=60), None, "&max_age=60"),
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old."), None, ""),
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old.", acr_values=["a"]), "a", ""),
        # What cannot be asked for is left out.
        (weak("\u00e4", "", "a b", "a"), None, "&acr_values=a"),
        (weak("\u00e4"), None, "&acr_values="),
        (weak("a" * 500, "b" * 12, "b" * 11, "c"), None, f"&acr_values={'a' * 500}%20{'b' * 11}"),
        (weak("a" * 513), None, "&acr_values="),
    ],
)
def test_what_a_stronger_sign_in_asks_for(
    error: StepUpRequired, acr: str | None, asks: str
) -> None:
    """All that is lacking, in one round, and nothing that did not help before."""
    address = sign_in_address("/in", "/", step_up=error, session=signed_in(acr))
    assert address == f"/in?next=%2F&prompt=login&step_up={error.reason}{asks}"
    if acr is None:
        assert sign_in_address("/in", "/", step_up=error) == address


def test_a_page_asks_for_nothing_twice() -> None:
    """Each of the two reasons once; then no sign-in would do."""
    old = LoginTooOld(Reason.LOGIN_TOO_OLD, "Old.")
    nothing = "/in?next=%2Fpage&prompt=login&acr_values="
    both = "/in?next=%2Fpage&prompt=login&step_up=login_too_old.login_too_weak"
    for before, error, address in (
        ("login_too_old", old, nothing),
        ("login_too_weak", old, both),
        ("login_too_old", weak("a"), f"{both}&acr_values=a"),
        ("login_too_old.login_too_weak", old, nothing),
        ("login_too_old.login_too_weak", weak("a"), nothing),
        ("made_up", old, "/in?next=%2Fpage&prompt=login&step_up=login_too_old"),
    ):
        session = signed_in(None, StepUp.of(f"{before} /page"))
        assert sign_in_address("/in", "/page", step_up=error, session=session) == address
        other = sign_in_address("/in", "/other", step_up=error, session=session)
        assert f"next=%2Fother&prompt=login&step_up={error.reason}" in other


@pytest.mark.parametrize(
    ("error", "seconds", "is_over"),
    [
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old."), 0, True),
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old.", max_age=1), 29, True),
        (weak(max_age=3600), 29, True),
        (weak("urn:cognito:loa:1"), 29, True),
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old."), 30, False),
        (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old."), -1, False),
    ],
)
def test_in_circles(here: Site, error: StepUpRequired, seconds: int, is_over: bool) -> None:
    """The session knows for half a minute which page has asked for it, whatever that asked for."""
    browser = here.browser()
    here.endpoint.both = {"acr": "urn:cognito:loa:1", "auth_time": int(here.clock.now)}
    browser.sign_in()
    first = here.sessions.current(browser.session_id)
    assert first is not None
    assert first.step_up is None
    link = LoginLink(sign_in_address("", "/page", step_up=error).partition("?")[2])
    started = link.start(here.sessions, browser.headers)
    browser.keep(started.set_cookies)
    done = browser.come_back(here.endpoint.authorize(started.url))
    assert done.next_page == "/page"
    here.clock.now += seconds
    session = here.sessions.current(browser.session_id)
    assert session is not None
    address = sign_in_address("/in", "/page", step_up=error, session=session)
    assert address.endswith("&acr_values=") == is_over
    if is_over:
        with pytest.raises(LoginFailed, match="login_too_weak"):
            LoginLink(address.partition("?")[2]).start(here.sessions, browser.headers)


def test_a_wish_of_the_logins_is_no_demand() -> None:
    """A page that asks for a young sign-in alone takes one of any level; the login asks for its own
    levels all the same."""
    with site(login={"acr_values": ["high"]}) as here:
        for error, refused in (
            (LoginTooOld(Reason.LOGIN_TOO_OLD, "Old.", max_age=60), False),
            (weak("high"), True),
        ):
            browser = here.browser()
            here.endpoint.both = {"acr": "low", "auth_time": int(here.clock.now)}
            link = LoginLink(sign_in_address("", "/page", step_up=error).partition("?")[2])
            started = link.start(here.sessions, browser.headers)
            assert "acr_values=high" in started.url
            browser.keep(started.set_cookies)
            query = here.endpoint.authorize(started.url)
            if refused:
                with pytest.raises(LoginFailed, match="login_too_weak"):
                    browser.come_back(query)
            else:
                assert browser.come_back(query).next_page == "/page"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("&acr_values=a%20b", {"acr_values": "a b"}),
        ("&acr_values=a&max_age=60", {"acr_values": "a", "max_age": "60"}),
        ("&max_age=0", {"max_age": "0"}),
        ("&acr_values=%00&max_age=1", {"max_age": "1"}),
        ("&acr_values=" + "a" * 513, {}),
        ("&acr_values=%C3%A4", {}),
        ("&max_age=-1", {}),
        ("&max_age=1.5", {}),
        ("&max_age=12345678901", {}),
        ("&max_age=%D9%A1", {}),
    ],
)
def test_a_link_to_a_stronger_sign_in(here: Site, query: str, wanted: dict[str, str]) -> None:
    """Has the user asked again, for what can be asked for; alone it is none."""
    link = LoginLink(f"next=/page&prompt=login{query}")
    assert link.asks_again
    found = asked(here, link)
    assert {name: value for name, value in found.items() if name in HINTS} == {
        "prompt": "login",
        **wanted,
    }
    for other in ("", "&prompt=select_account"):
        found = asked(here, LoginLink(f"next=/page{other}{query}"))
        assert HINTS.isdisjoint(found.keys() - {"prompt"})


def test_no_sign_in_would_do(here: Site) -> None:
    """Then there is none."""
    with pytest.raises(LoginFailed) as caught:
        LoginLink("next=/page&prompt=login&acr_values=").start(here.sessions, NAVIGATION)
    assert caught.value.reason is LoginReason.LOGIN_TOO_WEAK


def test_a_sign_in_that_would_not_count(here: Site) -> None:
    """As a proxy asks for a password: the pages would lead here again and again."""
    password = {"authorization": ["Basic YTpi"]}
    with pytest.raises(LoginFailed) as caught:
        LoginLink("next=/page").start(here.sessions, lambda name: password.get(name, []))
    assert caught.value.reason is LoginReason.OTHER_CREDENTIAL


def test_a_link_is_not_looser_than_the_site() -> None:
    """Where each sign-in has to be young, no link makes it older."""
    with site(login={"max_age": 60}) as one:
        for age, wanted in (("3600", "60"), ("30", "30")):
            link = LoginLink(f"next=/page&prompt=login&max_age={age}")
            assert asked(one, link)["max_age"] == wanted


def test_a_hint_that_nobody_can_ask_with(here: Site) -> None:
    """Takes nothing else along: the browser and the page stay."""
    browser = here.browser()
    browser.keep(here.sessions.start().set_cookies)
    link = LoginLink("next=/page&prompt=login&lang=%00")
    started = link.start(here.sessions, browser.headers)
    assert started.binding == here.sessions.find_binding(browser.headers)
    query = here.endpoint.authorize(started.url)
    assert browser.come_back(query).next_page == "/page"


def asked(here: Site, link: LoginLink) -> dict[str, str]:
    """What the sign-in page is asked for."""
    return dict(parse_qsl(urlsplit(link.start(here.sessions, NAVIGATION).url).query))


HINTS = {"prompt", "login_hint", "lang", "max_age", "identity_provider", "acr_values"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", {}),
        ("prompt=login", {"prompt": "login"}),
        ("prompt=select_account&lang=de", {"prompt": "select_account", "lang": "de"}),
        ("login_hint=alice%40example.com", {"login_hint": "alice@example.com"}),
        ("prompt=none", {}),
        ("prompt=consent&lang=de", {"lang": "de"}),
        ("prompt=login&prompt=none", {"prompt": "login"}),
        ("prompt=none&prompt=login", {}),
        ("prompt=login&lang=%00", {"prompt": "login"}),
        ("prompt=login&login_hint=%ff", {"prompt": "login"}),
        ("lang=de&login_hint=", {"lang": "de"}),
        ("max_age=0&identity_provider=Evil&acr_values=a", {}),
    ],
)
def test_what_a_link_may_ask_for(here: Site, query: str, wanted: dict[str, str]) -> None:
    """Hints, and that the user is asked again; all else is the site's to say."""
    for form in (query, query.encode("ascii")):
        link = LoginLink(form)
        assert link.asks_again == ("prompt" in wanted)
        assert {name: value for name, value in asked(here, link).items() if name in HINTS} == wanted


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (b"next=/orders%3Fa=b", "/orders?a=b"),
        (b"next=/caf%C3%A9", "/caf%C3%A9"),
        ("next=/caf\u00e9".encode(), "/caf%C3%A9"),
        ("next=/caf\u00e9".encode().decode("latin-1"), "/caf%C3%A9"),
        (b"next=/one&next=/two", "/one"),
        (b"a=b", "/"),
        (b"next=", "/"),
        (b"next=//evil.example", "/"),
        (b"next=/%ff", "/"),
        (b"next=/\xff", "/"),
        (b"next=/page&x=\xff&y=%ff", "/page"),
        ("next=/\u20ac", "/"),
        (b"next=/page" + b"&a=b" * 31, "/page"),
        (b"next=/page" + b"&a=b" * 32, "/"),
    ],
)
def test_the_page_that_a_link_is_for(here: Site, query: str | bytes, page: str) -> None:
    """Comes back as the page to go on to."""
    link = LoginLink(query)
    assert link.next_page == page
    browser = here.browser()
    started = link.start(here.sessions, browser.headers)
    browser.keep(started.set_cookies)
    again = link.start(here.sessions, browser.headers)
    assert again.binding == started.binding
    assert browser.come_back(here.endpoint.authorize(again.url)).next_page == page


def there(here: Site, redirect_uri: str, host: str | list[str | bytes]) -> str:
    """Where a link leads to, in a browser that has asked for this host."""
    hosts = [host] if isinstance(host, str) else host
    sessions = sessions_at(here, redirect_uri)
    link = LoginLink(b"next=/a%3Fb=c&lang=de&x=\r\nSet-Cookie: a=b\xff")
    started = link.start(sessions, lambda name: hosts if name == "host" else [])
    assert bool(started.set_cookies) == started.url.startswith("https://auth.example/")
    return started.url


QUERY = "?next=/a%3Fb=c&lang=de&x=%0D%0ASet-Cookie:%20a=b%FF"


@pytest.mark.parametrize(
    ("redirect_uri", "host"),
    [
        ("http://localhost:8000/auth/callback", "127.0.0.1:8000"),
        ("http://localhost:8000/auth/callback", "[::1]:8000"),
        ("http://127.0.0.1:8000/auth/callback", "localhost:8000"),
        ("http://127.0.0.1:8000/auth/callback", "LOCALHOST:8000"),
        ("http://[::1]:8000/auth/callback", "localhost:8000"),
        ("http://localhost/auth/callback", "127.0.0.1"),
        ("http://localhost/auth/callback", "127.0.0.1:80"),
    ],
)
def test_another_name_of_this_machine(here: Site, redirect_uri: str, host: str) -> None:
    """The browser is led to the login's own first, as it would come back without its cookie."""
    origin = redirect_uri.removesuffix("/auth/callback")
    for value in (host, host.encode("ascii")):
        assert there(here, redirect_uri, [value]) == f"{origin}/auth/login{QUERY}"
    # There it goes on.
    assert there(here, redirect_uri, origin.removeprefix("http://")).startswith("https://auth")


def at_127(name: str) -> list[str]:
    """The headers of a request to this machine."""
    return ["127.0.0.1:8000"] if name == "host" else []


def test_another_name_without_a_query(here: Site) -> None:
    """Nothing is added, and the binding that the browser has is not lost on the way."""
    sessions = sessions_at(here, "http://localhost:8000/auth/callback")
    wanted = "http://localhost:8000/auth/login"
    for query in ("", b""):
        assert LoginLink(query).start(sessions, at_127).url == wanted
    odd = LoginLink("next=/\u20ac").start(sessions, at_127)
    assert odd.url == f"{wanted}?next=/?"


@pytest.mark.parametrize(
    ("redirect_uri", "host"),
    [
        ("http://localhost:8000/auth/callback", "localhost:8000"),
        ("http://localhost:8000/auth/callback", "evil.example:8000"),
        ("http://localhost:8000/auth/callback", "127.0.0.1.evil.example:8000"),
        ("http://localhost:8000/auth/callback", "127.0.0.1:8000@evil.example"),
        ("http://localhost:8000/auth/callback", "[:8000"),
        ("http://localhost:8000/auth/callback", "127.0.0.1:eight"),
        ("http://localhost:8000/auth/callback", ""),
        ("http://localhost:8000/auth/callback", []),
        ("http://localhost:8000/auth/callback", ["127.0.0.1:8000", "localhost:8000"]),
        # A proxy of a developer's names itself.
        ("http://localhost:3000/auth/callback", "127.0.0.1:8000"),
        ("http://localhost:3000/auth/callback", "127.0.0.1"),
        ("https://localhost/auth/callback", "127.0.0.1"),
        ("https://app.example/auth/callback", "127.0.0.1"),
        ("https://app.example/auth/callback", "127.0.0.1:443"),
    ],
)
def test_hosts_that_lead_nowhere_else(here: Site, redirect_uri: str, host: str) -> None:
    """The sign-in begins, and nobody is led to a place that a request has named."""
    assert there(here, redirect_uri, host).startswith("https://auth.example/oauth2/authorize?")


def test_callback_at_a_place_of_its_own(here: Site) -> None:
    """Nobody knows where the route that begins a sign-in is."""
    login = ManagedLogin(
        POOL.trust(),
        domain="https://auth.example",
        client_id=POOL.client_id,
        redirect_uri="http://localhost:8000/back",
        logout_uri="http://localhost:8000/",
    )
    sessions = LoginSessions(login, here.guard, store=MemorySessionStore(), secrets=[SECRET])
    url = LoginLink("").start(sessions, at_127).url
    assert url.startswith("https://auth.example/")


def test_error_about_missing_routes_says_what_to_add(here: Site) -> None:
    """Where browsers come back to, without what a server takes off the path."""
    routes = routes_at(here, "https://app.example/auth/callback")
    said = str(routes.missing("mount({prefix})"))
    assert said.startswith("nothing answers /auth/login: the sign-in's routes are missing.")
    assert said.endswith('Add mount("/auth")')
    assert str(routes.missing("mount({prefix})", below="/auth")).endswith('Add mount("")')
