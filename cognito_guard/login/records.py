"""The record of a session: its tokens and times, sealed for the holder of the session's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

from ..identity import Identity
from ..tokens.parsing import parse_token
from .keys import LOCK, SESSION, store_key
from .sealing import Sealer
from .secrecy import Secretive
from .step_up import StepUp

__all__ = ["Record", "Records"]

_PURPOSE = "session"
_VERSION = "1"
# No token has one: they are printable. JSON would take five times as long with each request.
_SEPARATOR = "\n"
# A store clears up a little later than a record ends, so that the record says so itself.
_LATER_SECONDS = 60.0
# A page that refuses so soon after the sign-in that it asked for would ask again for ever.
_JUST_SECONDS = 30.0


@final
class Record(Secretive):
    """A session's tokens. All times are seconds since 1970."""

    __slots__ = (
        *("access", "expires_at", "id", "life", "refresh", "started_at", "step_up", "touched_at"),
    )

    def __init__(
        self,
        access: str,
        id: str,
        refresh: str | None,
        expires_at: int,
        life: int,
        started_at: float,
        touched_at: float,
        step_up: str | None = None,
    ) -> None:
        self.access = access
        self.id = id
        self.refresh = refresh
        self.expires_at = expires_at
        """The ``exp`` of the access token."""
        self.life = life
        """For how many seconds it was issued."""
        self.started_at = started_at
        self.touched_at = touched_at
        self.step_up = step_up
        """Of a sign-in that a page asked for: why, and for which page. See :class:`StepUp`."""

    @property
    def subject(self) -> str:
        """Who signed in, by the ID token, which was verified before it came here."""
        subject: str = self._user["sub"]
        return subject

    @property
    def nonce(self) -> object:
        """That of the ID token; ``None`` if it has none, as after a refresh."""
        return self._user.get("nonce")

    @property
    def _user(self) -> Mapping[str, Any]:
        return parse_token(self.id, max_bytes=len(self.id)).claims

    @property
    def caller(self) -> Identity:
        """Whom the access token speaks for. It was verified before it came here, and may have
        expired since."""
        return Identity(parse_token(self.access, max_bytes=len(self.access)).claims, "access", "")

    def touched(self, now: float) -> Record:
        """The same, with a sign of life. A clock that was set back takes none away, and one that
        gives NaN gives none."""
        return self.with_(touched_at=max(self.touched_at, now))

    def with_(self, **changes: Any) -> Record:
        """The same, but for these."""
        return Record(**dict(zip(_FIELDS, self.values(), strict=True)) | changes)

    def values(self) -> list[Any]:
        """All of it, in the order of the arguments."""
        return [getattr(self, name) for name in _FIELDS]


@final
class Records(Secretive):
    """Seals and opens records, and says when each is over.

    ``idle``, ``absolute`` and ``ahead`` are seconds: without a request, in all, and before an
    access token expires.
    """

    __slots__ = ("_absolute", "_ahead", "_idle", "_sealer", "clock")

    def __init__(
        self,
        sealer: Sealer,
        clock: Callable[[], float],
        *,
        idle: float,
        absolute: float,
        ahead: float,
    ) -> None:
        self._sealer = sealer
        self.clock = clock
        self._idle = idle
        self._absolute = absolute
        self._ahead = ahead

    @staticmethod
    def key(session_id: str) -> str:
        """Where a store keeps a session."""
        return store_key(SESSION, session_id)

    @staticmethod
    def lock_key(session_id: str) -> str:
        """Where a store keeps who refreshes a session."""
        return store_key(LOCK, session_id)

    def seal(self, record: Record, session_id: str) -> bytes:
        """A record as a store keeps it."""
        texts = ["" if value is None else str(value) for value in record.values()]
        if record.step_up is None:  # as workers know it that know nothing of it yet
            del texts[-1]
        content = _SEPARATOR.join([_VERSION, *texts])
        return self._sealer.seal(_PURPOSE, session_id, content.encode("ascii"))

    def open(self, sealed: bytes, session_id: str) -> Record | None:
        """The record; ``None`` for what was sealed for another id, by a secret that is gone, or by
        another version of this."""
        content = self._sealer.open(_PURPOSE, session_id, sealed)
        if content is None:
            return None
        version, *texts = content.decode("ascii").split(_SEPARATOR)
        if version != _VERSION:
            return None
        access, id_token, refresh, expires_at, life, started_at, touched_at, *more = texts
        return Record(
            *(access, id_token, refresh or None, int(expires_at), int(life)),
            *(float(started_at), float(touched_at)),
            *more,
        )

    def seconds(self, record: Record) -> float:
        """For how long a store is to keep a record."""
        return max(0.0, self._ends_at(record) - self.clock()) + _LATER_SECONDS

    def is_over(self, record: Record) -> bool:
        """Whether a limit has been met; and also if the clock cannot tell, as it gives NaN."""
        return not self.clock() < self._ends_at(record)

    def is_due(self, record: Record) -> bool:
        """Whether to refresh now. At most half of a token's life goes unused."""
        return self.clock() >= record.expires_at - min(self._ahead, record.life / 2)

    def has_expired(self, record: Record) -> bool:
        """Whether the access token is good no more."""
        return self.clock() >= record.expires_at

    def step_up(self, record: Record) -> StepUp | None:
        """The sign-in that a page has just asked for, if that made this session."""
        if record.step_up is None or not 0 <= self.clock() - record.started_at < _JUST_SECONDS:
            return None
        return StepUp.of(record.step_up)

    def wants_touch(self, record: Record) -> bool:
        """Whether the last sign of life is old enough to write a new one: a tenth of the limit."""
        return self.clock() - record.touched_at >= self._idle / 10

    def _ends_at(self, record: Record) -> float:
        return min(record.started_at + self._absolute, record.touched_at + self._idle)


_FIELDS = (
    *("access", "id", "refresh", "expires_at", "life", "started_at", "touched_at", "step_up"),
)
