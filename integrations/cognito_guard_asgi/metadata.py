"""Protected resource metadata (RFC 9728), which anybody may read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, final

from cognito_guard import ConfigurationError, Guard

from .caller import relative_path
from .held import Exchange
from .refusal import Receive, Scope, Send

__all__ = ["ResourceMetadata", "answer_metadata"]


@final
class ResourceMetadata:
    """Serve the metadata of a guard's ``resource``, and pass all other requests on, unprotected.

    :class:`CognitoMiddleware` serves it as well. If that middleware is around an app that is
    mounted in another app, put this around the outermost app, because the metadata is at the root
    of the origin. Raises ``ConfigurationError`` for a guard without ``resource``.
    """

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]], *, guard: Guard) -> None:
        if not isinstance(guard, Guard) or guard.resource is None:
            raise ConfigurationError("guard must be a cognito_guard.Guard with a resource")
        self.app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if not await answer_metadata(self._guard, held):
            await held.to(self.app)


async def answer_metadata(guard: Guard, held: Exchange) -> bool:
    """Answer a request for the metadata. Whether it was one."""
    if held.scope["type"] != "http":
        return False
    answer = guard.answer_metadata(held.scope["method"], relative_path(held.scope))
    if answer is None:
        return False
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await held.send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await held.send({"type": "http.response.body", "body": answer.body})
    return True
