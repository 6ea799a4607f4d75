"""A WSGI app that says which of many tokens it accepts. The environment says where things are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import redis

from cognito_guard import Guard, InvalidToken, Reason, UserPool
from cognito_guard._support.clock import steady_clock
from cognito_guard.revocation import MirroredRevocationList, mirror
from cognito_guard_redis import RedisRevocationStore

POOL, CLIENT = "eu-west-1_LocalPool", "1example23456789"

# Many workers on a busy machine: a read may take its time.
mirror.WAIT_SECONDS = mirror.GIVE_UP_SECONDS = 60.0

guard = Guard(
    UserPool(POOL, client_ids=[CLIENT], jwks=json.loads(os.environ["APP_JWKS"])),
    revocations=MirroredRevocationList(
        RedisRevocationStore(redis.Redis(port=int(os.environ["APP_REDIS"]), socket_timeout=60)),
        when_unavailable="closed",
        max_age=float(os.environ["APP_MAX_AGE"]),
    ),
)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Take tokens, one a line; give the process's id, its time, and how many were accepted.
    ``/sign-out`` signs all of them out."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    began, accepted = steady_clock(), 0
    for token in body.decode("ascii").split():
        try:
            identity = guard.verify(token)
        except InvalidToken as error:
            if error.reason is not Reason.REVOKED:
                raise
        else:
            accepted += 1
            if environ["PATH_INFO"] == "/sign-out":
                guard.sign_out(identity)
    said = {"pid": os.getpid(), "began": began, "ended": steady_clock(), "accepted": accepted}
    answer = json.dumps(said).encode("ascii")
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    start_response("200 OK", headers)
    return [answer]
