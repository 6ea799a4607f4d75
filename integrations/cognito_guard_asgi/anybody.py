"""What endpoints read of who is calling, as Starlette has it."""

from __future__ import annotations

from typing import final

from cognito_guard import Identity

__all__ = ["AnonymousUser", "Auth"]


@final
class AnonymousUser:
    """``scope["user"]`` of a request without a credential."""

    is_authenticated = False
    display_name = ""

    def __repr__(self) -> str:
        return "<AnonymousUser>"


@final
class Auth:
    """``scope["auth"]``, which Starlette's own ``@requires`` reads.

    ``scopes`` is ``["authenticated", ...]`` followed by the token's scopes. For an anonymous caller
    it is empty.
    """

    __slots__ = ("scopes",)

    def __init__(self, identity: Identity | None = None) -> None:
        self.scopes = [] if identity is None else ["authenticated", *identity.scopes]
