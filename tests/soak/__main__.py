"""``python -m tests.soak [--minutes N] [--plot FILE.svg]``: a soak as long as you like."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .plot import svg
from .soak import SHORTEST_SECONDS, soak
from .table import lines


def main() -> int:
    """Run, print the table, and fail if an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument(
        "--minutes",
        type=float,
        default=SHORTEST_SECONDS / 60,
        help="how long the load lasts (default and least: %(default)g)",
    )
    parser.add_argument("--plot", type=Path, help="where to write a picture, as SVG")
    arguments = parser.parse_args()
    reports = soak(60 * arguments.minutes)
    for report in reports:
        print("\n".join(lines(report)))
    if arguments.plot:
        arguments.plot.write_text(svg(reports), encoding="utf-8")
    return 1 if any(report.tally.wrong for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
