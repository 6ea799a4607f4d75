"""Preflights where another CognitoMiddleware stands behind the one that passed them on."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware

from ..raw import bearer
from .conftest import Run
from .drive import http
from .test_preflight import PREFLIGHT, OverrideMethod, override_in_a_closure

INNER = {
    "required": {},
    "not required": {"required": False},
    "exempt": {"exempt": ["/*"]},
    "exempt, not required": {"exempt": ["/*"], "required": False},
}

BETWEEN = {"nothing": [], "method": [OverrideMethod], "closure": [override_in_a_closure]}


@pytest.mark.parametrize("same_guard", [True, False])
@pytest.mark.parametrize("where", ["mounted", "behind"])
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("inner", INNER)
def test_no_endpoint_runs(
    inner: str,
    between: str,
    where: str,
    same_guard: bool,
    guard: Guard,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """What the outer one has said of a preflight holds, whatever the inner one lets in."""
    ran: list[str] = []

    def view(request: Request) -> Response:
        ran.append(request.method)
        return PlainTextResponse("ran")

    again = guard if same_guard else Guard(pool.trust())
    ours = Middleware(CognitoMiddleware, guard=guard)
    behind = [
        Middleware(CognitoMiddleware, guard=again, **INNER[inner]),
        *(Middleware(one) for one in BETWEEN[between]),
    ]
    routes = [Route("/", view, methods=["GET", "POST", "OPTIONS"])]
    app = Starlette(routes=routes, middleware=[ours, *behind])
    if where == "mounted":
        mounted = Starlette(routes=routes, middleware=behind)
        app = Starlette(routes=[Mount("/", mounted)], middleware=[ours])
    answer = run(lambda: http(app, "/", PREFLIGHT, method="OPTIONS"))
    assert (answer.status, answer.body == b"") == (204 if between == "nothing" else 401, True)
    assert ran == []
    assert run(lambda: http(app, "/")).status == 401
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).status == 200
    assert len(ran) == 1


def test_cors_behind_both(guard: Guard, run: Run) -> None:
    """A CORS middleware in the innermost app answers; what it wraps does not run."""
    ran: list[str] = []

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["method"])

    class Strips:
        """Makes it no preflight for the one behind."""

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            """As ASGI has it."""
            await self.app({**scope, "headers": []}, receive, send)

    cors = CORSMiddleware(raw, allow_origins=["*"])
    for inner, status in ((cors, 200), (Strips(cors), 204)):
        app = CognitoMiddleware(CognitoMiddleware(inner, guard=guard, required=False), guard=guard)
        answer = run(lambda app=app: http(app, "/", PREFLIGHT, method="OPTIONS"))
        assert (answer.status, ran) == (status, [])
