"""``requires`` among other people's code: subclasses, decorators, users and requests of others."""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    SimpleUser,
    UnauthenticatedUser,
)
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import AnonymousUser, CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires

from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket

admins = requires(groups="admins")
editors = requires(roles="editor")


def answer_ran(request: Request) -> Response:
    """Nothing else in this module may be guarded and call this by its name."""
    return PlainTextResponse("ran")


def _base() -> Any:
    @admins
    class Base(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return Base


def _dispatch() -> Any:
    class Sub(_base()):  # type: ignore[misc]
        async def dispatch(self) -> None:
            await PlainTextResponse("ran")(self.scope, self.receive, self.send)

    return Sub


def _reassigned() -> Any:
    base = _base()

    async def dispatch(self: Any) -> None:
        await PlainTextResponse("ran")(self.scope, self.receive, self.send)

    base.dispatch = dispatch
    return base


class Plain(HTTPEndpoint):
    """Nobody guards it, and it answers in its own way."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self.made = True

    async def dispatch(self) -> None:
        """Answer."""
        assert self.made
        await PlainTextResponse("ran")(self.scope, self.receive, self.send)


def _mixed() -> Any:
    class Sub(Plain, _base()):  # type: ignore[misc]
        """Plain comes first."""

    return Sub


def _mixed_in() -> Any:
    class Sub(_base(), Plain):  # type: ignore[misc]
        """Plain comes second, and its constructor still runs."""

        async def get(self, request: Request) -> Response:
            assert self.made
            return PlainTextResponse("ran")

    return Sub


def _own_everything() -> Any:
    @admins
    class Own(HTTPEndpoint):
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            super().__init__(scope, receive, send)
            self.text = "ran"

        def __await__(self) -> Any:
            return self.dispatch().__await__()

        async def dispatch(self) -> None:
            await PlainTextResponse(self.text)(self.scope, self.receive, self.send)

    return Own


CLASSES = {
    "base": _base,
    "dispatch": _dispatch,
    "reassigned": _reassigned,
    "first": _mixed,
    "second": _mixed_in,
    "own": _own_everything,
}


def _serve(endpoint: Any, guard: Guard, *middleware: Middleware) -> Starlette:
    return Starlette(
        routes=[Route("/", endpoint), WebSocketRoute("/ws", endpoint)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False), *middleware],
    )


@pytest.mark.parametrize("name", CLASSES)
def test_subclasses_stay_guarded(name: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Whatever a subclass overrides or inherits besides, its callers have to be admins."""
    app = _serve(CLASSES[name](), guard)
    ada = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(app, "/")).status == 401
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 403
    assert run(lambda: http(app, "/", ada)).body == b"ran"


def _await_again() -> Any:
    class Sub(_base()):  # type: ignore[misc]
        def __await__(self) -> Any:
            return self.dispatch().__await__()

    return Sub


def _await_later() -> Any:
    base = _base()
    base.__await__ = HTTPEndpoint.__await__
    return base


def _await_first() -> Any:
    class First(HTTPEndpoint):
        def __await__(self) -> Any:
            return self.dispatch().__await__()

    class Sub(First, _base()):  # type: ignore[misc]
        """The guarded one comes second."""

    return Sub


