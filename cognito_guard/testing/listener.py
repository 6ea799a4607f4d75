"""Listener: connections to a free port of 127.0.0.1, each handed to a function.

It can stop to listen and begin again on the same port, and closing it ends whatever is under way.
Nothing here knows what is served.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import final

__all__ = ["Listener", "Visit"]

_MAX_HEAD = 64 * 1024
# For a function that does something else than visit; its thread does not keep a process alive.
_CLOSE_SECONDS = 10.0


@final
class Visit:
    """One connection, its request read."""

    def __init__(self, connection: socket.socket, wire: socket.socket) -> None:
        self.connection = connection
        """Where the rest of the request is to be read from."""
        self._wire = wire
        self._lock = threading.Lock()
        self._stays = False
        self.released = False
        """Whether the server has let go: nothing is to be held back any more."""
        self.head = b""
        """The request line and the header lines, up to the empty line."""
        # A TLS client, come to the wrong place, begins with an octet that is no letter.
        while b"\r\n\r\n" not in self.head and (self.head[:1] or b"G").isalpha():
            data = connection.recv(_MAX_HEAD)
            if not data or len(self.head) > _MAX_HEAD:
                break
            self.head += data

    @property
    def asked(self) -> str:
        """What is asked for, by whatever method: a path, and perhaps a query."""
        rest = self.head.partition(b"\r\n")[0].partition(b" ")[2]
        return rest.partition(b" ")[0].decode("latin-1")

    @property
    def target(self) -> str | None:
        """What is asked for, if this is a GET."""
        return self.asked if self.head.startswith(b"GET ") else None

    def send(self, data: bytes) -> bool:
        """Whether ``data`` was sent, to a client that is still there."""
        with suppress(OSError):
            self.connection.sendall(data)
            return True
        return False

    def stay(self, seconds: float | None = None) -> bool:
        """Keep the connection open. False if the client left.

        True after ``seconds``, and at once when the server lets go.
        """
        with self._lock:
            if self.released:
                return True
            self._stays = True
        before = self.connection.gettimeout()
        self.connection.settimeout(seconds)
        try:
            while self.connection.recv(_MAX_HEAD):
                pass  # whatever else it has to say
        except TimeoutError:
            return True
        except OSError:
            pass
        finally:
            self.connection.settimeout(before)
            with self._lock:
                self._stays = False
        return self.released

    def release(self) -> None:
        """Let go of what is held back. From any thread."""
        with self._lock:
            self.released = True
            if self._stays:
                with suppress(OSError):  # the client was faster
                    self._wire.shutdown(socket.SHUT_RD)  # wakes who reads; writing goes on


@final
class Listener:
    """Hands every connection to ``serve``, in a thread of its own, as a context manager.

    It refuses connections before the context begins, while it is :meth:`down`, and afterwards.
    ``secure`` gives, for each connection, the TLS settings or None for plain text. ``port`` is a
    free one unless given. A client that is silent for ``patience`` seconds is given up.
    """

    def __init__(
        self,
        serve: Callable[[Visit], object],
        secure: Callable[[], ssl.SSLContext | None] = lambda: None,
        *,
        port: int = 0,
        patience: float | None = None,
    ) -> None:
        self._serve = serve
        self._secure = secure
        self._patience = patience
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        """Where it listens."""
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._connections: set[socket.socket] = set()
        self._open, self._up = False, True
        self._listening: tuple[socket.socket, threading.Thread] | None = None

    def __enter__(self) -> Listener:
        self._open = True
        self._listen_or_not()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._listen_or_not()
        self._socket.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_CLOSE_SECONDS)

    def up(self) -> None:
        """Listen, as it does from the start."""
        self._up = True
        self._listen_or_not()

    def down(self) -> None:
        """Refuse connections. The port is kept: it is bound again, and nobody listens."""
        self._up = False
        self._listen_or_not()

    def _listen_or_not(self) -> None:
        listens = self._open and self._up
        if listens and self._listening is None:
            wake, woken = socket.socketpair()
            self._socket.listen(128)
            thread = threading.Thread(
                target=self._accept, args=(self._socket, woken), name="key server", daemon=True
            )
            thread.start()
            self._listening = wake, thread
        elif not listens and self._listening is not None:
            wake, thread = self._listening
            self._listening = None
            wake.close()
            thread.join()
            self._socket.close()
            self._socket = _bound(self.port)

    def _accept(self, listener: socket.socket, woken: socket.socket) -> None:
        with woken, selectors.DefaultSelector() as selector:
            selector.register(listener, selectors.EVENT_READ, data=True)
            selector.register(woken, selectors.EVENT_READ, data=False)
            while all(key.data for key, _ in selector.select()):
                with suppress(BlockingIOError, ConnectionAbortedError):  # it left the queue
                    connection, _ = listener.accept()
                    connection.settimeout(self._patience)
                    thread = threading.Thread(
                        target=self._run, args=(connection,), name="key server visit", daemon=True
                    )
                    with self._lock:
                        self._connections.add(connection)
                    self._threads = [t for t in self._threads if t.is_alive()]
                    thread.start()
                    self._threads.append(thread)

    def _run(self, wire: socket.socket) -> None:
        connection = wire
        try:
            context = self._secure()
            try:
                if context is not None:
                    # Of a copy, so that the server can end both from outside.
                    connection = context.wrap_socket(wire.dup(), server_side=True)
                visit = Visit(connection, wire)
            except OSError:  # a client that refuses the certificate, or leaves
                return
            if visit.head:
                self._serve(visit)
        finally:
            with self._lock:
                self._connections.discard(wire)
            connection.close()
            wire.close()


def _bound(port: int) -> socket.socket:
    """A socket that has a port of 127.0.0.1 for its own."""
    bound = socket.socket()
    # Connections that are over keep a port for a minute from whoever does not say this.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    bound.setblocking(False)
    return bound
