"""``make demo``: a local user pool signs real tokens, the guarded apps answer them.

Prints one line for each request, and exits with 1 if an answer is not the documented one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

from . import demo_load_balancer
from .fastapi_app.app import create_app as create_fastapi_app
from .flask_app.app import create_app as create_flask_app
from .serving import serve
from .serving_django import serve_django
from .serving_wsgi import serve_wsgi
from .starlette_app.app import create_app as create_starlette_app

Settings = Mapping[str, str]


class App(NamedTuple):
    """One of the example apps, and how to run it with the settings of ``Guard.from_env``."""

    serve: Callable[[Settings], AbstractContextManager[str]]
    """Starts a real server and gives its ``http://127.0.0.1:PORT``."""
    websockets: bool = False


def _uvicorn(create_app: Callable[[Guard], Any]) -> App:
    # uvicorn logs an error for each WebSocket that was refused with an HTTP answer, though the
    # answer is right (its pull request 3138).
    return App(
        lambda settings: serve(create_app(Guard.from_env(settings)), log_level="critical"), True
    )


APPS = {
    "Starlette on uvicorn": _uvicorn(create_starlette_app),
    "FastAPI on uvicorn": _uvicorn(create_fastapi_app),
    "Flask on waitress": App(
        lambda settings: serve_wsgi(create_flask_app(Guard.from_env(settings)))
    ),
    "Django on uvicorn": App(serve_django),
}


class Case(NamedTuple):
    """A request and the documented answer to it. ``reason`` is empty for a good one."""

    what: str
    path: str
    token: str | None
    status: int
    reason: str = ""


def cases(pool: LocalUserPool) -> list[Case]:
    """The walk through. Every token is really signed."""
    alice = pool.access_token("alice", scopes=["orders/read"])
    admin = pool.access_token("ada", groups=["admins"], role="editor")
    machine = pool.machine_token(scopes=["orders/read"])
    other_client = pool.access_token(client_id="7another89client")
    head, _, signature = alice.split(".")
    forged = pool.access_token("alice", groups=["admins"]).split(".")[1]
    tampered = f"{head}.{forged}.{signature}"
    return [
        Case("open to anybody", "/", None, 200),
        Case("no token", "/me", None, 401, "missing_credentials"),
        Case("a good token", "/me", alice, 200),
        Case("an ID token by mistake", "/me", pool.id_token(), 401, "wrong_token_use"),
        Case("an expired token", "/me", pool.access_token(expires_in=-60), 401, "token_expired"),
        Case("another client's token", "/me", other_client, 401, "wrong_client"),
        Case("a tampered token", "/me", tampered, 401, "bad_signature"),
        Case("not a token", "/me", "not-a-token", 401, "malformed_token"),
        Case("with the scope", "/orders", alice, 200),
        Case("without the scope", "/orders", admin, 403, "missing_scope"),
        Case("in the group", "/admin", admin, 200),
        Case("not in the group", "/admin", alice, 403, "missing_group"),
        Case("with the role", "/editor", admin, 200),
        Case("without the role", "/editor", alice, 403, "missing_role"),
        Case("a machine, with its scope", "/orders", machine, 200),
        Case("a machine among admins", "/admin", machine, 403, "missing_group"),
        Case("a WebSocket for an admin", "/ws", admin, 101),
        Case("a WebSocket for another", "/ws", alice, 403, "missing_group"),
        Case("a WebSocket for nobody", "/ws", None, 401, "missing_credentials"),
    ]


def ask(origin: str, case: Case) -> tuple[int, dict[str, Any]]:
    """The status and, for a refusal, the problem that the server answered."""
    headers = {} if case.token is None else {"Authorization": f"Bearer {case.token}"}
    if case.path == "/ws":
        status, body = asyncio.run(_ask_websocket(origin, case.path, headers))
    else:
        answer = httpx.get(origin + case.path, headers=headers, trust_env=False)
        status, body = answer.status_code, answer.content
    problem: dict[str, Any] = json.loads(body) if status >= 400 else {}
    # FastAPI renders its errors itself and puts ours under "detail".
    inner = problem.get("detail")
    return status, inner if isinstance(inner, dict) else problem


async def _ask_websocket(origin: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    url = origin.replace("http", "ws", 1) + path
    try:
        async with connect(url, additional_headers=headers, proxy=None) as websocket:
            await websocket.send("hello")
            return (101 if await websocket.recv() == "ada: hello" else 500), b""
    except InvalidStatus as refusal:
        return refusal.response.status_code, bytes(refusal.response.body or b"{}")


def main() -> int:
    """Run every case against every app. The exit status: 0 if all is as documented."""
    pool = LocalUserPool()
    wrong = 0
    with pool.serve() as keys:
        settings = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }
        for name, app in APPS.items():
            with app.serve(settings) as origin:
                _print(f"\n{name}, {origin}\n")
                for case in cases(pool):
                    if case.path == "/ws" and not app.websockets:
                        continue
                    status, problem = ask(origin, case)
                    reason = problem.get("reason", "")
                    good = (status, reason) == (case.status, case.reason)
                    wrong += not good
                    words = f"{reason}: {problem['detail']}" if reason else "welcome"
                    mark = "ok" if good else f"WRONG, expected {case.status} {case.reason}"
                    _print(f"  {case.what:<26}{case.path:<9}{status}  {words}  [{mark}]")
    wrong += demo_load_balancer.run(_print)
    summary = "All answers are as documented." if not wrong else f"{wrong} answers are wrong."
    fetched = f"The pool's keys were fetched {keys.requests} times, once for each of its apps."
    _print(f"\n{summary} {fetched}")
    return 1 if wrong else 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
