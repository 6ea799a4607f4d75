"""gunicorn in a process of its own, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from example_apps.serving import bound

_STOP_SECONDS = 60.0


@contextmanager
def gunicorn(
    target: str,
    environ: Mapping[str, str],
    *options: str,
    listener: socket.socket | None = None,
    python: str = sys.executable,
) -> Iterator[str]:
    """Run ``gunicorn TARGET`` while the context lasts; gives its ``http://127.0.0.1:PORT``.

    ``environ`` is added to that of this process. What gunicorn says goes where our own errors go.
    ``listener``: a socket that is bound to its port already, for an app that has to know it.
    ``python``: the one of the environment that gunicorn and the app are in.
    """
    with listener or bound() as listener:
        # It inherits a socket that listens already: whoever comes early waits in line.
        listener.listen(128)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # Connections outlive the waits of a busy machine: a client that reuses one is not cut off.
        # So do workers: one that starts, or waits for another one, may be slow.
        # At the end, workers would wait half a minute for clients that keep a connection.
        own = ["--keep-alive=60", "--timeout=120", "--graceful-timeout=5"]
        own += ["--bind", f"fd://{listener.fileno()}", "--log-level", "warning"]
        process = subprocess.Popen(
            [python, "-m", "gunicorn", *own, *options, target],
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    # Ours is closed now: if gunicorn ends, connections are refused instead of waiting for ever.
    try:
        yield origin
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
