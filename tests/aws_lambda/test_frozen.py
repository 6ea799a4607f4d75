"""A frozen and thawed environment: a fetch was in flight, and the clocks have jumped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cognito_guard.testing import LocalUserPool
from cognito_guard.testing.listener import Listener, Visit
from cognito_guard.testing.wire import Page

from ..needs import need

ROOT = Path(__file__).parents[2]

need(hasattr(signal, "SIGSTOP"), "signals that stop a process")


class Keys:
    """Serves the keys; the first so many requests hang until it lets go of them."""

    def __init__(self, pool: LocalUserPool, hanging: int) -> None:
        self._page = Page("application/json", json.dumps(pool.jwks()).encode())
        self._hanging = hanging
        self.hangs = threading.Semaphore(0)
        self.visits: list[Visit] = []

    def __call__(self, visit: Visit) -> None:
        self.visits.append(visit)
        if len(self.visits) > self._hanging:
            visit.send(self._page.http())
            return
        self.hangs.release()
        visit.stay()


@contextmanager
def environment(pool: LocalUserPool, port: int) -> Iterator[subprocess.Popen[str]]:
    """The process, which ends with the block whatever state it is in."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.aws_lambda.frozen"),
            *(pool.user_pool_id, pool.client_id, f"http://127.0.0.1:{port}/jwks.json"),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def tell(process: subprocess.Popen[str], line: str) -> str:
    """What it answers to a line."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def freeze(process: subprocess.Popen[str]) -> None:
    """Stop it, and return when it stands still."""
    process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


@pytest.mark.parametrize("lost", [True, False], ids=["connection lost", "connection held"])
@pytest.mark.parametrize("seconds", [0, 300, 100_000])
def test_a_fetch_in_flight(pool: LocalUserPool, seconds: int, lost: bool) -> None:
    """It is over when the environment thaws, or given up, and the next request has its keys."""
    keys = Keys(pool, hanging=1)
    with Listener(keys) as listener, environment(pool, listener.port) as process:
        assert tell(process, "prefetch") == "started"
        assert keys.hangs.acquire(timeout=60)
        freeze(process)
        if lost:
            keys.visits[0].release()  # the endpoint hangs up meanwhile
        process.send_signal(signal.SIGCONT)
        assert tell(process, f"jump {seconds}") == "jumped"
        token = pool.access_token("ada", expires_in=200_000)
        answers = [tell(process, token) for _ in range(2)]
        if seconds:  # the attempt is long over by the clock: another one was made at once
            assert answers == ["200 none", "200 none"]
        else:  # it may still be under way, or have failed this moment: nobody waits for ever
            assert set(answers) <= {"200 none", "503 keys_unavailable"}


def test_the_clock_jumps(pool: LocalUserPool) -> None:
    """What was verified before is held against the new time, ahead and back again."""
    keys = Keys(pool, hanging=0)
    with Listener(keys) as listener, environment(pool, listener.port) as process:
        short = pool.access_token("ada", expires_in=3600)
        long = pool.access_token("ada", expires_in=500_000)
        later = pool.access_token("ada", expires_in=500_000, nbf=int(pool.clock()) + 3000)
        assert [tell(process, token) for token in (short, long)] == ["200 none"] * 2
        assert tell(process, later) == "401 token_not_yet_valid"
        freeze(process)
        process.send_signal(signal.SIGCONT)
        tell(process, "jump 7200")
        assert tell(process, short) == "401 token_expired"
        assert [tell(process, token) for token in (long, later)] == ["200 none"] * 2
        tell(process, "jump -7200")
        assert tell(process, later) == "401 token_not_yet_valid"
        assert tell(process, short) == "200 none"


def test_keys_that_are_too_old(pool: LocalUserPool) -> None:
    """Beyond the age at which keys are trusted no longer, they are fetched anew, and waited for."""
    keys = Keys(pool, hanging=0)
    with Listener(keys) as listener, environment(pool, listener.port) as process:
        token = pool.access_token("ada", expires_in=500_000)
        assert tell(process, token) == "200 none"
        freeze(process)
        process.send_signal(signal.SIGCONT)
        tell(process, "jump 90000")
        assert tell(process, token) == "200 none"
        assert len(keys.visits) == 2
