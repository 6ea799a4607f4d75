"""Sign-in in Flask, beside what else apps have. What browsers see is in the contract."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify, request, session
from flask.views import MethodView
from flask_login import LoginManager, UserMixin, current_user
from flask_login import login_required as flask_login_required
from werkzeug.exceptions import HTTPException

from cognito_guard import (
    ConfigurationError,
    Guard,
    InvalidToken,
    Reason,
    StepUpRequired,
    enforce,
    require_acr,
    require_recent_login,
)
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, Refusal, current_identity
from cognito_guard_flask.login import login_blueprint, login_session
from example_apps.serving_wsgi import serve_wsgi

from ..contract.login.browser import next_of
from ..contract.login.cases import MADE_UP, SESSION, ada_token
from ..contract.login.site import SECRET, Adapter, Running, Site, site

SETTINGS = {
    "COGNITO_USER_POOL_ID": "eu-west-1_LocalPool",
    "COGNITO_CLIENT_IDS": ["web"],
    "COGNITO_LOGIN_CLIENT_ID": "web",
    "COGNITO_LOGIN_DOMAIN": "https://pool.example",
    "COGNITO_LOGIN_REDIRECT_URI": "https://app.example/auth/callback",
    "COGNITO_LOGIN_LOGOUT_URI": "https://app.example/",
}


@contextmanager
def running(make: Callable[[Running], Flask]) -> Iterator[Site]:
    """A site with this app, on a real server."""

    @contextmanager
    def serve(running: Running, listener: Any) -> Iterator[None]:
        with serve_wsgi(make(running), listener):
            yield

    with site(Adapter("", serve)) as here:
        yield here


def signing_in(running: Running) -> tuple[Flask, CognitoGuard]:
    """An app with the routes, and its extension."""
    app = Flask(__name__)
    app.secret_key = SECRET
    cognito = CognitoGuard(app, guard=running.guard, login=running.sessions)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")
    return app, cognito


def test_protected_pages() -> None:
    """``protect(pages=True)`` leads browsers to the sign-in, and lets its routes be."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        cognito.protect(app, pages=True, exempt=["open"])

        @app.get("/")
        def page() -> Any:
            return {"user": current_identity.username}

        @app.get("/open")
        def open() -> Any:
            return {"session": login_session() is not None}

        return app

    with running(make) as here:
        browser = here.browser()
        assert browser.fetch("/").status == 401
        assert browser.visit("/open").json == {"session": False}
        assert browser.visit("/a?b=c").path == next_of("/a?b=c")
        assert browser.sign_in("/").path == "/"
        assert browser.visit("/").json == {"user": "alice"}
        assert browser.visit("/a").status == 404


def test_protected_api() -> None:
    """``protect`` without ``pages`` refuses browsers too, and lets the routes be all the same."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        cognito.protect(app)
        api = Blueprint("api", __name__)
        api.add_url_rule("/", view_func=lambda: {"user": current_identity.username})
        app.register_blueprint(api)
        return app

    with running(make) as here:
        browser = here.browser()
        assert browser.visit("/").status == 401
        browser.sign_in("/")
        assert browser.fetch("/").json == {"user": "alice"}
        assert browser.send("POST", "/", {"Origin": "https://evil.example"}).status == 403


def test_who_calls_another_way_to_be_the_same_is_asked_again() -> None:
    """A hook that makes another method of a request does not get around the check of its origin."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)

        @app.before_request
        def read() -> None:
            cognito.identify()

        @app.route("/", methods=["GET", "POST"])
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        def overriding(environ: Any, start_response: Any) -> Any:
            environ["REQUEST_METHOD"] = environ.get("HTTP_X_METHOD", environ["REQUEST_METHOD"])
            return inner(environ, start_response)

        inner, app.wsgi_app = app.wsgi_app, overriding  # type: ignore[method-assign]
        return app

    with running(make) as here:
        browser = here.signed_in()
        assert browser.send("GET", "/", {"X-Method": "POST"}).status == 403
        assert browser.send("GET", "/", {}).json == {"user": "alice"}


class Thing(MethodView):
    """Something that can be deleted."""

    def get(self) -> Any:
        """Who reads."""
        return {"read by": current_identity.username}

    def delete(self) -> Any:
        """Who deletes."""
        return {"deleted by": current_identity.username}


