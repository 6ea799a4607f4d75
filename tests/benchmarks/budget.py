"""How many bytecode instructions a request may take, and how many it takes.

Counted by Python itself, so the numbers are the same on every machine; they differ between the
versions of Python. Only those of this project's own functions count. What C code does in an
instruction is not seen. ``budget.json`` has the numbers;
this renews those of the Python that runs it::

    python -m tests.benchmarks.budget
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from types import CodeType, FrameType
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Response
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

import cognito_guard
import cognito_guard_asgi
import cognito_guard_django
import cognito_guard_flask
from cognito_guard import Guard, Identity
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_flask import CognitoGuard

from .environments import ROOT
from .material import good_token

__all__ = [
    "BUDGET",
    "VERSION",
    "budget",
    "counts",
    "instructions",
    "no_collection",
    "wsgi_request",
]

BUDGET = Path(__file__).with_name("budget.json")
VERSION = ".".join(map(str, sys.version_info[:2]))

# Of the ids of `sys.monitoring`, one that no debugger, profiler or coverage takes.
_TOOL = 4
_OURS = tuple(
    str(Path(str(one.__file__)).parent)
    for one in (cognito_guard, cognito_guard_asgi, cognito_guard_django, cognito_guard_flask)
)


def budget() -> dict[str, int] | None:
    """What each may take under this Python, if that is known."""
    found: dict[str, dict[str, int]] = json.loads(BUDGET.read_text(encoding="utf-8"))
    return found.get(VERSION)


def counts() -> dict[str, int]:
    """What each takes."""
    pool = LocalUserPool()
    balancer = LocalLoadBalancer(pool)
    guard, of_balancer = (
        Guard(pool.trust(allow_outside_tests=True)),
        Guard(balancer.trust(allow_outside_tests=True)),
    )
    without_cache = Guard(balancer.trust(allow_outside_tests=True), cache_entries=0)
    remembered, new = good_token(pool), iter([good_token(pool) for _ in range(3)])
    data, expired = balancer.data(), pool.access_token(expires_in=-60)
    headers = {"authorization": [f"Bearer {remembered}"], "x-amzn-oidc-data": [data]}

    def values(name: str) -> list[str]:
        return headers.get(name, [])

    def refuse() -> None:
        try:
            guard.verify(expired)
        except Exception:  # noqa: BLE001 - what it is has tests of its own
            return
        raise AssertionError("an expired token was accepted")

    return {
        "a token, the first time": instructions(lambda: guard.verify(next(new))),
        "a token that is remembered": instructions(lambda: guard.verify(remembered)),
        "a header that is remembered": instructions(lambda: guard.authenticate(values)),
        "an ASGI request, its token remembered": instructions(_request(guard, remembered)),
        "a FastAPI request, by the dependency, its token remembered": instructions(
            _fastapi_request(guard, remembered)
        ),
        "a Flask request, its token remembered": instructions(_flask_request(guard, remembered)),
        "a Django request, its token remembered": _of_django(),
        "an expired token": instructions(refuse),
        "data of a load balancer that is not remembered": instructions(
            lambda: without_cache.authenticate(values)
        ),
        "data of a load balancer that is remembered": instructions(
            lambda: of_balancer.authenticate(values)
        ),
    }


def instructions(call: Callable[[], object]) -> int:
    """How many of this project's own a call takes, once it has been made twice."""
    call()
    call()
    with no_collection():
        return (_monitored if sys.version_info >= (3, 12) else _traced)(call)


@contextmanager
def no_collection() -> Iterator[None]:
    """No garbage is collected meanwhile: that comes when enough was allocated before, and runs
    functions of others, finalizers and whatever listens to it (hypothesis)."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _monitored(call: Callable[[], object]) -> int:
    count, own = 0, get_ident()

    def note(code: CodeType, offset: int) -> None:
        nonlocal count
        # All threads are monitored, those that earlier tests have left too.
        count += code.co_filename.startswith(_OURS) and get_ident() == own

    monitoring: Any = getattr(sys, "monitoring")  # noqa: B009  # type checkers look at Python 3.11
    monitoring.use_tool_id(_TOOL, "budget")
    try:
        monitoring.register_callback(_TOOL, monitoring.events.INSTRUCTION, note)
        monitoring.set_events(_TOOL, monitoring.events.INSTRUCTION)
        call()
    finally:
        monitoring.set_events(_TOOL, 0)
        monitoring.register_callback(_TOOL, monitoring.events.INSTRUCTION, None)
        monitoring.free_tool_id(_TOOL)
    return count


def _traced(call: Callable[[], object]) -> int:
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(_OURS):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def _request(guard: Guard, token: str) -> Callable[[], None]:
    """A GET through the middleware, to an app that does nothing."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return _asgi_request(CognitoMiddleware(app, guard=guard), token)


def _fastapi_request(guard: Guard, token: str) -> Callable[[], None]:
    """A GET of a route that depends on a caller and does nothing."""
    app = FastAPI()

    async def route(user: Any) -> Response:
        return Response()

    # FastAPI could not resolve the text that an annotation is in this file.
    route.__annotations__["user"] = Annotated[Identity, Depends(CognitoAuth(guard))]
    app.get("/", response_model=None)(route)
    return _asgi_request(app, token, asyncio.run)


def _step(running: Any) -> None:
    """Run what never waits."""
    try:
        running.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def _asgi_request(app: Any, token: str, run: Callable[[Any], None] = _step) -> Callable[[], None]:
    """A GET with the headers of a browser."""
    names = ("host", "user-agent", "accept", "accept-language", "accept-encoding", "connection")
    headers = [(name.encode(), b"value") for name in names]
    headers.append((b"authorization", f"Bearer {token}".encode()))
    statuses: list[int] = []

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 200))

    def request() -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        statuses.clear()
        run(app({**scope, "query_string": b""}, receive, send))
        if statuses != [200, 200]:
            raise AssertionError(statuses)

    return request


def _flask_request(guard: Guard, token: str) -> Callable[[], None]:
    """A GET of a view that is guarded and does nothing."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)

    @app.get("/")
    @cognito.required
    def view() -> str:
        return ""

    return wsgi_request(app.wsgi_app, token)


def _of_django() -> int:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.budget_django"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(finished.stdout)


def wsgi_request(app: Any, token: str) -> Callable[[], None]:
    """A GET."""
    headers = [("Authorization", f"Bearer {token}")]
    environ = EnvironBuilder("/", headers=headers).get_environ()

    def request() -> None:
        _, status, _ = run_wsgi_app(app, environ.copy())
        if status != "200 OK":
            raise AssertionError(status)

    return request


if __name__ == "__main__":
    every = json.loads(BUDGET.read_text(encoding="utf-8")) if BUDGET.exists() else {}
    every[VERSION] = counts()
    BUDGET.write_text(json.dumps(every, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(every[VERSION], indent=1))
