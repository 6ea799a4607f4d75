"""The app of ``asgi.py``, which verifies the token itself: next to nothing beside ``averify``.

Without the cache, so it is as fast with new tokens as with repeated ones.
"""

from __future__ import annotations

import os
from typing import Any

from cognito_guard import AuthError, Guard

from .asgi import hello

guard = Guard.from_env({**os.environ, "COGNITO_CACHE_ENTRIES": "0"})


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer, or refuse."""
    value = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    try:
        await guard.averify(value.decode("latin-1").removeprefix("Bearer "))
    except AuthError:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await hello(scope, receive, send)
