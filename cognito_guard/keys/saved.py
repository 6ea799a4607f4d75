"""SavedKeySet: the keys that a file has from the build, until newer ones are fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import inf
from typing import final

from .._support.clock import steady_clock
from .._support.listeners import Listeners
from ..network.fetch import fetch
from ..network.waiting import Pending
from .given import read_file, unusable
from .health import KeyHealth
from .jwk import KeySetError
from .remote import RemoteKeySet
from .signature import VerificationKey

__all__ = ["SavedKeySet"]


@final
class SavedKeySet:
    """Keys that were saved when the app was built, renewed in the background from the first token
    on. For AWS Lambda and other places where a process starts often: no request waits for a fetch.

    ``path`` is a JWKS file (``cognito-guard jwks --save``), read once. ``url`` is where newer keys
    come from, for a user pool ``{issuer}/.well-known/jwks.json``. After its first answer, the
    file's keys are no longer used; until then they stay in use. A request waits only for a key that
    the file does not have, and only one request at a time if the address is slow. ``get`` and
    ``clock`` are as for :class:`~cognito_guard.RemoteKeySet`.

    Raises :class:`ConfigurationError` if the file cannot be used, and for any other URL.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        url: str,
        *,
        get: Callable[[str], bytes] = fetch,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        self.path = os.fspath(path)
        self._remote = RemoteKeySet(url, get=get, clock=clock)
        try:
            self._saved, _ = read_file(self.path)
        except KeySetError as error:
            raise unusable(error, self.path) from None

    def __repr__(self) -> str:
        return f"<SavedKeySet of {len(self._saved)} keys, {self._remote.name}>"

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See :meth:`KeySet.key <cognito_guard.KeySet.key>`."""
        remote = self._remote
        # In this order: once there were newer keys, none of the file's is trusted.
        if remote.fetched_at > -inf:
            return remote.key(kid)
        saved = self._saved.get(kid)
        if saved is None:
            # Strangers with unknown kids must not tie up the threads that the file's keys need.
            return remote.missing_key(kid, others_held=True)
        remote.prefetch()
        return saved

    def observe(self, observers: Listeners) -> None:
        """As for :class:`~cognito_guard.RemoteKeySet`."""
        self._remote.observe(observers)

    def health(self) -> KeyHealth:
        """The state of the address. Until it has answered, the keys in use are the file's."""
        told = self._remote.health()
        if self._remote.fetched_at > -inf:
            return told
        told = told._replace(keys=len(self._saved))
        return told._replace(state="stale") if told.failures else told._replace(state="static")
