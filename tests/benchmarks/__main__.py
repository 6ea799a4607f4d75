"""Measures this project beside its peers. ``make bench``.

All candidates take turns in every round, so that a drift of the machine's speed hits them alike;
what is told are medians, and the medians and quartiles of the ratios within each round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import ssl
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from . import (
    floods,
    in_process,
    page,
    peer_serving,
    plot,
    probing,
    scaling,
    serving,
    sessions,
    starting,
    tables,
)
from .bench import Bench, set_up
from .environments import CACHE
from .goals import judge
from .results import Results, Section

PARTS: dict[str, Callable[[Bench], dict[str, Section]]] = {
    "in-process": in_process.measure,
    "start": starting.measure,
    "memory": probing.memory,
    "scaling": scaling.measure,
    "steps": probing.steps,
    "http": serving.measure,
    "http-peers": peer_serving.measure,
    "floods": floods.measure,
}

ALONE: dict[str, Callable[[Bench], dict[str, Section]]] = {"sessions": sessions.measure}
"""What only ``--only`` measures, in a run of its own."""

WITHOUT_PEERS = {*ALONE, "http", "http-peers", "floods"}
"""What needs no worker of another library: if nothing else is asked for, none is started. The peers
on servers have environments of their own."""


def main(arguments: list[str] | None = None) -> Results:
    """Measure, print, and write what was asked for."""
    options = _options(arguments)
    if options.redraw:
        for data in (page.DATA, page.SESSIONS_DATA):
            results: Results = json.loads(data.read_text(encoding="utf-8"))
            page.write(results)
        return results
    started = time.monotonic()
    alone = options.short or WITHOUT_PEERS.issuperset(options.only or PARTS)
    with set_up(short=alone) as bench:
        bench = bench._replace(short=options.short)
        results = {"about": _about(bench), "sections": {}, "goals": []}
        if options.only == list(ALONE):
            results["about"] |= sessions.about()
        elif "http-peers" in (options.only or PARTS) and not options.short:
            results["about"] |= peer_serving.about()
        for name in options.only or PARTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results["sections"].update((PARTS | ALONE)[name](bench))
    results["goals"] = judge(results["sections"])
    print(tables.terminal(results))
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, svg in plot.plots(results).items():
        (out / name).write_text(svg, encoding="utf-8")
    if options.write_docs:
        page.write(results)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return results


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="a few rounds, no peers, nothing installed"
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[*PARTS, *ALONE],
        help="one part; may be given several times",
    )
    parser.add_argument(
        "--out", type=Path, default=CACHE / "results", help="the folder for the JSON and the plots"
    )
    parser.add_argument(
        "--write-docs", action="store_true", help="put the run's numbers into docs/performance.*"
    )
    parser.add_argument(
        "--redraw", action="store_true", help="measure nothing; make the page from its JSON anew"
    )
    options = parser.parse_args(arguments)
    if options.write_docs and (options.short or options.only not in (None, list(ALONE))):
        parser.error("the page shows whole runs only, and that of the sessions")
    return options


def _about(bench: Bench) -> dict[str, str]:
    """The machine and the versions."""
    versions = {"cognito_guard": bench.own.version, "cryptography": version("cryptography")}
    versions |= {peer.name: peer.version for peer in bench.peers}
    return {
        "Measured": time.strftime("%Y-%m-%d", time.gmtime()),
        "Machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"{ssl.OPENSSL_VERSION} in `ssl`",
        "Versions": ", ".join(f"{name} {number}" for name, number in versions.items()),
    }


def _processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


if __name__ == "__main__":
    main()
