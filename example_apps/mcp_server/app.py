"""An MCP server with three tools: for every caller, for a scope, for a group.

The settings come from the environment:

    COGNITO_USER_POOL_ID=eu-west-1_AbC123xyz COGNITO_CLIENT_IDS=DYNAMIC_CLIENTS \
        COGNITO_RESOURCES=https://mcp.example.com/mcp COGNITO_RESOURCE=https://mcp.example.com/mcp \
        COGNITO_RESOURCE_SCOPES="openid orders/read" \
        uvicorn --factory example_apps.mcp_server.app:create_app
"""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer

from cognito_guard import Guard
from cognito_guard_mcp import (
    CognitoTokenVerifier,
    MCPMiddleware,
    current_identity,
    guarded_app,
    mcp_auth,
    requires,
)

ORDERS = {"7": "a kettle", "8": "a lamp"}


def create_app(guard: Guard | None = None, **options: Any) -> MCPMiddleware:
    """Create the app, for your own guard or for a guard from the environment."""
    guard = guard or Guard.from_env()
    verifier = CognitoTokenVerifier(guard)
    mcp: MCPServer[Any] = MCPServer("orders", token_verifier=verifier, auth=mcp_auth(guard))

    @mcp.tool()
    async def whoami() -> str:
        """Say who is calling. Every accepted caller may use it."""
        return current_identity().display_name

    @mcp.tool()
    @requires(scopes="orders/write")
    async def refund(order: str) -> str:
        """Refund an order. Needs a scope, which the client requests when it needs it."""
        return f"{ORDERS.get(order, 'nothing')} was refunded"

    @mcp.tool()
    @requires(groups="admins")
    def list_orders() -> list[str]:
        """List all orders. Needs a group of the user pool. Functions need not be async."""
        return sorted(ORDERS.values())

    return guarded_app(mcp, verifier, **options)
