"""What the sections share: a user pool on loopback, and a worker for each library that is here."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from cognito_guard.testing import LocalUserPool

from . import environments, material
from .workers import WorkerError, WorkerProcess

PEERS = {
    "PyJWT": "pyjwt",
    "joserfc": "joserfc",
    "Authlib": "authlib",
    "python-jose": "python_jose",
    "cognitojwt": "cognitojwt",
    "fastapi-cognito": "fastapi_cognito",
    "flask-cognito-lib": "flask_cognito_lib",
    "django-cognito-jwt": "django_cognito_jwt",
}
NODE_PEERS = ("aws-jwt-verify", "fast-jwt")


class Peer(NamedTuple):
    """A library that runs: its worker, and what it said of itself."""

    name: str
    worker: WorkerProcess
    version: str
    calls: list[str]
    refuses: dict[str, bool]


class Bench(NamedTuple):
    """A run."""

    short: bool
    pool: LocalUserPool
    python: str
    """The Python that has this checkout installed."""
    files: tuple[Path, Path]
    """The material, and the key set."""
    own: Peer
    peers: list[Peer]
    missing: dict[str, str]
    """Peers that cannot be measured here, and why."""

    def command(self) -> list[str]:
        """What starts one more worker of our own."""
        return _command(self.python, "cognito_guard", self.files)


@contextmanager
def set_up(*, short: bool, folder: Path | None = None) -> Iterator[Bench]:
    """Everything up and running for as long as the context lasts.

    The short form has no peers and runs in the environment that is here.
    """
    pool = LocalUserPool()
    with ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        server = stack.enter_context(pool.serve())
        files = material.write(material.make(pool, server.url), where)
        python = sys.executable if short else environments.own_python()
        own = _start(stack, "cognito_guard", _command(python, "cognito_guard", files))
        peers: list[Peer] = []
        missing: dict[str, str] = {}
        for name in () if short else (*PEERS, *NODE_PEERS):
            try:
                peers.append(_start(stack, name, _peer_command(name, files)))
            except (environments.Missing, WorkerError) as error:
                missing[name] = str(error)
        yield Bench(short, pool, python, files, own, peers, missing)


def _peer_command(name: str, files: tuple[Path, Path]) -> list[str]:
    if name in NODE_PEERS:
        node, folder = environments.node_modules()
        return [node, str(environments.PEERS / "node.mjs"), str(files[0]), str(folder), name]
    return _command(environments.python_of(PEERS[name]), PEERS[name], files)


def _command(python: str, name: str, files: tuple[Path, Path]) -> list[str]:
    return [python, str(environments.PEERS / f"with_{name}.py"), *map(str, files)]


def _start(stack: ExitStack, name: str, command: list[str]) -> Peer:
    worker = WorkerProcess(name, command)
    stack.callback(worker.close)
    about = worker.ask(do="about")
    return Peer(name, worker, about["version"], about["calls"], about["refuses"])
