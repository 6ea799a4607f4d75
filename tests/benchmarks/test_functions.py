"""The benchmark of functions runs, with what needs no installation."""

from __future__ import annotations

import sys
from pathlib import Path

from ..needs import need
from .functions import STARTS, Candidate, measure, size_of, table, write

need(Path("/proc/self/status").exists(), "the /proc of Linux")


def test_a_round(tmp_path: Path) -> None:
    """Each candidate is started and measured, and has its row."""
    jwks, tokens = write(tmp_path)
    script = str(STARTS / "function.py")
    chosen = [
        Candidate(name, [sys.executable, script, library, str(jwks), str(tokens)], packages)
        for name, library, packages in (
            ("Python alone", "nothing", None),
            ("cognito_guard", "cognito_guard", tmp_path),
        )
    ]
    found = measure(chosen, 1, path=sys.path)
    assert all(run["init"] > 0 and run["kilobytes"] > 0 for row in found for run in row["runs"])
    lines = table(chosen, found).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| Python alone", "| cognito_guard"]
    assert size_of(tmp_path) == jwks.stat().st_size + tokens.stat().st_size
