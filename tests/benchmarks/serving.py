"""Apps on real servers under a real load generator: guarded against unguarded."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from math import ceil
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from cognito_guard.testing import LocalUserPool

from ..gunicorn_server import gunicorn
from . import material
from .bench import Bench
from .environments import ROOT
from .numbers import ratios, summary
from .results import Section

SECONDS, ROUNDS, CONNECTIONS, TOKENS = 1, 8, 8, 100

_LUA = Path(__file__).parent / "headers.lua"
_APPS = "tests.benchmarks.servers"
_STOP_SECONDS = 10.0

_GUNICORN = ("--worker-class=gthread", "--workers=1", "--threads=4", f"--chdir={ROOT}")

APPS = {
    "a bare ASGI app on uvicorn": f"{_APPS}.asgi:app",
    "Starlette on uvicorn": f"{_APPS}.starlette_app:app",
    "FastAPI with the middleware on uvicorn": f"{_APPS}.fastapi_app:with_middleware",
    "FastAPI with the dependency on uvicorn": f"{_APPS}.fastapi_app:with_dependency",
    "Flask on gunicorn": f"{_APPS}.flask_app:app",
    "Django stateless on gunicorn": f"{_APPS}.django_app:application",
}

NEW = "http_new"
NEW_ROUNDS = 5
BY_HAND, WITH_MIDDLEWARE = "an app that calls `averify`, cache off", "the middleware, as shipped"
NEW_APPS = {BY_HAND: f"{_APPS}.asgi_by_hand:app", WITH_MIDDLEWARE: f"{_APPS}.asgi:app"}
"""What gets a token not seen before in every request."""


def measure(bench: Bench) -> dict[str, Section]:
    """Both forms of each app take turns; an app at a time, so that no other server is up."""
    wrk = shutil.which("wrk")
    sections = {"http": _repeated(bench, wrk), NEW: _new(bench, wrk)}
    if wrk is None:
        for section in sections.values():
            section["rows"].append({"name": "all apps", "missing": "wrk is not installed"})
    return sections


def _repeated(bench: Bench, wrk: str | None) -> Section:
    section: Section = {
        "title": f"Requests a second over HTTP, {TOKENS} tokens again and again",
        "unit": "/s",
        "base": "the same app unguarded",
        "rows": [],
    }
    if wrk is None:
        return section
    tokens = material.distinct_tokens(bench.pool, TOKENS)
    for name, target in APPS.items():
        speeds: list[list[float]] = [[], []]
        with tempfile.TemporaryDirectory() as folder, bench.pool.serve() as keys:
            listed = _write(folder, tokens)
            with both_forms(target, bench.pool, keys.url) as origins:
                for number in range(-1, 1 if bench.short else ROUNDS):
                    for form, origin in enumerate(origins):
                        speed = load(wrk, origin, listed)
                        if number >= 0:  # the first round warms up
                            speeds[form].append(speed)
        for form, title in enumerate(("unguarded", "guarded")):
            section["rows"].append(
                {
                    "name": f"{name}, {title}",
                    "value": summary(speeds[form]),
                    "ratio": ratios(speeds[form], speeds[0]),
                }
            )
    return section


def _new(bench: Bench, wrk: str | None) -> Section:
    """Both apps get the same tokens in each round, which no round before has had."""
    section: Section = {
        "title": "A request to a bare ASGI app on uvicorn, its token not seen before",
        "unit": "us",
        "base": BY_HAND,
        "rows": [],
    }
    if wrk is None:
        return section
    fresh = material.Fresh(lambda: material.good_token(bench.pool))
    times: list[list[float]] = [[] for _ in NEW_APPS]
    with (
        tempfile.TemporaryDirectory() as folder,
        bench.pool.serve() as keys,
        ExitStack() as stack,
    ):
        origins = [
            stack.enter_context(running(target, _environ(bench.pool, keys.url, guarded="1")))
            for target in NEW_APPS.values()
        ]
        # These warm up. Without a cache, repeated tokens take as long as new ones.
        few = _write(folder, fresh.take(0, TOKENS))
        speed, *_ = [load(wrk, origin, few) for origin in origins]
        count, first = ceil(speed * SECONDS * 4 / 3) + 100, TOKENS
        while len(times[0]) < (1 if bench.short else NEW_ROUNDS):
            listed = _write(folder, fresh.take(first, count))
            first += count
            speeds = [load(wrk, origin, listed) for origin in origins]
            if max(speeds) * SECONDS > count:
                count *= 2  # tokens came again, so this round is about repeated ones as well
                continue
            for each, speed in zip(times, speeds, strict=True):
                each.append(1e6 / speed)
    for name, each in zip(NEW_APPS, times, strict=True):
        section["rows"].append(
            {"name": name, "value": summary(each), "ratio": ratios(each, times[0])}
        )
    return section


@contextmanager
def both_forms(target: str, pool: LocalUserPool, jwks_url: str) -> Iterator[list[str]]:
    """Run an app without a guard and with one; gives where they are, in this order."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(running(target, _environ(pool, jwks_url, guarded=guarded)))
            for guarded in ("0", "1")
        ]


def _environ(pool: LocalUserPool, jwks_url: str, *, guarded: str) -> dict[str, str]:
    return {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_JWKS": jwks_url,
        "BENCH_GUARDED": guarded,
    }


def _write(folder: str, tokens: Iterable[str]) -> Path:
    listed = Path(folder, "headers.txt")
    lines = "".join(f"Authorization: Bearer {token}\n" for token in tokens)
    listed.write_text(lines, encoding="ascii")
    return listed


def running(
    target: str, environ: Mapping[str, str], python: str = sys.executable
) -> AbstractContextManager[str]:
    """Run a target on the server that it is for; gives its ``http://127.0.0.1:PORT``.

    ``python`` is the one of the environment that has the app's packages and the server's.
    """
    if any(f".{name}" in target for name in ("flask_", "django_")):
        return gunicorn(target, environ, *_GUNICORN, python=python)
    return on_socket("uvicorn_server", target, environ, python)


def status(origin: str, line: str = "") -> int:
    """What a request gets, with a line of headers or without."""
    name, _, value = line.partition(": ")
    try:
        with urlopen(Request(origin, headers={name: value} if name else {}), timeout=60) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def load(wrk: str, origin: str, headers: Path) -> float:
    """Requests a second, all of them answered with 200. They carry the headers of a file, in
    turn."""
    finished = subprocess.run(
        [
            *(wrk, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={SECONDS}s"),
            *(f"--script={_LUA}", origin, "--", str(headers)),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = re.search(r"Requests/sec:\s+([0-9.]+)", finished.stdout)
    if found is None or "Non-2xx" in finished.stdout:
        raise RuntimeError(f"wrk: {finished.stdout}")
    return float(found[1])


@contextmanager
def on_socket(
    server: str, target: str, environ: Mapping[str, str], python: str = sys.executable
) -> Iterator[str]:
    """Run a target on one of ``servers/*_server.py`` while the context lasts; gives its
    ``http://127.0.0.1:PORT``."""
    with socket.socket() as listener:
        # It inherits a socket that listens already: whoever comes early waits in line.
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [
                *(python, "-m", f"{_APPS}.{server}"),
                *(target, str(listener.fileno())),
            ],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
    try:
        yield origin
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
