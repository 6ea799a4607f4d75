"""RevocationList: what a guard asks on every request whether a caller was signed out."""

from __future__ import annotations

from typing import Protocol

from ..identity import Identity
from .entries import Revocation
from .health import RevocationHealth

__all__ = ["RevocationList"]


class RevocationList(Protocol):
    """Says whether a verified caller's token or sign-in was revoked.

    A guard asks on every request, also for cached tokens. A caller passes only if the answer is
    ``False``. If the list cannot tell, it raises :class:`~cognito_guard.RevocationsUnavailable`.
    """

    @property
    def refresh_seconds(self) -> float:
        """The longest life of a refresh token. Entries about sign-ins last longer than that."""
        ...  # pragma: no cover

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """Whether this caller is refused. ``issuer``: the first one of the caller's pool
        (``guard.home_issuer``). May block."""
        ...  # pragma: no cover

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """As :meth:`is_revoked`, under asyncio and trio."""
        ...  # pragma: no cover

    def revoke(self, *revocations: Revocation) -> None:
        """Add entries. Adding an existing entry again changes nothing. May block."""
        ...  # pragma: no cover

    async def arevoke(self, *revocations: Revocation) -> None:
        """As :meth:`revoke`, under asyncio and trio."""
        ...  # pragma: no cover

    def health(self) -> RevocationHealth:
        """Return the state of the list, without waiting."""
        ...  # pragma: no cover
