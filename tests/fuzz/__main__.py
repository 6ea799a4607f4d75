"""``python -m tests.fuzz``: fuzz every target for a while, and print what came of it.

Exit status 0 if nothing was found, 1 for a bug (its input is printed), 2 where atheris is missing.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time_ns
from typing import NamedTuple

from . import corpus
from .targets import ENGINE, TARGETS
from .worst import TIMES, WORST

SIZE = 16 * 1024
"""The longest input: what a guard looks at unless it is told otherwise."""

# Far above what any input takes. A hang is a bug, a busy machine is none.
_HANG_SECONDS = 120
_MEMORY_MB = 1024
_ROOT = Path(__file__).parents[2]
_WORDS = Path(__file__).parent / "words.dict"


class Outcome(NamedTuple):
    """What came of fuzzing one target. ``found`` says what went wrong."""

    runs: int
    covered: int
    inputs: int
    slowest: bytes
    found: str


def fuzz(target: str, seeds: list[bytes], seconds: int, seed: int, kept: Path) -> Outcome:
    """Fuzz one target in a process of its own. What is worth keeping ends up in ``kept``."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        slowest = folder / "slowest"
        corpus.unpack(seeds, folder / "seeds")
        kept.mkdir(parents=True, exist_ok=True)
        options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-dict={_WORDS}"]
        # What libFuzzer calls slow it writes down beside what is wrong.
        options += [f"-timeout={_HANG_SECONDS}", f"-report_slow_units={_HANG_SECONDS}"]
        options += [f"-rss_limit_mb={_MEMORY_MB}"]
        options += ["-print_final_stats=1", f"-artifact_prefix={folder}/"]
        process = _run(target, slowest, [*options, str(kept), str(folder / "seeds")], seconds)
        inputs = [path.read_bytes() for path in folder.glob("*-*") if path.is_file()]
        found = ""
        if process.returncode != 0 or inputs:
            tail = "\n".join(process.stdout.splitlines()[-60:])
            found = f"{tail}\nthe input: {inputs}"
        return Outcome(
            runs=_last(r"number_of_executed_units: (\d+)", process.stdout),
            covered=_last(r"cov: (\d+)", process.stdout),
            inputs=_last(r"corp: (\d+)", process.stdout),
            slowest=slowest.read_bytes() if slowest.exists() else b"",
            found=found,
        )


def milliseconds(target: Callable[[bytes], object], data: bytes, repetitions: int = 7) -> float:
    """The processor time that an input costs, at its best of several times."""
    took = []
    for _ in range(repetitions):
        start = thread_time_ns()
        target(data)
        took.append(thread_time_ns() - start)
    return min(took) / 1e6


def main(arguments: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--seed", type=int, default=1, help="of the dice (1)")
    parser.add_argument("--save", action="store_true", help="add what reached more to the corpus")
    parser.add_argument("--no-worst", action="store_true", help="leave out the worst cases")
    options = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        print("atheris is missing: pip install --group fuzz (Linux, x86-64)", file=sys.stderr)
        return 2
    print(f"{'target':24} {'runs':>10} {'edges':>9} {'inputs':>7} {'slowest':>10}")
    status = 0
    with TemporaryDirectory() as scratch:
        for name in options.targets:
            kept = Path(scratch) / name.replace(":", ".")
            seeds = corpus.load(name) if name in TARGETS else []
            one = fuzz(name, seeds, options.seconds, options.seed, kept)
            took = milliseconds(ENGINE[name], one.slowest) if name in TARGETS else 0.0
            row = f"{name:24} {one.runs:10} {one.covered:9} {one.inputs:7} {took:7.2f} ms"
            print(row, flush=True)
            if one.found:
                print(one.found)
                status = 1
            elif options.save:
                inputs = [*seeds, *corpus.packed(kept)]
                corpus.save(name, corpus.distil(ENGINE[name], inputs))
    if options.no_worst:
        return status
    # Regular expressions are seen only here: what can be counted, `test_work.py` counts.
    print(f"\n{f'worst cases of {SIZE} bytes':44} {'best time':>10} {f'of {TIMES} times that':>16}")
    for name, (target, build) in WORST.items():
        took = milliseconds(ENGINE[target], build(SIZE))
        longer = milliseconds(ENGINE[target], build(TIMES * SIZE), repetitions=3)
        print(f"{name:44} {took:7.2f} ms {longer:13.2f} ms", flush=True)
    return status


def _run(
    target: str, slowest: Path, options: list[str], seconds: int
) -> subprocess.CompletedProcess[str]:
    """A fuzzer's process. Its own way to end is to be asked for by an option."""
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz.one", target, slowest, f"-max_len={SIZE}", *options],
        cwd=_ROOT,
        # Measuring the coverage of tests would only slow this down.
        env={name: text for name, text in os.environ.items() if "COVERAGE" not in name},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + 120,
        check=False,
    )


def _last(pattern: str, text: str) -> int:
    return int((re.findall(pattern, text) or ["0"])[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
