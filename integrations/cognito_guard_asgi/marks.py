"""What an answer says of the session: that its cookie counted, and who may keep a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from .refusal import Message, Send

__all__ = ["Marks", "marked"]

_STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


def marked(
    headers: Iterable[tuple[bytes, bytes]], *, page: bool = False
) -> list[tuple[bytes, bytes]]:
    """Headers with ``Vary: Cookie`` among them. A ``page`` that says nothing of being kept is not
    kept: after the sign-out, the back button would show it again.

    None of them makes a browser drop its cookie, also where that is worth nothing any more: an
    answer that comes late would drop the cookie of a new session.
    """
    found = [(name, value) for name, value in headers]
    names = [name.lower() for name, _ in found]
    vary = [index for index, name in enumerate(names) if name == b"vary"]
    said = {one.strip().lower() for index in vary for one in found[index][1].split(b",")}
    if not said & {b"cookie", b"*"}:
        if vary:
            name, value = found[vary[0]]
            found[vary[0]] = (name, value + b", Cookie")
        else:
            found.append((b"vary", b"Cookie"))
    if page and b"cache-control" not in names:
        found.append((b"cache-control", b"no-store"))
    return found


@final
class Marks:
    """A ``send`` that marks the answer. ``page``: whether it is one for those who have signed in
    alone. ``set_cookies``: what the end of the session makes the browser drop."""

    __slots__ = ("_send", "page", "set_cookies")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.page = False
        self.set_cookies: tuple[str, ...] = ()

    async def __call__(self, message: Message) -> None:
        """As the ``send`` of ASGI."""
        if message["type"] in _STARTS:
            headers = marked(message.get("headers", ()), page=self.page)
            headers += [(b"set-cookie", one.encode("ascii")) for one in self.set_cookies]
            message = {**message, "headers": headers}
        await self._send(message)
