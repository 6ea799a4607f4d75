"""The part of the demo in which an API of each framework answers tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NamedTuple

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

from ..fastapi_app.app import create_app as create_fastapi_app
from ..flask_app.app import create_app as create_flask_app
from ..serving import serve
from ..serving_django import serve_django
from ..serving_wsgi import serve_wsgi
from ..starlette_app.app import create_app as create_starlette_app
from .stage import Stage
from .table import Answer, Row

Settings = Mapping[str, str]


class App(NamedTuple):
    """One of the example apps, and how to run it with the settings of ``Guard.from_env``."""

    server: str
    serve: Callable[[Settings], AbstractContextManager[str]]
    """Starts a real server and gives its ``http://127.0.0.1:PORT``."""
    columns: Mapping[str, str]
    """The columns of the table that it answers for, and below which path."""
    websockets: bool = False


def _uvicorn(create_app: Callable[[Guard], Any]) -> Callable[[Settings], Any]:
    # uvicorn logs an error for each WebSocket that was refused with an HTTP answer, though the
    # answer is right (its pull request 3138).
    return lambda settings: serve(create_app(Guard.from_env(settings)), log_level="critical")


def _waitress(settings: Settings) -> AbstractContextManager[str]:
    return serve_wsgi(create_flask_app(Guard.from_env(settings)))


APPS = (
    App("uvicorn", _uvicorn(create_starlette_app), {"Starlette": ""}, True),
    App("uvicorn", _uvicorn(create_fastapi_app), {"FastAPI": ""}, True),
    App("waitress", _waitress, {"Flask": ""}),
    App("uvicorn", serve_django, {"Django": "", "DRF": "/rest"}),
)


class Case(NamedTuple):
    """A request and the documented answer to it. ``reason`` is empty for a good one."""

    what: str
    path: str
    token: str | None
    status: int
    reason: str = ""
    shown: bool = True


def cases(pool: LocalUserPool) -> list[Case]:
    """The requests. Every token is really signed."""
    alice = pool.access_token("alice", scopes=["orders/read"])
    admin = pool.access_token("ada", groups=["admins"], role="editor")
    machine = pool.machine_token(scopes=["orders/read"])
    other_client = pool.access_token(client_id="7another89client")
    head, _, signature = alice.split(".")
    forged = pool.access_token("alice", groups=["admins"]).split(".")[1]
    tampered = f"{head}.{forged}.{signature}"
    return [
        Case("open to everybody", "/", None, 200, shown=False),
        Case("no token", "/me", None, 401, "missing_credentials"),
        Case("access token", "/me", alice, 200),
        Case("ID token by mistake", "/me", pool.id_token(), 401, "wrong_token_use"),
        Case("expired token", "/me", pool.access_token(expires_in=-60), 401, "token_expired"),
        Case("another client's token", "/me", other_client, 401, "wrong_client"),
        Case("tampered token", "/me", tampered, 401, "bad_signature"),
        Case("not a token", "/me", "not-a-token", 401, "malformed_token", shown=False),
        Case("with the scope", "/orders", alice, 200),
        Case("without the scope", "/orders", admin, 403, "missing_scope"),
        Case("in the group", "/admin", admin, 200),
        Case("not in the group", "/admin", alice, 403, "missing_group"),
        Case("with the role", "/editor", admin, 200, shown=False),
        Case("without the role", "/editor", alice, 403, "missing_role", shown=False),
        Case("machine, with the scope", "/orders", machine, 200),
        Case("machine, not in the group", "/admin", machine, 403, "missing_group", shown=False),
        Case("WebSocket, in the group", "/ws", admin, 101),
        Case("WebSocket, not in group", "/ws", alice, 403, "missing_group"),
        Case("WebSocket, no token", "/ws", None, 401, "missing_credentials", shown=False),
    ]


def rows(stage: Stage, settings: Settings, pool: LocalUserPool) -> Iterator[Row]:
    """Every request, to every app that has its path."""
    origins = []
    for app in APPS:
        origins.append(stage.enter_context(app.serve(settings)))
        for column, prefix in app.columns.items():
            stage.addresses[f"{column} on {app.server}"] = origins[-1] + prefix
    for case in cases(pool):
        yield Row(
            case.what,
            case.path,
            Answer(case.status, case.reason),
            {
                column: partial(ask, origin + prefix, case)
                for app, origin in zip(APPS, origins, strict=True)
                for column, prefix in app.columns.items()
                if app.websockets or case.path != "/ws"
            },
            case.shown,
        )


def ask(origin: str, case: Case) -> Answer:
    """The status and, for a refusal, the reason that the server gives."""
    headers = {} if case.token is None else {"Authorization": f"Bearer {case.token}"}
    if case.path == "/ws":
        status, body = asyncio.run(_ask_websocket(origin, case.path, headers))
    else:
        answer = httpx.get(origin + case.path, headers=headers, trust_env=False, timeout=60)
        status, body = answer.status_code, answer.content
    if status < 400:
        return Answer(status)
    problem: dict[str, Any] = json.loads(body)
    # FastAPI renders its errors itself and puts ours under "detail".
    inner = problem.get("detail")
    return Answer(status, (inner if isinstance(inner, dict) else problem).get("reason", ""))


async def _ask_websocket(origin: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    url = origin.replace("http", "ws", 1) + path
    try:
        async with connect(
            url, additional_headers=headers, proxy=None, open_timeout=60
        ) as websocket:
            await websocket.send("hello")
            return (101 if await websocket.recv() == "ada: hello" else 500), b"{}"
    except InvalidStatus as refusal:
        return refusal.response.status_code, bytes(refusal.response.body or b"{}")
