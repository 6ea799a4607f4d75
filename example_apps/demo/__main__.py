"""``python -m example_apps.demo``, which is ``make demo``."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType
from typing import NoReturn

from .keep import keep
from .run import run

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """The exit status: 0 if every answer is as documented, 1 if one is not, 130 if it is stopped
    before the table is complete."""
    parser = argparse.ArgumentParser(prog="python -m example_apps.demo")
    parser.add_argument("--keep", action="store_true", help="leave the apps running until Ctrl+C")
    options = parser.parse_args()
    for one in _SIGNALS:
        # A shell's background jobs ignore the terminal's Ctrl+C, and so does the demo as one.
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, _stop)
    try:
        return run(keep if options.keep else None)
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")
        return 130


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    # An impatient second signal would leave servers behind.
    for one in _SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
