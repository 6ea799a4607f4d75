"""Who may talk to the page, and what the browser may do with it.

A page on loopback is within reach of every site that a browser on this machine visits. So a name
that was made to lead here (DNS rebinding) is refused, and so is what another page sends.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SECURITY_HEADERS", "Door"]

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    # No text becomes markup.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer."""

_OURS = ("same-origin", "none")


class Door:
    """An ASGI middleware for a server on loopback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request, or let it in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        refusal = _refusal(scope)
        app = self._app if refusal is None else PlainTextResponse(refusal, 403)
        await app(scope, receive, send_with_headers)


def _refusal(scope: Any) -> str | None:
    headers = Headers(scope=scope)
    _, port = scope["server"]
    hosts = headers.getlist("Host")
    if len(hosts) != 1 or hosts[0] not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return "This page answers only at 127.0.0.1 and localhost."
    reading = scope["method"] in ("GET", "HEAD")
    # A link that leads here is harmless, as nothing is in an address.
    visit = reading and headers.get("Sec-Fetch-Mode") == "navigate"
    if headers.get("Sec-Fetch-Site", "none") not in _OURS and not visit:
        return "This page takes requests only from itself."
    # Every browser names the origin of what it sends. What names none is no page of ours.
    if not reading and headers.getlist("Origin") != [f"http://{hosts[0]}"]:
        return "This page takes requests only from itself."
    return None
