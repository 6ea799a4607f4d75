"""waitress, four threads, on a socket that listens already. Arguments: the app's name, the number
of the socket.
"""

from __future__ import annotations

import logging
import socket
import sys
from importlib import import_module

import waitress

if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    app = getattr(import_module(module), name)
    # It writes a line for each request that waits for a thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    waitress.serve(app, sockets=[socket.socket(fileno=int(sys.argv[2]))], threads=4)
