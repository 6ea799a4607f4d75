"""A server on loopback that answers as badly as a test asks for, and counts who came."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn

from .source import PATIENCE


class Visit:
    """One connection, its request read."""

    def __init__(self, connection: socket.socket, over: threading.Event) -> None:
        self._connection = connection
        self._over = over
        self.head = b""
        # A TLS client, come to the wrong place, begins with an octet that is no letter.
        while b"\r\n\r\n" not in self.head and (self.head[:1] or b"G").isalpha():
            if not (data := connection.recv(65536)):
                break
            self.head += data

    def send(self, data: bytes) -> bool:
        """Whether ``data`` was sent, to a client that is still there."""
        with suppress(OSError):
            self._connection.sendall(data)
            return not self._over.is_set()
        return False

    def stay(self) -> None:
        """Keep the connection until the client leaves or the test is over."""
        self._connection.settimeout(0.05)
        while not self._over.is_set():
            with suppress(TimeoutError):
                if not self._connection.recv(1):
                    return

    def pause(self) -> None:
        """Let a moment pass, or less if the test is over."""
        self._over.wait(0.02)


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
        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler(context))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.scheme = "http" if context is None else "https"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of its key set."""
        return f"{self.scheme}://127.0.0.1:{self.port}/jwks.json"

    def __enter__(self) -> Endpoint:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()  # joins the connections
        self._thread.join(PATIENCE)

    def _handler(self, context: ssl.SSLContext | None) -> type[BaseRequestHandler]:
        endpoint = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                connection: socket.socket = self.request
                connection.settimeout(PATIENCE)
                with suppress(OSError):  # a client that refuses the certificate, or leaves
                    if context is None:
                        self.talk(connection)
                    else:
                        with context.wrap_socket(connection, server_side=True) as secured:
                            self.talk(secured)

            def talk(self, connection: socket.socket) -> None:
                visit = Visit(connection, endpoint._over)
                if visit.head:
                    endpoint.requests.append(visit.head)
                    endpoint.behave(visit)

        return Handler


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    request_queue_size = 128
