"""``required`` above the route decorator, whatever stands between: an error, no open route."""

from __future__ import annotations

import copy
import functools
import gc
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, request
from flask.views import MethodView
from flask.views import View as FlaskView

from cognito_guard import ConfigurationError
from cognito_guard_flask import CognitoGuard

from .conftest import As
from .test_open_classes import hidden, kept_elsewhere, wrapped, wrapped_without_attributes

View = Callable[..., Any]


def plain(view: View) -> View:
    """No decorator at all."""
    return view


def partial(view: View) -> View:
    """A partial of it."""
    return functools.partial(view)


def partial_argument(view: View) -> View:
    """A partial that is given the view."""
    return functools.partial(lambda inner, **kwargs: inner(**kwargs), view)


def default_argument(view: View) -> View:
    """A wrapper that knows the view as a default."""

    def wrapper(inner: View = view, **kwargs: Any) -> Any:
        return inner(**kwargs)

    return wrapper


def keyword_default(view: View) -> View:
    """The same, of a keyword."""

    def wrapper(*, inner: View = view, **kwargs: Any) -> Any:
        return inner(**kwargs)

    return wrapper


class Called:
    """An object that can be called."""

    def __init__(self, view: View) -> None:
        self.view = view

    def __call__(self, **kwargs: Any) -> Any:
        return self.view(**kwargs)


class Slotted:
    """One without attributes of its own, and of which there are no weak references."""

    __slots__ = ("views",)

    def __init__(self, view: View) -> None:
        self.views = [view]

    def __call__(self, **kwargs: Any) -> Any:
        return self.views[0](**kwargs)


def method(view: View) -> View:
    """A bound method."""
    return Called(view).__call__


def slotted_method(view: View) -> View:
    """A bound method of an object of which there are no weak references."""
    return Slotted(view).__call__


class Noted(Called):
    """An object that says what it wraps, as ``functools.update_wrapper`` does, and holds more."""

    def __init__(self, view: View) -> None:
        functools.update_wrapper(self, view)  # which copies what the view has
        super().__init__(view)
        self.report = hidden(print)


def static(view: View) -> View:
    """A wrapper that is written in C and says what it wraps, as the proxies of ``wrapt`` do."""
    return staticmethod(view)


def copying_attributes(view: View) -> View:
    """A wrapper that copies every attribute, ``__wrapped__`` too, and sets none."""

    def wrapper(**kwargs: Any) -> Any:
        return view(**kwargs)

    wrapper.__dict__.update(vars(view) if hasattr(view, "__dict__") else {})
    return wrapper


def method_wrapper(view: View) -> View:
    """The slot of a function."""
    return view.__call__  # type: ignore[no-any-return]


def in_a_dict(view: View) -> View:
    """A wrapper that keeps the view in a dict."""
    state = {"calls": 0, "view": view}
    return lambda **kwargs: state["view"](**kwargs)


def in_a_list(view: View) -> View:
    """The same in a list, in a tuple."""
    state = (None, [view])
    return lambda **kwargs: state[1][0](**kwargs)


def in_a_namespace(view: View) -> View:
    """In a plain object."""
    state = types.SimpleNamespace(view=view)
    return lambda **kwargs: state.view(**kwargs)


def in_a_default(view: View) -> View:
    """In a container that is a default."""

    def wrapper(state: dict[str, View] = {"view": view}, **kwargs: Any) -> Any:  # noqa: B006
        return state["view"](**kwargs)

    return wrapper


def attribute(view: View) -> View:
    """In an attribute of the wrapper."""

    def wrapper(**kwargs: Any) -> Any:
        return wrapper.inner(**kwargs)  # type: ignore[attr-defined]

    wrapper.inner = view  # type: ignore[attr-defined]
    return wrapper


def class_attribute(view: View) -> View:
    """In an attribute of a class."""

    class Wrapper:
        inner = staticmethod(view)

        def __call__(self, **kwargs: Any) -> Any:
            return self.inner(**kwargs)

    return Wrapper()


def known_to_a_class(view: View) -> View:
    """An object whose class knows the view."""

    class Wrapper:
        def __call__(self, **kwargs: Any) -> Any:
            return view(**kwargs)

    return Wrapper()


def known_to_a_method(view: View) -> View:
    """A method of such an object."""

    class Wrapper:
        def run(self, **kwargs: Any) -> Any:
            return view(**kwargs)

    return Wrapper().run


def known_to_a_view_class(view: View) -> View:
    """A class of Flask's that knows the view."""

    class Wrapper(FlaskView):
        methods = ("GET",)

        def dispatch_request(self, **kwargs: Any) -> Any:
            return view(**kwargs)

    return Wrapper.as_view("admin")


