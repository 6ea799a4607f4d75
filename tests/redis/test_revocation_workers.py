"""A sign-out reaches all workers of a server within the bound, however they were started."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import pytest
import redis
import redis.asyncio

from cognito_guard import Guard, InvalidToken
from cognito_guard._support.clock import steady_clock
from cognito_guard.revocation import MirroredRevocationList, mirror
from cognito_guard.testing import LocalUserPool
from cognito_guard_redis import AsyncRedisRevocationStore, RedisRevocationStore

from ..gunicorn_server import gunicorn

WORKERS, WAVES, SIGN_OUTS = 4, 10, 100
MAX_AGE = 1.0
PATIENCE = 60
POOL = LocalUserPool()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with many workers, a read may take its time. The apps below have
    the same."""
    for name in ("WAIT_SECONDS", "GIVE_UP_SECONDS"):
        monkeypatch.setattr(mirror, name, PATIENCE)


def ask(connection: HTTPConnection, tokens: list[str], path: str = "/") -> Any:
    """What a worker says of these tokens."""
    connection.request("POST", path, "\n".join(tokens))
    with connection.getresponse() as response:
        return json.load(response)


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["forked", "preloaded"])
def test_a_thousand_sign_outs_reach_four_workers(port: int, options: tuple[str, ...]) -> None:
    """Of 1,000, each is refused by each worker in a question that is asked after the bound."""
    environ = {"APP_REDIS": str(port), "APP_JWKS": json.dumps(POOL.jwks())}
    environ["APP_MAX_AGE"] = str(MAX_AGE)
    threads = ("--worker-class", "gthread", "--threads", "4", "--workers", str(WORKERS))
    target = "tests.redis.revocation_app:app"
    with gunicorn(target, environ, *threads, *options) as origin, ExitStack() as stack:
        connections: dict[int, HTTPConnection] = {}
        # A connection stays with the worker that took it.
        while len(connections) < WORKERS:
            one = HTTPConnection(origin.removeprefix("http://"), timeout=PATIENCE)
            stack.callback(one.close)
            if connections.setdefault(ask(one, [])["pid"], one) is not one:
                one.close()  # there may be hundreds until the last worker has begun
        workers = list(connections.values())
        refused = 0
        for wave in range(WAVES):
            tokens = [POOL.access_token(f"user {n}") for n in range(SIGN_OUTS)]
            assert [ask(one, tokens)["accepted"] for one in workers] == [SIGN_OUTS] * WORKERS
            first, *_ = workers[wave % WORKERS :]
            written = ask(first, tokens, "/sign-out")["ended"]
            for one in workers:
                while (said := ask(one, []))["began"] <= written + MAX_AGE:
                    pass  # its clock is that of all of them
                assert said["pid"]
                refused += SIGN_OUTS - ask(one, tokens)["accepted"]
        assert refused == WAVES * SIGN_OUTS * WORKERS
    with redis.Redis(port=port, socket_timeout=60) as client:
        client.flushdb()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_forked_with_a_copy_in_its_hands(port: int) -> None:
    """Children read for themselves, with the client that they were forked with."""
    context = multiprocessing.get_context("fork")
    token = POOL.access_token("alice")
    with redis.Redis(port=port, socket_timeout=60) as client:
        revocations = MirroredRevocationList(
            RedisRevocationStore(client), when_unavailable="closed", max_age=1.0
        )
        guard = Guard(POOL.trust(), revocations=revocations)
        alice = guard.verify(token)
        go_on, found = context.Event(), context.Queue()

        def work() -> None:
            guard.verify(token)
            found.put("ready")
            assert go_on.wait(PATIENCE)
            after = steady_clock() + 1.0
            while steady_clock() <= after:
                pass
            try:
                guard.verify(token)
            except InvalidToken as error:
                found.put(str(error.reason))

        children = [context.Process(target=work) for _ in range(2)]
        for child in children:
            child.start()
        assert [found.get(timeout=PATIENCE) for _ in children] == ["ready"] * 2
        guard.sign_out(alice)
        go_on.set()
        assert [found.get(timeout=PATIENCE) for _ in children] == ["revoked"] * 2
        for child in children:
            child.join(PATIENCE)
        client.flushdb()


_GREENLETS = """
import gevent.monkey
gevent.monkey.patch_all()
import gevent, json, redis, sys
from cognito_guard import Guard, InvalidToken, UserPool
from cognito_guard._support.clock import steady_clock
from cognito_guard.revocation import MirroredRevocationList, mirror
from cognito_guard_redis import RedisRevocationStore

mirror.WAIT_SECONDS = mirror.GIVE_UP_SECONDS = 60.0
said = json.load(sys.stdin)
store = RedisRevocationStore(redis.Redis(port=said["port"], socket_timeout=60))
pool = UserPool(said["pool"], client_ids=[said["client"]], jwks=said["jwks"])

def guard():
    here = MirroredRevocationList(store, when_unavailable="closed", max_age=1.0)
    return Guard(pool, revocations=here)

one, other = guard(), guard()

def outcome(guard):
    try:
        guard.verify(said["token"])
    except InvalidToken as error:
        return str(error.reason)
    return "accepted"

def outcomes(guard):
    asking = [gevent.spawn(outcome, guard) for _ in range(50)]
    gevent.joinall(asking)
    return {each.value for each in asking}

assert outcomes(one) == outcomes(other) == {"accepted"}
one.sign_out(one.verify(said["token"]))
after = steady_clock() + 1.0
while steady_clock() <= after:
    gevent.sleep(0)
assert outcomes(one) == outcomes(other) == {"revoked"}
"""


def test_greenlets(port: int) -> None:
    """Under gevent, as everywhere."""
    pytest.importorskip("gevent")
    said = {
        "port": port,
        "pool": POOL.user_pool_id,
        "client": POOL.client_id,
        "jwks": POOL.jwks(),
        "token": POOL.access_token("alice"),
    }
    run = subprocess.run(
        [sys.executable, "-c", _GREENLETS],
        input=json.dumps(said),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    with redis.Redis(port=port, socket_timeout=60) as client:
        client.flushdb()


def test_several_loops_and_trio(port: int) -> None:
    """The client that blocks is asked in threads, by any loop; the other one by its own loop."""
    import asyncio

    import trio

    token = POOL.access_token("alice")
    with redis.Redis(port=port, socket_timeout=60) as client:
        guard = Guard(
            POOL.trust(),
            revocations=MirroredRevocationList(
                RedisRevocationStore(client), when_unavailable="closed"
            ),
        )

        async def sign_out() -> None:
            await guard.asign_out(await guard.averify(token))

        async def refused() -> bool:
            try:
                await guard.averify(token)
            except InvalidToken as error:
                return error.reason == "revoked"
            return False

        asyncio.run(sign_out())
        assert asyncio.run(refused())
        assert trio.run(refused)

        async def own_loop() -> bool:
            async with redis.asyncio.Redis(port=port, socket_timeout=60) as own:
                store = AsyncRedisRevocationStore(own)
                here = MirroredRevocationList(store, when_unavailable="closed")
                other = Guard(POOL.trust(), revocations=here)
                try:
                    await other.averify(token)
                except InvalidToken as error:
                    return error.reason == "revoked"
                return False

        assert asyncio.run(own_loop())
        assert asyncio.run(own_loop())
        client.flushdb()
