"""Runs the command: in this process, or as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, BinaryIO, NamedTuple
from unittest.mock import patch

from cognito_guard.cli import main

PROGRAM = (sys.executable, "-m", "cognito_guard.cli")

# Some ways to start a test run leave SIGINT ignored, and children inherit that.
INTERRUPTIBLE = (
    sys.executable,
    "-c",
    """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from cognito_guard.cli import main
sys.exit(main())
""",
)

# Unbuffered output would hide a line that is held back, and a failure of the last flush.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

# Far more than a process needs, so that only one that hangs meets it.
DEADLINE = 60


class Outcome(NamedTuple):
    """What a run left behind."""

    status: int
    out: str
    err: str

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """The objects that ``--json`` printed."""
        return [json.loads(line) for line in self.out.splitlines()]


def run(*argv: str, stdin: bytes = b"") -> Outcome:
    """Run the command here."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        status = main(argv)
    return Outcome(status, out.getvalue(), err.getvalue())


def run_process(
    *argv: str,
    stdin: bytes | BinaryIO = b"",
    stdout: BinaryIO | None = None,
    program: Sequence[str] = PROGRAM,
    env: Mapping[str, str] = ENVIRONMENT,
) -> Outcome:
    """Run the command as a shell would. What it writes to a ``stdout`` of your own is yours."""
    given: dict[str, Any] = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
    done = subprocess.run(
        [*program, *argv],
        **given,
        stdout=stdout or subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=DEADLINE,
        env=env,
    )
    return Outcome(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def start(*argv: str, program: Sequence[str] = PROGRAM, **more: Any) -> subprocess.Popen[bytes]:
    """Start the command, to talk to it while it runs. Use it as a context manager."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([*program, *argv], env=ENVIRONMENT, **{**streams, **more})
