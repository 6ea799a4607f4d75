"""``python -m example_apps.mcp_server``: the server and a user pool, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import threading
from contextlib import suppress

from .running import USERS, serve_mcp

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m example_apps.mcp_server")
    parser.add_argument("port", nargs="?", type=int, default=8000)
    with serve_mcp(parser.parse_args().port) as running, suppress(KeyboardInterrupt):
        names = " or ".join(user.username for user in USERS)
        sys.stdout.write(f"Give your MCP client {running.url}, and sign in as {names}.\n")
        sys.stdout.write("Ctrl-C ends this.\n")
        sys.stdout.flush()
        threading.Event().wait()
