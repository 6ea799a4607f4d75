"""FileKeySet: the keys of a file, read again when it has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from math import ceil, inf
from typing import TYPE_CHECKING, final

from .._support.clock import steady_clock
from .._support.fork import forget_after_fork
from .._support.log import KEYS_FETCHED_AGAIN, KEYS_NOT_FETCHED, WARNING, Log
from ..errors import KeysUnavailable
from .given import read_file, unusable
from .jwk import KeySetError
from .key_set import not_known_yet, unknown_key
from .signature import VerificationKey, unchanged

if TYPE_CHECKING:
    from .._support.files import Mark
    from .health import KeyHealth

__all__ = ["LOOK_SECONDS", "FileKeySet"]

LOOK_SECONDS = 30.0
"""Between two looks at whether the file has changed, as between two attempts at a remote set."""


@final
class FileKeySet:
    """The keys of a JWKS file (RFC 7517), which may be replaced while the process runs.

    A change is noticed when a key is requested, with at most one look in 30 seconds, and at once
    for an unknown ``kid``. If the changed file cannot be used, the known keys stay in use, and
    ``health`` and the log say what is wrong. Raises :class:`ConfigurationError` if the file cannot
    be used at the start. ``clock`` returns seconds and never goes back.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, clock: Callable[[], float] = steady_clock
    ) -> None:
        self.path = os.fspath(path)
        self._clock = clock
        try:
            self._keys, self._mark = read_file(self.path)
        except KeySetError as error:
            raise unusable(error, self.path) from None
        # A server may change the working directory when the app is loaded.
        self._place = os.path.abspath(self.path)  # noqa: PTH100
        self._read_at = self._looked_at = clock()
        self._asked_at = -inf  # the last look that an unknown kid caused
        self._looked_for: dict[str, None] = {}
        self._failures, self._problem = 0, None
        self._lock = threading.Lock()
        self._log = Log()
        forget_after_fork(self)

    _problem: str | None
    _mark: Mark | None

    def __repr__(self) -> str:
        return f"<FileKeySet of {len(self._keys)} keys>"

    def key(self, kid: str, /) -> VerificationKey:
        """See :meth:`KeySet.key <cognito_guard.KeySet.key>`."""
        now = self._clock()
        if not now < self._looked_at + LOOK_SECONDS:  # true for NaN as well
            self._look(now)
        key = self._keys.get(kid)
        return self._missing_key(kid, now) if key is None else key

    def health(self) -> KeyHealth:
        """How the file is doing. Takes no lock, and looks at nothing."""
        from .health import KeyHealth

        now = self._clock()
        state = KeyHealth("static", source=self.path, keys=len(self._keys), age=now - self._read_at)
        if not self._failures:
            return state
        return state._replace(
            state="stale",
            last_success=now - self._read_at,
            last_error=self._problem,
            failures=self._failures,
            next_attempt=max(0.0, self._looked_at + LOOK_SECONDS - now),
        )

    def _missing_key(self, kid: str, now: float) -> VerificationKey:
        wait = self._asked_at + LOOK_SECONDS - now
        if wait <= 0:
            self._asked_at = now
            self._looked_for = {}
            self._look(now)
            wait = LOOK_SECONDS
            if not self._failures:
                self._looked_for[kid] = None
        key = self._keys.get(kid)
        if key is not None:
            return key
        if kid in self._looked_for:
            raise unknown_key()
        # Nobody has looked for this one, or the file is bad: it may well be a new key.
        seconds = ceil(max(1.0, wait))
        raise KeysUnavailable(seconds) if self._failures else not_known_yet(seconds)

    def _look(self, now: float) -> None:
        from .._support.files import mark_of  # loaded since the file was read

        with self._lock:
            self._looked_at = now
            failures = self._failures
            if not failures and self._mark is not None and mark_of(self._place) == self._mark:
                return
            try:
                keys, mark = read_file(self._place)
            except KeySetError as error:
                self._failures, self._problem = failures + 1, str(error)
                text = "keys of %s were not read again: %s; the known keys stay in use"
                told = (KEYS_NOT_FETCHED, text)
                values: tuple[object, ...] = (self.path, str(error))
            else:
                self._keys = unchanged(self._keys, keys)
                self._mark, self._read_at = mark, now
                self._failures, self._problem = 0, None
                if not failures:
                    return
                told = (KEYS_FETCHED_AGAIN, "keys of %s were read again, after %d failed attempts")
                values = (self.path, failures)
        self._log.say(WARNING, told[0], told[1], *values, source=self.path)

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()
