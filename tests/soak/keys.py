"""A user pool that changes its keys every few seconds, as one does that takes care.

New keys are published long before anything is signed with them, longer than an unknown ``kid``
keeps the guard from asking again; and for a while after. So no good token is ever refused.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from cognito_guard.keys.remote import UNKNOWN_KEY_SECONDS
from cognito_guard.testing import LocalUserPool

ROTATE_SECONDS = 5.0
PUBLISHED_AHEAD_SECONDS = UNKNOWN_KEY_SECONDS + 10.0
SIGNING_SECONDS = 2 * ROTATE_SECONDS
PUBLISHED_AFTER_SECONDS = 2 * ROTATE_SECONDS
_LIFE_SECONDS = PUBLISHED_AHEAD_SECONDS + SIGNING_SECONDS + PUBLISHED_AFTER_SECONDS
# Withdrawn keys with which somebody still has tokens.
_REMEMBERED = 4
_TOKENS = 4


class Token(NamedTuple):
    """A token, and the key that it names."""

    text: str
    kid: str


class Generation:
    """A pair of keys, and some tokens signed with it."""

    def __init__(self, published_at: float) -> None:
        self.published_at = published_at
        self._pool = LocalUserPool()
        self.jwks: list[dict[str, Any]] = self._pool.jwks()["keys"]
        self.kid = str(self.jwks[1]["kid"])
        pool, kid = self._pool, self.kid
        self.good = [Token(pool.access_token(f"user{n}"), kid) for n in range(_TOKENS)]
        head, payload, signature = self.good[0].text.split(".")
        changed = signature[:100] + ("A" if signature[100] != "A" else "B") + signature[101:]
        self.tampered = Token(f"{head}.{payload}.{changed}", kid)
        self.expired = Token(pool.access_token(expires_in=-1), kid)
        self.of_another_client = Token(pool.access_token(client_id="9another8client"), kid)
        self.id_token = Token(pool.id_token(), str(self.jwks[0]["kid"]))

    def unknown(self) -> Token:
        """Good in every respect, but that nobody knows its key."""
        kid = f"unknown-{secrets.token_hex(8)}"
        head = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": kid}).encode("ascii"))
        _, rest = self.good[0].text.split(".", 1)
        return Token(f"{head.rstrip(b'=').decode('ascii')}.{rest}", kid)


class Keys:
    """The generations of keys at this moment. From any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        now, steps = clock(), int(_LIFE_SECONDS / ROTATE_SECONDS)
        self._published = deque(Generation(now - n * ROTATE_SECONDS) for n in range(steps, -1, -1))
        self._withdrawn: deque[Generation] = deque(maxlen=_REMEMBERED)
        self.rotations = 0

    def rotate(self) -> None:
        """Publish a new generation, and withdraw what has had its time."""
        new = Generation(self._clock())
        with self._lock:
            self._published.append(new)
            while self._published[0].published_at <= new.published_at - _LIFE_SECONDS:
                self._withdrawn.append(self._published.popleft())
        self.rotations += 1

    def published(self) -> list[dict[str, Any]]:
        """The public keys of all generations."""
        with self._lock:
            return [key for generation in self._published for key in generation.jwks]

    def signing(self) -> list[Generation]:
        """Those that tokens are signed with now."""
        now = self._clock()
        with self._lock:
            ready = [g for g in self._published if g.published_at <= now - PUBLISHED_AHEAD_SECONDS]
            return ready[-int(SIGNING_SECONDS / ROTATE_SECONDS) :]

    def withdrawn(self) -> list[Generation]:
        """Those that are no longer published, the last few."""
        with self._lock:
            return list(self._withdrawn)