BETWEEN = [
    plain,
    wrapped,
    wrapped_without_attributes,
    hidden,
    partial,
    partial_argument,
    default_argument,
    keyword_default,
    Called,
    Slotted,
    method,
    slotted_method,
    Noted,
    static,
    copying_attributes,
    functools.cache,
    method_wrapper,
    in_a_dict,
    in_a_list,
    in_a_namespace,
    in_a_default,
    attribute,
    class_attribute,
    known_to_a_class,
    known_to_a_method,
    known_to_a_view_class,
]

each_between = pytest.mark.parametrize("between", BETWEEN, ids=lambda each: each.__name__)
each_harmless = pytest.mark.parametrize(
    "between",
    # Above a guard, a cache would give to anybody what it has: test_caches.py.
    [each for each in BETWEEN if each is not functools.cache],
    ids=lambda each: each.__name__,
)


def named(view: View) -> View:
    """Decorated with a name of its own, as Flask wants to have one."""
    with_name = view if isinstance(view, types.FunctionType) else (lambda **kwargs: view(**kwargs))
    with_name.__name__ = "admin"
    return with_name


def assert_noticed(app: Flask, path: str = "/admin") -> None:
    """The route answers 500, each time; and says why where errors are let through."""
    client = app.test_client()
    for _ in range(2):
        answer = client.get(path)
        assert (answer.status_code, b"welcome" in answer.data) == (500, False)
    app.testing = True
    with pytest.raises(ConfigurationError, match="below the route decorator"):
        client.get(path)


@pytest.mark.parametrize("decorate", ["required", "optional"])
@each_between
def test_above_another_decorator(
    between: Callable[[View], View], decorate: str, cognito: CognitoGuard, app: Flask
) -> None:
    """Whatever stands between ``required`` and the route decorator below it."""

    @getattr(cognito, decorate)
    @between
    @app.get("/admin")
    def admin() -> str:
        return "welcome"

    assert_noticed(app)


@each_between
def test_above_two_decorators(
    between: Callable[[View], View], cognito: CognitoGuard, app: Flask
) -> None:
    """The same with another decorator in between, and one below the route."""

    @cognito.required(groups="admins")
    @hidden
    @between
    @app.get("/admin")
    @hidden
    def admin() -> str:
        return "welcome"

    assert_noticed(app)


