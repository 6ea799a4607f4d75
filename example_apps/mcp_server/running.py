"""Runs the server with a local user pool, at which clients register themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from cognito_guard import DYNAMIC_CLIENTS, Guard
from cognito_guard.testing import LocalUser, LocalUserPool, PoolServer

from ..serving import bound, serve
from .app import create_app

USERS = (LocalUser("alice"), LocalUser("ada", groups=["admins"]))
SCOPES = ("openid", "orders/read", "orders/write")


class Running(NamedTuple):
    """The address of the server, and the pool at which its users sign in."""

    url: str
    pool: PoolServer


@contextmanager
def serve_mcp(port: int = 0) -> Iterator[Running]:
    """Serve it on 127.0.0.1, on a free port unless ``port`` is given."""
    with (
        LocalUserPool(users=USERS).listen(registration_scopes=SCOPES) as pool,
        bound(port) as listener,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        guard = Guard(
            pool.trust(client_ids=DYNAMIC_CLIENTS, resources=[url], allow_outside_tests=True),
            resource=url,
            resource_scopes=SCOPES[:2],
        )
        with serve(create_app(guard), listener):
            yield Running(url, pool)
