"""The forge of ``cognito_guard.testing.attacks``, at a fixed time and with guards that trust it."""

from __future__ import annotations

from typing import Any

from cognito_guard import Guard, KeySet, Pending, StaticKeySet, UserPool, VerificationKey
from cognito_guard.testing import LocalUserPool, attacks
from cognito_guard.testing.attacks.forge import OMIT, b64, to_json

__all__ = ["NOW", "OMIT", "Forge", "WatchedKeys", "b64", "to_json"]

NOW = 1_800_000_000
"""The time of the forge and of its guards, in seconds since 1970."""


class WatchedKeys:
    """A key set that notes which keys were asked for. Only asking could ever cause a request."""

    def __init__(self, keys: KeySet | dict[str, Any]) -> None:
        self._keys = StaticKeySet(keys) if isinstance(keys, dict) else keys
        self.asked: list[str] = []

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See ``KeySet.key``."""
        self.asked.append(kid)
        return self._keys.key(kid)


class Forge(attacks.Forge):
    """Signs anything with the key of a pool whose clock stands still."""

    user_pool_id = "eu-west-1_ForgedPool"
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{user_pool_id}"
    client_id = "3example13579246"
    # The same for every forge: it is the issuer that tells keys apart.
    kid = "forge-key-in-the-test-suite="

    def __init__(self, **app: Any) -> None:
        pool = LocalUserPool(self.user_pool_id, client_id=self.client_id, clock=lambda: NOW)
        pool._keys["access"].kid = self.kid
        super().__init__(pool, **app)

    def trust(self, **arguments: Any) -> UserPool:
        """A user pool that accepts what this forge signs."""
        return self.pool.trust(**arguments)

    def guard(self, *, max_token_bytes: int = 16 * 1024, **arguments: Any) -> Guard:
        """A guard that lives at ``NOW`` and trusts this forge."""
        return Guard(
            self.trust(**arguments), max_token_bytes=max_token_bytes, clock=lambda: float(NOW)
        )
