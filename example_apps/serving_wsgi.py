"""Runs a WSGI app on a real waitress server, on a free port of 127.0.0.1, for demo and tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.wasyncore import close_all  # type: ignore[import-untyped]


@contextmanager
def serve_wsgi(app: Any, listener: socket.socket | None = None, **settings: Any) -> Iterator[str]:
    """Serve ``app`` in threads and give the server's ``http://127.0.0.1:PORT``.

    ``listener``: a socket that is bound to its port already, for an app that has to know it.
    ``settings`` are those of ``waitress.serve``.
    """
    sockets: dict[int, Any] = {}
    place = {"host": "127.0.0.1", "port": 0} if listener is None else {"sockets": [listener]}
    server: Any = create_server(app, map=sockets, **place, **settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # In the server's own thread, which ends when no socket is left.
        with suppress(OSError):  # something else has woken it, and all is closed already
            server.trigger.pull_trigger(partial(close_all, sockets))
        thread.join()
        server.task_dispatcher.shutdown()