@pytest.mark.parametrize("is_protected", [True, False])
def test_method_that_a_hook_makes(is_protected: bool) -> None:
    """``request.method`` is what ``MethodView`` goes by, and a hook may set it: before the guard
    has looked, or between that and the view. Either of two methods may change something."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        things = Blueprint("things", __name__)
        view = Thing.as_view("thing")
        if is_protected:
            cognito.protect(things)
        things.add_url_rule("/", view_func=view if is_protected else cognito.required(view))

        @things.before_request
        def override() -> None:
            request.method = request.args.get("_method", request.method)

        app.register_blueprint(things)
        return app

    with running(make) as here:
        browser = here.browser()
        browser.sign_in()
        for by, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
            assert browser.fetch("/", by=by).json == {"read by": "alice"}
            assert browser.visit("/?_method=DELETE", by=by).status == status
        assert browser.fetch("/?_method=DELETE").json == {"deleted by": "alice"}
        evil = {"Origin": "https://evil.example"}
        token = {**evil, "Authorization": f"Bearer {ada_token(here)}"}
        assert browser.send("GET", "/?_method=DELETE", token).json == {"deleted by": "ada"}
        assert browser.send("DELETE", "/?_method=GET", evil).status in (403, 405)


@pytest.mark.parametrize("credential", ["Basic YTpi", "Bearer x.y.z"])
def test_sign_out_beside_another_credential(credential: str) -> None:
    """That says who is calling, and not that the browser is to stay signed in. So it is for the
    session that a callback finds."""
    with running(refusing) as here:
        browser = here.browser()
        browser.sign_in()
        copy = here.browser()
        copy.cookies = dict(browser.cookies)
        headers = {"Origin": here.origin, "Authorization": credential}
        assert browser.send("POST", "/auth/logout", headers).status == 303
        assert SESSION not in browser.cookies
        assert here.server.requests["revoke"] == 1
        assert copy.fetch("/").status == 401

        browser.sign_in()
        copy.cookies = dict(browser.cookies)
        back = browser.authenticate(browser.begin(prompt="login"))
        assert browser.visit(back, Authorization=credential).path == "/page"
        assert here.server.requests["revoke"] == 2
        assert copy.fetch("/").status == 401


def test_errors_that_are_trapped() -> None:
    """``TRAP_HTTP_EXCEPTIONS`` looks for errors of views; what sign-in answers is none."""

    def fail(name: str, key: str) -> None:
        raise ConnectionError

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        app.config["TRAP_HTTP_EXCEPTIONS"] = True
        app.add_url_rule("/page", "page", cognito.login_required(lambda: {"page": 1}))
        app.add_url_rule(
            "/change", "change", cognito.required(lambda: {"changed": True}), methods=["POST"]
        )
        return app

    with running(make) as here:
        browser = here.browser()
        assert browser.visit("/page").status == 303
        browser.sign_in()
        evil = browser.send("POST", "/change", {"Origin": "https://evil.example"})
        assert (evil.status, evil.json["reason"]) == (403, "cross_site_request")
        with here.before_store(fail):
            assert browser.visit("/page").status == 503
            assert browser.fetch("/change", "POST").json["reason"] == "sessions_unavailable"
        assert browser.fetch("/change", "POST").json == {"changed": True}


def test_error_handler_that_asks_who_is_calling() -> None:
    """What it is answered is the answer, and no 500."""

    def fail(name: str, key: str) -> None:
        raise ConnectionError

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)

        @app.errorhandler(404)
        def lost(error: HTTPException) -> Any:
            return {"lost": cognito.enforce().username}, 404

        return app

    with running(make) as here:
        browser = here.browser()
        assert browser.fetch("/nowhere").status == 401
        browser.sign_in()
        assert browser.fetch("/nowhere").json == {"lost": "alice"}
        with here.before_store(fail):
            assert browser.fetch("/nowhere").status == 503


def test_sessions_of_another_guard(guard: Guard, pool: LocalUserPool) -> None:
    """Who is let in by the session would not be known to the guard of the extension."""
    login = sessions(guard, pool, "https://app.example/auth/callback")
    other = Guard(pool.trust())
    with pytest.raises(ConfigurationError, match="the same Guard object"):
        CognitoGuard(Flask(__name__), guard=other, login=login)
    cognito = CognitoGuard(guard=guard, login=login)
    with pytest.raises(ConfigurationError, match="the same Guard object"):
        cognito.init_app(Flask(__name__), guard=other)
    cognito.init_app(Flask(__name__))


class Awaited:
    """An ``AsyncSessionStore``."""

    async def read(self, *_: Any) -> Any:
        """Nothing is kept."""

    add = replace = remove = read


def test_store_that_has_to_be_awaited(guard: Guard, pool: LocalUserPool) -> None:
    """It is said when the app starts, and not when the first user signs in."""
    login = sessions(guard, pool, "https://app.example/auth/callback", store=Awaited())
    with pytest.raises(ConfigurationError, match="has an AsyncSessionStore"):
        CognitoGuard(Flask(__name__), guard=guard, login=login)
    store: Any = Awaited()
    with pytest.raises(ConfigurationError, match="has an AsyncSessionStore"):
        CognitoGuard(configured(SECRET_KEY=SECRET), login_store=store)


def test_websocket_of_another_site() -> None:
    """A handshake is a GET, and a page of any site can open one."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        return app

    with running(make) as here:
        browser = here.signed_in()
        upgrade = {"Upgrade": "WebSocket", "Sec-Fetch-Site": "same-origin"}
        evil = {**upgrade, "Origin": "https://evil.example"}
        assert browser.send("GET", "/", evil).status == 403
        assert browser.send("GET", "/", {**upgrade, "Origin": here.origin}).status == 200


