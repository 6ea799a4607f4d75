"""``python -m example_apps.tour``, which is ``make tour``."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from unittest import mock

from ..quiet import quiet
from .telling import Teller, WentWrong
from .walk import walk

# It takes a few seconds. What takes that long hangs.
_PATIENCE = 120.0


def main() -> int:
    """Go through all of it. The exit status: 0 if every step goes as documented."""
    faulthandler.dump_traceback_later(_PATIENCE, exit=True)  # with status 1
    tell = Teller(_print)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's server logs each request
    try:
        with quiet(), mock.patch.dict(os.environ, _no_account(), clear=True):
            walk(tell)
    except WentWrong:
        tell.say("\nThat is not as documented. The steps behind it rest on it, so the tour ends.")
        return 1
    finally:
        faulthandler.cancel_dump_traceback_later()
    tell.say(f"\nAll {tell.steps} steps went as documented.")
    return 0


def _no_account() -> dict[str, str]:
    """The environment without the AWS account of this machine, and without a proxy on the way to
    127.0.0.1."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return own | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
