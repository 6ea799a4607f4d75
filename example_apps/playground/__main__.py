"""``python -m example_apps.playground [PORT]``, which is ``make playground``: until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress

from .running import serve_playground

_PORT = 8100


def main(arguments: list[str]) -> int:
    """Serve the page until Ctrl-C. The exit status: 1 if the port is taken."""
    port = int(arguments[0]) if arguments else _PORT
    # However it is ended, the processes that were started are ended too.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        _print("Starting the example apps ...")
        try:
            with serve_playground(port) as origin:
                _print(f"Open {origin} in a browser. Ctrl-C ends this.")
                threading.Event().wait()
        except OSError as error:
            _print(f"Port {port} of 127.0.0.1 cannot be used: {error.strerror}.")
            _print(f"For another one: make playground PORT={port + 1}")
            return 1
    return 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