@each_between
def test_between_two_routes(
    between: Callable[[View], View], cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A view with two routes and the guard between them is guarded by the one above it only."""
    view = app.get("/admin")(named(lambda: "welcome"))
    app.add_url_rule("/guarded", "guarded", cognito.required(between(view)))
    client = app.test_client()
    assert client.get("/guarded").status_code == 401
    assert client.get("/guarded", headers=as_user()).text == "welcome"
    assert_noticed(app)


@each_harmless
def test_below_another_decorator(
    between: Callable[[View], View], cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """In the right order every decorator is as good, above the guard and below it."""
    guarded = between(cognito.required(between(lambda: "welcome")))
    app.add_url_rule("/admin", "admin", guarded)
    client = app.test_client()
    assert client.get("/admin").status_code == 401
    assert client.get("/admin", headers=as_user()).text == "welcome"


def in_a_factory(cognito: CognitoGuard) -> Flask:
    """An app whose functions are known to nobody else."""
    app = Flask(__name__)
    cognito.init_app(app)

    @cognito.required
    @hidden
    @app.get("/admin")
    def admin() -> str:
        return "welcome"

    return app


def test_in_a_factory(cognito: CognitoGuard) -> None:
    """The guard that nobody has kept is missed all the same, in each app that a factory makes."""
    for _ in range(2):
        assert_noticed(in_a_factory(cognito))


def test_in_a_blueprint(cognito: CognitoGuard, app: Flask) -> None:
    """In a nested blueprint that is registered twice, each route answers 500."""
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)

    @cognito.required
    @hidden
    @inner.get("/admin")
    def admin() -> str:
        return "welcome"

    outer.register_blueprint(inner)
    app.register_blueprint(outer, url_prefix="/v1", name="v1")
    app.register_blueprint(outer, url_prefix="/v2", name="v2")
    for path in ("/v1/admin", "/v2/admin"):
        app.testing = False
        assert_noticed(app, path)


class Pages:
    """An object whose methods are views."""

    def view(self) -> str:
        return "welcome"


def test_bound_methods(cognito: CognitoGuard, app: Flask) -> None:
    """A bound method that was registered first is missed; that of another object is no matter."""
    admin, public = Pages(), Pages()
    app.add_url_rule("/admin", "admin", admin.view)
    app.add_url_rule("/public", "public", public.view)
    cognito.required(hidden(admin.view))
    assert app.test_client().get("/public").text == "welcome"
    assert_noticed(app)


def test_bound_methods_that_are_gone(cognito: CognitoGuard) -> None:
    """What is known of a guarded method goes with it, in silence, and with its class too."""
    gone = []

    def make() -> None:
        class Local:
            def view(self) -> str:
                return "welcome"

        gone.append(weakref.ref(Local))
        cognito.required(Local().view)

    with pytest.MonkeyPatch.context() as patch:
        errors: list[Any] = []
        patch.setattr(sys, "unraisablehook", errors.append)
        make()
        gc.collect()
    assert gone[0]() is None
    assert not errors


class Shop(Flask):
    """An app that has a view itself, and its class another one."""

    def view(self) -> str:
        return "welcome"

    @classmethod
    def of_class(cls) -> str:
        return "welcome"


def test_methods_of_an_app(cognito: CognitoGuard, as_user: As) -> None:
    """A view that is a method of the app does not stand for all the views that the app has."""
    app = Shop(__name__)
    cognito.init_app(app)
    app.add_url_rule("/public", "public", lambda: "welcome")
    for name, view in (("view", app.view), ("of_class", app.of_class)):
        app.add_url_rule(f"/{name}", name, cognito.required(view))
    client = app.test_client()
    assert client.get("/public").text == "welcome"
    for path in ("/view", "/of_class"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=as_user()).text == "welcome"


@pytest.mark.parametrize(
    "wrap", [wrapped, hidden, functools.partial, Called], ids=lambda w: w.__name__
)
def test_view_functions_are_wrapped_later(
    wrap: Callable[[View], View], cognito: CognitoGuard, app: Flask
) -> None:
    """Whoever wraps the functions that Flask knows, as tracing does, hides no lost guard."""

    @cognito.required
    @hidden
    @app.get("/admin")
    def admin() -> str:
        return "welcome"

    app.view_functions["admin"] = wrap(app.view_functions["admin"])
    assert_noticed(app)


@pytest.mark.parametrize(
    "wrap", [wrapped, hidden, functools.partial, copy.copy], ids=lambda w: w.__name__
)
def test_guarded_view_functions_are_wrapped_later(
    wrap: Callable[[View], View], cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """Nor is a guard missed that is there."""

    @app.get("/admin")
    @cognito.required
    def admin() -> str:
        return "welcome"

    client = app.test_client()
    assert client.get("/admin").status_code == 401
    app.view_functions["admin"] = wrap(app.view_functions["admin"])
    assert client.get("/admin").status_code == 401
    assert client.get("/admin", headers=as_user()).text == "welcome"


def test_the_bare_function_takes_the_place(cognito: CognitoGuard, app: Flask) -> None:
    """A function that is put in the place of its guarded form is noticed, after requests too."""

    def admin() -> str:
        return "welcome"

    app.add_url_rule("/admin", "admin", cognito.required(admin))
    assert app.test_client().get("/admin").status_code == 401
    app.view_functions["admin"] = admin
    assert_noticed(app)


def test_guarded_after_the_first_request(cognito: CognitoGuard, app: Flask) -> None:
    """What is guarded only after it has answered is looked at again."""

    @app.get("/admin")
    def admin() -> str:
        return "welcome"

    assert app.test_client().get("/admin").text == "welcome"
    cognito.required(hidden(admin))
    assert_noticed(app)


def test_a_lost_second_guard(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A guard below the route does not stand for the stricter one above it."""

    @cognito.required(groups="admins")
    @hidden
    @app.get("/admin")
    @cognito.required
    def admin() -> str:
        return "welcome"

    assert app.test_client().get("/admin", headers=as_user()).status_code == 500
    assert_noticed(app)


def test_an_unwrapping_decorator(cognito: CognitoGuard, app: Flask) -> None:
    """A decorator above the guard that throws it away is noticed."""
    guarded = cognito.required(lambda: "welcome")
    app.add_url_rule("/admin", "admin", wrapped(guarded.__wrapped__))  # type: ignore[attr-defined]
    assert_noticed(app)


def test_copied_attributes_are_no_guard(cognito: CognitoGuard, app: Flask) -> None:
    """A view that has copied the attributes of a guarded one is not taken for it."""
    guarded = cognito.required(lambda: "welcome")
    bare = named(guarded.__wrapped__)  # type: ignore[attr-defined]
    bare.__dict__.update(
        {name: one for name, one in vars(guarded).items() if name != "__wrapped__"}
    )
    app.add_url_rule("/admin", "admin", bare)
    assert_noticed(app)


def test_a_view_that_calls_another(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A guarded view may call an open one of the same factory, which stays open."""

    @app.get("/public")
    def public() -> str:
        return "welcome"

    @app.get("/shown")
    @wrapped
    def shown() -> str:
        return "welcome"

    @app.get("/private")
    @cognito.required
    def private() -> str:
        return public() + shown()

    client = app.test_client()
    assert client.get("/public").text == client.get("/shown").text == "welcome"
    assert client.get("/private").status_code == 401
    assert client.get("/private", headers=as_user()).text == "welcome" * 2


def test_views_that_know_each_other(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """So may a method of a class, and one may have a table of them."""

    def public() -> str:
        return "welcome"

    pages = {"public": public}

    @cognito.required
    class Private(MethodView):
        def get(self) -> str:
            return public()

    @app.get("/table")
    @cognito.required
    def table() -> str:
        return pages["public"]()

    app.add_url_rule("/private", view_func=Private.as_view("private"))
    app.add_url_rule("/public", "public", public)
    client = app.test_client()
    for path in ("/private", "/table"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=as_user()).text == "welcome"
    assert client.get("/public").text == "welcome"


def test_methods_of_a_class_in_a_factory(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """Of two objects of one class, one may have open methods and the other guarded ones."""

    class Local:
        def view(self) -> str:
            return "welcome"

        @wrapped
        def decorated(self) -> str:
            return "welcome"

    admin, public = Local(), Local()
    client = app.test_client()
    for name in ("view", "decorated"):
        app.add_url_rule(f"/private/{name}", f"x{name}", cognito.required(getattr(admin, name)))
        app.add_url_rule(f"/{name}", name, getattr(public, name))
    for name in ("view", "decorated"):
        assert client.get(f"/{name}").text == "welcome"
        assert client.get(f"/private/{name}").status_code == 401
        assert client.get(f"/private/{name}", headers=as_user()).text == "welcome"


def test_open_on_purpose(cognito: CognitoGuard, app: Flask) -> None:
    """A function of its own may open what is guarded elsewhere."""

    def view() -> str:
        return "welcome"

    app.add_url_rule("/guarded", "guarded", cognito.required(view))
    app.add_url_rule("/open", "open", lambda: view())
    client = app.test_client()
    assert client.get("/guarded").status_code == 401
    assert client.get("/open").text == "welcome"


def with_helper(helper: View) -> Callable[[View], View]:
    """A decorator that is given a function, as for the key in a cache."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(*, convert: View = str, **kwargs: Any) -> Any:
            return convert(helper(view(**kwargs)))

        return wrapper

    return decorate


def test_helpers_in_common(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """What guarded views and open ones both use is not taken for a view."""
    helper = with_helper(lambda text: text)
    app.add_url_rule("/private", "private", cognito.required(helper(lambda: "welcome")))
    app.add_url_rule("/public", "public", helper(lambda: "welcome"))
    serve = functools.partial(lambda text: text, "welcome")
    app.add_url_rule("/private/page", "private-page", cognito.required(serve))
    app.add_url_rule("/public/page", "page", functools.partial(serve.func, "welcome"))
    client = app.test_client()
    for path in ("", "/page"):
        assert client.get(f"/private{path}").status_code == 401
        assert client.get(f"/private{path}", headers=as_user()).text == "welcome"
        assert client.get(f"/public{path}").text == "welcome"


@pytest.mark.parametrize("wrap", [wrapped, functools.partial], ids=lambda each: each.__name__)
def test_wrapped_and_open_on_purpose(
    wrap: Callable[[View], View], cognito: CognitoGuard, app: Flask
) -> None:
    """One function may have a guarded route and, wrapped, an open one of another name."""

    def view() -> str:
        return "welcome"

    app.add_url_rule("/guarded", "guarded", cognito.required(view))
    app.add_url_rule("/open", "open", wrap(view))
    client = app.test_client()
    assert client.get("/guarded").status_code == 401
    assert client.get("/open").text == "welcome"


@pytest.mark.parametrize("wrap", [wrapped, functools.partial], ids=lambda each: each.__name__)
def test_wrapped_and_guarded_nowhere(
    wrap: Callable[[View], View], cognito: CognitoGuard, app: Flask
) -> None:
    """If the guarded one has no route, the wrapped one was meant."""

    def view() -> str:
        return "welcome"

    app.add_url_rule("/admin", "another name", wrap(view))
    cognito.required(view)
    assert_noticed(app)


def test_a_cell_that_is_empty(cognito: CognitoGuard, app: Flask) -> None:
    """A function may refer to one that is defined later, or never."""

    @app.get("/private")
    @cognito.required
    def private() -> Any:
        return later()

    assert app.test_client().get("/private").status_code == 401

    def later() -> str:
        return "welcome"


@pytest.mark.parametrize("error", [404, KeyError, Exception], ids=str)
def test_error_handlers(error: Any, cognito: CognitoGuard, app: Flask) -> None:
    """A guard above ``errorhandler`` guards nothing, so the app answers 500 to everything."""

    @cognito.required
    @app.errorhandler(error)
    def fallback(problem: Exception) -> str:
        return "welcome"

    for _ in range(2):
        assert app.test_client().get("/no").status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="error handler was guarded after"):
        app.test_client().get("/no")


def test_guarded_error_handlers(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """Below it, it guards the handler."""

    @app.errorhandler(404)
    @cognito.required
    def fallback(problem: Exception) -> str:
        return "welcome"

    client = app.test_client()
    answer = client.get("/no")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert client.get("/no", headers=as_user()).text == "welcome"


def _of_app(app: Flask, name: str) -> Any:
    return getattr(app, name)


def _of_blueprint(app: Flask, name: str) -> Any:
    blueprint = Blueprint("some", __name__)
    own = getattr(blueprint, name)

    def register(function: Any) -> Any:
        own(function)
        app.register_blueprint(blueprint)
        return function

    return register


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (_of_app, "before_request"),
        (_of_app, "url_value_preprocessor"),
        (_of_blueprint, "before_request"),
        (_of_blueprint, "before_app_request"),
        (_of_app, "after_request"),
        (_of_blueprint, "after_app_request"),
        (_of_app, "teardown_request"),
        (_of_app, "teardown_appcontext"),
        (_of_app, "context_processor"),
        (_of_app, "url_defaults"),
    ],
)
def test_hooks(place: Any, name: str, is_wrapped: bool, cognito: CognitoGuard, app: Flask) -> None:
    """A guard above a function that runs with requests guards nothing, so the app answers 500."""

    def hook(*given: Any) -> Any:
        return given[0] if "after" in name else None

    place(app, name)(hook)
    cognito.required(functools.wraps(hook)(lambda *_: hook(*_)) if is_wrapped else hook)
    app.add_url_rule("/open", "open", lambda: "welcome")
    for _ in range(2):
        assert app.test_client().get("/open").status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match="before_request"):
        app.test_client().get("/open")


