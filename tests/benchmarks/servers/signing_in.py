"""What the apps with sign-in are made of, by the environment. Sessions are in Redis."""

from __future__ import annotations

import os
from typing import Any

from cognito_guard import Guard
from cognito_guard.login import LoginSessions

PAGE = "<!doctype html><title>Orders</title><p>Hello, {}.</p>"

GUARD = Guard.from_env()

REDIS_PORT = int(os.environ["BENCH_REDIS_PORT"])


def sessions(store: Any) -> LoginSessions:
    """Who has signed in."""
    return LoginSessions.from_env(guard=GUARD, store=store)