def test_sign_in_again_for_what_wants_it() -> None:
    """A policy that wants a younger sign-in has the user asked, and a script told."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        recent = require_recent_login(60, clock=lambda: here_clock[0]())

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        @app.get("/money")
        @cognito.login_required(policy=recent)
        def money() -> Any:
            return {"user": current_identity.username}

        return app

    here_clock: list[Any] = []
    with running(make) as here:
        here_clock.append(here.clock)
        browser = here.signed_in()
        assert browser.visit("/money").json == {"user": "alice"}
        here.pass_time(61)
        asks = "&prompt=login&step_up=login_too_old&max_age=60"
        assert browser.visit("/money").path == f"{next_of('/money')}{asks}"
        assert browser.fetch("/money").status == 401


def test_a_stronger_sign_in_for_the_view_of_a_page() -> None:
    """However the view asks for it, also where the app renders errors. A guard for APIs does not
    lead there, nor does a view that takes no for an answer."""
    strong = require_acr("urn:cognito:loa:3")

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        pages = Blueprint("pages", __name__)
        cognito.protect(pages, pages=True)

        @app.errorhandler(HTTPException)
        def render(error: HTTPException) -> Any:
            return jsonify(reason=getattr(error, "reason", None)), error.code

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        @pages.get("/by-extension")
        def by_extension() -> Any:
            cognito.enforce(strong)

        @pages.get("/by-engine")
        async def by_engine() -> Any:
            enforce(strong, current_identity)

        @pages.get("/guarded")
        @cognito.required(policy=strong)
        def guarded() -> Any:
            raise AssertionError

        @pages.get("/weak")
        def weak() -> Any:
            try:
                cognito.enforce(strong)
            except Refusal as refusal:
                return {"weak": refusal.reason}

        @app.get("/api")
        @cognito.required
        def api() -> Any:
            cognito.enforce(strong)

        own = Blueprint("own", __name__)
        own.register_error_handler(StepUpRequired, lambda error: ("handled", 403))

        @own.get("/handled")
        @cognito.login_required
        def handled() -> Any:
            enforce(strong, current_identity)

        app.register_blueprint(pages, url_prefix="/pages")
        app.register_blueprint(own)
        return app

    with running(make) as here:
        browser = here.signed_in()
        for path in ("/pages/by-extension", "/pages/by-engine"):
            led = browser.visit(f"{path}?a=1")
            assert led.status == 303
            assert led.path.startswith(f"{next_of(path)}%3Fa%3D1&prompt=login&step_up=")
            assert led.all("Cache-Control") == ["no-store"]
            assert not led.all("WWW-Authenticate")
            refused = browser.fetch(path)
            assert (refused.status, refused.json) == (401, {"reason": "login_too_weak"})
            assert "acr_values=" in refused.all("WWW-Authenticate")[0]
        for path in ("/pages/guarded", "/api"):
            assert browser.visit(path).status == 401
        assert browser.visit("/pages/weak").json == {"weak": "login_too_weak"}
        assert browser.visit("/handled").status == 403


def test_an_app_that_renders_errors_itself() -> None:
    """It sees our errors as it sees others; leading to the sign-in is none."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)

        @app.errorhandler(HTTPException)
        def render(error: HTTPException) -> Any:
            return jsonify(code=error.code), error.code

        @app.get("/")
        @cognito.login_required
        def home() -> Any:
            return {"user": current_identity.username}

        return app

    with running(make) as here:
        browser = here.browser()
        assert browser.visit("/").status == 303
        assert browser.fetch("/").json == {"code": 401}
        browser.sign_in("/")
        evil = browser.send("GET", "/", {"Upgrade": "websocket", "Origin": "https://evil.example"})
        assert evil.json == {"code": 403}


