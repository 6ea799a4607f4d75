"""Extensions that render errors themselves: what they let through of a refusal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from flask import Blueprint, Flask

from cognito_guard import AccessDenied, ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard, Refusal

from ..needs import need
from .conftest import As, bearer

for package in ("apiflask", "flask_restful", "flask_restx", "flask_smorest"):
    need(find_spec(package) is not None, f"{package}: pip install --group test")

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # what they use of others' is theirs
    import apiflask
    import flask_restful
    import flask_restx
    import flask_smorest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

Make = Callable[[CognitoGuard, Guard, Callable[[], Any]], Flask]

SAID = ("detail", "error", "reason")


def _resources(module: Any, cognito: CognitoGuard, view: Callable[[], Any]) -> type:
    class View(module.Resource):  # type: ignore[misc,name-defined]
        method_decorators = (cognito.required(scopes="orders/read"),)

        def get(self) -> Any:
            return view()

    return View


def restx(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """Flask-RESTX, made before our extension."""
    app = Flask(__name__)
    api = flask_restx.Api(app)
    cognito.init_app(app, guard=guard)
    api.add_resource(_resources(flask_restx, cognito, view), "/orders")
    return app


def restx_in_a_blueprint(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """Flask-RESTX with namespaces, in a blueprint that comes after our extension."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard)
    blueprint = Blueprint("api", __name__)
    namespace = flask_restx.Namespace("orders", path="/")
    namespace.route("/orders")(_resources(flask_restx, cognito, view))
    flask_restx.Api(blueprint).add_namespace(namespace)
    app.register_blueprint(blueprint)
    return app


