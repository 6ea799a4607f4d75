"""Calls an ASGI app as a server does, message by message, under asyncio or trio."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from ..raw import Answer

Message = MutableMapping[str, Any]

DENIAL = {"websocket.http.response": {}}
"""The ``extensions`` of a server that can answer a WebSocket with an HTTP response."""


def scope(kind: str, path: str, lines: Iterable[bytes] = (), **more: Any) -> dict[str, Any]:
    """The scope of a connection whose header lines are ``lines``."""
    split = (line.partition(b":") for line in lines)
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8"),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower(), value.strip()) for name, _, value in split],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        **more,
    }


async def http(app: Any, path: str, lines: Iterable[bytes] = (), **more: Any) -> Answer:
    """Send a request without a body. ``more`` goes into the scope. Errors of the app come out."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope("http", path, lines, **more), receive, send)
    start, *bodies = sent
    assert start["type"] == "http.response.start"
    assert {message["type"] for message in bodies} == {"http.response.body"}
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [
        False
    ]
    headers = tuple((name.decode(), value.decode()) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message["body"] for message in bodies))


async def websocket(
    app: Any, path: str, lines: Iterable[bytes] = (), *, say: Iterable[str] = (), **more: Any
) -> list[Message]:
    """Open a WebSocket, say some texts, hang up. Returns all that the app sent."""
    sent: list[Message] = []
    arriving: list[Message] = [
        {"type": "websocket.connect"},
        *({"type": "websocket.receive", "text": text} for text in say),
        {"type": "websocket.disconnect", "code": 1000},
    ]

    async def receive() -> Message:
        if any(message["type"] == "websocket.close" for message in sent):
            # What the client says after that is dropped, but "connect" always comes first.
            del arriving[arriving[0]["type"] == "websocket.connect" : -1]
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope("websocket", path, lines, **more), receive, send)
    return sent


def denied(messages: list[Message]) -> Answer:
    """The HTTP answer with which a WebSocket was refused."""
    start, *bodies = messages
    assert start["type"] == "websocket.http.response.start"
    assert {message["type"] for message in bodies} == {"websocket.http.response.body"}
    headers = tuple((name.decode(), value.decode()) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message["body"] for message in bodies))
