"""A challenge as ASGI messages, for HTTP and for WebSockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from cognito_guard import Challenge

__all__ = ["CONTENT_TYPE", "POLICY_VIOLATION", "Message", "Receive", "Scope", "Send", "refuse"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

CONTENT_TYPE = "application/problem+json"

POLICY_VIOLATION = 1008
"""The WebSocket close code of a refusal (RFC 6455, section 7.4.1)."""


def can_deny(scope: Mapping[str, Any]) -> bool:
    """Whether a WebSocket may be answered with an HTTP response (ASGI's denial extension)."""
    return "websocket.http.response" in (scope.get("extensions") or {})


async def refuse(scope: Mapping[str, Any], send: Send, answer: Challenge) -> None:
    """Answer a request, or a WebSocket that has not been accepted yet."""
    websocket = scope["type"] == "websocket"
    if websocket and not can_deny(scope):
        reason = str(answer.problem["reason"])
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})
        return
    kind = "websocket.http.response" if websocket else "http.response"
    body = answer.body
    headers = (
        *answer.headers,
        ("Content-Type", CONTENT_TYPE),
        ("Content-Length", str(len(body))),
    )
    raw = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": raw})
    await send({"type": f"{kind}.body", "body": body})
