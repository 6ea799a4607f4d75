"""Ports of 127.0.0.1: for a server that has to be told which is its own, and for nobody."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

# Below those that the kernel gives to whoever asks for any (32,768 and up), so that no connection
# of another test takes it before the server has it, or while it starts again. A Redis cluster
# listens 10,000 above its own as well.
_LOWEST, _HIGHEST = 10_000, 22_000
# Whatever seed a test or a plug-in sets, two processes look in different places.
_random = random.SystemRandom()


def free_port() -> int:
    """A port for a server that is about to start. One that can take a socket instead of a number
    should: a socket is nobody else's.
    """
    while True:
        port = _random.randrange(_LOWEST, _HIGHEST)
        try:
            with socket.socket() as one, socket.socket() as other:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 10_000))
        except OSError:
            continue
        return port


@contextmanager
def closed_port() -> Iterator[int]:
    """A port where connections are refused. Nobody else can take it meanwhile: it is bound, and
    nobody listens.
    """
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1]
