"""``flask.session`` beside the session of sign-in: one user never gets what another one left."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import CSRFProtect, generate_csrf

from cognito_guard_flask import current_identity
from cognito_guard_flask.login import login_session

from ..contract.login.browser import Browser
from ..contract.login.cases import SESSION
from ..contract.login.site import Running, Site
from .test_sign_in import running, signing_in


def shop(running: Running) -> Flask:
    """An app with a cart, which anybody may fill."""
    app, cognito = signing_in(running)

    @app.get("/")
    @cognito.optional
    def home() -> Any:
        if "add" in request.args:
            session["cart"] = request.args["add"]
        user = current_identity.username if current_identity else None
        return {"user": user, "cart": session.get("cart")}

    @app.get("/open")
    def open() -> Any:
        return {"cart": session.get("cart")}

    @app.post("/leave")
    @cognito.required
    def leave() -> Any:
        cognito.sign_out()
        return [login_session(), bool(current_identity)]

    app.add_url_rule("/page", "page", cognito.login_required(lambda: {"page": 1}))
    return app


def switch(browser: Browser, username: str) -> Browser:
    """The same browser, after somebody else has signed in at the pool, and nobody out here."""
    other = Browser(browser.origin)
    other.cookies = {
        name: value
        for name, value in browser.cookies.items()
        if name in (SESSION, "session", "remember_token")
    }
    assert other.visit(other.authenticate(other.begin(prompt="login"), username)).path == "/page"
    return other


def cart(browser: Browser) -> Any:
    """What is in it."""
    return browser.fetch("/").json


def alice_with_a_cart(here: Site) -> Browser:
    """She has signed in, and chosen a book."""
    browser = here.signed_in()
    browser.fetch("/?add=book")
    assert cart(browser) == {"user": "alice", "cart": "book"}
    return browser


def test_apps_own_sign_out_leaves_nothing() -> None:
    """Nor for the rest of the request."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        assert browser.fetch("/leave", "POST").json == [None, False]
        assert cart(browser) == {"user": None, "cart": None}


def test_sign_out_leaves_nothing() -> None:
    """Who comes next to this browser finds an empty one."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        browser.submit("/auth/logout")
        assert cart(browser) == {"user": None, "cart": None}
        assert "session" not in browser.cookies


def test_another_user_signs_in() -> None:
    """Without a sign-out, and also where the session of the first one was gone before."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        assert cart(switch(browser, "ada")) == {"user": "ada", "cart": None}
        del browser.cookies[SESSION]
        assert cart(switch(browser, "ada")) == {"user": "ada", "cart": None}


def test_same_user_signs_in_again() -> None:
    """Her cart is hers."""
    with running(shop) as here:
        assert cart(switch(alice_with_a_cart(here), "alice")) == {"user": "alice", "cart": "book"}


def test_cart_of_before_the_sign_in() -> None:
    """Is of who signs in, as shops have it."""
    with running(shop) as here:
        browser = here.browser()
        browser.fetch("/?add=pen")
        browser.sign_in()
        assert cart(browser) == {"user": "alice", "cart": "pen"}


def test_session_that_is_over() -> None:
    """Its user has left; the next one at this browser sees nothing."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        here.pass_time(8 * 3600)
        assert cart(browser) == {"user": None, "cart": None}
        assert browser.fetch("/open").json == {"cart": None}


def test_cookie_that_is_gone() -> None:
    """The browser kept it for so long, and Flask's longer. Only a page of another site may cause
    requests that lack it."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        kept = browser.cookies.pop(SESSION)
        for by, headers in (("cross-site", {}), ("none", {"Authorization": "Basic YTpi"})):
            reply = browser.send("GET", "/", {"Sec-Fetch-Site": by, **headers})
            assert reply.json == {"user": None, "cart": "book"}
        browser.cookies[SESSION] = kept
        assert cart(browser) == {"user": "alice", "cart": "book"}
        del browser.cookies[SESSION]
        assert cart(browser) == {"user": None, "cart": None}
        assert "session" not in browser.cookies
        browser.fetch("/?add=pen")
        assert cart(browser) == {"user": None, "cart": "pen"}


