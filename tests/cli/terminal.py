"""Runs the command on a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from .running import DEADLINE, ENVIRONMENT, PROGRAM


def run_on_terminal(*argv: str, env: Mapping[str, str]) -> str:
    """What the command writes to a terminal that is its standard output."""
    import pty

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb", buffering=0) as stdout:
            process = subprocess.Popen(
                [*PROGRAM, *argv],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                env={**ENVIRONMENT, "TERM": "xterm", "NO_COLOR": "", **env},
            )
        with process:
            written = b""
            try:
                while piece := screen.read(4096):
                    written += piece
            except OSError:  # how Linux says that the other side has closed
                pass
            process.wait(DEADLINE)
    return written.decode("utf-8")
