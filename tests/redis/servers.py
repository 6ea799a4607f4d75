"""Redis servers of our own on loopback: one, one that Sentinel watches, and a cluster of one."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import redis

from ..needs import need

_HIGHEST = 50_000  # a cluster's bus listens 10,000 ports above
_TRIES, _PAUSE = 600, 0.1


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    while True:
        with closing(socket.socket()) as listener:
            listener.bind(("127.0.0.1", 0))
            port: int = listener.getsockname()[1]
        if port < _HIGHEST:
            return port


def until(ready: Callable[[], object]) -> None:
    """Ask until the answer is true. A server that never is ends the test with what it says."""
    for _ in range(_TRIES - 1):
        try:
            if ready():
                return
        except redis.RedisError:
            pass
        Event().wait(_PAUSE)
    assert ready()


@contextmanager
def server(folder: Path, *options: str, port: int | None = None) -> Iterator[int]:
    """Run ``redis-server``, which keeps nothing on disk; gives its port, a free one if none is
    given."""
    program = shutil.which("redis-server")
    need(program is not None, "redis-server: apt-get install redis-server")
    port = free_port() if port is None else port
    folder.mkdir(exist_ok=True)
    own = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(
        [str(program), *options, *own], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        with redis.Redis(port=port) as client:
            until(client.ping)
        yield port
    finally:
        process.kill()  # also one that is stopped
        process.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[int]:
    """A cluster of one server, which has all slots."""
    with server(folder, "--cluster-enabled", "yes") as port:
        with redis.Redis(port=port) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
        yield port


@contextmanager
def sentinel(folder: Path) -> Iterator[int]:
    """A server that a Sentinel calls ``main``; gives the Sentinel's port."""
    folder.mkdir()
    configuration = folder / "sentinel.conf"
    with server(folder / "main") as port:
        configuration.write_text(f"sentinel monitor main 127.0.0.1 {port} 1\n", encoding="ascii")
        with server(folder / "watch", str(configuration), "--sentinel") as watching:
            yield watching
