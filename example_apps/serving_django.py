"""Runs a Django project in a process of its own, as Django takes one for a process."""

from __future__ import annotations

import functools
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .child_environ import child_environ
from .serving import bound

PROJECT = "example_apps.django_app"

_STOP_SECONDS = 10.0


@contextmanager
def django_database(project: str = PROJECT) -> Iterator[dict[str, str]]:
    """An empty database with all tables, for as long as the context lasts; gives what to add to the
    environment of the project.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, "orders.sqlite3")
        path.write_bytes(_empty_database(project))
        yield {"DJANGO_DATABASE": str(path)}


@contextmanager
def serve_django(
    environ: Mapping[str, str], project: str = PROJECT, listener: socket.socket | None = None
) -> Iterator[str]:
    """Serve a project on uvicorn and give the server's ``http://127.0.0.1:PORT``.

    ``environ`` has the settings of ``Guard.from_env``: none of this process's is inherited.
    ``listener``: a socket that is bound to its port already, for a project that has to know it.
    """
    with django_database(project) as database:
        with listener or bound() as listener:
            # The server inherits a socket that listens already: whoever comes early waits in line.
            listener.listen(128)
            origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
            process = subprocess.Popen(  # noqa: S603
                [
                    *(sys.executable, "-m", "uvicorn", f"{project}.asgi:application"),
                    *("--fd", str(listener.fileno()), "--log-level", "warning"),
                    *("--lifespan", "off", "--no-access-log"),
                    *("--timeout-keep-alive", "60"),  # as in `serving`
                ],
                env=child_environ({**environ, **database}),
                stdin=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                process_group=0,  # it is ended below, and not by the terminal's Ctrl+C
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
def _empty_database(project: str) -> bytes:
    """Made once, as it takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "empty.sqlite3")
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", f"{project}.manage", "migrate", "--skip-checks", "-v0"],
            env=child_environ({"DJANGO_DATABASE": str(path)}),
            stdin=subprocess.DEVNULL,
            check=True,
        )
        return path.read_bytes()