@pytest.mark.parametrize("make", [_await_again, _await_later, _await_first])
def test_what_goes_past_the_guard_is_an_error(
    make: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Where a subclass answers without the guard, nobody gets in, not even an admin."""
    app = _serve(make(), guard)
    for lines in ([], [bearer(pool.access_token(groups=["admins"]))]):
        with pytest.raises(ConfigurationError, match="overrides __await__"):
            run(lambda lines=lines: http(app, "/", lines))


def _stacked() -> Any:
    return editors(_base())


def _inherited() -> Any:
    @editors
    class Sub(_base()):  # type: ignore[misc]
        """Guarded twice."""

    return Sub


def _both_bases() -> Any:
    @editors
    class Other(HTTPEndpoint):
        """Guarded as well."""

    class Sub(_base(), Other):  # type: ignore[misc]
        """Two guards."""

    return Sub


def _both_with_own_await() -> Any:
    return editors(_own_everything())


@pytest.mark.parametrize("make", [_stacked, _inherited, _both_bases, _both_with_own_await])
def test_two_guards_of_a_class(make: Any, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Two guards of one class are both asked."""
    app = _serve(make(), guard)
    for groups, role, status in (
        (["admins"], "editor", 200),
        (["admins"], None, 403),
        ([], "editor", 403),
    ):
        lines = [bearer(pool.access_token(groups=groups, role=role))]
        assert run(lambda lines=lines: http(app, "/", lines)).status == status


def test_websocket_class(guard: Guard, run: Run) -> None:
    """A WebSocket class whose subclass overrides ``dispatch`` stays guarded."""

    @admins
    class Base(WebSocketEndpoint):
        """Guarded."""

    class Sub(Base):
        async def dispatch(self) -> None:
            await self.send({"type": "websocket.accept"})

    app = _serve(Sub, guard)
    assert denied(run(lambda: websocket(app, "/ws", extensions=DENIAL))).status == 401


@pytest.mark.parametrize(
    "attribute",
    ["required_group", "required_groups", "required_scopes", "requires_role", "required_policy"],
)
def test_what_reads_like_a_requirement(
    attribute: str, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """An attribute that reads like a requirement is none here, so it is an error: when the class is
    decorated, or, on a subclass or set later, when a request comes."""

    class Named(HTTPEndpoint):
        """Has it."""

    setattr(Named, attribute, "admins")
    with pytest.raises(ConfigurationError, match=attribute):
        requires()(Named)

    late = _base()
    setattr(late, attribute, "admins")
    with pytest.raises(ConfigurationError, match=attribute):
        run(lambda: http(_serve(late, guard), "/"))


def plain(function: Any) -> Any:
    """A decorator that forgets what it wraps."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def wrapping(function: Any) -> Any:
    """A decorator that says what it wraps."""
    return functools.wraps(function)(plain(function))


def same(function: Any) -> Any:
    """No decorator."""
    return function


def of_request(function: Any) -> Any:
    """A decorator with the signature of an endpoint."""

    async def inner(request: Request) -> Any:
        return await function(request)

    return inner


def in_partial(function: Any) -> Any:
    """A partial with the function as an argument."""
    return functools.partial(lambda called, request: called(request), function)


def in_default(function: Any) -> Any:
    """A wrapper with the function as a default."""
    return lambda request, _function=function: _function(request)


def in_list(function: Any) -> Any:
    """A wrapper with the function in a list."""
    functions = [function]
    return lambda request: functions[0](request)


class Noted:
    """One that ``functools.update_wrapper`` has seen to, and that holds more."""

    def __init__(self, function: Any) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.report = plain(print)

    async def __call__(self, request: Request) -> Any:
        return await self.function(request)


class Caller:
    """A decorator that is an object."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def call(self, request: Request) -> Any:
        """Call it."""
        return self.function(request)


def of_object(function: Any) -> Any:
    """The method of a decorator that is an object."""
    return Caller(function).call


def twice(function: Any) -> Any:
    """Two decorators."""
    return plain(wrapping(function))


@pytest.mark.parametrize(
    "between",
    [
        same,
        plain,
        wrapping,
        twice,
        functools.partial,
        of_request,
        in_partial,
        in_default,
        in_list,
        of_object,
    ],
)
@pytest.mark.parametrize("where", ["app", "router", "mounted", "wrapped"])
def test_above_the_route(
    where: str, between: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Above the decorator that makes the route, ``requires`` guards nothing; the first request says
    so, to everybody."""
    app, inner, router = FastAPI(), FastAPI(), APIRouter()
    target = {"app": app, "wrapped": app, "router": router, "mounted": inner}[where]

    def view() -> str:
        return "ran"

    path = "/x" if where == "router" else "/"
    lost = admins(between(target.get(path)(view)))
    asked = {"router": "/x", "mounted": "/sub/"}.get(where, "/")
    app.include_router(router)
    app.mount("/sub", inner)
    serving: Any = app
    if where == "wrapped":
        serving = CognitoMiddleware(app, guard=guard)
    else:
        app.add_middleware(CognitoMiddleware, guard=guard)
    del lost
    for lines in (
        ([], [bearer(pool.access_token())]) if where == "x" else ([bearer(pool.access_token())],)
    ):
        with pytest.raises(ConfigurationError, match="guards nothing"):
            run(lambda lines=lines: http(serving, asked, lines))


@pytest.mark.parametrize("between", [wrapping, Noted, functools.cache, staticmethod])
def test_above_a_route_of_somebodys_own(
    between: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """So it does above a decorator that registers a wrapper, which says what it wraps, and gives
    the function back."""
    routes: list[Route] = []

    def route(view: Any) -> Any:
        routes.append(Route("/", between(view)))
        return view

    @requires()
    @route
    async def view(request: Request) -> Response:
        return PlainTextResponse("ran")

    middleware = [Middleware(CognitoMiddleware, guard=guard, required=False)]
    app = Starlette(routes=routes, middleware=middleware)
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/", [bearer(pool.access_token())]))


def test_above_the_route_of_a_guarded_one(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A second guard that is lost is noticed although the first one is in place."""
    app = FastAPI()

    @admins
    @app.get("/")
    @editors
    def view(request: Request) -> str:
        return "ran"

    app.add_middleware(CognitoMiddleware, guard=guard)
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/", [bearer(pool.access_token(role="editor"))]))


def test_a_wrapper_that_is_not_complete_yet(guard: Guard) -> None:
    """A wrapper that names what is defined below it can be guarded."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return later(*args, **kwargs)

    guarded = admins(wrapper)
    later = answer_ran
    assert callable(guarded)


def test_a_guard_inside_is_none_outside(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What matters is that a guard is around the function, not that it is somewhere below."""

    def view(request: Request) -> Response:
        return PlainTextResponse("ran")

    outer = admins(view)
    view.__wrapped__ = outer  # type: ignore[attr-defined]
    app = Starlette(
        routes=[Route("/", view)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/"))


def test_other_routes_go_on(guard: Guard, run: Run) -> None:
    """Only the route that lost its guard is an error; what a guarded wrapper makes use of besides
    is open where it has a route of its own."""

    async def health(request: Request) -> Response:
        return PlainTextResponse("health")

    async def view(request: Request) -> Response:
        return PlainTextResponse("ran")

    def or_else(function: Any, other: Any) -> Any:
        async def inner(request: Request) -> Any:
            return await (function or other)(request)

        return inner

    async def lost(request: Request) -> Response:
        return PlainTextResponse("ran")

    gone = admins(lost)
    app = Starlette(
        routes=[
            Route("/", admins(or_else(view, health))),
            Route("/health", health),
            Route("/lost", lost),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    assert run(lambda: http(app, "/health")).body == b"health"
    assert run(lambda: http(app, "/")).status == 401
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/lost"))
    del gone


def test_what_comes_late(guard: Guard, run: Run) -> None:
    """A route that is added to a mounted router is looked at, and a guard that comes later."""

    async def first(request: Request) -> Response:
        return PlainTextResponse("ran")

    async def second(request: Request) -> Response:
        return PlainTextResponse("ran")

    inner = Starlette(routes=[Route("/first", first)])
    app = Starlette(
        routes=[Mount("/sub", inner)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    assert run(lambda: http(app, "/sub/first")).body == b"ran"
    kept = [admins(first), admins(second)]
    inner.router.routes.append(Route("/second", second))
    for path in ("/sub/first", "/sub/second"):
        with pytest.raises(ConfigurationError, match="guards nothing"):
            run(lambda path=path: http(app, path))
    del kept


def _subclassing(cls: Any) -> Any:
    class Made(cls):  # type: ignore[misc]
        """What a class decorator makes."""

    return Made


def _new() -> Any:
    class Sub(_base()):  # type: ignore[misc]
        def __new__(cls, scope: Any, receive: Any, send: Any) -> Any:
            return PlainTextResponse("ran")(scope, receive, send)

    return Sub


def _guarded_method() -> Any:
    class Base(HTTPEndpoint):
        @admins
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    class Sub(Base):
        async def dispatch(self) -> None:
            await PlainTextResponse("ran")(self.scope, self.receive, self.send)

    return Sub


def _own_init() -> Any:
    class Sub(_base()):  # type: ignore[misc]
        def __init__(self, scope: Any, receive: Any, send: Any) -> None:
            self.scope, self.receive, self.send = scope, receive, send

        def __await__(self) -> Any:
            return PlainTextResponse("ran")(self.scope, self.receive, self.send).__await__()

    return Sub


def _decorated_above() -> Any:
    class View(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    admins(_subclassing(View))
    return View


@pytest.mark.parametrize("make", [_new, _guarded_method, _own_init, _decorated_above])
def test_classes_that_go_past_the_guard(make: Any, guard: Guard, run: Run) -> None:
    """A class that may answer without the guard that it has, or should have, is an error."""
    app = _serve(make(), guard)
    with pytest.raises(ConfigurationError):
        run(lambda: http(app, "/"))


def test_a_route_that_comes_later(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A route that is added while the app runs is looked at, too."""
    app = FastAPI()
    app.add_middleware(CognitoMiddleware, guard=guard)
    lines = [bearer(pool.access_token())]
    assert run(lambda: http(app, "/", lines)).status == 404
    lost = admins(app.get("/")(lambda: "ran"))
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/", lines))
    del lost


@pytest.mark.parametrize("outer", [same, plain, wrapping, twice])
def test_below_the_route(outer: Any, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Below other decorators it guards, and an endpoint may call one that is open."""

    def home(request: Request) -> Response:
        return PlainTextResponse("home")

    @admins
    async def view(request: Request) -> Response:
        return home(request)

    async def through(*args: Any, **kwargs: Any) -> Any:
        return await outer(view)(*args, **kwargs)

    app = Starlette(
        routes=[Route("/", through), Route("/home", home)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    assert run(lambda: http(app, "/")).status == 401
    assert run(lambda: http(app, "/home")).body == b"home"
    ada = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(app, "/", ada)).body == b"home"


class Backend(AuthenticationBackend):
    """Somebody else's idea of who is calling."""

    def __init__(self, user: Any) -> None:
        self.user = user

    async def authenticate(self, conn: Any) -> Any:
        """Say the same of every request."""
        return AuthCredentials(["authenticated"]), self.user


@pytest.mark.parametrize("kind", ["user", "nobody", "identity"])
def test_another_user_behind_the_middleware(
    kind: str, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Another middleware may replace ``request.user``; ``requires`` goes by what ours has said."""
    user = {
        "user": SimpleUser("root"),
        "nobody": UnauthenticatedUser(),
        "identity": guard.verify(pool.access_token("root", groups=["admins"])),
    }[kind]

    @admins
    async def view(request: Request) -> Response:
        assert request.user is user
        return PlainTextResponse("ran")

    app = _serve(view, guard, Middleware(AuthenticationMiddleware, backend=Backend(user)))
    assert run(lambda: http(app, "/")).status == 401
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 403
    ada = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(app, "/", ada)).body == b"ran"


@pytest.mark.parametrize("key", ["guard", "identity", "nothing"])
def test_a_scope_of_somebody_elses(key: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What another middleware puts into the scope is no caller of ours."""
    identity = guard.verify(pool.access_token(groups=["admins"]))
    given = {"guard": guard, "identity": identity, "nothing": None}[key]
    app = Starlette(routes=[Route("/", admins(lambda request: PlainTextResponse("ran")))])
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        run(lambda: http(app, "/", user=identity, cognito_guard=given))
    # Outside of ours, it is replaced.
    inside = _serve(admins(lambda request: PlainTextResponse("ran")), guard)
    assert run(lambda: http(inside, "/", user=identity, cognito_guard=given)).status == 401


def test_an_identity_in_the_scope_is_nothing_to_fastapi(
    guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """``CognitoAuth`` looks at the request itself."""
    app = FastAPI()
    app.get("/", dependencies=[Depends(CognitoAuth(guard))])(lambda: "ran")
    identity = guard.verify(pool.access_token(groups=["admins"]))
    assert run(lambda: http(app, "/", user=identity)).status == 401


def test_a_request_of_another_caller(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Where the arguments hold requests of several callers, nobody is let in."""
    guarded = admins(lambda *args, **kwargs: PlainTextResponse("ran"))
    kept: list[Request] = []

    async def view(request: Request) -> Response:
        kept.append(request)
        copy = Request(dict(request.scope))
        answer: Response = guarded(request, again=request, copy=copy)
        if len(kept) > 1:
            guarded(other=kept[0], request=request)
        return answer

    app = _serve(view, guard)
    ada = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(app, "/", ada)).body == b"ran"
    with pytest.raises(ConfigurationError, match="several callers"):
        run(lambda: http(app, "/", ada))


def test_two_middlewares(pool: LocalUserPool, guard: Guard, run: Run) -> None:
    """Of two middlewares, a request has to please both, and the inner one says who is calling."""
    staff_pool = LocalUserPool(user_pool_id="eu-west-1_Staff")
    staff = Guard(staff_pool.trust())
    both = Guard(pool.trust(), staff_pool.trust())
    seen: list[Any] = []

    def view(request: Request) -> Response:
        seen.append(request.user)
        return PlainTextResponse("ran")

    def app(inner: Guard, **more: Any) -> Starlette:
        mounted = Starlette(
            routes=[Route("/", view), Route("/guarded", requires()(lambda request: view(request)))],
            middleware=[Middleware(CognitoMiddleware, guard=inner, **more)],
        )
        return Starlette(
            routes=[Mount("/staff", mounted)],
            middleware=[Middleware(CognitoMiddleware, guard=both)],
        )

    user, member = [bearer(pool.access_token())], [bearer(staff_pool.access_token())]
    assert run(lambda: http(app(staff), "/staff/", user)).status == 401
    assert run(lambda: http(app(staff), "/staff/", member)).status == 200
    assert seen[-1].issuer == staff.verify(staff_pool.access_token()).issuer
    assert run(lambda: http(app(guard), "/staff/", member)).status == 401
    # An inner exemption makes nobody of the caller, so the guards behind it refuse him.
    exempting = app(staff, exempt=["/*"])
    assert run(lambda: http(exempting, "/staff/", member)).status == 200
    assert isinstance(seen[-1], AnonymousUser)
    assert run(lambda: http(exempting, "/staff/guarded", member)).status == 401


def test_a_dispatch_that_goes_on(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A subclass that overrides ``dispatch`` and calls the one above keeps the guarded method."""

    class Base(HTTPEndpoint):
        @admins
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    class Sub(Base):
        color = "red"

        async def dispatch(self) -> None:
            await super().dispatch()

    app = Starlette(
        routes=[Route("/", Sub)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )
    good = [bearer(pool.access_token(groups=["admins"]))]

    assert run(lambda: http(app, "/", good)).body == b"ran"
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 403


def _plain(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return Sub


def _decorated(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        @plain_decorator
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return Sub


def _further(base: Any) -> Any:
    class Between(base):  # type: ignore[misc]
        async def get(self, request: Request) -> Response:
            return await super().get(request)  # type: ignore[no-any-return]

    return _plain(Between)


def _mixin(base: Any) -> Any:
    class Mixin:
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return type("Sub", (Mixin, base), {})


def plain_decorator(function: Any) -> Any:
    """One that says what it wraps."""

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


def _guarded_get(guard: Any) -> Any:
    class Base(HTTPEndpoint):
        @plain_decorator
        @guard
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return Base


def _serving(cls: Any, guard: Guard, **more: Any) -> Starlette:
    middleware = [Middleware(CognitoMiddleware, guard=guard, **more)]
    return Starlette(routes=[Route("/", cls)], middleware=middleware)


@pytest.mark.parametrize("derive", [_plain, _decorated, _further, _mixin])
@pytest.mark.parametrize("ask", [admins, requires()], ids=["admins", "anybody"])
def test_a_method_that_hides_a_guarded_one(
    ask: Any, derive: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """It would run for everybody. Where the middleware asks for all that the guard asks for, it
    may."""
    user = [bearer(pool.access_token())]
    app = _serving(derive(_guarded_get(ask)), guard, required=False)
    for headers in ([], user):
        with pytest.raises(ConfigurationError, match="get has no guard"):
            run(partial(http, app, "/", headers))
    app = _serving(derive(_guarded_get(ask)), guard)
    if ask is admins:
        with pytest.raises(ConfigurationError, match="get has no guard"):
            run(lambda: http(app, "/", user))
    else:
        assert run(lambda: http(app, "/", user)).body == b"ran"


def _of_base(cls: Any) -> Any:
    return cls().get


def _of_base_wrapped(cls: Any) -> Any:
    return wrapping(cls().get)


def _of_class(cls: Any) -> Any:
    return type("Last", (cls,), {"get": classmethod(cls.get)}).get  # type: ignore[attr-defined]


@pytest.mark.parametrize("bound", [_of_base, _of_base_wrapped, _of_class])
@pytest.mark.parametrize("kind", ["starlette", "fastapi"])
def test_a_bound_method_that_hides_another(
    kind: str, bound: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """So it is in a class that is none of Starlette's. One that is inherited, or has a guard before
    it, is as that one says."""

    def serve(endpoint: Any) -> Any:
        if kind == "starlette":
            return _serving(endpoint, guard, required=False)
        app = FastAPI()
        app.add_api_route("/", endpoint)
        app.add_middleware(CognitoMiddleware, guard=guard, required=False)
        return app

    class Base:
        @requires()
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    class Sub(Base):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    user = [bearer(pool.access_token())]
    with pytest.raises(ConfigurationError, match="get has no guard"):
        run(lambda: http(serve(bound(Sub)), "/", user))
    for good in (Base().get, requires()(Sub().get)):
        app = serve(good)
        assert run(partial(http, app, "/")).status == 401
        assert run(partial(http, app, "/", user)).body == b"ran"


def _anew(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        get = plain_decorator(admins(base.get))

    return Sub


def _goes_on(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        @plain_decorator
        async def get(self, request: Request) -> Response:
            return await super().get(request)  # type: ignore[no-any-return]

    return Sub


def _goes_on_by_name(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        async def get(self, request: Request) -> Response:
            return await Base.get(self, request)  # type: ignore[no-any-return]

    Base = base  # noqa: N806
    base.__name__ = "Base"
    return Sub


def _goes_on_within(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        async def get(self, request: Request) -> Response:
            async def inner() -> Response:
                return await super(Sub, self).get(request)  # type: ignore[no-any-return]

            return await inner()

    return Sub


def _goes_on_by_text(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        async def get(self, request: Request) -> Response:
            return await getattr(super(), "get")(request)  # type: ignore[no-any-return]  # noqa: B009

    return Sub


def _in_part(base: Any) -> Any:
    class Sub(base):  # type: ignore[misc]
        get = functools.partialmethod(base.get)

    return Sub


def _as_a_whole(base: Any) -> Any:
    return admins(_plain(base))


@pytest.mark.parametrize(
    "derive",
    [
        _anew,
        _goes_on,
        _goes_on_by_name,
        _goes_on_within,
        _goes_on_by_text,
        _in_part,
        _as_a_whole,
    ],
)
def test_a_method_that_is_guarded_again(
    derive: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """It may hide another one, and so may one that goes on to it, or one of a guarded class."""
    app = _serving(derive(_guarded_get(admins)), guard)
    good = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(app, "/", good)).body == b"ran"
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 403


def _for_errors(app: FastAPI, function: Any) -> None:
    app.exception_handler(404)(function)


def _for_all(app: FastAPI, function: Any) -> None:
    app.middleware("http")(function)


async def _answer(request: Request, more: Any) -> Response:
    return PlainTextResponse("ran")


@pytest.mark.parametrize("wrap", [lambda one: one, plain_decorator], ids=["bare", "wrapped"])
@pytest.mark.parametrize("register", [_for_errors, _for_all])
def test_a_guard_above_a_handler(
    register: Any, wrap: Any, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """It guards nothing, so the app answers with an error; below, it guards the handler."""

    def app(*, above: bool, **more: Any) -> FastAPI:
        async def answer(request: Request, more: Any) -> Response:
            return await _answer(request, more)

        made = FastAPI()
        register(made, answer if above else wrap(admins(answer)))
        if above:
            admins(wrap(answer))
        made.add_middleware(CognitoMiddleware, guard=guard, **more)
        return made

    user = [bearer(pool.access_token())]
    for required in (False, True):
        lost = app(above=True, required=required)
        with pytest.raises(ConfigurationError, match="or the handler"):
            run(partial(http, lost, "/no", user))
    right = app(above=False, required=False)
    assert run(lambda: http(right, "/no", user)).status == 403
    good = [bearer(pool.access_token(groups=["admins"]))]
    assert run(lambda: http(right, "/no", good)).body == b"ran"


def test_a_handler_with_a_guarded_route(guard: Guard, run: Run) -> None:
    """With its guard it has a route of its own, so the handler is open on purpose."""

    async def page(request: Request, more: Any = None) -> Response:
        return PlainTextResponse("ran")

    app = FastAPI(exception_handlers={404: page})
    app.add_route("/page", requires()(page))
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    assert run(lambda: http(app, "/no")).body == b"ran"
    assert run(lambda: http(app, "/page")).status == 401


def test_a_mounted_handler_with_a_guarded_route(guard: Guard, run: Run) -> None:
    """The route may be one of the app that the other is mounted in."""

    async def page(request: Request, more: Any = None) -> Response:
        return PlainTextResponse("ran")

    inner = Starlette(exception_handlers={404: page})
    app = Starlette(routes=[Mount("/inner", inner), Route("/page", requires()(page))])
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    assert run(lambda: http(app, "/inner/no")).body == b"ran"
    assert run(lambda: http(app, "/page")).status == 401


def test_included_socket(guard: Guard, run: Run) -> None:
    """FastAPI handles a copy of it, which is stopped as well; pages go on."""
    router = APIRouter()

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()

    async def page() -> str:
        return "page"

    router.websocket("/live")(socket)
    router.get("/page")(page)
    lost = requires()(socket)
    app = FastAPI()
    app.include_router(router)
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)

    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: websocket(app, "/live", extensions=DENIAL))
    assert run(lambda: http(app, "/page")).body == b'"page"'
    del lost