def test_beside_flask_login() -> None:
    """A request loader makes our caller Flask-Login's user; a sign-out ends both."""

    class User(UserMixin):
        def __init__(self, identity: Any) -> None:
            self.id = identity.subject
            self.name = identity.username

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        manager = LoginManager(app)

        @manager.request_loader
        def load(request: Any) -> User | None:
            identity = cognito.identify()
            return None if identity is None else User(identity)

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": getattr(current_user, "name", None)}

        @app.get("/page")
        @flask_login_required
        def page() -> Any:
            session["seen"] = True
            return {"user": current_user.name}

        return app

    with running(make) as here:
        assert here.browser().visit("/page").status == 401
        browser = here.signed_in()
        assert browser.visit("/page").json == {"user": "alice"}
        browser.submit("/auth/logout")
        assert browser.visit("/page").status == 401


def test_beside_flask_wtf() -> None:
    """``CSRFProtect`` wants its token for the sign-out too; ours looks at the origin besides."""
    from flask_wtf.csrf import CSRFProtect, generate_csrf

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        CSRFProtect(app)

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        @app.get("/token")
        def token() -> Any:
            return {"token": generate_csrf()}

        return app

    with running(make) as here:
        browser = here.signed_in()
        assert browser.submit("/auth/logout").status == 400
        token = browser.fetch("/token").json["token"]
        assert browser.submit("/auth/logout", by="cross-site", csrf_token=token).status == 403
        assert browser.username() == "alice"
        assert browser.submit("/auth/logout", csrf_token=token).status == 303
        assert browser.username() is None


def configured(**changes: Any) -> Flask:
    """An app with settings; ``None`` leaves one out."""
    app = Flask(__name__)
    settings = {**SETTINGS, **changes}
    app.config.update({name: value for name, value in settings.items() if value is not None})
    return app


def test_settings() -> None:
    """``COGNITO_LOGIN_*`` beside the guard's, with Flask's own secret, old ones included; one that
    is too short to have sealed anything is no reason not to start."""
    app = configured(SECRET_KEY=SECRET, SECRET_KEY_FALLBACKS=[SECRET[::-1], "dev", b"dev"])
    cognito = CognitoGuard(app, login_store=MemorySessionStore())
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")
    answer = app.test_client().get(
        "/auth/login?next=/page&lang=de&login_hint=al", base_url="https://app.example"
    )
    assert answer.status_code == 303
    assert answer.location.startswith("https://pool.example/oauth2/authorize?")
    assert "lang=de" in answer.location
    odd = app.test_client().get("/auth/login?lang=%00", base_url="https://app.example")
    assert odd.status_code == 303
    assert "lang" not in odd.location


@pytest.mark.parametrize(
    ("changes", "store", "message"),
    [
        ({}, None, "need a store"),
        ({"SECRET_KEY": None}, MemorySessionStore(), "LOGIN_SECRETS is missing"),
        ({"SECRET_KEY": "dev"}, MemorySessionStore(), "^SECRET_KEY, which stands for .* 32"),
        ({"SECRET_KEY_FALLBACKS": [None]}, MemorySessionStore(), "^SECRET_KEY, which stands for"),
        ({"SECRET_KEY_FALLBACKS": SECRET}, MemorySessionStore(), "^SECRET_KEY_FALLBACKS must be"),
        ({"COGNITO_LOGIN_SECRETS": ["dev"]}, MemorySessionStore(), "^each of COGNITO_LOGIN_SEC"),
        ({"COGNITO_LOGIN_DOMAIN": None}, MemorySessionStore(), "LOGIN_DOMAIN is missing"),
        ({"COGNITO_LOGIN_DOMIAN": "x"}, MemorySessionStore(), "LOGIN_DOMAIN"),
        (
            {"COGNITO_LOGIN_REDIRECT_URI": "https://app.example/auth/back"},
            MemorySessionStore(),
            "must end with /callback",
        ),
        (
            {name: None for name in SETTINGS if "LOGIN" in name},
            MemorySessionStore(),
            "login_store is set",
        ),
    ],
    ids=[
        *(
            "no store",
            "no secret",
            "short key",
            "no key",
            "letters",
            "short secret",
            "no domain",
            "typo",
        ),
        *("other path", "no login"),
    ],
)
def test_wrong_settings(changes: dict[str, Any], store: Any, message: str) -> None:
    """All of it is said at start-up."""
    app = configured(**{"SECRET_KEY": SECRET, **changes})
    with pytest.raises(ConfigurationError, match=message):
        CognitoGuard(app, login_store=store)


