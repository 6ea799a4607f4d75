"""The same for FastMCP: a verifier, and the app with the middleware around it. No OAuth proxy."""

# FastMCP has an environment of its own.
# pyright: reportMissingImports=false

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, final

from fastmcp import FastMCP
from fastmcp.server.auth import AccessToken, TokenVerificationError, TokenVerifier
from fastmcp.server.providers import AggregateProvider, FastMCPProvider, LocalProvider
from fastmcp.server.providers.wrapped_provider import _WrappedProvider
from pydantic import PrivateAttr

from cognito_guard import AuthError, ConfigurationError, Guard, Identity, KeysUnavailable

from .access_token import Silent, fields_of
from .middleware import MCPMiddleware
from .verifier import Identifier

__all__ = ["CognitoVerifier", "guarded_app"]


class FastAccessToken(Silent, AccessToken):
    """FastMCP's, with the :class:`cognito_guard.Identity` that it was made of."""

    _identity: Identity | None = PrivateAttr(None)


@final
class CognitoVerifier(TokenVerifier):
    """``FastMCP("orders", auth=CognitoVerifier(guard))``.

    It takes the same arguments as :class:`cognito_guard_mcp.CognitoTokenVerifier`. Raises
    ``ConfigurationError``.
    """

    def __init__(self, guard: Guard, *, unsafe_allow_unbound: bool = False) -> None:
        self.identifier = Identifier(guard, unsafe_allow_unbound=unsafe_allow_unbound)
        super().__init__()

    async def verify_token(self, token: str) -> AccessToken | None:
        """What FastMCP asks. Raises ``TokenVerificationError`` where no keys can be had."""
        try:
            identity = await self.identifier.by_token(token)
        except AuthError:
            return None
        except KeysUnavailable as error:
            raise TokenVerificationError(error.detail) from None
        found = FastAccessToken(**fields_of(identity, token, time.time()))
        found._identity = identity
        return found


def guarded_app(
    server: FastMCP[Any],
    *,
    required_scopes: Iterable[str] = (),
    exempt: Iterable[str] = (),
    **options: Any,
) -> MCPMiddleware:
    """Return the ASGI app of a ``FastMCP`` with a :class:`CognitoVerifier`, for a server such as
    uvicorn.

    ``options`` are those of ``FastMCP.http_app``; the other arguments are those of
    :class:`cognito_guard_mcp.MCPMiddleware`. Raises ``ConfigurationError``.
    """
    verifier = server.auth
    if not isinstance(verifier, CognitoVerifier):
        raise ConfigurationError(
            "make the server with it: FastMCP(..., auth=CognitoVerifier(guard))"
        )
    return MCPMiddleware(
        server.http_app(**options),
        verifier=verifier.identifier,
        required_scopes=required_scopes,
        exempt=exempt,
        functions=lambda: _functions(server),
    )


def _functions(server: FastMCP[Any]) -> Iterator[Any]:
    """What is registered, also at mounted servers. FastMCP's own lists can only be awaited."""
    yield from _in_provider(server)
    for route in server._get_additional_http_routes():
        yield getattr(route, "endpoint", None)


def _in_provider(provider: Any) -> Iterator[Any]:
    while isinstance(provider, _WrappedProvider):
        provider = provider._inner
    if isinstance(provider, FastMCPProvider):
        provider = provider.server
    if isinstance(provider, FastMCP):
        yield provider._completion_handler
    if isinstance(provider, AggregateProvider):
        for inner in list(provider.providers):
            yield from _in_provider(inner)
    if isinstance(provider, LocalProvider):
        for component in list(provider._components.values()):
            yield getattr(component, "fn", None)
