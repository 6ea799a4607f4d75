"""The smallest ASGI app there is: next to nothing beside the server and the middleware."""

from __future__ import annotations

from typing import Any

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware

from . import BODY, GUARDED

_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Answer."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": BODY})


app: Any = CognitoMiddleware(hello, guard=Guard.from_env()) if GUARDED else hello
