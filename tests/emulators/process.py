"""Runs a server that is not ours: a process of its own, up when it listens, ended in any case."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0


def environment() -> dict[str, str]:
    """The machine's environment without the AWS account that it is signed in to, which is no
    business of a test, and without a proxy on the way to 127.0.0.1.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@contextmanager
def running(
    command: Sequence[str], *, port: int, folder: Path, settings: Mapping[str, str] = {}
) -> Iterator[None]:
    """Run ``command`` in ``folder`` while the context lasts, from when ``port`` answers.

    ``settings`` are added to its environment; what it prints goes to ``output.txt`` in ``folder``.
    """
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment() | dict(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until_it_listens(process, port)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when ``port`` takes connections. ``RuntimeError`` if the process ends before, or
    takes two minutes.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            pass
        else:
            return
        try:
            # The pause between two attempts, and the end of a process that gave up.
            status = process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"the server ended with status {status} before it listened")
    raise RuntimeError(f"the server did not listen within {_START_SECONDS:g} s")
