"""Runs the Django project in a process of its own, as Django takes one for a process."""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_STOP_SECONDS = 10.0


@contextmanager
def django_database() -> Iterator[dict[str, str]]:
    """An empty database with all tables, for as long as the context lasts; gives what to add to the
    environment of the project.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "orders.sqlite3")
        path.write_bytes(_empty_database())
        yield {"DJANGO_DATABASE": str(path)}


@contextmanager
def serve_django(environ: Mapping[str, str]) -> Iterator[str]:
    """Serve the project on uvicorn and give the server's ``http://127.0.0.1:PORT``.

    ``environ`` is added to that of this process: the settings of ``Guard.from_env``.
    """
    with django_database() as database:
        with socket.socket() as listener:
            # The server inherits a socket that listens already: whoever comes early waits in line.
            listener.bind(("127.0.0.1", 0))
            listener.listen(128)
            origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
            process = subprocess.Popen(  # noqa: S603
                [
                    *(sys.executable, "-m", "uvicorn", "example_apps.django_app.asgi:application"),
                    *("--fd", str(listener.fileno()), "--log-level", "warning"),
                    *("--lifespan", "off", "--no-access-log"),
                ],
                env={**os.environ, **environ, **database},
                stdin=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
            )
        # Ours is closed now: if the server ends, connections are refused instead of waiting.
        try:
            yield origin
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@functools.cache
def _empty_database() -> bytes:
    """Made once, as it takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "empty.sqlite3")
        subprocess.run(
            [
                sys.executable,
                "-m",
                "example_apps.django_app.manage",
                "migrate",
                "--skip-checks",
                "-v0",
            ],
            env={**os.environ, "DJANGO_DATABASE": str(path)},
            stdin=subprocess.DEVNULL,
            check=True,
        )
        return path.read_bytes()
