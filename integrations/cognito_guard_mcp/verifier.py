"""CognitoTokenVerifier: whose token it is, for the official MCP SDK."""

from __future__ import annotations

import time
from typing import final

from mcp.server.auth.provider import AccessToken

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Credential,
    Guard,
    HeaderValues,
    Identity,
    InvalidToken,
    Reason,
)

from .access_token import CognitoAccessToken, fields_of

__all__ = ["CognitoTokenVerifier", "Identifier"]


class Identifier:
    """Who is calling, by a guard, and whether the token is for this server.

    A token's ``aud`` must be the guard's ``resource``, a slash at the end aside. Machines (client
    credentials) are let in without ``aud``, since Cognito binds their tokens to no resource;
    ``UserPool(client_ids=...)`` says which.
    """

    def __init__(self, guard: Guard, *, unsafe_allow_unbound: bool = False) -> None:
        if not isinstance(guard, Guard):
            raise ConfigurationError("guard must be a cognito_guard.Guard")
        if guard.resource is None:
            raise ConfigurationError(
                "an MCP server needs the URL that its clients know it by: Guard(..., "
                'resource="https://mcp.example.com/mcp")'
            )
        if any(carrier.ambient for carrier in guard.carriers):
            raise ConfigurationError(
                "MCP clients send tokens in a header; a guard that also trusts cookies or load "
                "balancers is for browsers"
            )
        if not isinstance(unsafe_allow_unbound, bool):
            raise ConfigurationError("unsafe_allow_unbound must be True or False")
        self.guard = guard
        self._resource = guard.resource.removesuffix("/")
        self._allow_unbound = unsafe_allow_unbound

    async def by_headers(self, headers: HeaderValues) -> tuple[Identity, Credential]:
        """Who sent a request, and what says so. Raises as ``Guard.aauthenticate``, and
        ``InvalidToken``."""
        credential = self.guard.find_credential(headers)
        if credential is None:
            raise self.guard.missing_credentials()
        identity = await self.guard.averify_credential(credential)
        self._require_resource(identity)
        return identity, credential

    async def by_token(self, token: str) -> Identity:
        """Who a token speaks for. Raises as ``Guard.averify``, and ``InvalidToken``."""
        identity = await self.guard.averify(token)
        self._require_resource(identity)
        return identity

    def _require_resource(self, identity: Identity) -> None:
        """RFC 8707, section 2. MCP: a server accepts only what was issued for it."""
        bound = identity.claims.get("aud") if identity.token_use == "access" else None
        if isinstance(bound, str) and bound.removesuffix("/") == self._resource:
            return
        if bound is None and (identity.is_machine or self._allow_unbound):
            return
        raise InvalidToken(
            Reason.WRONG_RESOURCE,
            "The token was not issued for this MCP server (resource binding).",
        )


@final
class CognitoTokenVerifier(Identifier):
    """``MCPServer(..., token_verifier=CognitoTokenVerifier(guard), auth=mcp_auth(guard))``.

    ``guard``
        The :class:`cognito_guard.Guard` that verifies tokens, with a ``resource``.
    ``unsafe_allow_unbound``
        ``True`` also accepts users' tokens that are bound to no resource. Any app with a client
        that the guard accepts can then use its users' tokens here.

    Alone, it returns ``None`` for a refused token, so the client does not learn the reason. Put
    :func:`guarded_app` or :class:`MCPMiddleware` around the server. Raises
    ``ConfigurationError``.
    """

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the SDK asks. Raises ``KeysUnavailable``, which is not the caller's fault."""
        try:
            identity = await self.by_token(token)
        except AuthError:
            return None
        found = CognitoAccessToken(**fields_of(identity, token, time.time()))
        found._identity = identity
        return found
