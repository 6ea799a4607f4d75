"""``python -m example_apps.with_login flask``: one of the sites and a user pool, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import threading
from contextlib import suppress

from .running import SITES, USERS, serve_with_login

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m example_apps.with_login")
    parser.add_argument("site", choices=SITES)
    parser.add_argument("port", nargs="?", type=int, default=8000)
    options = parser.parse_args()
    with serve_with_login(options.site, options.port) as running, suppress(KeyboardInterrupt):
        names = " or ".join(user.username for user in USERS)
        sys.stdout.write(f"Open {running.origin} in a browser, and sign in as {names}.\n")
        sys.stdout.write("Ctrl-C ends this.\n")
        sys.stdout.flush()
        threading.Event().wait()
