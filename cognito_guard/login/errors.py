"""The two errors of sign-in.

.. code-block:: text

    CognitoGuardError
    ├── LoginFailed(reason)             400, 403 or 503: nobody was signed in
    └── SessionsUnavailable(reason)     503: nobody can say who is signed in, nobody is signed out

``reason`` is safe to log and to count. ``title`` and ``message`` are for the person, ``detail`` is
one sentence for the log. None of them holds anything that came in.
"""

from __future__ import annotations

from ..errors import CognitoGuardError
from .reasons import OF_AUTHORIZE, WORDS, LoginReason

__all__ = ["LoginFailed", "SessionsUnavailable", "of_authorize"]


class _Told(CognitoGuardError):
    """An error with words for the person and for the log."""

    def __init__(self, reason: LoginReason, detail: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = LoginReason(reason)
        self.status, self.title, self.message, words = WORDS[self.reason]
        self.detail = detail or words

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class LoginFailed(_Told):
    """Nobody was signed in. ``status``: the status of the page to show.

    ``next_page``: where to redirect a browser that is signed in anyway. It is the page that the
    sign-in was for if the state was used before, and ``/`` if the state cannot be read.
    """

    next_page: str | None = None

    @property
    def retry_after(self) -> int | None:
        """Whole seconds after which a new attempt may succeed, for 503; otherwise ``None``."""
        return 5 if self.status == 503 else None


class SessionsUnavailable(_Told):
    """It is unknown who is signed in, and nobody has been signed out. Always 503.

    ``retry_after``: whole seconds, at least 1, after which a new attempt may succeed.
    """

    def __init__(
        self,
        reason: LoginReason = LoginReason.SESSIONS_UNAVAILABLE,
        detail: str | None = None,
        *,
        retry_after: int = 1,
    ) -> None:
        super().__init__(reason, detail)
        self.retry_after = max(1, retry_after)


def of_authorize(error: str) -> LoginFailed:
    """What an error of the authorize endpoint means. The text itself is not repeated."""
    for reason in OF_AUTHORIZE:
        if reason == error:
            return LoginFailed(reason)
    return LoginFailed(LoginReason.UNKNOWN_ERROR)
