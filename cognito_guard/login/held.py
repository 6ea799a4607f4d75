"""A session as its store has it: read, opened, and held against its limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from .._support.log import WARNING, Log
from ..network.post import FetchFailed
from .effects import Steps, read, remove, replace, send
from .errors import LoginFailed, SessionsUnavailable
from .managed_login import ManagedLogin
from .notes import REVOCATION_FAILED, SESSION_UNREADABLE
from .opened import Opened
from .records import Record, Records
from .rotated import Rotated
from .secrecy import Secret, Secretive

__all__ = ["Held", "Shelf"]

# So often a record may change while somebody signs out.
_REMOVALS = 10
_UNREADABLE = (
    f"{SESSION_UNREADABLE}: a session record cannot be opened: it was sealed with a secret that "
    "this process does not have (`secrets`), or it was changed"
)


@final
class Held(Secretive):
    """A session's record, and the very bytes that the store had under ``key``."""

    __slots__ = ("key", "record", "sealed", "session")

    def __init__(self, session: Secret, key: str, sealed: bytes, record: Record) -> None:
        self.session = session
        self.key = key
        self.sealed = sealed
        self.record = record


@final
class Shelf(Secretive):
    """Where sessions are read from, written back to, and taken away. They are named by their ids.

    ``rotated``: refresh tokens that the store does not have yet.
    """

    __slots__ = ("_log", "_login", "_opened", "records", "rotated")

    def __init__(self, login: ManagedLogin, records: Records, log: Log) -> None:
        self._login = login
        self._log = log
        self._opened = Opened()
        self.records = records
        self.rotated = Rotated()

    def held(self, session: Secret) -> Steps[Held | None]:
        """The session; ``None`` if there is none, or it is over."""
        key = self.records.key(session.text)
        sealed = yield from read(key)
        if sealed is None:
            self._opened.forget(key)
            return None
        record = self._record(session, key, sealed)
        if record is None:
            self._log.say(WARNING, SESSION_UNREADABLE, _UNREADABLE)
            return None
        if self.records.is_over(record):
            # By this worker's clock, which may be ahead: so it stays for the others, and the store
            # has its end.
            self._opened.forget(key)
            return None
        return Held(session, key, sealed, record)

    def written(self, held: Held, record: Record) -> Steps[Held | None]:
        """``record`` in the place of what is held; ``None`` if that is not there any more."""
        sealed = self.records.seal(record, held.session.text)
        seconds = self.records.seconds(record)
        if (yield from replace(held.key, held.sealed, sealed, seconds)):
            return Held(held.session, held.key, sealed, record)
        return None

    def ended(self, held: Held) -> Steps[bool]:
        """Take a session away, if it is as it was held."""
        self._opened.forget(held.key)
        return (yield from remove(held.key, held.sealed))

    def signed_out(
        self, session: Secret, then: Callable[[Record], Steps[None]] | None = None
    ) -> Steps[None]:
        """Take a session away, whatever happens to it meanwhile; then do what is to be done with
        its tokens, and have the pool forget the refresh token. Not for one step of a request: see
        ``whole``.

        What was read is revoked whatever came of it: a client that asks twice, as its connection
        broke, is told that there was nothing to remove.
        """
        key = self.records.key(session.text)
        last: bytes | None = None
        problem: SessionsUnavailable | None = None
        try:
            for _ in range(_REMOVALS):
                sealed = yield from read(key)
                if sealed is None:
                    break
                last = sealed
                if (yield from remove(key, sealed)):
                    break  # otherwise it was refreshed just now, and that one has to go
            else:
                yield from remove(key)
        except SessionsUnavailable as error:
            problem = error
        record = None if last is None else self._record(session, key, last)
        self._opened.forget(key)
        if record is not None:
            if then is not None:
                yield from then(record)
            yield from self.revoked(record.refresh)
        if problem is not None:
            raise problem

    def revoked(self, refresh_token: str | None) -> Steps[None]:
        """Have the pool forget a refresh token. A failure is logged, and changes nothing."""
        if refresh_token is None:
            return
        try:
            answer = yield from send(self._login.start_revocation(refresh_token))
            self._login.finish_revocation(answer)
        except FetchFailed as error:
            said = f"The request to the revocation endpoint failed: {error}."
        except LoginFailed as error:
            said = error.detail
        else:
            return
        text = f"{REVOCATION_FAILED}: a refresh token was not revoked: %s"
        self._log.say(WARNING, REVOCATION_FAILED, text, said, detail=said)

    def _record(self, session: Secret, key: str, sealed: bytes) -> Record | None:
        record = self._opened.find(key, sealed)
        if record is None:
            record = self.records.open(sealed, session.text)
            if record is None:
                return None
            self._opened.add(key, sealed, record)
        return self.rotated.newest(key, record)
