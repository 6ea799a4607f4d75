"""MemoryRevocationList: a list in the memory of one process, for development and small sites."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn, final

from .._support.clock import calendar, steady_clock
from ..errors import ConfigurationError, RevocationsUnavailable
from ..identity import Identity
from .entries import DEFAULT_REFRESH_SECONDS, Revocation, checked_refresh_seconds
from .health import RevocationHealth
from .known import Known

__all__ = ["MemoryRevocationList"]

_SWEPT_AT_ONCE = 100


@final
class MemoryRevocationList:
    """A :class:`RevocationList` in the memory of one process. It takes effect at once. A restart
    forgets it: revoked tokens are accepted again until they expire.

    Run one worker only: several workers would each know a part of the list. It raises
    :class:`~cognito_guard.ConfigurationError` if ``WEB_CONCURRENCY`` announces more than one, and
    :class:`~cognito_guard.RevocationsUnavailable` in a process that was forked from the one that
    created it. Nothing can detect other set-ups.

    ``refresh_seconds``: the longest life of a refresh token. ``clock`` returns seconds since 1970.
    """

    def __init__(
        self,
        *,
        refresh_seconds: float = DEFAULT_REFRESH_SECONDS,
        clock: Callable[[], float] = calendar,
    ) -> None:
        self.refresh_seconds = checked_refresh_seconds(refresh_seconds)
        workers = os.environ.get("WEB_CONCURRENCY", "").strip()
        if workers.isdecimal() and int(workers) > 1:
            raise ConfigurationError(
                "a MemoryRevocationList works in one process only, and WEB_CONCURRENCY starts "
                "several; use a MirroredRevocationList with a store that they share, such as Redis"
            )
        self._pid = os.getpid()
        self._known = Known(clock, steady_clock)

    def __repr__(self) -> str:
        return "<MemoryRevocationList>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a MemoryRevocationList belongs to its process, so it cannot be pickled")

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See :meth:`RevocationList.is_revoked`."""
        self._require_own_process()
        return self._known.refuses(identity, issuer)

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See :meth:`RevocationList.ais_revoked`."""
        return self.is_revoked(identity, issuer)

    def revoke(self, *revocations: Revocation) -> None:
        """See :meth:`RevocationList.revoke`."""
        self._require_own_process()
        self._known.add(revocations)
        self._known.sweep(_SWEPT_AT_ONCE)

    async def arevoke(self, *revocations: Revocation) -> None:
        """See :meth:`RevocationList.arevoke`."""
        self.revoke(*revocations)

    def health(self) -> RevocationHealth:
        """See :meth:`RevocationList.health`."""
        return RevocationHealth("memory", entries=len(self._known))

    def _require_own_process(self) -> None:
        if os.getpid() != self._pid:
            raise RevocationsUnavailable(
                detail="The list of revoked tokens is in the memory of the process that this one "
                "was forked from; make it after the fork, or use a store that workers share."
            )
