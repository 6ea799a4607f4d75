"""uvicorn on a socket that listens already. Arguments: the app's name, the number of the socket.

Not by `uvicorn --fd`: that takes the socket for one of the file system, so that asyncio leaves out
TCP_NODELAY and each answer in two pieces waits for 40 ms.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

if __name__ == "__main__":
    config = uvicorn.Config(
        sys.argv[1], access_log=False, log_level="warning", lifespan="off", timeout_keep_alive=60
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[2]))])
