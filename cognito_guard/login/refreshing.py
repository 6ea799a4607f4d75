"""The steps of a refresh: one for each session at a time, over all threads, tasks and machines.

Whoever gets the lock in the store asks the token endpoint; the others go on with what they have,
or wait for what it brings. What it brings replaces the very record that it was made of, so that it
revives nothing that was signed out meanwhile.
"""

from __future__ import annotations

import os
from contextlib import suppress
from math import ceil
from typing import Final, Literal, final

from .._support.clock import steady_clock
from .._support.listeners import Listeners
from .._support.log import WARNING, Log
from ..errors import AuthError, KeysUnavailable
from ..network.aside import QUEUE_SECONDS
from ..network.fetch import FETCH_SECONDS
from ..network.post import POST_SECONDS, FetchFailed
from ..tokens.verifier import TokenVerifier
from .answers import Tokens
from .backoff import Backoff
from .checks import check_same_id, check_same_user, life_of
from .effects import Steps, add, remove, replace, send, verify, wait, whole
from .errors import LoginFailed, SessionsUnavailable
from .held import Held, Shelf
from .managed_login import ManagedLogin
from .notes import REFRESH_FAILED, REFRESH_REFUSED
from .outage import Outage
from .reasons import LoginReason
from .records import Record
from .secrecy import Secretive

__all__ = ["LEASE_SECONDS", "WAIT_SECONDS", "Refreshing"]

# A rotated refresh token that is not written is lost, so a store gets a second chance, and a third.
_WRITE_PAUSES = (0.05, 0.2, 0.5)
# For what the store takes itself, of which nobody knows.
_STORE_SECONDS = 6.0

LEASE_SECONDS = (
    # The wait for a thread, and for the token endpoint; for keys; for two records to be written.
    QUEUE_SECONDS + POST_SECONDS + FETCH_SECONDS + 2 * sum(_WRITE_PAUSES) + _STORE_SECONDS
)
"""How long a lock may be held: longer than its holder may take."""

WAIT_SECONDS = POST_SECONDS + 4.0
"""How long those wait who cannot go on: longer than a refresh takes unless everything is slow."""

# So often they look whether there is something new.
_PAUSES = (0.05, 0.1, 0.2, *(0.4,) * ceil((WAIT_SECONDS - 0.35) / 0.4))

# So often a record may change while it is refreshed. A store whose answers do not fit together, as
# one that reads from a replica which is behind, would be asked for ever.
_CHANGES = 10


_NOT_REFRESHED = f"{REFRESH_FAILED}: a session was not refreshed: %s"
_REFUSED = f"{REFRESH_REFUSED}: a session is over: its refresh token is refused"


class _Failed(Exception):
    """No new tokens now. The message is for the log."""


class _GrantRefused(Exception):
    """No new tokens for this session any more."""


@final
class _Busy:
    """Somebody else is refreshing."""


_BUSY: Final = _Busy()


