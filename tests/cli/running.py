"""Runs the command: in this process, or as a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple
from unittest.mock import patch

from cognito_guard.cli import main

PROGRAM = (sys.executable, "-m", "cognito_guard.cli")

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


def run_process(*argv: str, stdin: bytes = b"", program: Sequence[str] = PROGRAM) -> Outcome:
    """Run the command as a shell would."""
    done = subprocess.run([*program, *argv], input=stdin, capture_output=True, timeout=DEADLINE)
    return Outcome(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
