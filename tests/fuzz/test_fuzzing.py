"""The fuzzer itself: it runs, it reaches the engine, and it says so when it finds something."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ..needs import need
from . import corpus
from .__main__ import Outcome, fuzz

ROOT = Path(__file__).parents[2]


def planted(data: bytes) -> None:
    """A target with a bug that is found at once."""
    if len(data) > 3:
        raise KeyError("planted")


def harmless(data: bytes) -> None:
    """A target without a bug."""


def _fuzz(target: str, folder: Path, seeds: list[bytes], seconds: int) -> Outcome:
    need(find_spec("atheris") is not None, "atheris: pip install --group fuzz (Linux, x86-64)")
    return fuzz(target, seeds, seconds, seed=1, kept=folder)


def test_a_bug_is_found(tmp_path: Path) -> None:
    """What a target raises is reported, with the input."""
    outcome = _fuzz(f"{__name__}:planted", tmp_path, [b"abc"], 20)  # ends with the bug

    assert "KeyError: 'planted'" in outcome.found
    assert "the input: [b'" in outcome.found


def test_the_engine_is_reached(tmp_path: Path) -> None:
    """Fuzzing the engine's targets is led by the engine's own branches, and finds no bug."""
    outcome = _fuzz("request", tmp_path, corpus.load("request"), 2)

    assert outcome.found == ""
    assert outcome.runs > 0  # how many, the machine says
    assert outcome.covered > 100


def test_the_command_fails_for_a_bug() -> None:
    """``make fuzz`` fails when there is something to look at."""
    need(find_spec("atheris") is not None, "atheris: pip install --group fuzz (Linux, x86-64)")
    command = [sys.executable, "-m", "tests.fuzz", "--no-worst", "--seconds"]
    bad, good = (
        subprocess.run(
            [*command, seconds, f"{__name__}:{target}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for target, seconds in (("planted", "20"), ("harmless", "1"))
    )

    assert (bad.returncode, good.returncode) == (1, 0)
    assert "planted" in bad.stdout
