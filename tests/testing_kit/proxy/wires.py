"""Both ends of the proxy by hand: what goes in and comes out, to the byte."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from cognito_guard.testing import LocalListener, LocalLoadBalancer

_PATIENCE_SECONDS = 60.0


class Wire:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(_PATIENCE_SECONDS)
        self._seen = b""

    def until(self, end: bytes) -> bytes:
        """What arrives, up to and with ``end``, or up to the end of the connection."""
        while end not in self._seen:
            data = self._connection.recv(65536)
            if not data:
                whole, self._seen = self._seen, b""
                return whole
            self._seen += data
        before, _, self._seen = self._seen.partition(end)
        return before + end

    def rest(self) -> bytes:
        """What else arrives until the other end closes."""
        return self.until(b"\0 never sent \0")

    def send(self, data: bytes) -> None:
        """Send, to a peer that may have heard enough."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(data)

    def finish(self) -> None:
        """Say nothing more, but go on listening."""
        with suppress(OSError):  # the peer has heard enough, and left
            self._connection.shutdown(socket.SHUT_WR)


@contextmanager
def app(behave: Callable[[Wire], object]) -> Iterator[str]:
    """An app that does to each connection, one after the other, what ``behave`` says."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        behave(Wire(connection))

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(_PATIENCE_SECONDS)


@contextmanager
def client(listener: LocalListener) -> Iterator[Wire]:
    """A connection to a listener."""
    port = int(listener.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        yield Wire(connection)


@contextmanager
def between(
    balancer: LocalLoadBalancer, behave: Callable[[Wire], object]
) -> Iterator[LocalListener]:
    """A listener that lets everybody through to an app that behaves so."""
    with (
        app(behave) as origin,
        balancer.listen(origin, on_unauthenticated_request="allow") as listener,
    ):
        yield listener


def exchange(listener: LocalListener, request: bytes) -> bytes:
    """The whole answer to a request."""
    with client(listener) as wire:
        wire.send(request)
        wire.finish()
        return wire.rest()
