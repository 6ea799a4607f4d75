"""A list in memory that can be away, and says what was written."""

from __future__ import annotations

from collections.abc import Callable

from cognito_guard.revocation import MemoryRevocationList, Revocation

__all__ = ["Listed"]


class Listed:
    """See the module. ``error``: what writing fails with. ``before``: is called before."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._listed = MemoryRevocationList(clock=clock)
        self.refresh_seconds = self._listed.refresh_seconds
        self.is_revoked, self.ais_revoked = self._listed.is_revoked, self._listed.ais_revoked
        self.health = self._listed.health
        self.error: Exception | None = None
        self.written: list[Revocation] = []
        self.before: Callable[[], object] = lambda: None

    def revoke(self, *revocations: Revocation) -> None:
        """As of a list."""
        self.before()
        if self.error is not None:
            raise self.error
        self.written += revocations
        self._listed.revoke(*revocations)

    async def arevoke(self, *revocations: Revocation) -> None:
        """As of a list."""
        self.revoke(*revocations)
