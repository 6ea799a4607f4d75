"""Signing in, staying signed in, signing out, when all goes well."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from .site import CALLBACK, WAYS, Site, Way, site


def test_sign_in_stay_and_sign_out(here: Site) -> None:
    """One browser, all the way: the user is known in between, and not before and not after."""
    browser = here.browser()
    assert browser.username() is None
    signed_in = browser.sign_in(next_page="/orders?page=2")
    assert signed_in.next_page == "/orders?page=2"
    assert signed_in.identity.username == "alice"
    session = browser.current()
    assert session is not None
    assert session.identity.subject == here.endpoint.pool.subject("alice")
    assert session.identity.token_use == "access"
    assert session.profile["email"] == "alice@example.com"
    assert session.started_at == here.clock.now
    assert session.access_token.count(".") == 2
    ended = browser.sign_out()
    assert browser.username() is None
    parts = urlsplit(ended.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{here.endpoint.origin}/logout"
    assert dict(parse_qsl(parts.query)) == {
        "client_id": here.endpoint.pool.client_id,
        "logout_uri": "https://app.example/",
    }
    assert here.endpoint.grants() == ["authorization_code", "revoke"]


def test_what_the_sign_in_page_is_asked(way: Way) -> None:
    """The parameters of the authorize endpoint: those that are always there, the site's own, and
    those of one sign-in, which come first."""
    asked = {
        "identity_provider": "Google",
        "lang": "de",
        "prompt": "login",
        "acr_values": ("urn:cognito:loa:3", "urn:cognito:loa:4"),
        "max_age": 3600,
        "resource": "https://api.example",
    }
    with site(way, login={**asked, "scopes": ["openid", "email", "openid"]}) as here:
        url = here.browser().start(login_hint="alice@example.com", lang="fr", max_age=0).url
        fields = dict(parse_qsl(urlsplit(url).query, strict_parsing=True))
        for name in ("state", "nonce", "code_challenge"):
            assert len(fields.pop(name)) >= 43
        assert fields == {
            "response_type": "code",
            "client_id": here.endpoint.pool.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "code_challenge_method": "S256",
            "identity_provider": "Google",
            "lang": "fr",
            "prompt": "login",
            "acr_values": "urn:cognito:loa:3 urn:cognito:loa:4",
            "max_age": "0",
            "resource": "https://api.example",
            "login_hint": "alice@example.com",
        }


def test_client_with_a_secret(way: Way) -> None:
    """It authenticates by the header, whatever is in the secret, when it signs in, refreshes and
    revokes."""
    with site(way, secret="a:b/c+d%e&f=g~") as here:
        browser = here.browser()
        browser.sign_in()
        here.clock.now += 3600
        assert browser.username() == "alice"
        browser.sign_out()
        assert here.endpoint.grants() == ["authorization_code", "refresh_token", "revoke"]
        assert len(here.endpoint.revoked) == 1


def test_a_request_costs_one_read(here: Site) -> None:
    """Who is signed in costs one read of the store, and nothing of the network."""
    browser = here.browser()
    browser.sign_in()
    here.store.calls.clear()
    assert browser.username() == "alice"
    if here.way.name not in ("threads, memory", "asyncio, memory"):
        assert here.store.calls == ["read"]
    assert here.endpoint.grants() == ["authorization_code"]


def test_nobody_costs_nothing(here: Site) -> None:
    """A request without a session does not reach the store, nor does one with a made-up cookie."""
    browser = here.browser()
    for value in (None, "", "x", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "é"):
        browser.cookies["__Host-cognito_session_token"] = value or ""
        assert here.do("current", value) is None
        assert browser.current() is None
        here.do("end", value)
    assert here.store.calls == []


def test_each_sign_in_has_a_session_of_its_own(here: Site) -> None:
    """The id is new each time, and the one that the browser had is worth nothing any more."""
    browser = here.browser()
    first = browser.sign_in().session_id
    second = browser.sign_in().session_id
    assert first != second
    assert here.do("current", first) is None
    assert browser.username() == "alice"


def test_session_that_a_sign_in_ends_is_ended_at_the_pool(here: Site) -> None:
    """As by a sign-out: its refresh token is good no more. That of the new one is."""
    browser = here.browser()
    browser.sign_in()
    (first,) = here.endpoint._refresh_tokens
    here.endpoint.username = "ada"
    browser.sign_in()
    assert here.endpoint.revoked == [first]
    assert len(here.endpoint._refresh_tokens) == 1
    assert browser.username() == "ada"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(here: Site) -> None:
    """Both have the strictest attributes, to the letter."""
    browser = here.browser()
    started = browser.start()
    assert started.set_cookies == (
        f"__Host-cognito_login_token={started.binding}; Max-Age=600; "
        "Path=/; HttpOnly; Secure; SameSite=Lax",
    )
    signed_in = browser.come_back(here.endpoint.authorize(started.url))
    assert signed_in.set_cookies == (
        f"__Host-cognito_session_token={signed_in.session_id}; Max-Age=604800; "
        "Path=/; HttpOnly; Secure; SameSite=Lax",
    )
    dropped = (
        "__Host-cognito_session_token=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; "
        "Path=/; HttpOnly; Secure; SameSite=Lax"
    )
    assert browser.sign_out().set_cookies == (dropped,)
    assert here.sessions.drop_session == dropped


@pytest.mark.parametrize("page", [None, "//evil.example", "https://evil.example/"])
def test_page_of_another_site_is_none_of_ours(page: str | None, here: Site) -> None:
    """The page to return to is on the own site, or it is the first one."""
    arguments = {} if page is None else {"next_page": page}
    assert here.browser().sign_in(**arguments).next_page == "/"


def test_two_hundred_tabs(way: Way) -> None:
    """A browser may have any number of sign-ins under way, finished in any order, and none of them
    is kept here before it is finished."""
    with site(way) as here:
        browser = here.browser()
        started = [browser.start(next_page=f"/{tab}") for tab in range(200)]
        assert len({one.binding for one in started}) == 1
        assert here.store.calls == []
        assert len(here.store.memory) == 0
        for tab in (199, 0, 77, 100):
            signed_in = browser.come_back(here.endpoint.authorize(started[tab].url))
            assert signed_in.next_page == f"/{tab}"
        assert browser.username() == "alice"


@pytest.mark.parametrize("binding", [None, "", "x", "A" * 44, "A" * 42 + "\r"])
def test_browser_gets_a_new_binding_where_it_has_none_of_ours(binding: str | None) -> None:
    """What somebody else put there is not repeated in a header, nor is anything sealed for it."""
    with site(WAYS[0]) as here:
        started = here.sessions.start(binding=binding)
        assert started.binding != binding
        assert len(started.binding) == 43
        again = here.sessions.start(binding=started.binding)
        assert again.binding == started.binding
        assert again.url != started.url
