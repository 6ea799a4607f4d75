"""How long good requests take while ten times as many bad ones are refused.

Both come at a steady rate, each from a `wrk` of its own, so that the server is not loaded to its
limit by the load generator itself. A flood of good requests shows what that many requests cost
where nothing is refused.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple

from . import material, serving
from .bench import Bench
from .numbers import ratios, summary
from .results import Section

MIDDLE, LATE = "flood_p50", "flood_p99"
TIMES = 10
"""How many times as many requests a flood has as there are good ones."""

CONNECTIONS, FLOOD_CONNECTIONS, ROUNDS = 20, 60, 8
_LUA = Path(__file__).parent / "paced.lua"
_DISTINCT = 500
# The flood begins earlier and ends later than what is measured.
_MARGIN = 1


class Server(NamedTuple):
    """A server: the app, how many good requests a second it gets, and for how many seconds."""

    server: str
    target: str
    rate: int
    seconds: int


# The threads are waitress's: with more connections than threads, gunicorn's had 1 % of the requests
# wait for 0.4 s without any flood.
SERVERS = {
    "a bare ASGI app on uvicorn": Server(
        "uvicorn_server", "tests.benchmarks.servers.asgi:app", 400, 3
    ),
    "Flask on waitress": Server("waitress_server", "tests.benchmarks.servers.flask_app:app", 80, 6),
}

QUIET = "quiet"
KINDS = ("junk", "bad signatures", "unknown keys")
GOOD = "good tokens, for comparison"


class Paced(NamedTuple):
    """What `wrk` counted. Times are microseconds."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float


class TooSlow(Exception):
    """The machine could not send a flood at its rate, so that there was none."""


def measure(bench: Bench) -> dict[str, Section]:
    """Quiet and each flood take turns in every round; a server at a time."""
    sections = {
        MIDDLE: _section("Half of the good requests are answered within, while a flood is refused"),
        LATE: _section("99 % of the good requests are answered within, while a flood is refused"),
    }
    wrk = shutil.which("wrk")
    if wrk is None:
        for section in sections.values():
            section["rows"].append({"name": "all servers", "missing": "wrk is not installed"})
        return sections
    with tempfile.TemporaryDirectory() as folder:
        files = {
            name: _listed(Path(folder, f"{number}.txt"), tokens)
            for number, (name, tokens) in enumerate(floods(bench).items())
        }
        good = _listed(
            Path(folder, "good.txt"), material.distinct_tokens(bench.pool, serving.TOKENS)
        )
        for name, server in SERVERS.items():
            try:
                found = _rounds(bench, wrk, server, good, files)
            except TooSlow as error:
                for section in sections.values():
                    section["rows"].append({"name": name, "missing": str(error)})
                continue
            for kind, each in found.items():
                _add(sections[MIDDLE], f"{name}, {kind}", *_both(each, found[QUIET], "p50"))
                _add(sections[LATE], f"{name}, {kind}", *_both(each, found[QUIET], "p99"))
    return sections


def _both(
    flooded: Sequence[Paced], quiet: Sequence[Paced], percentile: Literal["p50", "p99"]
) -> tuple[list[float], list[float]]:
    return (
        [getattr(one, percentile) for one in flooded],
        [getattr(one, percentile) for one in quiet],
    )


def _add(section: Section, name: str, times: Sequence[float], quiet: Sequence[float]) -> None:
    milliseconds = [time / 1000 for time in times]
    section["rows"].append(
        {"name": name, "value": summary(milliseconds), "ratio": ratios(times, quiet)}
    )


def floods(bench: Bench) -> dict[str, list[str]]:
    """The tokens of each flood."""
    given: dict[str, Any] = json.loads(bench.files[0].read_text(encoding="utf-8"))
    good = material.distinct_tokens(bench.pool, 50)
    parts = [token.split(".") for token in good]
    kinds = ("expired", "another issuer", "another client", "bad shape")
    return {
        "junk": [given["tokens"][kind] for kind in kinds],
        # The signature of another token, by the right key.
        "bad signatures": [
            f"{head}.{payload}.{other[2]}"
            for (head, payload, _), other in zip(parts, [*parts[1:], parts[0]], strict=True)
        ],
        "unknown keys": [_unknown_key(number, parts[number % 50]) for number in range(_DISTINCT)],
        GOOD: good,
    }