def sessions(
    guard: Guard, pool: LocalUserPool, redirect_uri: str, *, store: Any = None
) -> LoginSessions:
    """Sessions of a site that comes back here."""
    login = ManagedLogin(
        pool.trust(),
        domain="https://pool.example",
        client_id=pool.client_id,
        redirect_uri=redirect_uri,
        logout_uri="https://app.example/",
    )
    return LoginSessions(login, guard, store=store or MemorySessionStore(), secrets=[SECRET])


def test_routes_in_the_wrong_place(pool: LocalUserPool, guard: Guard) -> None:
    """Browsers would come back to nothing: said when the blueprint is registered, or asked."""
    app = Flask(__name__)
    login = sessions(guard, pool, "https://app.example/auth/callback")
    cognito = CognitoGuard(app, guard=guard, login=login)
    with pytest.raises(
        ConfigurationError, match="are at /sign-in, and redirect_uri leads to /auth"
    ):
        app.register_blueprint(login_blueprint(cognito), url_prefix="/sign-in")

    app = Flask(__name__)
    app.testing = True
    late = CognitoGuard(guard=guard, login=login)
    app.register_blueprint(login_blueprint(late))
    late.init_app(app)
    with pytest.raises(ConfigurationError, match="are at /, and redirect_uri leads to /auth"):
        app.test_client().get("/login")


@pytest.mark.parametrize("pages", [True, False, None])
def test_routes_that_are_missing(pool: LocalUserPool, guard: Guard, pages: bool | None) -> None:
    """A 404 would tell nobody what is, nor would a way that leads in a circle. What the app does
    with other paths is its own affair."""
    app = Flask(__name__)
    app.testing = True
    login = sessions(guard, pool, "https://app.example/shop/auth/callback")
    cognito = CognitoGuard(app, guard=guard, login=login)
    app.add_url_rule("/page", "page", cognito.login_required(lambda: "page"))
    if pages is not None:
        cognito.protect(app, pages=pages)
    client, shop = app.test_client(), "https://app.example/shop"
    led = client.get("/page", base_url=shop, headers={"Accept": "text/html"})
    assert led.status_code == (401 if pages is False else 303)
    for path in ("login", "callback", "logout"):
        with pytest.raises(ConfigurationError, match=r'missing\. Add .*, url_prefix="/auth"\)'):
            client.get(f"/auth/{path}", base_url=shop)
    assert client.get("/nowhere", base_url=shop).status_code == (404 if pages is None else 401)
    assert client.get("/auth/login", base_url="https://app.example/").status_code == (
        404 if pages is None else 401
    )


def test_behind_a_prefix(pool: LocalUserPool, guard: Guard) -> None:
    """What the server takes off the path is part of the place."""
    app = Flask(__name__)
    login = sessions(guard, pool, "https://app.example/shop/auth/callback")
    cognito = CognitoGuard(app, guard=guard, login=login)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")

    @app.get("/page")
    @cognito.login_required
    def page() -> Any:
        return {}

    client = app.test_client()
    shop = "https://app.example/shop"
    accept = {"Accept": "text/html"}
    led = client.get("/page", base_url=shop, headers=accept)
    assert led.location == "/shop/auth/login?next=%2Fshop%2Fpage"
    assert client.get("/auth/login", base_url=shop).status_code == 303
    head = client.head("/auth/callback?code=x&state=y", base_url=shop)
    assert (head.status_code, head.headers["Allow"]) == (405, "GET")
    assert head.headers["Cache-Control"] == "no-store"


