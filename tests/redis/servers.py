"""Redis servers of our own on loopback: one, one that Sentinel watches, and a cluster of one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ..needs import need
from ..ports import free_port

_TRIES, _PAUSE = 600, 0.1


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
    output = folder / "output.txt"
    with output.open("wb") as stdout:
        process = subprocess.Popen(
            [str(program), *options, *own], stdin=subprocess.DEVNULL, stdout=stdout
        )
    try:
        # Without tries of its own: redis-py 8 has ten, with pauses that grow.
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as client:

            def answers() -> object:
                assert process.poll() is None, output.read_text(errors="replace")
                return client.ping()

            until(answers)
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
