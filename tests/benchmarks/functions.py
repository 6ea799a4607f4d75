"""The cold start of a Lambda function, beside Powertools' verifier and aws-jwt-verify.

``python -m tests.benchmarks.functions`` prints the table of docs/lambda.md. What cannot be
installed here is left out, and said. Times are those of the processor, which other work on the
machine changes little; the medians are shown. The size is that of the installed packages with all
that they need, without bytecode.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from cognito_guard.testing import LocalUserPool

from . import environments

STARTS = Path(__file__).parent / "starts"
_TOKENS = 200
_ROUNDS = 21
_RESOURCE = "https://orders.example.com"
_HOURS = 6 * 3600.0


class Candidate(NamedTuple):
    """A function, how its process is started, and the folder of its packages."""

    name: str
    command: list[str]
    packages: Path | None = None


def candidates(jwks: Path, tokens: Path) -> Iterable[Candidate]:
    """Those that can be had here."""
    script = str(STARTS / "function.py")
    files = [str(jwks), str(tokens)]
    yield Candidate("Python alone", [sys.executable, script, "nothing", *files])
    for name, library, python_of in (
        ("cognito_guard, keys in a file", "cognito_guard", environments.own_python),
        ("Powertools `JWTVerifier`", "powertools", lambda: environments.python_of("powertools")),
    ):
        try:
            python = python_of()
        except environments.Missing as missing:
            _say(f"{name}: {missing}")
            continue
        (packages,) = Path(python).parents[1].glob("lib/python*/site-packages")
        yield Candidate(name, [python, script, library, *files], packages)
    try:
        node, folder = environments.node_modules()
    except environments.Missing as missing:
        _say(f"aws-jwt-verify: {missing}")
        return
    yield Candidate("Node alone", [node, str(STARTS / "function.mjs"), *files])
    yield Candidate(
        "aws-jwt-verify on Node",
        [node, str(STARTS / "function.mjs"), *files, str(folder)],
        folder / "node_modules" / "aws-jwt-verify",
    )


def measure(
    chosen: list[Candidate], rounds: int, *, path: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """One process of each a round: the figures of all rounds. ``path``: where else there are
    packages."""
    found: list[dict[str, Any]] = [{"name": one.name, "runs": []} for one in chosen]
    with tempfile.TemporaryDirectory() as scratch:
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environ["PYTHONPATH"] = os.pathsep.join(path)
        environ["PYTHONPYCACHEPREFIX"] = scratch
        for number in range(rounds + 1):
            for one, row in zip(chosen, found, strict=True):
                ran = subprocess.run(
                    one.command, check=True, env=environ, cwd=scratch, capture_output=True
                )
                figures = json.loads(ran.stdout)
                if number > 0:  # the first round writes the bytecode
                    row["runs"].append(figures)
    return found


def table(chosen: list[Candidate], found: list[dict[str, Any]]) -> str:
    """The figures in Markdown."""
    lines = [
        "| | init | first token | the next ones | the same again | memory | packages |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one, row in zip(chosen, found, strict=True):

        def median(name: str, runs: list[dict[str, float]] = row["runs"]) -> float:
            return statistics.median(run[name] for run in runs)

        idle = one.packages is None
        cells = [
            f"{median('init') * 1e3:.0f} ms",
            "" if idle else f"{median('first') * 1e3:.2f} ms",
            "" if idle else f"{median('next') * 1e6:.0f} µs",
            "" if idle else f"{median('again') * 1e6:.1f} µs",
            f"{median('kilobytes') / 1024:.0f} MiB",
            "" if one.packages is None else f"{size_of(one.packages) / 2**20:.1f} MiB",
        ]
        lines.append(f"| {one.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def size_of(packages: Path) -> int:
    """Bytes of what is installed there, without pip and bytecode."""
    files = (path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
    own = (path for path in files if not path.relative_to(packages).parts[0].startswith("pip"))
    return sum(path.stat().st_size for path in own)


def write(folder: Path) -> tuple[Path, Path]:
    """The key set and the tokens, in files."""
    pool = LocalUserPool()
    jwks, tokens = folder / "jwks.json", folder / "tokens.txt"
    jwks.write_text(json.dumps(pool.jwks()), encoding="utf-8")
    made = (
        pool.access_token(f"user-{n}", groups=["admins"], aud=_RESOURCE, expires_in=_HOURS)
        for n in range(_TOKENS)
    )
    tokens.write_text("\n".join(made), encoding="utf-8")
    return jwks, tokens


def main(rounds: int = _ROUNDS) -> str:
    """Measure, and give the table."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = list(candidates(*write(Path(folder))))
        return table(chosen, measure(chosen, rounds))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    print(main())
