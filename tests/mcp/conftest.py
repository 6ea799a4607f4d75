"""An MCP server behind a guard, and clients that know nothing but its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from mcp.server import MCPServer

from cognito_guard import DYNAMIC_CLIENTS, Guard
from cognito_guard.testing import LocalUser, LocalUserPool
from cognito_guard_mcp import (
    CognitoTokenVerifier,
    current_identity,
    guarded_app,
    mcp_auth,
    requires,
)
from example_apps.serving import bound, serve

SCOPES = ["openid", "orders/read"]


def create_server(guard: Guard, **verifier: Any) -> tuple[MCPServer[Any], CognitoTokenVerifier]:
    """Three tools: for anybody who is let in, for a scope, for a group."""
    verify = CognitoTokenVerifier(guard, **verifier)
    server: MCPServer[Any] = MCPServer(
        "orders", token_verifier=verify, auth=mcp_auth(guard), debug=False
    )

    @server.tool()
    async def whoami() -> str:
        return str(current_identity().username)

    @server.tool()
    @requires(scopes="orders/write")
    async def refund(order: str) -> str:
        return f"{order} refunded for {current_identity().username}"

    @server.tool()
    @requires(groups="admins")
    def close_shop() -> str:
        return f"closed by {current_identity().username}"

    return server, verify


def create_app(guard: Guard, **options: Any) -> Any:
    """The same, as an app."""
    server, verify = create_server(guard)
    return guarded_app(server, verify, **options)


@pytest.fixture(scope="session")
def mcp_pool() -> Iterator[Any]:
    """A pool at which clients register themselves."""
    pool = LocalUserPool(users=[LocalUser("alice"), LocalUser("ada", groups=["admins"])])
    with pool.listen(registration_scopes=[*SCOPES, "orders/write"]) as server:
        yield server


def guard_at(pool: Any, place: str) -> Guard:
    """A guard that knows the server's address, and no client."""
    trusted = pool.trust(client_ids=DYNAMIC_CLIENTS, resources=[place])
    return Guard(trusted, resource=place, resource_scopes=SCOPES)


@contextmanager
def running(pool: Any, make: Callable[..., Any] = create_app, **options: Any) -> Iterator[str]:
    """A server that runs, by its address."""
    with bound() as listener:
        place = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        with serve(make(guard_at(pool, place), **options), listener):
            yield place


PLACE = "https://mcp.example.com/mcp"


@pytest.fixture
def mcp_guard(mcp_pool: Any) -> Guard:
    """A guard for a server that does not run."""
    return guard_at(mcp_pool, PLACE)