def test_without_login(pool: LocalUserPool, guard: Guard) -> None:
    """What needs it says so."""
    app = Flask(__name__)
    app.testing = True
    cognito = CognitoGuard(app, guard=guard)
    app.register_blueprint(login_blueprint(cognito), url_prefix="/auth")
    app.add_url_rule("/page", "page", cognito.login_required(lambda: "page"))
    client = app.test_client()
    for path in ("/page", "/auth/login"):
        with pytest.raises(ConfigurationError, match="login="):
            client.get(path)
    with pytest.raises(ConfigurationError, match="takes a CognitoGuard"):
        login_blueprint(app)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="LoginSessions"):
        CognitoGuard(Flask(__name__), guard=guard, login=guard)  # type: ignore[arg-type]
    login = sessions(guard, pool, "https://app.example/auth/callback")
    with pytest.raises(ConfigurationError, match="leave login_store out"):
        CognitoGuard(Flask(__name__), guard=guard, login=login, login_store=MemorySessionStore())


def test_who_does_not_use_it_pays_nothing() -> None:
    """Nothing of it is loaded where it is not used."""
    code = (
        "import sys, flask, cognito_guard, cognito_guard_flask as f\n"
        "app = flask.Flask('x')\n"
        "f.CognitoGuard(app, guard=cognito_guard.Guard(cognito_guard.UserPool("
        "'eu-west-1_a', client_ids=['c'], jwks='https://keys.example/')))\n"
        "print([name for name in sys.modules if 'login' in name and 'cognito' in name])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "[]\n"


def test_keys_that_cannot_be_had_are_a_page_for_a_person() -> None:
    """As is all else that fails about a session."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)
        from cognito_guard import KeysUnavailable

        def unsure(identity: Any) -> None:
            raise KeysUnavailable(3)

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        @app.get("/unsure")
        @cognito.required(policy=unsure)
        def view() -> Any:
            return {}

        return app

    with running(make) as here:
        browser = here.signed_in()
        page, answer = browser.visit("/unsure"), browser.fetch("/unsure")
        assert (page.status, answer.status) == (503, 503)
        assert page.all("Content-Type") == ["text/html; charset=utf-8"]
        assert answer.json["reason"] == "keys_unavailable"
        assert page.all("Retry-After") == answer.all("Retry-After") == ["3"]


def test_cookie_that_was_worth_nothing() -> None:
    """A hook looks at every request. What the callback sets is not dropped for what came."""

    def make(running: Running) -> Flask:
        app, cognito = signing_in(running)

        @app.before_request
        def look() -> None:
            cognito.identify()

        @app.get("/")
        @cognito.optional
        def home() -> Any:
            return {"user": current_identity.username if current_identity else None}

        return app

    with running(make) as here:
        browser = here.browser()
        url = browser.authenticate(browser.begin())
        browser.cookies[SESSION] = MADE_UP
        assert browser.visit(url).path == "/page"
        assert browser.username() == "alice"


def refusing(running: Running) -> Flask:
    """An app that lets in whoever is signed in."""
    app, cognito = signing_in(running)
    app.add_url_rule("/", "home", cognito.required(lambda: {"user": current_identity.username}))
    return app


def test_session_of_a_token_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose token is good no more can sign in again."""

    def refuse(*_: object) -> None:
        raise InvalidToken(Reason.CHECK_FAILED, "A check of the app's says no.")

    with running(refusing) as here:
        browser = here.signed_in()
        monkeypatch.setattr(LoginSessions, "current", refuse)
        assert browser.fetch("/").json["reason"] == "check_failed"
        assert "/oauth2/authorize?" in browser.visit("/auth/login").location


def test_back_button_while_the_store_is_down() -> None:
    """Nobody can say whether the browser is signed in."""

    def fail(name: str, key: str) -> None:
        if name == "read":
            raise ConnectionError

    with running(refusing) as here:
        browser = here.browser()
        url = browser.authenticate(browser.begin())
        browser.visit(url)
        with here.before_store(fail):
            assert browser.visit(url).status == 503


def test_what_a_policy_raises_about_the_project() -> None:
    """An error of the project's is no refusal."""

    def broken(identity: Any) -> None:
        raise ConfigurationError("the project is wrong")

    def make(running: Running) -> Flask:
        app = refusing(running)
        app.testing = True

        @app.get("/broken")
        @CognitoGuard(app, guard=running.guard).required(policy=broken)
        def view() -> Any:
            return {}

        @app.errorhandler(ConfigurationError)
        def told(error: ConfigurationError) -> Any:
            return {"user": str(error)}

        return app

    with running(make) as here:
        token = ada_token(here)
        answer = here.browser().send("GET", "/broken", {"Authorization": f"Bearer {token}"})
        assert answer.json == {"user": "the project is wrong"}
