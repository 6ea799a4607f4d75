"""``python -m example_apps.behind_alb``: the app behind a local load balancer, until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress

from .running import serve_behind_alb

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    with serve_behind_alb(port) as running, suppress(KeyboardInterrupt):
        sys.stdout.write(f"Open {running.listener.url} in a browser. Ctrl-C ends this.\n")
        sys.stdout.flush()
        threading.Event().wait()
