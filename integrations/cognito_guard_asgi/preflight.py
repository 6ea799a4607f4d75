"""A CORS preflight as it is passed on: nothing in it can make somebody's code act."""

from __future__ import annotations

from cognito_guard import PREFLIGHT_HEADERS, is_preflight

from .refusal import Message, Receive, Scope, Send, header_values

__all__ = ["is_asgi_preflight", "sanitised", "without_body", "without_content"]

_ALLOWED = frozenset(name.encode("ascii") for name in PREFLIGHT_HEADERS)

_OF_CONTENT = (b"content-", b"transfer-encoding", b"trailer")


def is_asgi_preflight(scope: Scope) -> bool:
    """Whether a connection is a CORS preflight. A WebSocket is none."""
    if scope.get("method") != "OPTIONS":  # at a glance: most are not, and all come by here
        return False
    return scope["type"] == "http" and is_preflight(scope["method"], header_values(scope))


def sanitised(scope: Scope) -> Scope:
    """A copy with the headers of a preflight alone, without query, session and extensions."""
    copy = {
        **scope,
        "headers": [(name, value) for name, value in scope["headers"] if name.lower() in _ALLOWED],
        "query_string": b"",
        # Through one of them, a file's content would go past `without_content`.
        "extensions": {},
    }
    if "session" in scope:
        copy["session"] = {}
    return copy


def without_body(receive: Receive) -> Receive:
    """A ``receive`` that gives an empty body, and then waits for the client to hang up."""
    given = False

    async def receive_nothing() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message

    return receive_nothing


def without_content(send: Send) -> Send:
    """A ``send`` that lets status and headers through, and nothing of the content."""
    ended = False

    async def send_head(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            head = [
                (name, value)
                for name, value in message.get("headers", ())
                if not name.lower().startswith(_OF_CONTENT)
            ]
            status: int = message["status"]
            if status not in (204, 304):  # RFC 9110, section 8.6
                head.append((b"content-length", b"0"))
            await send({"type": "http.response.start", "status": status, "headers": head})
        elif message["type"] == "http.response.body" and not ended:
            ended = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head
