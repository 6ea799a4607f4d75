"""``exempt``: which paths nobody looks at, and which only pretend to be among them."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import AnonymousUser, CognitoMiddleware
from example_apps.serving import serve

from ..raw import ask, bearer
from .conftest import Run
from .drive import http, websocket
from .test_middleware import Recorder

EXEMPT = ["/health", "/", "/static/*", "/a/b/*"]


@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        ("/health", ""),
        ("/", ""),
        ("/static/", ""),
        ("/static/site.css", ""),
        ("/static/a/b.c/..d/e..", ""),
        ("/static//x", ""),
        ("/a/b/c", ""),
        # ASGI has the root path inside the path; some servers leave it out.
        ("/api/health", "/api"),
        ("/health", "/api"),
        ("/api/static/site.css", "/api"),
        ("/api/", "/api"),
        ("/health", "/hea"),
        ("/api/health", None),
    ],
)
def test_exempt(path: str, root_path: str | None, guard: Guard, run: Run) -> None:
    """An exempt path is open to anybody, and a credential on it is not even looked at."""
    app = Recorder()
    exempt = [*EXEMPT, "/api/health"] if root_path is None else EXEMPT
    middleware = CognitoMiddleware(app, guard=guard, exempt=exempt)
    for kind in (http, websocket):
        run(lambda kind=kind: kind(middleware, path, [bearer("junk")], root_path=root_path))
    assert [type(scope["user"]) for scope in app.scopes] == [AnonymousUser, AnonymousUser]


@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        ("/healthy", ""),
        ("/health/", ""),
        ("/health/x", ""),
        ("/Health", ""),
        ("//health", ""),
        ("/x/health", ""),
        ("/static", ""),
        ("/staticx/y", ""),
        ("/static*", ""),
        ("/x/static/y", ""),
        ("/a/b", ""),
        ("", ""),
        # A file server or a proxy further in may take these steps, and leave the folder.
        ("/static/../me", ""),
        ("/static/..", ""),
        ("/static/./../me", ""),
        ("/static/a/../../me", ""),
        ("/static/.", ""),
        ("/static/..\\me", ""),
        ("/static\\..\\me", ""),
        ("/static/x\\y", ""),
        # The root path is taken off once, and only where it is the beginning of the path.
        ("/api/api/health", "/api"),
        ("/apihealth", "/api"),
        ("/api", "/api"),
        ("/x/api/health", "/api"),
        ("/api/static/../me", "/api"),
    ],
)
def test_not_exempt(path: str, root_path: str, guard: Guard, run: Run) -> None:
    """A path that only resembles an exempt one needs a credential."""
    app = Recorder()
    middleware = CognitoMiddleware(app, guard=guard, exempt=EXEMPT)
    assert run(lambda: http(middleware, path, root_path=root_path)).status == 401
    assert app.scopes == []


def test_nothing_is_exempt_by_default(guard: Guard, run: Run) -> None:
    """Without ``exempt``, every path needs a credential."""
    assert run(lambda: http(CognitoMiddleware(Recorder(), guard=guard), "/")).status == 401


def test_everything_below_the_root(guard: Guard, run: Run) -> None:
    """``/*`` is everything; it can be said, and it says so."""
    middleware = CognitoMiddleware(Recorder(), guard=guard, exempt=["/*"])
    assert run(lambda: http(middleware, "/any/thing")).status == 204


async def _who(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.user.display_name or "nobody")


def test_encoded_paths(guard: Guard) -> None:
    """On a real server, dots and slashes that were encoded lead nowhere either."""
    app = Starlette(
        routes=[Route("/{path:path}", _who)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, exempt=["/static/*"])],
    )
    with serve(app) as origin:
        assert ask(origin, "/static/site.css").body == b"nobody"
        for path in ("../me", "%2e%2e/me", "%2E%2E%2Fme", "..%5cme", "%5c..%5cme", "a/%2e%2e/b"):
            assert ask(origin, f"/static/{path}").status == 401


@pytest.mark.parametrize("root_path", ["", "/behind/a/proxy"])
def test_mounted(root_path: str, guard: Guard, pool: LocalUserPool) -> None:
    """In a mounted app, ``exempt`` counts from where the app is mounted."""
    inside = Starlette(
        routes=[Route("/health", _who), Route("/me", _who)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, exempt=["/health"])],
    )
    app = Starlette(routes=[Mount("/sub", inside)])
    with serve(app, root_path=root_path) as origin:
        assert ask(origin, "/sub/health").body == b"nobody"
        assert ask(origin, "/sub/me").status == 401
        assert ask(origin, "/sub/me", [bearer(pool.access_token("alice"))]).body == b"alice"