def restx_class(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """A class of Flask-RESTX that is decorated."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard)

    @cognito.required(scopes="orders/read")
    class View(flask_restx.Resource):  # type: ignore[misc]
        def get(self) -> Any:
            return view()

    flask_restx.Api(app).add_resource(View, "/orders")
    return app


def restx_protected(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """An app with Flask-RESTX that is protected."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard)
    cognito.protect(app, scopes="orders/read")

    class View(flask_restx.Resource):  # type: ignore[misc]
        def get(self) -> Any:
            return view()

    flask_restx.Api(app).add_resource(View, "/orders")
    return app


def restful(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """Flask-RESTful."""
    app = Flask(__name__)
    cognito.init_app(app, guard=guard)
    flask_restful.Api(app).add_resource(_resources(flask_restful, cognito, view), "/orders")
    return app


def smorest(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """flask-smorest."""
    app = Flask(__name__)
    app.config.update(API_TITLE="shop", API_VERSION="1", OPENAPI_VERSION="3.0.3")
    api = flask_smorest.Api(app)
    cognito.init_app(app, guard=guard)
    blueprint = flask_smorest.Blueprint("orders", __name__)

    @blueprint.route("/orders")
    @blueprint.response(200)
    @cognito.required(scopes="orders/read")
    def orders() -> Any:
        return view()

    api.register_blueprint(blueprint)
    return app


def api_flask(cognito: CognitoGuard, guard: Guard, view: Callable[[], Any]) -> Flask:
    """APIFlask."""
    app = apiflask.APIFlask(__name__)
    cognito.init_app(app, guard=guard)

    @app.get("/orders")
    @cognito.required(scopes="orders/read")
    def orders() -> Any:
        return view()

    return app  # type: ignore[no-any-return]


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """What is at the top of the body."""
    return {name: body[name] for name in SAID}


def in_errors(body: dict[str, Any]) -> dict[str, Any]:
    """What flask-smorest puts in its ``errors``."""
    assert body["message"] == body["errors"]["detail"]
    return {name: body["errors"][name] for name in SAID}


EXTENSIONS: list[tuple[Make, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    (restx, whole),
    (restx_in_a_blueprint, whole),
    (restx_class, whole),
    (restx_protected, whole),
    (restful, whole),
    (smorest, in_errors),
    (api_flask, whole),
]

each_extension = pytest.mark.parametrize(
    ("make", "said"), EXTENSIONS, ids=[make.__name__ for make, _ in EXTENSIONS]
)


@pytest.fixture
def realm_guard(pool: LocalUserPool) -> Guard:
    """A guard whose challenges have a realm."""
    return Guard(pool.trust(), realm="shop")


@each_extension
@pytest.mark.parametrize("caller", ["nobody", "junk", "no scope", "the view's own"])
def test_a_refusal(
    make: Make, said: Any, caller: str, realm_guard: Guard, pool: LocalUserPool
) -> None:
    """Body and headers say all that a refusal of ours says, a refusal by the view's too."""

    def view() -> Any:
        raise AccessDenied("missing_group", "Admins only.")

    headers = {
        "nobody": {},
        "junk": bearer("junk"),
        "no scope": bearer(pool.access_token()),
        "the view's own": bearer(pool.access_token(scopes=["orders/read"])),
    }[caller]
    app = make(CognitoGuard(), realm_guard, view)
    answer = app.test_client().get("/orders", headers=headers)

    plain = Flask(__name__)
    cognito = CognitoGuard(plain, guard=realm_guard)
    plain.add_url_rule("/orders", view_func=cognito.required(scopes="orders/read")(view))
    expected = plain.test_client().get("/orders", headers=headers)

    assert answer.status_code == expected.status_code
    assert answer.content_type == "application/json"
    assert said(answer.json) == {name: expected.json[name] for name in SAID}
    for name in ("WWW-Authenticate", "Cache-Control", "Vary", "Retry-After"):
        assert answer.headers.getlist(name) == expected.headers.getlist(name)


@each_extension
def test_no_keys(make: Make, said: Any, pool: LocalUserPool) -> None:
    """An outage of the key servers is answered with its status and the time to wait."""
    gone = pool.serve()
    with gone as keys:
        url = keys.url
    guard = Guard(pool.trust(jwks=url))
    app = make(CognitoGuard(), guard, lambda: {"order": 1})
    answer = app.test_client().get("/orders", headers=bearer(pool.access_token()))
    assert (answer.status_code, said(answer.json)["reason"]) == (503, "keys_unavailable")
    assert answer.headers.getlist("Retry-After") == ["1"]


@each_extension
def test_a_caller(make: Make, said: Any, guard: Guard, as_user: As) -> None:
    """A caller who may is answered as the extension answers."""
    app = make(CognitoGuard(), guard, lambda: {"order": 1})
    for _ in range(2):
        answer = app.test_client().get("/orders", headers=as_user(scopes=["orders/read"]))
        assert (answer.status_code, answer.json) == (200, {"order": 1})


def test_a_processor_of_the_apps_own(cognito: CognitoGuard) -> None:
    """APIFlask's error processor is given the whole refusal, as an error of APIFlask's."""
    app = apiflask.APIFlask(__name__)
    cognito.init_app(app)
    seen = []

    @app.error_processor
    def process(error: Any) -> Any:
        seen.append(error)
        return {"code": error.extra_data["reason"]}, error.status_code, error.headers

    app.add_url_rule("/", view_func=cognito.required(lambda: {"order": 1}))
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.json) == (401, {"code": "missing_credentials"})
    assert answer.headers.getlist("WWW-Authenticate") == ["Bearer"]
    assert (seen[0].message, seen[0].detail) == (
        "Unauthorized",
        "The request carries no bearer token.",
    )


@pytest.mark.parametrize("kind", [401, Exception, apiflask.app.WerkzeugHTTPException, Refusal])
def test_a_handler_of_the_apps_own(kind: Any, cognito: CognitoGuard) -> None:
    """In APIFlask too, the app's own error handlers are asked."""
    app = apiflask.APIFlask(__name__)
    cognito.init_app(app)
    app.add_url_rule("/", view_func=cognito.required(lambda: {"order": 1}))
    app.register_error_handler(kind, lambda error: ({"own": error.reason}, 401))
    answer = app.test_client().get("/")
    own = kind is not Exception  # a handler for HTTP errors, APIFlask's, comes before that one
    assert answer.json.get("own") == ("missing_credentials" if own else None)


def test_without_json_errors(cognito: CognitoGuard) -> None:
    """An APIFlask app that renders no errors has our answers."""
    app = apiflask.APIFlask(__name__, json_errors=False)
    cognito.init_app(app)
    app.add_url_rule("/", view_func=cognito.required(lambda: {"order": 1}))
    assert app.test_client().get("/").content_type == "application/problem+json"


def test_guarded_after_it_was_added(cognito: CognitoGuard, app: Flask) -> None:
    """A resource that is decorated above its route is noticed."""
    api = flask_restx.Api(app)

    @cognito.required
    @api.route("/orders")
    class View(flask_restx.Resource):  # type: ignore[misc]
        def get(self) -> Any:
            return {"order": 1}

    assert app.test_client().get("/orders").status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="class of endpoint 'view' is guarded"):
        app.test_client().get("/orders")


def hidden(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that is no guard."""
    return lambda *args, **kwargs: view(*args, **kwargs)


class One(flask_restful.Resource):  # type: ignore[misc]
    """A resource of Flask-RESTful."""

    def get(self) -> str:
        return "welcome"


class Two(One):
    """Another one."""


class OneX(flask_restx.Resource):  # type: ignore[misc]
    """A resource of Flask-RESTX."""

    def get(self) -> str:
        return "welcome"


class TwoX(OneX):
    """Another one."""


def by_restful(app: Flask, decorators: Any) -> None:
    """The decorators of an ``Api`` are for all of its resources."""
    api = flask_restful.Api(app, decorators=decorators)
    api.add_resource(One, "/one")
    api.add_resource(Two, "/two")


def by_restx(app: Flask, decorators: Any) -> None:
    """So they are in this extension."""
    api = flask_restx.Api(app, decorators=decorators)
    api.add_resource(OneX, "/one")
    api.add_resource(TwoX, "/two")


def by_a_namespace(app: Flask, decorators: Any) -> None:
    """And those of a ``Namespace``."""
    namespace = flask_restx.Api(app).namespace("shop", path="/", decorators=decorators)
    namespace.add_resource(OneX, "/one")
    namespace.add_resource(TwoX, "/two")


@pytest.mark.parametrize("register", [by_restful, by_restx, by_a_namespace])
def test_decorators_of_an_api(
    register: Callable[[Flask, Any], None], cognito: CognitoGuard, as_user: As
) -> None:
    """A list of them guards each resource. What can be read only once guards the first one alone,
    and is an error for all."""
    app = Flask(__name__)
    cognito.init_app(app)
    register(app, [cognito.required])
    for path in ("/one", "/two"):
        assert app.test_client().get(path).status_code == 401
        assert app.test_client().get(path, headers=as_user()).json == "welcome"
    app = Flask(__name__)
    cognito.init_app(app)
    register(app, iter([cognito.required]))
    for path in ("/one", "/two"):
        answer = app.test_client().get(path)
        assert (answer.status_code, b"welcome" in answer.data) == (500, False)
    app.testing = True
    with pytest.raises(ConfigurationError, match="decorators of an Api or a Namespace must be"):
        app.test_client().get("/two")


@pytest.mark.parametrize("lib", [flask_restful, flask_restx], ids=lambda lib: lib.__name__)
def test_decorators_of_an_api_that_come_too_late(
    lib: Any, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """They guard what is added after them. What was added before is an error, and not open."""
    resources = {flask_restful: (One, Two), flask_restx: (OneX, TwoX)}[lib]
    api = lib.Api(app)
    api.add_resource(resources[0], "/one")
    api.decorators.append(cognito.required)
    api.add_resource(resources[1], "/two")
    client = app.test_client()
    assert client.get("/two").status_code == 401
    assert client.get("/two", headers=as_user()).json == "welcome"
    assert client.get("/one", headers=as_user()).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="decorators of an Api have a guard"):
        client.get("/one")


def test_decorators_of_something_else(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """They are not for all views that it registers, unlike those of an ``Api``."""

    class Shop:
        def __init__(self) -> None:
            self.decorators = [cognito.required]

        def route(self, rule: str, *, public: bool) -> None:
            """Register a view, guarded unless it is public."""

            def view() -> str:
                return f"{rule} of {len(self.decorators)}"

            for decorate in () if public else self.decorators:
                view = decorate(view)
            app.add_url_rule(rule, rule, view)

    shop = Shop()
    shop.route("/menu", public=True)
    shop.route("/orders", public=False)
    client = app.test_client()
    assert client.get("/menu").text == "/menu of 1"
    assert client.get("/orders").status_code == 401
    assert client.get("/orders", headers=as_user()).text == "/orders of 1"


@pytest.mark.parametrize(
    ("below", "name"),
    [
        ({"method_decorators": []}, "method_decorators"),
        ({"method_decorators": {"post": [hidden]}}, "method_decorators"),
        ({"dispatch_request": lambda self: "welcome"}, "dispatch_request"),
    ],
)
@pytest.mark.parametrize("lib", [flask_restful, flask_restx], ids=lambda lib: lib.__name__)
def test_a_resource_below_a_guarded_one(
    lib: Any, below: dict[str, Any], name: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """It keeps the guard, or has another one; it does not lose it."""
    one = {flask_restful: One, flask_restx: OneX}[lib]
    guarded = type("Guarded", (one,), {"method_decorators": [cognito.required]})
    again = {"method_decorators": (hidden, cognito.required)}
    api = lib.Api(app)
    api.add_resource(type("Inherits", (guarded,), {}), "/inherits")
    api.add_resource(type("Again", (guarded,), again), "/again")
    whole = type("Whole", (guarded,), {**below, "decorators": [cognito.required]})
    api.add_resource(whole, "/whole")
    api.add_resource(type("Lost", (guarded,), below), "/lost")
    client = app.test_client()
    for path in ("/inherits", "/again", "/whole"):
        assert client.get(path).status_code == 401
    for path in ("/inherits", "/again"):
        assert client.get(path, headers=as_user()).json == "welcome"
    for headers in ({}, as_user()):
        answer = client.get("/lost", headers=headers)
        assert (answer.status_code, b"welcome" in answer.data) == (500, False)
    app.testing = True
    with pytest.raises(ConfigurationError, match=rf"Lost\.{name} of endpoint 'lost' has no guard"):
        client.get("/lost")


@pytest.mark.parametrize("kind", ["smorest", "apiflask"])
def test_a_view_that_is_guarded_too_late(kind: str, cognito: CognitoGuard) -> None:
    """So is a function, though these extensions register a wrapper of it."""
    app: Any
    if kind == "smorest":
        app = Flask(__name__)
        app.config.update(API_TITLE="shop", API_VERSION="1", OPENAPI_VERSION="3.0.3")
        api = flask_smorest.Api(app)
        scaffold = flask_smorest.Blueprint("shop", __name__)
    else:
        app = scaffold = apiflask.APIFlask(__name__)
    cognito.init_app(app)

    @cognito.required
    @scaffold.route("/orders")
    def orders() -> Any:
        return {"order": 1}

    if kind == "smorest":
        api.register_blueprint(scaffold)
    answer = app.test_client().get("/orders")
    assert (answer.status_code, b"order" in answer.data) == (500, False)


def test_what_restx_drops(cognito: CognitoGuard) -> None:
    """RESTX's own handlers, for HTTP errors or for all, have their way with the body."""
    app = Flask(__name__)
    cognito.init_app(app)
    api = flask_restx.Api(app)

    @api.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        return {"code": error.reason}, error.code

    api.add_resource(_resources(flask_restx, cognito, dict), "/orders")
    answer = app.test_client().get("/orders")
    assert answer.status_code == 401
    assert answer.json["reason"] == "missing_credentials"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
