"""``make test`` asks for coverage where all tests run, and of nobody who runs a part of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ..needs import need

ROOT = Path(__file__).parents[2]


def commands(*arguments: str) -> list[str]:
    """What ``make test`` would run."""
    need(shutil.which("make") is not None, "make")
    # Not what the make that runs this test was told.
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ARGS", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS")
    }
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "test", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_all_tests_are_held_against_all_code() -> None:
    """As CI runs them, less than all branches is a failure."""
    run = "\n".join(commands())
    assert "coverage run -m pytest" in run
    assert "coverage report --include='cognito_guard/*'" in run
    assert "coverage report --include='integrations/*' --fail-under=95" in run


def test_a_part_of_the_tests_is_not() -> None:
    """It would end with a failure that is none."""
    run = commands("ARGS=tests/explain -x")
    assert [line for line in run if "coverage" in line] == []
    assert run[-1].endswith(" tests/explain -x")
