"""The servers under load, each a process of its own, and what the kernel says of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_STOP_SECONDS = 15.0

THREADED = [
    *("gunicorn", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "60"),
    *("--bind", "fd://{fd}", "--log-level", "warning", "tests.soak.apps:flask_app()"),
]
ASYNC = ["tests.soak.apps", "{fd}"]


@contextmanager
def serving(command: list[str], settings: Mapping[str, str]) -> Iterator[int]:
    """Run ``python -m COMMAND`` while the context lasts; gives its port.

    ``{fd}`` in the command is a socket that listens already: whoever comes early waits in line.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port: int = listener.getsockname()[1]
        # A measurement of coverage takes memory of its own.
        own = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        process = subprocess.Popen(
            [
                *(sys.executable, "-m"),
                *(word.format(fd=listener.fileno()) for word in command),
            ],
            env={**own, **settings},
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Usage(NamedTuple):
    """What a process has in use."""

    kibibytes: int
    threads: int
    descriptors: int


def usage(process_id: int) -> Usage:
    """Resident memory, threads and open file descriptors (proc(5))."""
    folder = Path("/proc", str(process_id))
    status = dict(
        line.split(":", 1) for line in (folder / "status").read_text("ascii").splitlines()
    )
    return Usage(
        int(status["VmRSS"].split()[0]),
        int(status["Threads"]),
        len(os.listdir(folder / "fd")),  # noqa: PTH208  # names are enough
    )
