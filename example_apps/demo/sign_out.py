"""The part of the demo in which a sign-out in one process takes effect in another."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import httpx

from cognito_guard.testing import LocalUserPool

from ..child_environ import child_environ
from ..signing_out.shared_list import Address, share
from .stage import Stage
from .table import Answer, Row

_PATIENCE = 60.0


class Step(NamedTuple):
    """What somebody asks of which process, and the documented answer."""

    what: str
    process: int
    method: str
    path: str
    token: str
    status: int
    reason: str = ""
    late: bool = False
    """Whether it may take as long as the bound until this is the answer."""
    shown: bool = False


def steps(pool: LocalUserPool) -> list[Step]:
    """Alice signs out in the first process; what the second one says of it."""
    alice, bob = pool.access_token("alice", origin_jti="phone"), pool.access_token("bob")
    refreshed = pool.access_token("alice", origin_jti="phone")
    laptop = pool.access_token("alice", origin_jti="laptop")
    return [
        Step("Alice, with a good token", 1, "GET", "/me", alice, 200),
        Step("Alice, in process 2", 2, "GET", "/me", alice, 200),
        Step("sign-out, process 1", 1, "POST", "/sign-out", alice, 204, shown=True),
        Step("after it, process 1", 1, "GET", "/me", alice, 401, "revoked"),
        Step("after it, process 2", 2, "GET", "/me", alice, 401, "revoked", late=True, shown=True),
        Step("refreshed token", 2, "GET", "/me", refreshed, 401, "revoked"),
        Step("Alice's laptop", 2, "GET", "/me", laptop, 200),
        Step("Bob, in process 2", 2, "GET", "/me", bob, 200),
        Step("sign-out everywhere", 2, "POST", "/sign-out?everywhere=yes", laptop, 204),
        Step("after it, Alice's laptop", 1, "GET", "/me", laptop, 401, "revoked", late=True),
        Step("Bob, in process 1", 1, "GET", "/me", bob, 200),
    ]


def rows(stage: Stage, settings: Mapping[str, str], pool: LocalUserPool) -> Iterator[Row]:
    """Every step, at an API of Starlette."""
    address = stage.enter_context(share())
    origins = [stage.enter_context(_process(settings, address)) for _ in range(2)]
    for number, origin in enumerate(origins, 1):
        stage.addresses[f"Sign-out, process {number}"] = origin
    for step in steps(pool):
        yield Row(
            step.what,
            step.path.partition("?")[0],
            Answer(step.status, step.reason),
            {"Starlette": partial(_ask, origins[step.process - 1], step)},
            step.shown,
        )


def _ask(origin: str, step: Step) -> Answer:
    """The status and the reason; where it may take a moment, as soon as they are documented."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {step.token}"}
    while True:
        answer = httpx.request(
            step.method, origin + step.path, headers=headers, trust_env=False, timeout=_PATIENCE
        )
        reason = answer.json()["reason"] if answer.status_code >= 400 else ""
        late = time.monotonic() - began > _PATIENCE
        if answer.status_code == step.status or not step.late or late:
            return Answer(answer.status_code, reason)


@contextmanager
def _process(settings: Mapping[str, str], address: Address) -> Iterator[str]:
    process = subprocess.Popen(  # this very Python
        [sys.executable, "-m", "example_apps.signing_out"],
        env=child_environ({**settings, "SHARED_LIST": json.dumps(address)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,  # it ends with its standard input, and not by the terminal's Ctrl+C
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()
