"""Mistakes with MCP servers, each on a line that must not compile."""

from cognito_guard import Guard, UserPool
from cognito_guard_mcp import CognitoTokenVerifier, MCPMiddleware, mcp_auth, requires


def calls(guard: Guard, pool: UserPool) -> None:
    """Arguments."""
    Guard(pool, resource=["https://a.example"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoTokenVerifier(pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoTokenVerifier(guard, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    mcp_auth(pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    requires(scope="a/b")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    MCPMiddleware(print, verifier=guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
