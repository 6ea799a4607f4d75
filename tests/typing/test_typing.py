"""mypy and pyright: good usage compiles, and each misuse is an error.

A misuse carries the error that it must cause, once for each checker. Both are told to complain of
such a comment where there is no error, so that a line which begins to compile fails as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..needs import need

_HERE = Path(__file__).parent
_SECONDS = 500

Check = Callable[[Path], subprocess.CompletedProcess[str]]


@pytest.fixture(params=["mypy", "pyright"])
def check(request: pytest.FixtureRequest, tmp_path: Path) -> Check:
    """Runs a checker over a folder, with the settings that are kept here."""
    checker: str = request.param
    need(find_spec(checker) is not None, f"{checker}: pip install {checker}")
    cache = getattr(request.config, "cache", None)
    cache_folder = tmp_path if cache is None else cache.mkdir("mypy")

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        command = {
            "mypy": ["--config-file", "mypy.ini", "--cache-dir", str(cache_folder)],
            "pyright": ["--project", "pyrightconfig.json", "--pythonpath", sys.executable],
        }[checker]
        if checker == "mypy":
            command += map(str, sorted(folder.glob("*/*.py")))
        return subprocess.run(
            [sys.executable, "-m", checker, *command],
            cwd=folder,
            # Not what the checkout holds, but what is installed, with its `py.typed`.
            env={**os.environ, "MYPYPATH": "", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )

    return run


def test_good_usage_compiles_and_misuse_does_not(check: Check) -> None:
    """All of ``accepted`` passes, and all of ``refused`` fails on the very lines that say so."""
    done = check(_HERE)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "guard.verify(b'')",
        "guard.verify('')  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]",
        "guard.verify(b'')  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]",
    ],
    ids=["a misuse", "a misuse that compiles", "a misuse with another error"],
)
def test_the_checkers_are_strict_enough(check: Check, tmp_path: Path, line: str) -> None:
    """An error where none is expected is reported, and so is an expected one that is missing."""
    for name in ("mypy.ini", "pyrightconfig.json"):
        (tmp_path / name).write_bytes((_HERE / name).read_bytes())
    (tmp_path / "refused").mkdir()
    (tmp_path / "refused" / "line.py").write_text(
        f"from cognito_guard import Guard\n\nguard = Guard.from_env()\n{line}\n", encoding="utf-8"
    )

    done = check(tmp_path)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "line.py:4" in done.stdout
