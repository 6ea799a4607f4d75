"""``python -m tests.mutation [MODULE ...]``: break modules of the engine, and see who notices.

Exit status 0 if the mutants that survive are those that ``survivors.toml`` explains, 1 if they are
others, 2 where mutmut is missing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from .mutants import SUITES, WIDER, Mutant, explained, of_module, parse_diff, parse_results

ROOT = Path(__file__).parents[2]

_COPIED = ("cognito_guard", "integrations", "tests", "pyproject.toml")
_CONFIGURATION = """
[tool.mutmut]
source_paths = ["cognito_guard"]
only_mutate = ["cognito_guard/{path}.py"]
also_copy = ["integrations"]
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist"]
# Seconds that a mutant has beyond those of its tests, 15 times. With 1, one that survives is ended
# where the machine is busy, and counts as noticed.
timeout_constant = 5.0
"""
_MUTMUT = ("-m", "mutmut")
_UNNOTICED = ("survived", "no tests")
# What `mutmut show` does, for many mutants in one process.
_SHOW = """
import sys
from mutmut.mutation.diff_apply import get_diff_for_mutant
for name in sys.argv[1:]:
    print(get_diff_for_mutant(name), end="\\0")
"""


def survivors(module: str, children: int) -> tuple[int, set[Mutant]]:
    """Break a module in copies of the project. How many mutants there were, and who survived."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        first, second = Path(one), Path(other)
        ended = _hold(module, first, SUITES[module], [], children)
        left = [name for name, status in ended.items() if status in _UNNOTICED]
        if left and not module.startswith("login."):
            again = _hold(module, second, WIDER, left, children)
            left = [name for name in left if again[name] in _UNNOTICED]
        diffs = _run(first, "-c", _SHOW, *left).split("\0")[:-1]
    return len(ended), set(map(parse_diff, left, diffs))


def _hold(
    module: str, folder: Path, tests: list[str], names: list[str], children: int
) -> dict[str, str]:
    """Hold mutants of a module, all or these, against some tests. How each of them ended."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    chosen = [f"tests/{test}" for test in tests]
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(_CONFIGURATION.format(path=module.replace(".", "/"), tests=chosen))
    _run(folder, *_MUTMUT, "run", "--max-children", str(children), *names)
    return dict(parse_results(_run(folder, *_MUTMUT, "results", "--all", "true")))


def _run(folder: Path, *arguments: str) -> str:
    # UTF-8, because the names that mutmut makes up have letters that need it.
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"mutmut {arguments[2:]} failed:\n{done.stdout[-4000:]}\n{done.stderr}")
    return done.stdout


def differences(survived: set[Mutant], listed: set[Mutant]) -> Iterator[str]:
    """What to say where the survivors are not those that are explained."""
    for mutant in sorted(survived - listed):
        yield f"survived, unexplained: {mutant}"
    for mutant in sorted(listed - survived):
        yield f"explained, but it did not survive: {mutant}"


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(SUITES), metavar="MODULE")
    parser.add_argument("--children", type=int, default=1, help="processes at a time (1)")
    options = parser.parse_args(arguments)
    unknown = set(options.modules) - set(SUITES)
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    if find_spec("mutmut") is None:
        print("mutmut is missing: pip install --group mutate", file=sys.stderr)
        return 2
    status = 0
    print(f"{'module':30} {'mutants':>8} {'killed':>8} {'explained':>10} {'seconds':>8}")
    for module in options.modules:
        start = monotonic()
        mutants, survived = survivors(module, options.children)
        listed = of_module(module, explained())
        row = f"{module:30} {mutants:8} {mutants - len(survived):8} {len(survived & listed):10}"
        print(f"{row} {monotonic() - start:8.0f}", flush=True)
        for difference in differences(survived, listed):
            print(difference)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
