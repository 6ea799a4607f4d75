"""Fetches on servers whose threads are none, or do not go on by themselves."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cognito_guard.testing import LocalUserPool

from ..emulators.process import until_it_listens
from ..gunicorn_server import gunicorn
from ..keys.endpoint import Endpoint, answer
from ..keys.material import jwks
from ..needs import need
from ..ports import free_port

TARGET = "tests.network.served:app"
PATIENCE = 120.0


@pytest.fixture(scope="module")
def pools() -> list[LocalUserPool]:
    """Three pools with keys of their own."""
    return [
        LocalUserPool(f"eu-west-1_Pool{number}", client_id="1example23456789")
        for number in range(3)
    ]


def ask(origin: str, pool: LocalUserPool) -> tuple[int, str]:
    """The status and the body that a good token of ``pool`` gets."""
    parts = urlsplit(origin)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        bearer = {"Authorization": f"Bearer {pool.access_token()}"}
        connection.request("GET", "/", headers=bearer)
        answered = connection.getresponse()
        return answered.status, answered.read().decode("ascii")
    finally:
        connection.close()


def ask_all(origin: str, pools: list[LocalUserPool]) -> list[tuple[int, str]]:
    """The answers to requests that come at once, one for each of ``pools``."""
    answers: dict[int, tuple[int, str]] = {}

    def one(number: int) -> None:
        answers[number] = ask(origin, pools[number])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(pools))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return [answers[number] for number in range(len(pools))]


@contextmanager
def endpoints(pools: list[LocalUserPool]) -> Iterator[list[Endpoint]]:
    """A server of keys for each of ``pools``."""
    if not pools:
        yield []
        return
    body = answer(body=jwks(*pools[0].jwks()["keys"]))
    with Endpoint(lambda visit: visit.send(body)) as first, endpoints(pools[1:]) as others:
        yield [first, *others]


def environ(served: list[Endpoint], **more: str) -> dict[str, str]:
    """For the app: where its keys are."""
    return {"KEYS": " ".join(one.url for one in served), **more}


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["forked", "preloaded"])
@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_first_requests_of_several_pools(
    kind: str, options: tuple[str, ...], pools: list[LocalUserPool]
) -> None:
    """Six first requests at once, two for each of three pools: each is verified, by three fetches.

    gevent puts tasks of one thread in the place of threads; under ``--preload`` after the app was
    imported, whose locks stay those of threads.
    """
    need(kind == "gthread" or find_spec(kind) is not None, f"{kind}: pip install {kind}")
    with (
        endpoints(pools) as served,
        gunicorn(TARGET, environ(served), "-k", kind, "--threads", "8", *options) as origin,
    ):
        got = ask_all(origin, pools * 2)
        asked = [len(one.requests) for one in served]
    assert got == [(200, pool.subject("alice")) for pool in pools * 2]
    assert asked == [1, 1, 1]


@pytest.mark.parametrize("kind", ["gevent", "gthread"])
def test_slow_issuer_holds_up_no_other(kind: str, pools: list[LocalUserPool]) -> None:
    """While one server of keys hangs, the other pools' first requests are answered."""
    need(kind == "gthread" or find_spec(kind) is not None, f"{kind}: pip install {kind}")
    with endpoints(pools) as served:
        begun, go_on = threading.Event(), threading.Event()

        def hang(visit: object) -> None:
            begun.set()
            assert go_on.wait(PATIENCE)  # and hangs up

        served[0].behave = hang
        with gunicorn(TARGET, environ(served), "-k", kind, "--threads", "8") as origin:
            slow: list[tuple[int, str]] = []
            waiting = threading.Thread(target=lambda: slow.append(ask(origin, pools[0])))
            waiting.start()
            assert begun.wait(PATIENCE)
            got = ask_all(origin, pools[1:])
            assert slow == []
            assert got == [(200, pool.subject("alice")) for pool in pools[1:]]
            go_on.set()
            waiting.join(PATIENCE)
    # Without the cause: on a busy machine the request may end before the fetch has told it.
    assert slow[0][0] == 503
    assert "keys_unavailable" in slow[0][1]


@contextmanager
def uwsgi(served: dict[str, str], *options: str) -> Iterator[str]:
    """UWSGI with the app, on a free port of 127.0.0.1."""
    program = shutil.which("uwsgi", path=str(Path(sys.executable).parent))
    need(program is not None, "uWSGI: pip install --group compiled")
    assert program is not None
    port = free_port()
    place = f"127.0.0.1:{port}"
    own = ["--http-socket", place, "--module", TARGET, "--need-app", "--die-on-term", "--master"]
    paths = [f"--pythonpath={one}" for one in sys.path if one]
    process = subprocess.Popen(
        [program, *own, *paths, *options],
        env={"PATH": "/usr/bin:/bin", **served},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    try:
        until_it_listens(process, port)
        yield f"http://{place}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.mark.parametrize("prefetch", ["", "1"], ids=["first request", "prefetch"])
@pytest.mark.parametrize(
    "options",
    [
        ["--processes=2"],
        ["--processes=2", "--enable-threads"],
        ["--processes=2", "--threads=2"],
        ["--processes=2", "--lazy-apps"],
    ],
    ids=["no threads", "enable-threads", "threads", "lazy-apps"],
)
def test_uwsgi(options: list[str], prefetch: str, pools: list[LocalUserPool]) -> None:
    """The app is imported before uWSGI forks, and its threads may stand still: requests are
    verified all the same, with and without a prefetch at import.
    """
    with endpoints(pools) as served, uwsgi(environ(served, PREFETCH=prefetch), *options) as origin:
        got = ask_all(origin, pools * 2)
    assert got == [(200, pool.subject("alice")) for pool in pools * 2]
