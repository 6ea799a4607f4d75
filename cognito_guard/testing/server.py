"""A real HTTP server on loopback that serves a key set."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, final

__all__ = ["JwksServer"]


class _Server(ThreadingMixIn, TCPServer):
    """`http.server.ThreadingHTTPServer`, less its look-up of the machine's name, which may hang."""

    allow_reuse_address = True
    # Its connections must not keep a test process alive.
    daemon_threads = True
    request_queue_size = 128


@final
class JwksServer:
    """Serves a JWK set on a free port of 127.0.0.1, as a context manager.

    ``jwks`` is called at every request, so that a rotation shows at once. ``url`` is where the key
    set is; ``requests`` counts how often it was asked for.
    """

    def __init__(self, jwks: Callable[[], Mapping[str, Any]], path: str) -> None:
        self._jwks = jwks
        self._path = path
        self._lock = threading.Lock()
        self.requests = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def origin(self) -> str:
        """The scheme, host and port: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the key set."""
        return self.origin + self._path

    def __enter__(self) -> JwksServer:
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
                if self.path != outer._path:
                    self.send_error(404)
                    return
                with outer._lock:
                    outer.requests += 1
                body = json.dumps(outer._jwks()).encode("utf-8")
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: a test's output is the test's."""

        return Handler
