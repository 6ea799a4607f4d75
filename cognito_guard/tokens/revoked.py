"""RevocationCheck: a verified caller is held against a list of what was revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, final

from .._support.clock import steady_clock
from .._support.listeners import Listeners
from ..errors import ConfigurationError, InvalidToken, Reason
from ..identity import Identity

if TYPE_CHECKING:
    from ..revocation import RevocationList

__all__ = ["RevocationCheck", "check_list"]

_OF_A_LIST = ("is_revoked", "ais_revoked", "revoke", "arevoke", "health")


class _Asked(Protocol):
    """What can be asked: see ``cognito_guard.revocation.RevocationList``."""

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool: ...  # pragma: no cover

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool: ...  # pragma: no cover


@final
class RevocationCheck:
    """Asks a list. ``homes``: for every issuer, the one that users are stored under.

    ``listeners`` are told how long each question took.
    """

    __slots__ = ("_asked", "_homes", "_listeners")

    def __init__(
        self, asked: _Asked, homes: Mapping[str, str], listeners: Listeners | None = None
    ) -> None:
        self._asked = asked
        self._homes = homes
        self._listeners = Listeners() if listeners is None else listeners

    # What is answered may be only taken for a no, as `None` is; so only `False` lets pass. And no
    # claim is in a variable here while a list of the user's runs, nor in a mapping that is in one.

    def ask(self, identity: Identity) -> None:
        """Raises :class:`InvalidToken` (``revoked``), and what the list raises. May block."""
        began_at = steady_clock() if self._listeners.all else None
        passed: bool | None = None
        try:
            passed = self._asked.is_revoked(identity, self._homes[identity.issuer]) is False
        finally:
            if began_at is not None:
                self._tell(steady_clock() - began_at, passed)
        if not passed:
            raise _revoked()

    async def aask(self, identity: Identity) -> None:
        """As :meth:`ask`, under asyncio and trio."""
        began_at = steady_clock() if self._listeners.all else None
        passed: bool | None = None
        try:
            passed = await self._asked.ais_revoked(identity, self._homes[identity.issuer]) is False
        finally:
            if began_at is not None:
                self._tell(steady_clock() - began_at, passed)
        if not passed:
            raise _revoked()

    def _tell(self, seconds: float, passed: bool | None) -> None:
        from ..events import RevocationsAsked

        outcome: Any = "failed" if passed is None else "passed" if passed else "revoked"
        self._listeners.tell(RevocationsAsked(seconds, outcome))


def check_list(value: RevocationList) -> RevocationList:
    """A revocation list that a guard was given. Raises :class:`ConfigurationError`."""
    complete = all(callable(getattr(value, name, None)) for name in _OF_A_LIST)
    if isinstance(value, type) or not complete or not hasattr(value, "refresh_seconds"):
        raise ConfigurationError(
            "revocations must be a RevocationList, such as a MirroredRevocationList"
        )
    return value


def _revoked() -> InvalidToken:
    return InvalidToken(Reason.REVOKED, "The token was revoked: its user signed out, or was.")
