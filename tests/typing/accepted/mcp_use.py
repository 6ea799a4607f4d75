"""What an MCP server writes, and the types that it gets."""

# pyright: strict

from typing import Any, assert_type

from mcp.server import MCPServer
from mcp.server.auth.provider import TokenVerifier

from cognito_guard import Guard, Identity, UserPool
from cognito_guard_mcp import (
    CognitoTokenVerifier,
    MCPMiddleware,
    current_identity,
    guarded_app,
    mcp_auth,
    requires,
)

pool = UserPool("eu-west-1_AbC123xyz", client_ids=["a"], resources=["https://mcp.example.com"])
guard = Guard(pool, resource="https://mcp.example.com", resource_scopes=["openid"])
verifier = CognitoTokenVerifier(guard, unsafe_allow_unbound=True)
of_the_sdk: TokenVerifier = verifier
server: MCPServer[Any] = MCPServer("a", token_verifier=verifier, auth=mcp_auth(guard))


@server.tool()
@requires(scopes="a/b", groups=["c"], mfa=True, max_age=300)
async def tool(order: str) -> str:
    """A requirement keeps the types of a tool."""
    return assert_type(current_identity(), Identity).subject + order


@requires
def bare(number: int) -> int:
    """Any caller."""
    return number


assert_type(bare(1), int)
app = guarded_app(server, verifier, required_scopes=["a/b"], exempt=["/health"], json_response=True)
assert_type(app, MCPMiddleware)
assert_type(guard.resource, str | None)
assert_type(guard.metadata_url, str | None)
