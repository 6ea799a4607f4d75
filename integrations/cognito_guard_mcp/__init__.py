"""cognito_guard for MCP servers: a verifier for the official SDK, its settings, a middleware that
answers as the specification says, and ``requires`` on tools. ``.fastmcp`` is for FastMCP.
"""

from .access_token import current_identity
from .app import guarded_app
from .middleware import MCPMiddleware
from .settings import mcp_auth
from .tools import requires
from .verifier import CognitoTokenVerifier

__all__ = [
    "CognitoTokenVerifier",
    "MCPMiddleware",
    "current_identity",
    "guarded_app",
    "mcp_auth",
    "requires",
]
