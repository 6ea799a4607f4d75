"""Mail: the verification codes that users get by e-mail and SMS."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

__all__ = ["Mail", "Verdict"]

# "Verification code validity" and "Limits" in the Amazon Cognito guide.
_SECONDS = 24 * 3600
_ATTEMPTS = 5


class Verdict(Enum):
    """What comes of a code."""

    GOOD = "good"
    WRONG = "wrong"
    OLD = "old"
    TOO_MANY = "too many"


@dataclass
class _Sent:
    code: str
    ends: float
    attempts: int = 0


class Mail:
    """What has been sent, by user and attribute. For any number of threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sent: dict[tuple[str, str], _Sent] = {}

    def send(self, username: str, attribute: str) -> None:
        """A new code; the one before is good no more."""
        code = f"{secrets.randbelow(10**6):06}"
        with self._lock:
            self._sent[username, attribute] = _Sent(code, self._clock() + _SECONDS)

    def read(self, username: str, attribute: str) -> str:
        """The latest code. Raises ``LookupError``."""
        with self._lock:
            return self._sent[username, attribute].code

    def take(self, username: str, attribute: str, code: str) -> Verdict:
        """Use a code up, if it is good."""
        with self._lock:
            sent = self._sent.get((username, attribute))
            if sent is None or self._clock() >= sent.ends:
                return Verdict.OLD
            if sent.attempts >= _ATTEMPTS:
                return Verdict.TOO_MANY
            if not secrets.compare_digest(sent.code.encode(), code.encode()):
                sent.attempts += 1
                return Verdict.WRONG
            del self._sent[username, attribute]
            return Verdict.GOOD
