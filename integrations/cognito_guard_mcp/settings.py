"""``mcp_auth``: the SDK's settings, as they are right for Cognito."""

from __future__ import annotations

from collections.abc import Sequence

from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl, TypeAdapter

from cognito_guard import ConfigurationError, Guard

__all__ = ["mcp_auth"]

_URL = TypeAdapter(AnyHttpUrl, config={"url_preserve_empty_path": True})


def mcp_auth(
    guard: Guard, *, resource: str | None = None, required_scopes: Sequence[str] | None = None
) -> AuthSettings:
    """Return the settings for ``MCPServer(..., auth=mcp_auth(guard))``.

    The issuer and the resource are the guard's; ``resource``, if given, must be the same. The SDK's
    own check of ``aud`` is turned off: it would refuse all tokens of machines, which have none, and
    :class:`CognitoTokenVerifier` checks it. ``required_scopes`` are for a server without
    :class:`MCPMiddleware`, which checks scopes itself and tells clients what to request. Raises
    ``ConfigurationError``.
    """
    if not isinstance(guard, Guard) or guard.resource is None:
        raise ConfigurationError("mcp_auth takes a cognito_guard.Guard with a resource")
    if resource is not None and resource != guard.resource:
        raise ConfigurationError("resource must be the guard's, letter by letter; or leave it out")
    return AuthSettings(
        issuer_url=_URL.validate_python(guard.user_pools[0].issuers[0]),
        resource_server_url=_URL.validate_python(guard.resource),
        required_scopes=None if required_scopes is None else list(required_scopes),
        validate_token_resource=False,
    )
