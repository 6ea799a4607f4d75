"""Recheck: whether the caller of a connection that stays open would still be accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import final

from .._support.clock import calendar, steady_clock
from ..errors import AuthError, CognitoGuardError, ConfigurationError
from ..identity import Identity

__all__ = ["Recheck"]

_LONGEST = 3600.0  # seconds
_TRY_AGAIN_LATER = 1013  # IANA's registry of close codes
_POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


@final
class Recheck:
    """Checks repeatedly whether a caller would still be accepted. For adapters.

    ``ask`` repeats the check that was made when the connection was opened, with the same credential
    or session: it returns the identity, or raises. So the connection ends when the token or the
    session does. ``every``: the longest time between two checks in seconds, at most 3600. It also
    checks as soon as the token expires.

    Raises :class:`ConfigurationError` if ``every`` is not a number of seconds.
    """

    __slots__ = ("_ask", "_due", "_every", "refusal")

    def __init__(self, ask: Callable[[], Awaitable[Identity]], *, every: float = 30.0) -> None:
        number = isinstance(every, int | float) and not isinstance(every, bool)
        if not number or not 0 < every <= _LONGEST:
            raise ConfigurationError("every must be a number of seconds, more than 0, at most 3600")
        self._ask = ask
        self._every = every
        self._due = steady_clock()  # at once: it is not known yet when the token expires
        self.refusal: CognitoGuardError | None = None
        """Why the caller would not be let in any more."""

    @property
    def wait(self) -> float:
        """The number of seconds until the next check."""
        return max(0.0, self._due - steady_clock())

    async def again(self) -> bool:
        """Check now. Whether the caller would still be accepted."""
        if self.refusal is not None:
            return False
        try:
            identity = await self._ask()
        except ConfigurationError:
            raise
        except CognitoGuardError as error:
            self.refusal = error
            return False
        # The guard may have another clock, or a leeway: what is over by this one is over when the
        # guard says so.
        left = (identity.expires_at or 0) - calendar()
        self._due = steady_clock() + (min(left, self._every) if left > 0 else self._every)
        return True

    async def until_refused(self, sleep: Callable[[float], Awaitable[object]]) -> None:
        """Return when the caller would no longer be accepted. ``sleep`` waits for the given number
        of seconds."""
        while True:
            await sleep(self.wait)
            if not await self.again():
                return

    @property
    def close_code(self) -> int:
        """The code to close a WebSocket with: 1008, or 1013 if the check is not possible now (a
        503)."""
        if isinstance(self.refusal, AuthError) or getattr(self.refusal, "status", 0) in (401, 403):
            return _POLICY_VIOLATION
        return _TRY_AGAIN_LATER
