"""CognitoAuth: a FastAPI dependency for HTTP and WebSockets, with and without requirements."""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security, WebSocket
from fastapi.exceptions import FastAPIError
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from starlette.requests import HTTPConnection

from cognito_guard import (
    ConfigurationError,
    Guard,
    Identity,
    build_policy,
    require_groups,
    require_scopes,
)
from cognito_guard.events import CallerVerified
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires

from ..raw import Answer, bearer
from .conftest import Run
from .drive import DENIAL, denied, http, scope, websocket


def create_app(guard: Guard) -> FastAPI:
    """Every way in which a route can ask for the caller. Each says the name that it sees."""
    auth = CognitoAuth(guard)
    app = FastAPI()

    def name(user: Identity | None) -> dict[str, str | None]:
        return {"name": user and user.username}

    @app.get("/plain")
    async def plain(user: Annotated[Identity, Depends(auth)]) -> Any:
        return name(user)

    @app.get("/sync")
    def sync(user: Annotated[Identity, Depends(auth)]) -> Any:
        return name(user)

    @app.get("/scope")
    async def scope(user: Annotated[Identity, Security(auth, scopes=["a"])]) -> Any:
        return name(user)

    async def current(user: Annotated[Identity, Security(auth, scopes=["a"])]) -> Identity:
        return user

    @app.get("/scopes-of-both")
    async def scopes_of_both(user: Annotated[Identity, Security(current, scopes=["b"])]) -> Any:
        return name(user)

    router = APIRouter(dependencies=[Security(auth, scopes=["a"])])

    @router.get("/router")
    async def from_router() -> Any:
        return {"name": "alice"}

    @router.get("/router-and-route")
    async def router_and_route(user: Annotated[Identity, Security(auth, scopes=["b"])]) -> Any:
        return name(user)

    app.include_router(router)

    @app.get("/group")
    async def group(user: Annotated[Identity, Depends(auth.require(groups="x"))]) -> Any:
        return name(user)

    @app.get("/group-and-scope")
    async def group_and_scope(
        user: Annotated[Identity, Security(auth.require(groups="x"), scopes=["a"])],
    ) -> Any:
        return name(user)

    chained = auth.require(groups="x").require(scopes=["a"]).require(roles="r")

    @app.get("/chain")
    async def chain(user: Annotated[Identity, Depends(chained)]) -> Any:
        return name(user)

    either = auth.require(policy=require_groups("x") | require_scopes("a"))

    @app.get("/either")
    async def either_of_two(user: Annotated[Identity, Depends(either)]) -> Any:
        return name(user)

    @app.get("/optional")
    async def optional(user: Annotated[Identity | None, Depends(auth.optional)]) -> Any:
        return name(user)

    @app.get("/optional-scope")
    async def optional_scope(
        user: Annotated[Identity | None, Security(auth.optional, scopes=["a"])],
    ) -> Any:
        return name(user)

    for path, dependency in (
        ("/optional-group", auth.optional.require(groups="x")),
        ("/group-optional", auth.require(groups="x").optional),
    ):

        @app.get(path)
        async def optional_group(
            user: Annotated[Identity | None, Depends(dependency)],
        ) -> Any:
            return name(user)

    @app.get("/broken")
    async def broken(user: Annotated[Identity, Depends(auth)]) -> Any:
        return {}[user.subject]

    @app.websocket("/ws")
    async def ws(socket: WebSocket, user: Annotated[Identity, Depends(auth)]) -> None:
        await socket.accept()
        await socket.send_json(name(user))

    @app.websocket("/ws-scope")
    async def ws_scope(
        socket: WebSocket, user: Annotated[Identity, Security(auth, scopes=["a"])]
    ) -> None:
        await socket.accept()
        await socket.send_json(name(user))

    @app.websocket("/ws-optional")
    async def ws_optional(
        socket: WebSocket, user: Annotated[Identity | None, Depends(auth.optional)]
    ) -> None:
        await socket.accept()
        await socket.send_json(name(user))

    return app


@pytest.fixture(params=[False, True], ids=["alone", "with-middleware"])
def app(request: pytest.FixtureRequest, guard: Guard) -> FastAPI:
    """The app by itself, and behind the middleware: the dependency needs none and minds none."""
    app = create_app(guard)
    if request.param:
        app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    return app


