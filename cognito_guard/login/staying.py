"""The steps of a request of somebody who is signed in, and of signing out."""

from __future__ import annotations

from functools import partial
from typing import final

from .._support.log import INFO, WARNING, Log
from .._support.silence import forget_locals
from ..errors import CognitoGuardError, InvalidToken, Reason
from ..guard import Guard
from ..identity import Identity
from .cookies import LoginCookie, is_random_value
from .effects import Steps, refuse, verify, whole
from .errors import SessionsUnavailable
from .held import Held, Shelf
from .managed_login import ManagedLogin
from .notes import REFRESH_FAILED, SESSION_NOT_REVOKED, SESSION_REVOKED, TOUCH_FAILED
from .outcomes import Ended, LoginSession
from .reasons import LoginReason
from .records import Record
from .refreshing import Refreshing
from .secrecy import Secret, Secretive

__all__ = ["SigningOut", "Staying"]

# What another access token of the same session may be free of.
_USED_UP = (Reason.TOKEN_EXPIRED, Reason.UNKNOWN_KEY)


@final
class Staying(Secretive):
    """Says who is signed in."""

    __slots__ = ("_guard", "_log", "_refreshing", "_shelf")

    def __init__(self, guard: Guard, shelf: Shelf, refreshing: Refreshing, log: Log) -> None:
        self._guard = guard
        self._shelf = shelf
        self._refreshing = refreshing
        self._log = log

    def current(self, session: Secret | None, *, touch: bool = True) -> Steps[LoginSession | None]:
        """The session with this id; ``None`` if there is none, or it is over. ``touch``: whether
        that is a sign of life."""
        if session is None or not is_random_value(session.text):
            return None
        held = yield from self._shelf.held(session)
        if held is None:
            return None
        records = self._shelf.records
        if records.is_due(held.record):
            needed = records.has_expired(held.record)
            fresh = yield from self._refreshing.fresh(held, needed=needed, touch=touch)
            if fresh is None:
                return None
            held = fresh
        # Also after a refresh, which may have been one of a connection that gives no sign of life.
        if touch and records.wants_touch(held.record):
            held = yield from self._touched(held)
        return (yield from self._verified(held, touch))

    def _touched(self, held: Held) -> Steps[Held]:
        """The session with a sign of life. It can do without: the request goes on if the store
        takes none, and somebody else who has written meanwhile has given one."""
        touched = held.record.touched(self._shelf.records.clock())
        try:
            written = yield from self._shelf.written(held, touched)
        except SessionsUnavailable as error:
            said = error.detail
        else:
            return held if written is None else written
        text = f"{TOUCH_FAILED}: a session got no sign of life: %s"
        self._log.say(WARNING, TOUCH_FAILED, text, said)
        return held

    def _verified(self, held: Held, touch: bool) -> Steps[LoginSession | None]:
        """What the guard says of the access token, as of any other."""
        found = yield from self._judged(held)
        if not isinstance(found, InvalidToken):
            return found
        if found.reason not in _USED_UP:
            raise found
        fresh = yield from self._refreshing.fresh(held, needed=True, touch=touch)
        if fresh is None:
            return None
        found = yield from self._judged(fresh)
        if not isinstance(found, InvalidToken):
            return found
        said = f"The guard refuses the new access token as well: {found.reason}."
        text = f"{REFRESH_FAILED}: a session was not refreshed: %s"
        self._log.say(WARNING, REFRESH_FAILED, text, said, detail=said)
        raise SessionsUnavailable(LoginReason.REFRESH_UNAVAILABLE, said)

    def _judged(self, held: Held) -> Steps[LoginSession | InvalidToken | None]:
        """The session, if the guard accepts its token; ``None`` if it is over by what that says."""
        try:
            identity = yield from verify(self._guard, held.record.access)
        except InvalidToken as error:
            refusal = error
        else:
            return self._session(held, identity)
        if refusal.reason is not Reason.REVOKED:
            return refusal
        yield from whole(self._shelf.signed_out(held.session))
        text = f"{SESSION_REVOKED}: a session is over: its token was revoked"
        self._log.say(INFO, SESSION_REVOKED, text)
        return None

    def _session(self, held: Held, identity: Identity) -> LoginSession:
        record = held.record
        step_up = self._shelf.records.step_up(record)
        return LoginSession(identity, record.access, record.id, record.started_at, step_up)


@final
class SigningOut(Secretive):
    """Ends sessions."""

    __slots__ = ("_cookie", "_guard", "_log", "_login", "_shelf")

    def __init__(
        self, login: ManagedLogin, guard: Guard, shelf: Shelf, cookie: LoginCookie, log: Log
    ) -> None:
        self._login = login
        self._guard = guard
        self._shelf = shelf
        self._cookie = cookie
        self._log = log

    def end(self, session: Secret | None, *, revoke: bool) -> Steps[Ended]:
        """Take the session away, have the guard refuse its tokens, then have the pool forget its
        refresh token."""
        ended = Ended(self._login.start_sign_out(), (self._cookie.deletion,))
        if session is not None and is_random_value(session.text):
            lists = revoke and self._guard.revocations is not None
            then = partial(self._refused, ended) if lists else None
            yield from whole(self._shelf.signed_out(session, then))
        return ended

    def _refused(self, ended: Ended, record: Record) -> Steps[None]:
        """Have the guard refuse a session's tokens: a script may have one. A failure is told, and
        changes nothing: the session is gone, and nobody could try again."""
        try:
            yield from refuse(self._guard, record.caller)
        except Exception as error:  # noqa: BLE001  # of whatever the list is made of
            forget_locals(error)
            ended.problem = error
            said = _words(error)
        else:
            return
        text = f"{SESSION_NOT_REVOKED}: a session is over, and its tokens were not revoked: %s"
        self._log.say(WARNING, SESSION_NOT_REVOKED, text, said, detail=said)


def _words(error: Exception) -> str:
    own = isinstance(error, CognitoGuardError)
    return str(error) if own else f"the list failed ({type(error).__name__})"
