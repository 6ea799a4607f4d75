"""A page of somebody who has signed in, by session and by bearer token. Sessions are in Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
from redis import Redis

from cognito_guard import Guard
from cognito_guard.login import LoginSessions
from cognito_guard.testing import LocalClient, LocalUserPool
from cognito_guard_redis import RedisSessionStore

from ..redis.servers import server as redis_server
from . import serving
from .bench import Bench
from .numbers import ratios, summary
from .results import Section
from .servers import ENTRY

SESSIONS, ROUNDS = 100, 16
_SHORT_SESSIONS = 3
_APPS = "tests.benchmarks.servers"
_ORIGIN = "http://127.0.0.1:8000"  # where browsers would come back to
_COOKIE = "cognito_session_token"

APPS = {
    "Starlette on uvicorn": f"{_APPS}.starlette_login:app",
    "Flask on gunicorn": f"{_APPS}.flask_login:app",
    "Django stateless on gunicorn": f"{_APPS}.django_login:application",
}

KINDS = {
    "by bearer token": ("/", False),
    "by bearer token, and a bare read": ("/read", False),
    "by session": ("/", True),
}
"""The path, and whether there is a session. Whoever keeps sessions in Redis reads once, so that no
session can cost less than the bare read."""


class Site(NamedTuple):
    """An app that runs, and what its callers send: a header a line."""

    origin: str
    bearer: list[str]
    session: list[str]
    redis: Redis


def about() -> dict[str, str]:
    """What the numbers depend on besides."""
    server = shutil.which("redis-server")
    told = "no server"
    if server is not None:
        printed = subprocess.run([server, "--version"], capture_output=True, text=True, check=True)
        told = f"Redis {printed.stdout.partition('v=')[2].partition(' ')[0]}"
    parser = "with" if find_spec("hiredis") else "without"
    return {
        "Store": f"{told} on loopback, redis-py {version('redis')} {parser} hiredis",
        "Load": f"{os.getloadavg()[0]:.1f} other programs wanted the cores when it began",
    }


def measure(bench: Bench) -> dict[str, Section]:
    """Both kinds of callers take turns at the same server; an app at a time."""
    section: Section = {
        "title": f"Requests a second over HTTP, {SESSIONS} sessions in Redis on loopback",
        "unit": "/s",
        "base": "the same page by bearer token",
        "rows": [],
    }
    wrk, missing = shutil.which("wrk"), ""
    if wrk is None:
        missing = "wrk is not installed"
    elif shutil.which("redis-server") is None:
        missing = "redis-server is not installed"
    if wrk is None or missing:
        section["rows"].append({"name": "all apps", "missing": missing})
        return {"sessions": section}
    for name, target in APPS.items():
        speeds: list[list[float]] = [[] for _ in KINDS]
        count = _SHORT_SESSIONS if bench.short else SESSIONS
        with tempfile.TemporaryDirectory() as folder, site(target, count) as one:
            files = {True: Path(folder, "session.txt"), False: Path(folder, "bearer.txt")}
            files[True].write_text("\n".join(one.session) + "\n", encoding="ascii")
            files[False].write_text("\n".join(one.bearer) + "\n", encoding="ascii")
            for number in range(-1, 1 if bench.short else ROUNDS):
                for kind, (path, by_session) in enumerate(KINDS.values()):
                    speed = serving.load(wrk, one.origin + path, files[by_session])
                    if number >= 0:  # the first round warms up
                        speeds[kind].append(speed)
        for kind, title in enumerate(KINDS):
            section["rows"].append(
                {
                    "name": f"{name}, {title}",
                    "value": summary(speeds[kind]),
                    "ratio": ratios(speeds[kind], speeds[0]),
                }
            )
    return {"sessions": section}


@contextmanager
def site(target: str, count: int) -> Iterator[Site]:
    """Run one of the apps, at which so many users have signed in."""
    pool = LocalUserPool()
    client = LocalClient(
        pool.client_id,
        callback_urls=[f"{_ORIGIN}/auth/callback"],
        logout_urls=[f"{_ORIGIN}/"],
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_server(Path(folder, "redis")) as port,
        Redis(port=port) as redis,
        pool.listen(client) as server,
    ):
        environ = server.environment()
        ids = _signed_in(environ, redis, count)
        tokens = [server.access_token(f"user-{number}") for number in range(count)]
        redis.set(ENTRY, b"x" * max(map(len, filter(None, map(redis.get, redis.keys())))))
        with serving.running(target, {**environ, "BENCH_REDIS_PORT": str(port)}) as origin:
            yield Site(
                origin,
                [f"Authorization: Bearer {token}" for token in tokens],
                [f"Cookie: {_COOKIE}={session_id}" for session_id in ids],
                redis,
            )


def _signed_in(environ: dict[str, str], redis: Redis, count: int) -> list[str]:
    """Sign in so many times: the ids of the sessions."""
    guard = Guard.from_env(environ)
    sessions = LoginSessions.from_env(environ, guard=guard, store=RedisSessionStore(redis))
    ids: list[str] = []
    with httpx.Client(trust_env=False, timeout=60) as browser:
        for _ in range(count):
            started = sessions.start(binding=None)
            back = browser.get(started.url).headers["Location"]
            if not back.startswith(_ORIGIN):  # the sign-in page, the first time
                form = browser.get(urljoin(started.url, back))
                nonce = form.text.partition('name="nonce" value="')[2].partition('"')[0]
                fields = {"nonce": nonce, "username": "alice"}
                back = browser.post(form.url, data=fields).headers["Location"]
            query = urlsplit(back).query
            signed_in = sessions.finish(query, binding=started.binding, session_id=None)
            ids.append(signed_in.session_id)
    return ids
