"""The servers of the contract's tests: each adapter, under each set of settings, started once."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from cognito_guard.testing import JwksServer, LocalUserPool

from .adapters import ADAPTERS, Adapter, Settings

Origin = Callable[[Adapter, str], str]


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.name)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """One adapter after the other."""
    found: Adapter = request.param
    return found


@pytest.fixture(scope="session")
def keys(pool: LocalUserPool) -> Iterator[JwksServer]:
    """Where the apps fetch the keys of ``pool``."""
    with pool.serve() as server:
        yield server


@pytest.fixture(scope="session")
def settings(
    pool: LocalUserPool, other_pool: LocalUserPool, keys: JwksServer
) -> Iterator[dict[str, Settings]]:
    """The sets of settings, by name. Keys are really fetched, over HTTP."""
    with other_pool.serve() as other_keys, socket.socket() as closed:
        # Bound and not listening: connections are refused, and nobody else can take the port.
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/jwks.json"
        plain = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }
        pools = [
            {"USER_POOL_ID": one.user_pool_id, "CLIENT_IDS": [one.client_id], "JWKS": url}
            for one, url in ((pool, keys.url), (other_pool, other_keys.url))
        ]
        yield {
            "plain": plain,
            "realm": {**plain, "COGNITO_REALM": "orders"},
            "cookie": {**plain, "COGNITO_COOKIE": "token"},
            "ID tokens": {**plain, "COGNITO_TOKEN_USE": "id"},
            "two pools": {"COGNITO_USER_POOLS": json.dumps(pools)},
            "no keys": {**plain, "COGNITO_JWKS": nowhere},
        }


@pytest.fixture(scope="session")
def origin(settings: dict[str, Settings]) -> Iterator[Origin]:
    """Where an adapter listens that was started with the settings of that name."""
    running: dict[tuple[str, str], str] = {}
    with ExitStack() as servers:

        def start(adapter: Adapter, name: str = "plain") -> str:
            key = (adapter.name, name)
            if key not in running:
                running[key] = servers.enter_context(adapter.serve(settings[name]))
            return running[key]

        yield start
