"""An attempt to sign in: all that must be known when the browser comes back, sealed as ``state``.

Nothing is kept here when an attempt begins, so a flood of them fills nothing. The state opens only
beside the cookie of the browser that began, so that browser may have any number under way, and
nobody else's state signs it in.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import final

from .._support.base64url import decode_base64url
from .._support.setting_texts import as_json
from .cookies import is_random_value, random_value
from .errors import LoginFailed
from .keys import MARK, store_key
from .reasons import LoginReason
from .sealing import Sealer
from .secrecy import Secretive

__all__ = ["SKEW_SECONDS", "Attempt", "Attempts"]

SKEW_SECONDS = 300
"""By so much the clocks of two workers may differ."""

_PURPOSE = "attempt"
_MAX_STATE = 8192


@final
class Attempt(Secretive):
    """One attempt. ``made_at``: seconds since 1970, by the clock of who made it. ``levels``: those
    of which the sign-in has to have one, where it has to be stronger than the one before.
    ``step_up``: which page asked for that, and why; see :class:`StepUp`."""

    __slots__ = ("levels", "made_at", "max_age", "next_page", "nonce", "step_up", "verifier")

    def __init__(
        self,
        verifier: str,
        nonce: str,
        next_page: str,
        made_at: int,
        max_age: int | None,
        levels: list[str] | None = None,
        step_up: str | None = None,
    ) -> None:
        self.verifier = verifier
        self.nonce = nonce
        self.next_page = next_page
        self.made_at = made_at
        self.max_age = max_age
        self.levels = levels
        self.step_up = step_up


@final
class Attempts(Secretive):
    """Makes attempts, and opens them again for ``seconds``."""

    __slots__ = ("_clock", "_sealer", "seconds")

    def __init__(self, sealer: Sealer, seconds: float, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock
        self.seconds = seconds

    def new(
        self,
        next_page: str,
        max_age: int | None,
        levels: list[str] | None = None,
        step_up: str | None = None,
    ) -> Attempt:
        """An attempt that begins now. A verifier has 43 letters at least (RFC 7636)."""
        now = int(self._clock())
        return Attempt(random_value(), random_value(), next_page, now, max_age, levels, step_up)

    def seal(self, attempt: Attempt, binding: str) -> str:
        """The ``state``: base64url, as Cognito takes no URL-encoded JSON."""
        import json

        content = json.dumps(
            [
                *(attempt.verifier, attempt.nonce, attempt.next_page),
                *(attempt.made_at, attempt.max_age),
                # A worker that knows nothing of it yet can open the others.
                *([] if attempt.levels is None else [attempt.levels, attempt.step_up]),
            ],
            separators=(",", ":"),
        ).encode("ascii")
        sealed = self._sealer.seal(_PURPOSE, binding, content)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open(self, state: str | None, binding: str | None) -> Attempt:
        """The attempt behind a state, however old, for the browser that began it.

        Raises :class:`LoginFailed` with ``missing_state``, ``other_browser`` or ``wrong_state``.
        """
        if not state:
            raise LoginFailed(LoginReason.MISSING_STATE)
        if not is_random_value(binding) or binding is None:
            raise LoginFailed(LoginReason.OTHER_BROWSER)
        sealed = None
        if len(state) <= _MAX_STATE and state.isascii():
            sealed = decode_base64url(state.encode("ascii"))
        content = None if sealed is None else self._sealer.open(_PURPOSE, binding, sealed)
        if content is None:
            problem = LoginFailed(LoginReason.WRONG_STATE)
            # Tabs that begin at once each give the browser another cookie, and the last one stays.
            # Whoever has signed in by that is led on; where to, only the state could tell.
            problem.next_page = "/"
            raise problem
        return Attempt(*as_json(content.decode("ascii")))

    def check_age(self, attempt: Attempt) -> None:
        """Raises :class:`LoginFailed` (``state_expired``)."""
        if not -SKEW_SECONDS <= self._clock() - attempt.made_at < self.seconds:
            raise LoginFailed(LoginReason.STATE_EXPIRED)

    def mark(self, state: str) -> tuple[str, float]:
        """The key under which a store notes that a state was used, and for how many seconds. A
        state has one spelling, as base64url does."""
        return store_key(MARK, state), self.seconds + 2 * SKEW_SECONDS
