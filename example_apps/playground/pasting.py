"""From pasted settings to a guard of their own, which reaches no network and keeps nothing."""

from __future__ import annotations

from typing import Any

from cognito_guard import ConfigurationError, Guard, StaticKeySet, UserPool

from .fields import BadField, Fields

__all__ = ["LONGEST_JWKS", "LONGEST_TOKEN", "TOKEN_USES", "paste"]

LONGEST_TOKEN = 32_000
LONGEST_JWKS = 64_000
TOKEN_USES = ("access", "id", "any")


def paste(fields: Fields) -> tuple[Guard, dict[str, str]]:
    """A guard with the pasted settings, and the headers with the pasted token.

    Raises :class:`BadField`.
    """
    token = fields.text("token", longest=LONGEST_TOKEN)
    if not token:
        raise BadField("token", "Paste the token: what your client sends after “Bearer ”.")
    arguments: dict[str, Any] = {
        "client_ids": fields.texts("client_ids"),
        "token_use": fields.choice("token_use", TOKEN_USES),
        "issuer": fields.text("issuer") or None,
        "jwks": _keys(fields.text("jwks", longest=LONGEST_JWKS)),
    }
    user_pool_id = fields.text("user_pool_id")
    try:
        guard = Guard(UserPool(user_pool_id, **arguments), cache_entries=0)
    except ConfigurationError as error:
        raise _beside(error, "user_pool_id", "client_ids", "issuer") from None
    return guard, {"Authorization": f"Bearer {token}"}


def _keys(text: str) -> StaticKeySet:
    try:
        # As bytes. A text would be taken for a path or an address.
        return StaticKeySet(text.encode("utf-8", "replace"))
    except ConfigurationError as error:
        raise _beside(error, "jwks") from None


def _beside(error: ConfigurationError, *names: str) -> BadField:
    """The field that an error of the engine is about: its message begins with the name."""
    message = str(error)
    name = next((one for one in names if message.startswith(one)), names[0])
    return BadField(name, f"{message}.")