def _unknown_key(number: int, parts: list[str]) -> str:
    """A token that names a key which no key set has. Nobody comes as far as its signature."""
    header = {"kid": f"unknown{number:05}=", "alg": "RS256"}
    return ".".join([material.encode(header), *parts[1:]])


def _rounds(
    bench: Bench, wrk: str, server: Server, good: Path, files: Mapping[str, Path]
) -> dict[str, list[Paced]]:
    found: dict[str, list[Paced]] = {kind: [] for kind in (QUIET, *files)}
    sent: dict[str, list[Paced]] = {kind: [] for kind in files}
    seconds = 1 if bench.short else server.seconds
    with bench.pool.serve() as keys:
        environ = {
            "COGNITO_USER_POOL_ID": bench.pool.user_pool_id,
            "COGNITO_CLIENT_IDS": bench.pool.client_id,
            "COGNITO_JWKS": keys.url,
            "BENCH_GUARDED": "1",
        }
        with serving.on_socket(server.server, server.target, environ) as origin:
            first = good.read_text(encoding="ascii").partition("\n")[0]
            if serving.status(origin, first) != 200:  # once it is up, and has its keys
                raise RuntimeError(f"{server.target} refuses a good token")
            for number in range(-1, 1 if bench.short else ROUNDS):
                for kind in found:
                    with _flood(wrk, origin, server, files.get(kind), seconds) as flood:
                        each = paced(wrk, origin, good, server.rate, seconds)
                    for one in flood:
                        _judge(one, kind)
                        sent[kind].append(one)
                    if each.refused or each.broken:
                        raise RuntimeError(f"{kind}: good requests were refused: {each}")
                    if number >= 0:  # the first round warms up
                        found[kind].append(each)
    if not bench.short:
        for kind, each in sent.items():
            _check_rate(each, server, kind)
    return found


@contextmanager
def _flood(
    wrk: str, origin: str, server: Server, listed: Path | None, seconds: int
) -> Iterator[list[Paced]]:
    """A flood around what is measured, and in the end what was counted of it; none where there is
    no file of tokens."""
    counted: list[Paced] = []
    if listed is None:
        yield counted
        return
    rate = server.rate * TIMES
    process = subprocess.Popen(
        _command(wrk, origin, listed, rate, seconds + 2 * _MARGIN, FLOOD_CONNECTIONS),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        serving.status(origin)  # by the time it is answered, the flood is under way
        yield counted
        printed, _ = process.communicate(timeout=120)
        counted.append(_parsed(printed))
    finally:
        process.kill()
        process.wait()


def _judge(flood: Paced, kind: str) -> None:
    """See that a flood was answered as its row says. Raises ``RuntimeError``."""
    if flood.broken or flood.refused != (0 if kind == GOOD else flood.requests):
        raise RuntimeError(f"{kind}: not answered as meant: {flood}")


def _check_rate(sent: Sequence[Paced], server: Server, kind: str) -> None:
    """See that the floods of most rounds were such. Raises :class:`TooSlow`."""
    reached, meant = median(one.requests / one.seconds for one in sent), server.rate * TIMES
    if reached < 0.8 * meant:
        raise TooSlow(f"{kind}: the flood reached {reached:,.0f} of {meant:,} /s")


def paced(wrk: str, origin: str, listed: Path, rate: int, seconds: int) -> Paced:
    """Requests at a rate, all answered: what was counted."""
    while True:
        finished = subprocess.run(
            _command(wrk, origin, listed, rate, seconds),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        counted = _parsed(finished.stdout)
        # Where none was answered in all that time, there is no latency to tell.
        if counted.requests or counted.broken:
            return counted


def _command(
    wrk: str, origin: str, listed: Path, rate: int, seconds: int, connections: int = CONNECTIONS
) -> list[str]:
    pause = connections / rate * 1000
    return [
        *(wrk, "--threads=1", f"--connections={connections}", f"--duration={seconds}s"),
        *("--timeout=30s", f"--script={_LUA}", origin, "--", str(listed), f"{pause:.3f}"),
    ]


def _parsed(printed: str) -> Paced:
    return Paced(**json.loads(printed.strip().splitlines()[-1]))


def _listed(path: Path, tokens: list[str]) -> Path:
    lines = "".join(f"Authorization: Bearer {token}\n" for token in tokens)
    path.write_text(lines, encoding="ascii")
    return path


def _section(title: str) -> Section:
    return {"title": title, "unit": "ms", "base": "quiet", "rows": []}
