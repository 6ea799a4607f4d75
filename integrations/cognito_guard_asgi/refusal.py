"""A challenge as ASGI messages, for HTTP and for WebSockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias, final

from cognito_guard import AuthError, Challenge, Guard, HeaderValues, KeysUnavailable

from .caller import full_path

if TYPE_CHECKING:
    from cognito_guard.login import LoginPage

__all__ = [
    "CONTENT_TYPE",
    "POLICY_VIOLATION",
    "Message",
    "Page",
    "Receive",
    "Scope",
    "Send",
    "can_deny",
    "challenge",
    "content_type",
    "header_values",
    "raw_headers",
    "refuse",
]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

CONTENT_TYPE = "application/problem+json"

POLICY_VIOLATION = 1008
"""The WebSocket close code of a refusal (RFC 6455, section 7.4.1)."""


@final
class Page:
    """What is answered in the place of a challenge where there is sign-in."""

    __slots__ = ("body", "content_type", "headers", "problem", "status")

    def __init__(
        self,
        status: int,
        headers: Sequence[tuple[str, str]],
        body: bytes = b"",
        *,
        reason: str = "missing_credentials",
    ) -> None:
        self.status = status
        self.headers = tuple(one for one in headers if one[0].lower() != "content-type")
        self.content_type = dict(headers).get("Content-Type", "text/plain; charset=utf-8")
        self.body = body
        self.problem: dict[str, Any] = {"reason": str(reason)}

    @classmethod
    def of(cls, page: LoginPage, reason: str) -> Self:
        """The engine's."""
        return cls(page.status, page.headers, page.body, reason=reason)

    @classmethod
    def leading(cls, to: str, *set_cookies: str) -> Self:
        """Lead a browser on, by GET."""
        cookies = (("Set-Cookie", one) for one in set_cookies)
        return cls(303, [("Location", to), ("Cache-Control", "no-store"), *cookies])


def header_values(scope: Scope) -> HeaderValues:
    """All raw values of a header in an ASGI scope, by its lower-case name."""
    # ASGI has an iterable there. What somebody's `filter` makes can be read once only, and then a
    # second credential, and the app behind, would find none.
    if not isinstance(scope["headers"], (list, tuple)):
        scope["headers"] = list(scope["headers"])
    return _Values(scope)


@final
class _Values:
    """No closure, whose variables a report of an error would show."""

    __slots__ = ("_scope",)

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self._scope = scope

    def __call__(self, name: str) -> Sequence[bytes]:
        raw = name.encode("latin-1")
        size = len(raw)  # asked first: most names differ in it, and that costs less
        return [
            value
            for key, value in self._scope["headers"]
            if len(key) == size and key.lower() == raw
        ]


def raw_headers(answer: Challenge | Page) -> list[tuple[bytes, bytes]]:
    """The headers of a challenge as ASGI has them: pairs, so that a name may come twice."""
    return [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers]


def challenge(
    guard: Guard, scope: Mapping[str, Any], error: AuthError | KeysUnavailable
) -> Challenge:
    """The answer to a request that failed with ``error``, and its line in the log."""
    method, path = scope.get("method", "WEBSOCKET"), full_path(scope)
    del scope  # it has the credential, and a handler of log records may fail
    return guard.challenge(error, method=method, path=path)


def can_deny(scope: Mapping[str, Any]) -> bool:
    """Whether a WebSocket may be answered with an HTTP response (ASGI's denial extension)."""
    return "websocket.http.response" in (scope.get("extensions") or {})


def content_type(answer: Challenge | Page) -> str:
    """Of the answer's body."""
    return answer.content_type if isinstance(answer, Page) else CONTENT_TYPE


async def refuse(scope: Mapping[str, Any], send: Send, answer: Challenge | Page) -> None:
    """Answer a request, or a WebSocket that has not been accepted yet."""
    websocket = scope["type"] == "websocket"
    denies = can_deny(scope)
    del scope  # it has the credential, and what sends may fail
    if websocket and not denies:
        reason = str(answer.problem["reason"])
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": reason})
        return
    kind = "websocket.http.response" if websocket else "http.response"
    body = answer.body
    headers = [
        *raw_headers(answer),
        (b"content-type", content_type(answer).encode("ascii")),
        (b"content-length", str(len(body)).encode("ascii")),
    ]
    await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