def test_guarded_hooks(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """Below it, it guards all that comes after."""

    @app.before_request
    @cognito.required
    def hook() -> None:
        return None

    app.add_url_rule("/open", "open", lambda: "welcome")
    client = app.test_client()
    assert client.get("/open").status_code == 401
    assert client.get("/open", headers=as_user()).text == "welcome"


@pytest.mark.parametrize("is_wrapped", [False, True])
@pytest.mark.parametrize("as_view", [False, True])
def test_hooks_that_are_guarded_elsewhere(
    as_view: bool, is_wrapped: bool, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A function that runs before all requests may also be one that guards a blueprint, or a
    view."""
    ran: list[str] = []

    def hook() -> str | None:
        ran.append("hook")
        return "welcome" if request.args else None

    blueprint = Blueprint("some", __name__)
    blueprint.add_url_rule("/some", "some", lambda: "welcome")
    app.before_request(functools.wraps(hook)(lambda: hook()) if is_wrapped else hook)
    if as_view:
        app.add_url_rule("/some", "hook", cognito.required(hook))
    else:
        blueprint.before_request(cognito.required(hook))
        app.register_blueprint(blueprint)
    app.add_url_rule("/open", "open", lambda: "welcome")
    client = app.test_client()
    assert client.get("/open").text == "welcome"
    assert client.get("/some").status_code == 401
    assert ran == ["hook", "hook"]
    assert client.get("/some?more=1", headers=as_user()).text == "welcome"


def test_registries(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A decorator that finds its view in a table hides nothing that is there."""
    app.add_url_rule("/admin", "admin", kept_elsewhere(cognito.required(lambda: "welcome")))
    assert app.test_client().get("/admin").status_code == 401


@each_harmless
def test_methods_of_classes(
    between: Callable[[View], View], cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """In a class, the order of decorators does not matter: the class has the outermost."""

    class Admin(MethodView):
        init_every_request = False
        get = cognito.required(hidden(lambda self: "welcome"))

    app.add_url_rule("/admin", "admin", between(Admin.as_view("admin")))
    client = app.test_client()
    assert client.get("/admin").status_code == 401
    assert client.get("/admin", headers=as_user()).text == "welcome"
