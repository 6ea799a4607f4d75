"""Asks an app in this process, over the protocol that servers speak with it, as nobody."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import quote

__all__ = ["PATIENCE_SECONDS", "Answer", "ask_asgi", "ask_wsgi", "connect", "running"]

PATIENCE_SECONDS = 60.0
"""A view that has not begun to answer by then has let its caller in."""


class Answer(NamedTuple):
    """What came back. ``status`` is ``None`` where the app raised an error instead."""

    status: int | None
    headers: Mapping[str, str] = {}
    body: bytes = b""


def ask_wsgi(app: Any, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """Ask over WSGI (PEP 3333). The method ``preflight`` is ``OPTIONS``."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {
        "REQUEST_METHOD": _name(method),
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode("utf-8").decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": headers["host"],
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTPS": "on",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }

    def start_response(status: str, own: list[tuple[str, str]], error: Any = None) -> Any:
        started.append((status, own))
        return lambda data: None

    try:
        chunks = app(environ, start_response)
        try:
            body = next(iter(chunks), b"")
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
    except Exception:  # noqa: BLE001  whatever a view raises
        return Answer(None)
    status, own = started[-1]
    return Answer(int(status[:3]), {name.lower(): value for name, value in own}, body)


def _name(method: str) -> str:
    return "OPTIONS" if method == "preflight" else method


async def ask_asgi(
    app: Any, method: str, path: str, headers: Mapping[str, str], state: dict[str, Any]
) -> Answer:
    """Ask over ASGI, and hear no more than the beginning of the answer."""
    sent = [{"type": "http.request", "body": b"", "more_body": False}]
    scope = {**_scope("http", path, headers, state), "method": _name(method), "scheme": "https"}
    start: dict[str, Any] = {}
    body = b""

    def heard(message: Any) -> bool:
        nonlocal body
        if message["type"] == "http.response.start":
            start.update(message)
            return method == "HEAD"
        body += message.get("body", b"")
        return bool(body) or not message.get("more_body", False)

    await _exchange(app, scope, sent, heard)
    if not start:
        return Answer(None)
    own = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in start.get("headers", ())
    }
    return Answer(start["status"], own, body)


async def connect(app: Any, path: str, headers: Mapping[str, str], state: dict[str, Any]) -> Answer:
    """Open a WebSocket. The status is 101 where it was accepted, 403 where it was closed, and 422
    where FastAPI has closed it because it finds fault with the parameters."""
    scope = {
        **_scope("websocket", path, headers, state),
        "scheme": "wss",
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    statuses: list[int] = []

    def heard(message: Any) -> bool:
        if message["type"] == "websocket.accept":
            statuses.append(101)
        elif message["type"] == "websocket.close":
            statuses.append(422 if _finds_fault(message.get("reason")) else 403)
        else:
            statuses.append(message["status"])
        return True

    await _exchange(app, scope, [{"type": "websocket.connect"}], heard)
    return Answer(statuses[0] if statuses else None)


def _finds_fault(reason: Any) -> bool:
    """Whether a WebSocket was closed for the errors of its parameters, which FastAPI gives as the
    reason: nobody has been refused. The right parameters would open it."""
    return isinstance(reason, list) or (
        isinstance(reason, str) and reason.startswith("[{") and "loc" in reason
    )


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start an app and stop it again, as servers do; gives the state that its requests have."""
    state: dict[str, Any] = {}
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[str] = asyncio.Queue()

    async def send(message: Any) -> None:
        await told.put(message["type"])

    async def live() -> None:
        # An app that knows nothing of this raises an error.
        with suppress(Exception):
            await app(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}, events.get, send
            )
        await told.put("over")

    task = asyncio.create_task(live())
    await events.put({"type": "lifespan.startup"})
    if await told.get() == "lifespan.startup.failed":
        await task
        raise RuntimeError("the app did not start")
    yield state
    await events.put({"type": "lifespan.shutdown"})
    await task


def _scope(
    kind: str, path: str, headers: Mapping[str, str], state: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": path,
        "raw_path": quote(path).encode("ascii"),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()
        ],
        "client": ("127.0.0.1", 50000),
        "server": (headers["host"], 443),
        "state": dict(state),
    }


async def _exchange(
    app: Any, scope: dict[str, Any], sent: list[dict[str, Any]], heard: Callable[[Any], bool]
) -> None:
    """Run one request until enough was heard."""
    enough, gone = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if sent:
            return sent.pop(0)
        await gone.wait()
        return {"type": f"{scope['type']}.disconnect", "code": 1001}

    async def send(message: Any) -> None:
        if not enough.is_set() and heard(message):
            enough.set()

    task = asyncio.ensure_future(app(scope, receive, send))
    waiting = asyncio.ensure_future(enough.wait())
    await asyncio.wait(
        {task, waiting}, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    enough.set()
    # Most are over by now, or soon. What goes on for ever is told that nobody listens.
    await asyncio.wait({task}, timeout=0.1)
    gone.set()
    await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
    task.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