@pytest.mark.parametrize(
    ("path", "claims", "reason"),
    [
        ("/plain", {}, None),
        ("/sync", {}, None),
        ("/scope", {"scopes": ["a"]}, None),
        ("/scope", {}, "missing_scope"),
        ("/scope", {"scopes": ["aa", "b"]}, "missing_scope"),
        ("/scopes-of-both", {"scopes": ["a", "b"]}, None),
        ("/scopes-of-both", {"scopes": ["a"]}, "missing_scope"),
        ("/scopes-of-both", {"scopes": ["b"]}, "missing_scope"),
        ("/router", {"scopes": ["a"]}, None),
        ("/router", {"scopes": ["b"]}, "missing_scope"),
        ("/router-and-route", {"scopes": ["a", "b"]}, None),
        ("/router-and-route", {"scopes": ["a"]}, "missing_scope"),
        ("/router-and-route", {"scopes": ["b"]}, "missing_scope"),
        ("/group", {"groups": ["x"]}, None),
        ("/group", {"groups": ["xx"]}, "missing_group"),
        ("/group-and-scope", {"groups": ["x"], "scopes": ["a"]}, None),
        ("/group-and-scope", {"groups": ["x"]}, "missing_scope"),
        ("/group-and-scope", {"scopes": ["a"]}, "missing_group"),
        ("/chain", {"groups": ["x"], "scopes": ["a"], "role": "r"}, None),
        ("/chain", {"scopes": ["a"], "role": "r"}, "missing_group"),
        ("/chain", {"groups": ["x"], "role": "r"}, "missing_scope"),
        ("/chain", {"groups": ["x"], "scopes": ["a"]}, "missing_role"),
        ("/either", {"groups": ["x"]}, None),
        ("/either", {"scopes": ["a"]}, None),
        ("/either", {}, "missing_group"),
        ("/optional", {}, None),
        ("/optional-scope", {"scopes": ["a"]}, None),
        ("/optional-scope", {}, "missing_scope"),
        ("/optional-group", {"groups": ["x"]}, None),
        ("/optional-group", {}, "missing_group"),
        ("/group-optional", {"groups": ["x"]}, None),
        ("/group-optional", {}, "missing_group"),
    ],
)
def test_good_token(
    path: str,
    claims: dict[str, Any],
    reason: str | None,
    app: FastAPI,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """A good token reaches the routes whose requirements it meets, and is 403 at the others."""
    answer: Answer = run(lambda: http(app, path, [bearer(pool.access_token("alice", **claims))]))
    if reason is None:
        assert (answer.status, answer.json) == (200, {"name": "alice"})
    else:
        assert (answer.status, answer.json["detail"]["reason"]) == (403, reason)


REQUIRED = ["/plain", "/sync", "/scope", "/scopes-of-both", "/router", "/router-and-route"]
REQUIRED += ["/group", "/group-and-scope", "/chain", "/either"]
OPTIONAL = ["/optional", "/optional-scope", "/optional-group", "/group-optional"]


@pytest.mark.parametrize("path", REQUIRED)
@pytest.mark.parametrize("lines", [[], [b"Authorization: Basic YTpi"]], ids=["none", "Basic"])
def test_no_credential(path: str, lines: list[bytes], app: FastAPI, run: Run) -> None:
    """A route that needs a caller answers 401 where there is no credential."""
    answer = run(lambda: http(app, path, lines))
    assert answer.status == 401
    assert answer.all("www-authenticate") == ["Bearer"]
    assert answer.all("cache-control") == ["no-store"]
    assert answer.all("vary") == ["Authorization"]
    assert answer.json == {
        "detail": {
            "detail": "The request carries no bearer token.",
            "reason": "missing_credentials",
            "error": None,
        }
    }


@pytest.mark.parametrize("path", OPTIONAL)
@pytest.mark.parametrize("lines", [[], [b"Authorization: Basic YTpi"]], ids=["none", "Basic"])
def test_optional_without_credential(path: str, lines: list[bytes], app: FastAPI, run: Run) -> None:
    """An optional caller who sends no credential is ``None``, whatever else is required."""
    answer = run(lambda: http(app, path, lines))
    assert (answer.status, answer.json) == (200, {"name": None})


@pytest.mark.parametrize("path", [*REQUIRED, *OPTIONAL])
@pytest.mark.parametrize(
    ("make", "status", "reason"),
    [
        (lambda pool: pool.access_token(expires_in=-1), 401, "token_expired"),
        (lambda pool: "none", 401, "malformed_token"),
        (lambda pool: "", 400, "malformed_authorization"),
    ],
    ids=["expired", "junk", "nothing"],
)
def test_bad_credential(
    path: str,
    make: Callable[[LocalUserPool], str],
    status: int,
    reason: str,
    guard: Guard,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """A credential that is there and bad is refused on every route, optional or not."""
    answer = run(lambda: http(create_app(guard), path, [bearer(make(pool))]))
    assert (answer.status, answer.json["detail"]["reason"]) == (status, reason)


@pytest.mark.parametrize(
    ("path", "claims", "status", "reason"),
    [
        ("/ws", {}, 101, None),
        ("/ws", None, 401, "missing_credentials"),
        ("/ws", {"expires_in": -1}, 401, "token_expired"),
        ("/ws-scope", {"scopes": ["a"]}, 101, None),
        ("/ws-scope", {}, 403, "missing_scope"),
        ("/ws-optional", {}, 101, None),
        ("/ws-optional", None, 101, None),
        ("/ws-optional", {"expires_in": -1}, 401, "token_expired"),
    ],
)
def test_websocket(
    path: str,
    claims: dict[str, Any] | None,
    status: int,
    reason: str | None,
    guard: Guard,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """A WebSocket is let in or refused before it is accepted, in either way a server can."""
    app = create_app(guard)
    lines = [] if claims is None else [bearer(pool.access_token("alice", **claims))]
    name = b"null" if claims is None else b'"alice"'
    for more in ({"extensions": DENIAL}, {}):
        sent = run(lambda more=more: websocket(app, path, lines, **more))
        if reason is None:
            assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
            assert sent[1]["text"] == f'{{"name":{name.decode()}}}'
        elif more:
            answer = denied(sent)
            assert (answer.status, answer.json["detail"]["reason"]) == (status, reason)
            assert answer.all("www-authenticate")[0].startswith("Bearer")
        else:
            assert sent == [{"type": "websocket.close", "code": 1008, "reason": reason}]


def test_handlers_see_the_refusal(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A refusal is a plain HTTPException: an app's own handler renders it and finds the cause."""
    app = create_app(guard)

    @app.exception_handler(HTTPException)
    async def render(request: Request, error: HTTPException) -> JSONResponse:
        cause: Any = error.__cause__
        return JSONResponse(
            {"why": cause.reason, "same": error.detail["reason"]}, error.status_code, error.headers
        )

    answer = run(lambda: http(app, "/plain", [bearer(pool.id_token())]))
    assert (answer.status, answer.json) == (
        401,
        {"why": "wrong_token_use", "same": "wrong_token_use"},
    )
    assert 'error="invalid_token"' in answer.all("www-authenticate")[0]


def test_errors_of_the_view_are_its_own(app: FastAPI, pool: LocalUserPool, run: Run) -> None:
    """A KeyError in a view stays one, and no refusal is made of it."""
    with pytest.raises(KeyError):
        run(lambda: http(app, "/broken", [bearer(pool.access_token())]))


def test_one_verification_for_a_request(pool: LocalUserPool, run: Run) -> None:
    """A request that asks for its caller in several places verifies the token once."""
    verified: list[str] = []
    auth = CognitoAuth(Guard(pool.trust(checks=[lambda user: verified.append(user.subject)])))
    app = FastAPI(dependencies=[Depends(auth)])

    @app.get("/")
    async def view(
        user: Annotated[Identity, Depends(auth)], same: Annotated[Identity, Depends(auth)]
    ) -> bool:
        return user is same

    answer = run(lambda: http(app, "/", [bearer(pool.access_token())]))
    assert (answer.status, answer.json, len(verified)) == (200, True, 1)


def test_listeners_are_told_for_each_dependency(
    guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Several dependencies are several questions, and so is the middleware in front of them. Each
    looks at what the request carries by then."""
    told: list[object] = []
    guard.add_listener(told.append)
    auth = CognitoAuth(guard)
    app = FastAPI()

    @app.get("/one")
    async def one(
        user: Annotated[Identity, Depends(auth)], same: Annotated[Identity, Depends(auth)]
    ) -> None: ...

    @app.get("/two", dependencies=[Depends(auth.require(policy=lambda user: None))])
    async def two(user: Annotated[Identity, Depends(auth)]) -> None: ...

    def count(path: str, around: Any = app) -> int:
        told.clear()
        assert run(lambda: http(around, path, [bearer(pool.access_token())])).status == 200
        assert {type(event) for event in told} == {CallerVerified}
        return len(told)

    assert (count("/one"), count("/two")) == (1, 2)
    assert count("/one", CognitoMiddleware(app, guard=guard)) == 2


def test_one_requirement_is_not_anothers(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """``require`` makes a new dependency and leaves the one it came from as it was."""
    auth = CognitoAuth(guard)
    auth.require(groups="x").require(scopes="a")
    app = FastAPI()

    @app.get("/")
    async def view(user: Annotated[Identity, Depends(auth)]) -> str:
        return user.subject

    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 200


def test_overridden_in_tests(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """FastAPI's ``dependency_overrides`` replaces the caller, as with any dependency."""
    auth = CognitoAuth(guard)
    app = FastAPI()

    @app.get("/")
    async def view(user: Annotated[Identity, Depends(auth)]) -> str:
        return user.subject

    someone = guard.verify(pool.access_token("eve"))
    app.dependency_overrides[auth] = lambda: someone
    assert run(lambda: http(app, "/")).json == pool.subject("eve")


def test_starlettes_decorator_in_fastapi(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """``requires`` guards a FastAPI route that takes the request, behind the middleware."""
    app = FastAPI()
    app.add_middleware(CognitoMiddleware, guard=guard)

    @app.get("/{item}")
    @requires(groups="x")
    async def view(item: int, request: Request) -> dict[str, Any]:
        return {"item": item, "name": request.user.username}

    good = [bearer(pool.access_token("alice", groups=["x"]))]
    assert run(lambda: http(app, "/7", good)).json == {"item": 7, "name": "alice"}
    answer = run(lambda: http(app, "/7", [bearer(pool.access_token())]))
    assert (answer.status, answer.json["reason"]) == (403, "missing_group")


def test_required_by_the_middleware(guard: Guard, run: Run) -> None:
    """Where the middleware requires a caller, its refusal comes before the dependency's."""
    app = create_app(guard)
    app.add_middleware(CognitoMiddleware, guard=guard, exempt=["/group"])
    assert run(lambda: http(app, "/optional")).json["reason"] == "missing_credentials"
    # An exempt path is not looked at by the middleware; its route has a requirement of its own.
    assert run(lambda: http(app, "/group")).json["detail"]["reason"] == "missing_credentials"


@pytest.mark.parametrize("guard", [None, "eu-west-1_AbC123xyz", Guard], ids=str)
def test_wrong_guard(guard: Any) -> None:
    """Anything but a guard is said to be wrong when the app is built."""
    with pytest.raises(ConfigurationError, match="guard must be"):
        CognitoAuth(guard)


@pytest.mark.parametrize(
    "arguments",
    [{"groups": []}, {"scopes": ""}, {"roles": [None]}, {"policy": 1}, {"groups": "a b"}],
    ids=str,
)
def test_wrong_requirement(arguments: dict[str, Any], guard: Guard) -> None:
    """An empty or wrong requirement is an error when the route is declared."""
    with pytest.raises(ConfigurationError):
        CognitoAuth(guard).require(**arguments)


def test_require_without_its_call_is_no_dependency(guard: Guard) -> None:
    """``Depends(auth.require)``, the call forgotten, fails when the route is declared, and so does
    a policy that is asked of nobody."""
    app = FastAPI()

    for made in (CognitoAuth(guard).require, build_policy):
        with pytest.raises(FastAPIError):

            @app.get("/", dependencies=[Depends(made)])
            def secret() -> int:
                return 1


def _connection(*lines: bytes) -> HTTPConnection:
    return HTTPConnection(scope("http", "/", lines))


def test_by_hand(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A dependency can be called without FastAPI, with a connection and scopes."""
    auth = CognitoAuth(guard)
    good = _connection(bearer(pool.access_token(scopes=["a"])))

    assert run(lambda: auth(good, SecurityScopes(["a"]))).username == "alice"
    assert run(lambda: auth(good)).username == "alice"
    assert run(lambda: auth.optional(good, SecurityScopes())).username == "alice"
    assert run(lambda: auth.optional(good)).username == "alice"
    assert run(lambda: auth.optional(_connection())) is None
    for call, status in (
        (lambda: auth(good, SecurityScopes(["b"])), 403),
        (lambda: auth(_connection()), 401),
        (lambda: auth.optional(_connection(b"authorization: Bearer x")), 401),
    ):
        with pytest.raises(HTTPException) as caught:
            run(call)
        assert caught.value.status_code == status
