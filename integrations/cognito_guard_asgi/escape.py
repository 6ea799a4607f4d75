"""Refusals that an app raises: what it has sent so far, and the answer that takes its place."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, final

from cognito_guard import Challenge

from .refusal import POLICY_VIOLATION, Message, Page, Scope, Send, refuse

__all__ = ["Sent"]

_MOST_HELD_BYTES = 1 << 20


@final
class Sent:
    """The ``send`` of an app, which knows whether a refusal can still be the answer.

    A mounted Starlette app answers an error with 500 and raises it nevertheless. So an answer of
    that status is held back until the app has returned, up to 1 MiB of it.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.held: list[Message] = []
        self._held_bytes = 0
        self._state = "nothing"

    def __call__(self, message: Message) -> Awaitable[None]:
        """As the ``send`` of ASGI. No coroutine of its own: each would cost as much as all else."""
        kind = message["type"]
        if self.held:
            return self._hold(message)
        if self._state == "nothing" and kind == "http.response.start" and message["status"] == 500:
            return self._hold(message)
        if kind == "websocket.accept":
            self._state = "open"
        elif kind != "websocket.send":
            self._state = "answered"
        return self._send(message)

    async def _hold(self, message: Message) -> None:
        self.held.append(message)
        self._held_bytes += len(message.get("body", b""))
        if self._held_bytes > _MOST_HELD_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Send what was held back."""
        held, self.held = self.held, []
        for message in held:
            self._state = "answered"
            await self._send(message)

    @property
    def refusable(self) -> bool:
        """Whether a refusal can still be sent."""
        return self._state != "answered"

    async def refuse(self, answer: Challenge | Page) -> None:
        """Send a refusal instead of what was held back. An open WebSocket is closed."""
        self.held = []
        if self._state == "open":
            close: dict[str, Any] = {"type": "websocket.close", "code": POLICY_VIOLATION}
            await self._send({**close, "reason": str(answer.problem["reason"])})
        else:
            await refuse(self._scope, self._send, answer)
