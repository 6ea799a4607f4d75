"""Runs a WSGI app on a real waitress server, on a free port of 127.0.0.1, for demo and tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.wasyncore import close_all  # type: ignore[import-untyped]


@contextmanager
def serve_wsgi(app: Any, **settings: Any) -> Iterator[str]:
    """Serve ``app`` in threads and give the server's ``http://127.0.0.1:PORT``.

    ``settings`` are those of ``waitress.serve``.
    """
    sockets: dict[int, Any] = {}
    server: Any = create_server(app, map=sockets, host="127.0.0.1", port=0, **settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # In the server's own thread, which ends when no socket is left.
        server.trigger.pull_trigger(partial(close_all, sockets))
        thread.join()
        server.task_dispatcher.shutdown()