@final
class Refreshing(Secretive):
    """Refreshes sessions."""

    __slots__ = (
        *("_backoff", "_client_tokens", "_listeners", "_log", "_login", "_outage", "_shelf"),
    )

    def __init__(
        self,
        login: ManagedLogin,
        *,
        client_tokens: TokenVerifier,
        shelf: Shelf,
        backoff: Backoff,
        outage: Outage,
        listeners: Listeners,
        log: Log,
    ) -> None:
        self._listeners = listeners
        self._login = login
        self._client_tokens = client_tokens
        self._shelf = shelf
        self._backoff = backoff
        self._outage = outage
        self._log = log

    def fresh(self, held: Held, *, needed: bool, touch: bool) -> Steps[Held | None]:
        """The session with newer tokens, or ``None`` if it is over. Unless they are ``needed``, as
        it is held if they cannot be had now. ``touch``: whether they come with a sign of life.

        Raises :class:`SessionsUnavailable`.
        """
        if held.record.refresh is None:
            return None if needed else held
        for pause in _PAUSES:
            left = self._left(held)
            if left > 0:
                return self._as_it_is(held, needed, left)
            try:
                found = yield from whole(self._alone(held, needed, touch))
            except SessionsUnavailable as error:
                if needed or self._shelf.records.has_expired(held.record):
                    raise
                said = error.detail
                self._log.say(WARNING, REFRESH_FAILED, _NOT_REFRESHED, said, detail=said)
                return held
            if not isinstance(found, _Busy):
                return found
            if not needed:
                return held
            yield from wait(pause)
            newer = yield from self._shelf.held(held.session)
            if newer is None or newer.record.access != held.record.access:
                return newer
        return self._as_it_is(held, needed, 1)

    def _alone(self, held: Held, needed: bool, touch: bool) -> Steps[Held | _Busy | None]:
        """Refresh, if nobody else does."""
        lock = _Lock(self._shelf.records.lock_key(held.session.text))
        if not (yield from add(lock.key, lock.owner, LEASE_SECONDS)):
            left = self._shelf.rotated.left(held.key)
            if left is None or not (yield from lock.taken_from(left)):
                return _BUSY
        kept = self._shelf.rotated
        try:
            found = yield from self._refreshed(held, needed, touch, lock)
        except Exception:
            if not kept.leave(held.key, lock.owner):
                yield from lock.released()
            raise
        if found is None or not kept.has(held.key, found.record):
            yield from lock.released()
        else:  # nothing came, and others would ask with a refresh token that is good no more
            kept.leave(held.key, lock.owner)
        return found

    def _refreshed(
        self, before: Held, needed: bool, touch: bool, lock: _Lock
    ) -> Steps[Held | None]:
        held = yield from self._shelf.held(before.session)
        if held is None or held.record.access != before.record.access:
            return held  # somebody was faster
        # Once more: whoever had the lock before may have asked in vain.
        left = self._left(held)
        began_at = self._outage.begin() if left == 0 else None
        if began_at is None:
            return self._as_it_is(held, needed, left)
        asked_at = steady_clock()
        outcome: Literal["refreshed", "ended", "failed"] = "failed"
        try:
            found = yield from self._renewed(held, touch, began_at)
            outcome = "refreshed"
        except _GrantRefused:
            found = yield from self._over(held, needed, lock)
            outcome = "ended" if found is None else "failed"
            return found
        except _Failed as error:
            said = str(error)
        else:
            self._backoff.succeeded(held.key)
            return found
        finally:
            self._tell(asked_at, outcome)
        self._log.say(WARNING, REFRESH_FAILED, _NOT_REFRESHED, said, detail=said)
        return self._as_it_is(held, needed, self._backoff.failed(held.key))

    def _renewed(self, held: Held, touch: bool, began_at: float) -> Steps[Held | None]:
        """The session with new tokens. Raises what becomes of it otherwise."""
        tokens = yield from self._tokens(held.record, began_at)
        if tokens.refresh is not None and tokens.refresh != held.record.refresh:
            # Nobody else has it, and the old one is good for some seconds at the most. So it is
            # written before keys are waited for, and whatever the other tokens are.
            self._shelf.rotated.keep(held.key, held.record.refresh, tokens.refresh)
            kept = yield from self._written(held, held.record.with_(refresh=tokens.refresh))
            self._shelf.rotated.drop(held.key)
            if kept is None or kept.record.access != held.record.access:
                return kept
            held = kept
        renewed = yield from self._accepted(tokens, held.record, touch)
        return (yield from self._written(held, renewed))

    def _tokens(self, record: Record, began_at: float) -> Steps[Tokens]:
        """What the token endpoint gives. Raises what becomes of the session otherwise."""
        problem: Exception
        try:
            answer = yield from send(self._login.start_refresh(record.refresh or ""))
            if answer.status == 429 or answer.status >= 500:
                self._outage.failed(began_at)
            else:
                self._outage.over()
            return self._login.finish_refresh(answer)
        except FetchFailed as error:
            self._outage.failed(began_at)
            problem = _Failed(f"The request to the token endpoint failed: {error}.")
        except LoginFailed as error:
            refused = error.reason is LoginReason.CODE_REFUSED
            problem = _GrantRefused() if refused else _Failed(error.detail)
        raise problem

    def _accepted(self, tokens: Tokens, old: Record, touch: bool) -> Steps[Record]:
        """The record that new tokens make. An ID token that is missing stays the old one.

        Raises :class:`_Failed`.
        """
        try:
            access = yield from verify(self._client_tokens, tokens.access)
            check_same_user(access, old.subject)
            if tokens.id is not None:
                user = yield from verify(self._client_tokens, tokens.id)
                check_same_id(user, tokens.access, old.subject, old.nonce)
        except AuthError as error:
            said = f"The new tokens are not accepted: {error.reason}."
        except LoginFailed as error:
            said = error.detail
        except KeysUnavailable:
            said = "The keys that verify the new tokens cannot be fetched."
        else:
            now = self._shelf.records.clock()
            expires_at, life = life_of(access.claims, now)
            changed = {"access": tokens.access, "id": tokens.id or old.id}
            times = {"expires_at": expires_at, "life": life}
            return (old.touched(now) if touch else old).with_(**changed, **times)
        raise _Failed(said)

    def _written(self, held: Held, record: Record) -> Steps[Held | None]:
        """The session with its new record, unless it has ended or somebody has a newer one.

        Raises :class:`_Failed`.
        """
        for _ in range(_CHANGES):
            written = yield from self._kept(held, record)
            if written is not None:
                return written
            latest = yield from self._shelf.held(held.session)
            if latest is None:  # signed out meanwhile: a late answer revives nothing
                yield from self._shelf.revoked(record.refresh)
                return None
            if latest.record.access != held.record.access:
                return latest
            # It was touched, or got another refresh token, and is the same session.
            held, record = latest, record.touched(latest.record.touched_at)
        raise _Failed("The session store does not replace what it returns.")

    def _kept(self, held: Held, record: Record) -> Steps[Held | None]:
        for pause in _WRITE_PAUSES:
            try:
                return (yield from self._shelf.written(held, record))
            except SessionsUnavailable:
                pass
            yield from wait(pause)
        return (yield from self._shelf.written(held, record))

    def _over(self, held: Held, needed: bool, lock: _Lock) -> Steps[Held | None]:
        """The pool gives nothing for this refresh token any more."""
        for _ in range(_CHANGES):
            latest = yield from self._shelf.held(held.session)
            if latest is None or not _same_tokens(latest.record, held.record):
                return latest  # somebody was faster
            if not (yield from lock.taken_from(lock.owner)):
                # The lease is over, and whoever refreshes now may have what was refused here.
                return self._as_it_is(held, needed, 1)
            if (yield from self._shelf.ended(latest)):
                self._log.say(WARNING, REFRESH_REFUSED, _REFUSED)
                return None
        return self._as_it_is(held, needed, 1)

    def _tell(self, asked_at: float, outcome: Literal["refreshed", "ended", "failed"]) -> None:
        if self._listeners.all:
            from ..events import SessionRefreshed

            self._listeners.tell(SessionRefreshed(steady_clock() - asked_at, outcome))

    def _left(self, held: Held) -> float:
        """Seconds until the token endpoint may be asked for this session."""
        return max(self._backoff.left(held.key), self._outage.left())

    def _as_it_is(self, held: Held, needed: bool, retry_after: float) -> Held:
        if not needed and not self._shelf.records.has_expired(held.record):
            return held
        raise SessionsUnavailable(LoginReason.REFRESH_UNAVAILABLE, retry_after=ceil(retry_after))


def _same_tokens(one: Record, other: Record) -> bool:
    return (one.access, one.refresh) == (other.access, other.refresh)


@final
class _Lock(Secretive):
    """A session's lock, and what tells whose it is."""

    __slots__ = ("key", "owner")

    def __init__(self, key: str) -> None:
        self.key = key
        self.owner = os.urandom(16)

    def taken_from(self, owner: bytes) -> Steps[bool]:
        """Make it one's own, or keep it. Whether it was that owner's."""
        return (yield from replace(self.key, owner, self.owner, LEASE_SECONDS))

    def released(self) -> Steps[None]:
        """What is not released ends with its lease, so a store that fails here changes nothing."""
        with suppress(SessionsUnavailable):
            yield from remove(self.key, self.owner)
