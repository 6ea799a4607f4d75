"""Apps on real servers under a real load generator: guarded against unguarded."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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

_LUA = Path(__file__).parent / "tokens.lua"
_APPS = "tests.benchmarks.servers"
_STOP_SECONDS = 10.0

_GUNICORN = ("--worker-class=gthread", "--workers=1", "--threads=4", f"--chdir={ROOT}")

APPS = {
    "a bare ASGI app on uvicorn": f"{_APPS}.asgi:app",
    "Starlette on uvicorn": f"{_APPS}.starlette_app:app",
    "Flask on gunicorn": f"{_APPS}.flask_app:app",
    "Django stateless on gunicorn": f"{_APPS}.django_app:application",
}


def measure(bench: Bench) -> dict[str, Section]:
    """Both forms of each app take turns; an app at a time, so that no other server is up."""
    section: Section = {
        "title": f"Requests a second over HTTP, {TOKENS} tokens again and again",
        "unit": "/s",
        "base": "the same app unguarded",
        "rows": [],
    }
    wrk = shutil.which("wrk")
    if wrk is None:
        section["rows"].append({"name": "all apps", "missing": "wrk is not installed"})
        return {"http": section}
    tokens = material.distinct_tokens(bench.pool, TOKENS)
    for name, target in APPS.items():
        speeds: list[list[float]] = [[], []]
        with tempfile.TemporaryDirectory() as folder, bench.pool.serve() as keys:
            listed = Path(folder, "tokens.txt")
            listed.write_text("\n".join(tokens) + "\n", encoding="ascii")
            with both_forms(target, bench.pool, keys.url) as origins:
                for number in range(-1, 1 if bench.short else ROUNDS):
                    for form, origin in enumerate(origins):
                        speed = _load(wrk, origin, listed)
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
    return {"http": section}


@contextmanager
def both_forms(target: str, pool: LocalUserPool, jwks_url: str) -> Iterator[list[str]]:
    """Run an app without a guard and with one; gives where they are, in this order."""
    environ = {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_JWKS": jwks_url,
    }
    on_gunicorn = target in (APPS[name] for name in APPS if "gunicorn" in name)
    run, options = (gunicorn, _GUNICORN) if on_gunicorn else (_uvicorn, ())
    with ExitStack() as stack:
        yield [
            stack.enter_context(run(target, {**environ, "BENCH_GUARDED": guarded}, *options))
            for guarded in ("0", "1")
        ]


def status(origin: str, token: str | None = None) -> int:
    """What a request gets, with a token or without."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(origin, headers=headers), timeout=60) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def _load(wrk: str, origin: str, tokens: Path) -> float:
    """Requests a second, all of them answered with 200."""
    finished = subprocess.run(
        [
            *(wrk, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={SECONDS}s"),
            *(f"--script={_LUA}", origin, "--", str(tokens)),
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
def _uvicorn(target: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Run a target on uvicorn while the context lasts; gives its ``http://127.0.0.1:PORT``."""
    with socket.socket() as listener:
        # It inherits a socket that listens already: whoever comes early waits in line.
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", f"{_APPS}.uvicorn_server"),
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
