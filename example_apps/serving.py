"""Runs an ASGI app on a real uvicorn server, on a free port of 127.0.0.1, for demo and tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

_START_SECONDS = 120.0


class _Server(uvicorn.Server):
    """A server that says when it listens, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            with suppress(SystemExit):  # uvicorn's way to say that it could not start
                super().run(sockets)
        finally:
            self.settled.set()


def bound(port: int = 0) -> socket.socket:
    """A socket that is bound to a port of 127.0.0.1, to a free one unless it is given."""
    listener = socket.socket()
    if port:
        # The connections of the server that was here before may linger.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


@contextmanager
def serve(app: Any, listener: socket.socket | None = None, **settings: Any) -> Iterator[str]:
    """Serve ``app`` in a thread and give the server's ``http://127.0.0.1:PORT``.

    ``listener``: a socket that is bound to its port already, for an app that has to know it.
    ``settings`` are those of ``uvicorn.Config``. Raises ``RuntimeError`` if it does not start.
    """
    with listener or bound() as listener:
        # Connections outlive the waits of a busy machine: a client that reuses one is not cut off.
        settings = {"log_level": "warning", "timeout_keep_alive": 60, **settings}
        server = _Server(uvicorn.Config(app, **settings))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            if not server.settled.wait(_START_SECONDS) or not server.started:
                raise RuntimeError("the server did not start")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
