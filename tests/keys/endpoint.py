"""A server on loopback that answers a test's own bytes, and remembers who came.

For what no :class:`~cognito_guard.testing.Fault` does.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable

from cognito_guard.testing.listener import Listener, Visit

from ..patience import PATIENCE

Behaviour = Callable[[Visit], object]


def answer(status: str = "200 OK", body: bytes = b"", *headers: str) -> bytes:
    """A whole HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Endpoint:
    """Serves ``behave`` on a free port of 127.0.0.1, as a context manager."""

    def __init__(self, behave: Behaviour, context: ssl.SSLContext | None = None) -> None:
        self.behave = behave
        self.requests: list[bytes] = []
        self._asked = threading.Semaphore(0)
        self._listener = Listener(self._serve, lambda: context)
        self.scheme = "http" if context is None else "https"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The address of its key set."""
        return f"{self.scheme}://127.0.0.1:{self.port}/jwks.json"

    def __enter__(self) -> Endpoint:
        self._listener.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.__exit__()

    def await_request(self) -> None:
        """Block until it was asked once more: it may see a request after its client has left."""
        assert self._asked.acquire(timeout=PATIENCE)

    def _serve(self, visit: Visit) -> None:
        self.requests.append(visit.head)
        self._asked.release()
        self.behave(visit)
