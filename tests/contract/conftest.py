"""The servers of the contract's tests: each adapter, under each set of settings, started once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from cognito_guard.testing import JwksServer, LocalLoadBalancer, LocalUserPool, PemServer

from ..ports import closed_port
from .adapters import ADAPTERS, Adapter, Settings

Origin = Callable[[Adapter, str], str]

# The API of an app that describes itself. It is not where the app listens.
RESOURCE = {
    "COGNITO_RESOURCE": "https://api.example.com/orders",
    "COGNITO_RESOURCE_SCOPES": "openid orders/read",
}


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
def alb(pool: LocalUserPool) -> LocalLoadBalancer:
    """The load balancer that the apps behind one trust. It signs in the users of ``pool``."""
    return LocalLoadBalancer(pool)


@pytest.fixture(scope="session")
def alb_keys(alb: LocalLoadBalancer) -> Iterator[PemServer]:
    """Where the apps fetch its keys."""
    with alb.serve() as server:
        yield server


@pytest.fixture(scope="session")
def settings(
    pool: LocalUserPool,
    other_pool: LocalUserPool,
    keys: JwksServer,
    alb: LocalLoadBalancer,
    alb_keys: PemServer,
) -> Iterator[dict[str, Settings]]:
    """The sets of settings, by name. Keys are really fetched, over HTTP."""
    with other_pool.serve() as other_keys, closed_port() as closed:
        nowhere = f"http://127.0.0.1:{closed}/jwks.json"
        plain = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }
        pools = [
            {"USER_POOL_ID": one.user_pool_id, "CLIENT_IDS": [one.client_id], "JWKS": url}
            for one, url in ((pool, keys.url), (other_pool, other_keys.url))
        ]
        behind = {
            "COGNITO_ALB_ARNS": alb.arn,
            "COGNITO_ALB_CLIENT_ID": alb.client_id,
            "COGNITO_ALB_KEYS": alb_keys.url,
            "COGNITO_ALB_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_ALB_JWKS": keys.url,
        }
        user_info = {
            "COGNITO_ALB_ARNS": alb.arn,
            "COGNITO_ALB_CLIENT_ID": alb.client_id,
            "COGNITO_ALB_ISSUER": alb.issuer,
            "COGNITO_ALB_KEYS": alb_keys.url,
        }
        yield {
            "plain": plain,
            "ALB": {**plain, **behind},
            "ALB alone": behind,
            "ALB, user info": user_info,
            "ALB, no keys": {**behind, "COGNITO_ALB_KEYS": nowhere.removesuffix("/jwks.json")},
            "ALB, no keys of the pool": {**behind, "COGNITO_ALB_JWKS": nowhere},
            "realm": {**plain, "COGNITO_REALM": "orders"},
            "resource": {**plain, **RESOURCE},
            "cookie": {**plain, "COGNITO_COOKIE": "token"},
            "ID tokens": {**plain, "COGNITO_TOKEN_USE": "id"},
            "two pools": {"COGNITO_USER_POOLS": json.dumps(pools)},
            "no keys": {**plain, "COGNITO_JWKS": nowhere},
        }


@pytest.fixture(scope="module")
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
