"""Real HTTP servers on loopback that serve public keys."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, NamedTuple, Self, final

__all__ = ["JwksServer", "PemServer"]


class LoopbackServer(ThreadingMixIn, TCPServer):
    """`http.server.ThreadingHTTPServer`, less its look-up of the machine's name, which may hang."""

    allow_reuse_address = True
    # Its connections must not keep a test process alive.
    daemon_threads = True
    request_queue_size = 128


class _Page(NamedTuple):
    content_type: str
    body: bytes
    status: int = 200


class _KeyServer(ABC):
    """Serves pages on a free port of 127.0.0.1, as a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self._server = LoopbackServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @abstractmethod
    def _page(self, path: str) -> _Page | None:
        """What to answer for ``path`` now; ``None`` is a 404 that does not count as a request."""

    @property
    def origin(self) -> str:
        """The scheme, host and port: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = outer._page(self.path)
                if page is None:
                    self.send_error(404)
                    return
                with outer._lock:
                    outer.requests += 1
                self.send_response(page.status)
                self.send_header("Content-Type", page.content_type)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: a test's output is the test's."""

        return Handler


@final
class JwksServer(_KeyServer):
    """Serves a JWK set on a free port of 127.0.0.1, as a context manager.

    ``jwks`` is called at every request, so that a rotation shows at once. ``url`` is where the key
    set is; ``requests`` counts how often it was asked for.
    """

    def __init__(self, jwks: Callable[[], Mapping[str, Any]], path: str) -> None:
        super().__init__()
        self._jwks = jwks
        self._path = path

    @property
    def url(self) -> str:
        """The address of the key set."""
        return self.origin + self._path

    def _page(self, path: str) -> _Page | None:
        if path != self._path:
            return None
        return _Page("application/json", json.dumps(self._jwks()).encode("utf-8"))


@final
class PemServer(_KeyServer):
    """Serves PEM public keys at ``/{kid}`` on a free port of 127.0.0.1, as a context manager.

    ``keys`` is called at every request, so that a rotation shows at once, and gives the keys by
    their ``kid``. ``url`` is what the ``kid`` is appended to after a slash. ``requests`` counts the
    requests, those for a ``kid`` that is unknown (404) too.
    """

    def __init__(self, keys: Callable[[], Mapping[str, str]]) -> None:
        super().__init__()
        self._keys = keys

    @property
    def url(self) -> str:
        """The base address of the keys."""
        return self.origin

    def _page(self, path: str) -> _Page | None:
        pem = self._keys().get(path[1:])
        if pem is None:
            return _Page("text/plain", b"", 404)
        return _Page("text/plain", pem.encode("ascii"))
