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

from . import in_process, page, plot, probing, scaling, serving, starting, tables
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
}


def main(arguments: list[str] | None = None) -> Results:
    """Measure, print, and write what was asked for."""
    options = _options(arguments)
    if options.redraw:
        results: Results = json.loads(page.DATA.read_text(encoding="utf-8"))
        page.write(results)
        return results
    started = time.monotonic()
    with set_up(short=options.short) as bench:
        results = {"about": _about(bench), "sections": {}, "goals": []}
        for name in options.only or PARTS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            results["sections"].update(PARTS[name](bench))
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
        "--only", action="append", choices=list(PARTS), help="one part; may be given several times"
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
    if options.write_docs and (options.short or options.only):
        parser.error("the page shows whole runs only")
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
