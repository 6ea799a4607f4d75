"""Flask."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask, request
from flask.views import MethodView, View
from werkzeug.exceptions import HTTPException

from cognito_guard import Guard
from cognito_guard_flask import CognitoGuard
from example_apps.serving_wsgi import serve_wsgi

from .row import Preflight, Ran, Row

Make = Callable[[Guard, Ran], Flask]


def on_waitress(make: Make) -> Callable[[Guard, Ran], AbstractContextManager[str]]:
    """Serves what ``make`` gives."""
    return lambda guard, ran: serve_wsgi(make(guard, ran))


def _not_found_handler(guard: Guard, ran: Ran) -> Flask:
    app = Flask(__name__)
    CognitoGuard(app, guard=guard).protect(app)

    @app.errorhandler(404)
    def fallback(error: Exception) -> tuple[str, int]:
        return ran(), 200

    return app


def _above_the_route(between: Callable[[Any], Any]) -> Make:
    """The guard stands above the route decorator, and something between the two."""

    def make(guard: Guard, ran: Ran) -> Flask:
        app = Flask(__name__)
        cognito = CognitoGuard(app, guard=guard)

        @cognito.required
        @between
        @app.get("/")
        def view() -> str:
            return ran()

        return app

    return make


def _hidden(view: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: view(*args, **kwargs)


def _wrapped(view: Callable[..., Any]) -> Callable[..., Any]:
    return functools.wraps(view)(_hidden(view))


class _Called:
    def __init__(self, view: Callable[..., Any]) -> None:
        self.view = view

    def __call__(self) -> Any:
        return self.view()


def _wrapped_in_place(guard: Guard, ran: Ran) -> Flask:
    """As tracing wraps each view function that Flask knows."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)
    app.add_url_rule("/", "view", cognito.required(_wrapped(ran)))
    app.view_functions = {name: _hidden(view) for name, view in app.view_functions.items()}
    return app


def _list_set_too_late(guard: Guard, ran: Ran) -> Flask:
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)

    class View(MethodView):
        def get(self) -> str:
            return ran()

    app.add_url_rule("/", view_func=View.as_view("view"))
    View.decorators = [cognito.required]
    return app


def _kept_in_a_dict(view: Callable[..., Any]) -> Callable[..., Any]:
    state = {"view": view}
    return lambda: state["view"]()


def _kept_by_a_class(view: Callable[..., Any]) -> Callable[..., Any]:
    class Wrapper(View):
        def dispatch_request(self) -> Any:
            return view()

    return Wrapper.as_view("wrapper")


def _method_below(name: str) -> Make:
    """A class below the one with a guarded method has another one in its place."""

    def make(guard: Guard, ran: Ran) -> Flask:
        app = Flask(__name__)
        cognito = CognitoGuard(app, guard=guard)

        class Admin(MethodView):
            @cognito.required
            def get(self) -> str:
                return ran()

        below = type("Below", (Admin,), {name: lambda self: ran()})
        app.add_url_rule("/", view_func=below.as_view("view"))
        return app

    return make


def _with_error_handler(kind: Any) -> Make:
    """A protected app whose error handler answers with a page."""

    def make(guard: Guard, ran: Ran) -> Flask:
        app = Flask(__name__)
        app.register_error_handler(kind, lambda error: (ran(), 200))
        CognitoGuard(app, guard=guard).protect(app)
        app.add_url_rule("/post", "post", ran, methods=["POST"], provide_automatic_options=False)
        return app

    return make


def _with_hook(guard: Guard, ran: Ran) -> Flask:
    """A hook that answers everything, registered before the app is protected."""
    app = Flask(__name__)
    app.before_request(ran)
    CognitoGuard(app, guard=guard).protect(app)
    return app


def _guarded_view(guard: Guard, ran: Ran) -> Flask:
    """A view that takes OPTIONS, whose method a hook rewrites."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)
    methods = ["GET", "POST", "OPTIONS"]
    app.add_url_rule("/", "view", cognito.required(_wrapped(ran)), methods=methods)

    @app.before_request
    def override() -> None:
        method = request.headers.get("X-HTTP-Method-Override")
        request.environ["REQUEST_METHOD"] = method or request.method

    return app


def _read_once(guard: Guard, ran: Ran) -> Flask:
    """Decorators that the first view of a class uses up, so that the second has none."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)

    class Admin(MethodView):
        decorators = map(functools.partial, [cognito.required])  # type: ignore[assignment]

        def get(self) -> str:
            return ran()

    for name in ("first", "second"):
        app.add_url_rule(f"/{name}", view_func=Admin.as_view(name))
    return app


def _bound_below(guard: Guard, ran: Ran) -> Flask:
    """A class of somebody else's, whose bound methods are views, and one below it."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)
    admin = type("Admin", (), {"index": cognito.required(lambda self: ran())})
    below: Any = type("Below", (admin,), {"index": lambda self: ran()})
    app.add_url_rule("/", "index", below().index)
    return app


ROWS = [
    Row("the handler of 404 in a protected app", on_waitress(_not_found_handler), path="/no"),
    Row("Flask: view functions that are wrapped later", on_waitress(_wrapped_in_place)),
    Row("Flask: decorators set after as_view", on_waitress(_list_set_too_late), 500, 500),
    *(
        Row(
            f"Flask: {name} between the guard and the route below it",
            on_waitress(_above_the_route(between)),
            500,
            500,
        )
        for name, between in {
            "nothing": lambda view: view,
            "a decorator": _wrapped,
            "a decorator without functools.wraps": _hidden,
            "a partial": functools.partial,
            "an object that can be called": _Called,
            "a bound method": lambda view: _Called(view).__call__,
            "a cache": functools.cache,
            "a dict": _kept_in_a_dict,
            "a class": _kept_by_a_class,
        }.items()
    ),
    Row(
        "Flask: a decorator that returns nothing between the guard and the route below it",
        on_waitress(_above_the_route(lambda view: None)),
        refused=None,
    ),
    Row("Flask: decorators that are read once", on_waitress(_read_once), 500, 500, path="/second"),
    Row("Flask: a bound method below a guarded one", on_waitress(_bound_below), 500, 500),
    *(
        Row(f"Flask: {name} below a guarded method", on_waitress(_method_below(name)), 500, 500)
        for name in ("get", "dispatch_request")
    ),
]

PREFLIGHTS: list[Preflight] = [
    Preflight("Flask: a handler of 404", on_waitress(_with_error_handler(404)), "/no"),
    Preflight("Flask: a handler of 405", on_waitress(_with_error_handler(405)), "/post"),
    Preflight(
        "Flask: a handler of HTTP errors", on_waitress(_with_error_handler(HTTPException)), "/no"
    ),
    Preflight("Flask: a handler of everything", on_waitress(_with_error_handler(Exception)), "/no"),
    Preflight("Flask: a hook before requests", on_waitress(_with_hook)),
    Preflight("Flask: a method override in front of a guarded view", on_waitress(_guarded_view)),
]
