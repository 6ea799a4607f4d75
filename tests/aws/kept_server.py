"""A server that keeps connections, and answers what a test says."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: KeptServer

    def do_POST(self) -> None:
        """Any request."""
        length = int(self.headers.get("Content-Length", 0))
        self.asked = self.rfile.read(length)
        with self.server.lock:
            self.server.asked.append((self.client_address[1], dict(self.headers), self.asked))
        self.server.behave(self)

    do_GET = do_CONNECT = do_POST  # noqa: N815

    def say(self, status: int, body: bytes | dict[str, Any], **headers: str) -> None:
        """Answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def hang_up(self) -> None:
        """Close the connection."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class KeptServer(ThreadingHTTPServer):
    """As a context manager, on a free port of 127.0.0.1."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, behave: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.lock = threading.Lock()
        self.asked: list[tuple[int, dict[str, str], bytes]] = []
        """The port that each request came from, its headers, and its body."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    @property
    def connections(self) -> int:
        """How many there have been."""
        with self.lock:
            return len({port for port, _, _ in self.asked})

    def __enter__(self) -> KeptServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()


def says(status: int, body: bytes | dict[str, Any], **headers: str) -> Behaviour:
    """Always the same."""
    return lambda handler: handler.say(status, body, **headers)


def refuses(name: str, message: str = "Of people.", status: int = 400) -> Behaviour:
    """As the API does."""
    return says(status, {"__type": name, "message": message})
