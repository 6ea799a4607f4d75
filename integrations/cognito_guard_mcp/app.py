"""``guarded_app``: the ASGI app of an MCP server, with the middleware around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from mcp.server import MCPServer

from cognito_guard import ConfigurationError

from .middleware import MCPMiddleware
from .settings import mcp_auth
from .verifier import CognitoTokenVerifier

__all__ = ["guarded_app"]


def guarded_app(
    server: MCPServer[Any],
    verifier: CognitoTokenVerifier,
    *,
    required_scopes: Iterable[str] = (),
    exempt: Iterable[str] = (),
    **options: Any,
) -> MCPMiddleware:
    """Return the ASGI app of an ``MCPServer``, for a server such as uvicorn.

    ``options`` are those of ``MCPServer.streamable_http_app``; its ``host`` is that of the guard's
    ``resource``, unless given. The other arguments are those of :class:`MCPMiddleware`. If the
    server registered a function without its :func:`requires`, the app does not start. Raises
    ``ConfigurationError`` for a server that was created without ``token_verifier`` and ``auth``.
    """
    auth = server.settings.auth
    if server._token_verifier is not verifier or auth is None:
        raise ConfigurationError(
            "make the server with both: MCPServer(..., token_verifier=verifier, "
            "auth=mcp_auth(guard))"
        )
    if auth.resource_server_url != mcp_auth(verifier.guard).resource_server_url:
        raise ConfigurationError("auth must be mcp_auth(guard) of the verifier's guard")
    # Without a host, the SDK takes the server for a local one, and refuses requests under any other
    # name (421). Clients call it by that of its resource.
    options.setdefault("host", urlsplit(str(auth.resource_server_url)).hostname)
    return MCPMiddleware(
        server.streamable_http_app(**options),
        verifier=verifier,
        required_scopes=required_scopes,
        exempt=exempt,
        functions=lambda: _functions(server),
    )


def _functions(server: MCPServer[Any]) -> Iterator[Any]:
    """What is registered. The SDK's own lists of it leave the functions out."""
    for tool in server._tool_manager.list_tools():
        yield tool.fn
    for prompt in server._prompt_manager.list_prompts():
        yield prompt.fn
    resources = server._resource_manager
    for resource in (*resources.list_resources(), *resources.list_templates()):
        yield getattr(resource, "fn", None)
    for route in server._custom_starlette_routes:
        yield route.endpoint
    completing = server._lowlevel_server.get_request_handler("completion/complete")
    if completing is not None:
        # Only the closure of the SDK's own function has it.
        for cell in getattr(completing.handler, "__closure__", None) or ():
            yield cell.cell_contents