def test_answer_that_comes_late() -> None:
    """A request of alice's that ends after ada has signed in puts the old cookie back."""
    with running(shop) as here:
        browser = alice_with_a_cart(here)
        late = browser.cookies["session"]
        other = switch(browser, "ada")
        other.cookies["session"] = late
        assert cart(other) == {"user": "ada", "cart": None}


def test_store_that_is_down_takes_nothing_away() -> None:
    """Nobody was signed out."""

    def fail(name: str, key: str) -> None:
        raise ConnectionError

    with running(shop) as here:
        browser = alice_with_a_cart(here)
        with here.before_store(fail):
            assert browser.fetch("/").status == 503
            assert browser.submit("/auth/logout").status == 503
        assert cart(browser) == {"user": "alice", "cart": "book"}


def test_app_without_a_secret_key() -> None:
    """It has no ``flask.session``, and all else works."""

    def make(running: Running) -> Flask:
        app = shop(running)
        app.secret_key = None
        return app

    with running(make) as here:
        browser = here.signed_in()
        assert browser.submit("/auth/logout").status == 303
        assert cart(browser) == {"user": None, "cart": None}


def test_form_of_the_former_user() -> None:
    """The token that Flask-WTF has put into alice's form sends nothing in ada's name."""

    def make(running: Running) -> Flask:
        app = shop(running)
        CSRFProtect(app)
        app.add_url_rule("/form", "form", lambda: {"token": generate_csrf()})
        app.add_url_rule("/do", "do", lambda: {"done": True}, methods=["POST"])
        return app

    with running(make) as here:
        browser = here.signed_in()
        token = browser.fetch("/form").json["token"]
        assert browser.submit("/do", csrf_token=token).json == {"done": True}
        other = switch(browser, "ada")
        assert other.submit("/do", csrf_token=token).status == 400
        own = other.fetch("/form").json["token"]
        assert other.submit("/do", csrf_token=own).json == {"done": True}


class Member(UserMixin):
    """A user of the app's own."""

    id = "member"


def members(running: Running) -> Flask:
    """The shop, beside users of Flask-Login."""
    app = shop(running)
    manager = LoginManager(app)
    manager.user_loader(lambda user_id: Member())

    @app.get("/member/in")
    def enter() -> Any:
        login_user(Member(), remember="remember" in request.args)
        return {}

    app.add_url_rule("/member", "member", lambda: {"there": current_user.is_authenticated})
    return app


# Of Flask-Login 0.6.3, when it sets its cookie.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_flask_logins_own_user_and_its_cookie() -> None:
    """Whom Flask-Login has in ``flask.session`` leaves as well, also where it remembers users."""
    with running(members) as here:
        browser = here.signed_in()
        browser.fetch("/member/in?remember")
        assert "remember_token" in browser.cookies
        assert browser.fetch("/member").json == {"there": True}
        other = switch(browser, "ada")
        assert other.fetch("/member").json == {"there": False}
        browser.submit("/auth/logout")
        assert "remember_token" not in browser.cookies
        assert browser.fetch("/member").json == {"there": False}


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
@pytest.mark.parametrize("way", ["", "?remember"], ids=["signed in", "remembered"])
def test_flask_logins_user_of_before_the_sign_in(way: str) -> None:
    """Who signed in with a password is not taken for the user who signs in at the pool."""
    with running(members) as here:
        browser = here.browser()
        browser.fetch("/?add=book")
        browser.fetch(f"/member/in{way}")
        assert browser.fetch("/member").json == {"there": True}
        if way:
            del browser.cookies["session"]  # the browser was closed
        assert browser.sign_in("/page").path == "/page"
        assert "remember_token" not in browser.cookies
        assert browser.fetch("/member").json == {"there": False}
        assert cart(browser) == {"user": "alice", "cart": None}


def test_flask_login_without_a_user() -> None:
    """Then nobody has signed in, and a cart stays; also that of who signs in again, with the user
    whom the app has told Flask-Login."""
    with running(members) as here:
        browser = here.browser()
        browser.fetch("/?add=book")
        browser.sign_in()
        assert cart(browser) == {"user": "alice", "cart": "book"}
        browser.fetch("/member/in")
        assert browser.visit(browser.authenticate(browser.begin(prompt="login"))).path == "/page"
        assert browser.fetch("/member").json == {"there": True}
        assert cart(browser) == {"user": "alice", "cart": "book"}
