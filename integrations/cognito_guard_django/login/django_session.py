"""Django's own session of a browser that has signed in: it belongs to the sign-in, and to no other.

It holds a mark of the sign-in, and of the user. What bears the mark of another sign-in is not seen
with this one, whichever way it got there: from a browser that had lost it, with a late answer, by
the hand of somebody else.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.apps import apps
from django.contrib.sessions.backends.base import SessionBase
from django.middleware.csrf import rotate_token
from django.utils.functional import SimpleLazyObject

from ..requests.callers import set_user
from ..stateless import anonymous

__all__ = [
    "Tie",
    "aend_marked",
    "end_all",
    "end_marked",
    "hide_marked",
    "is_ours",
    "leave_others",
    "mark",
    "ours",
    "renew",
    "tie",
    "unmark",
]

_MARK = "_cognito_guard_login"
_USER = "_cognito_guard_user"
_DJANGOS_USER = "_auth_user_id"
"""``django.contrib.auth.SESSION_KEY``, which cannot be imported everywhere."""
_OF_DJANGO = (_DJANGOS_USER, "_auth_user_backend", "_auth_user_hash")
_OURS = "_cognito_guard_ends_itself"


class Tie(NamedTuple):
    """``mark``: of the sign-in. ``user``: the key of who has signed in. On a path that is exempt
    nobody has looked who that is, nor what else the session holds: ``None``."""

    mark: str
    user: str | None


class _Tied:
    """A session of Django's that belongs to a sign-in, whatever it is kept in."""

    _cognito_guard_tie: Tie | None = None

    def load(self) -> Any:
        return self._cognito_guard_own(super().load())  # type: ignore[misc]

    async def aload(self) -> Any:
        return self._cognito_guard_own(await super().aload())  # type: ignore[misc]

    def save(self: Any, must_create: bool = False) -> None:
        self._cognito_guard_note(self._get_session(no_load=must_create))
        super().save(must_create=must_create)  # type: ignore[misc]

    async def asave(self: Any, must_create: bool = False) -> None:
        self._cognito_guard_note(await self._aget_session(no_load=must_create))
        await super().asave(must_create=must_create)  # type: ignore[misc]

    def _cognito_guard_own(self: Any, data: dict[str, Any]) -> dict[str, Any]:
        """What was loaded, if it is this sign-in's."""
        tie = self._cognito_guard_tie
        if tie is None or tie.user is None or not data or data.get(_MARK) == tie.mark:
            return data
        # Either way it gets a key that nobody knows from before.
        self._session_key = None
        if _MARK in data or _DJANGOS_USER in data:
            return {}
        self.modified = True
        self._cognito_guard_note(data)
        return data

    def _cognito_guard_note(self, data: dict[str, Any]) -> None:
        tie = self._cognito_guard_tie
        # A user of Django's who has signed in by other means is none of this sign-in's.
        if tie is not None and data and _MARK not in data and _DJANGOS_USER not in data:
            data.update({_MARK: tie.mark, _USER: tie.user})


@functools.cache
def _tied(kind: Any) -> Any:
    # Django makes a salt of the name.
    named = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (_Tied, kind), named)


def tie(request: Any, tie: Tie | None) -> None:
    """Let what Django's session holds from now on be that of this sign-in; ``None``: of none. It is
    read only if somebody asks for what is in it."""
    session = getattr(request, "session", None)
    if not isinstance(session, SessionBase):
        return
    kind: Any = session.__class__  # of what a lazy one is about
    if not issubclass(kind, _Tied):
        if tie is None:
            return
        session.__class__ = _tied(kind)
    one: Any = session
    one._cognito_guard_tie = tie
    if hasattr(one, "_session_cache"):  # somebody has asked before us
        one._session_cache = one._cognito_guard_own(one._session_cache)


def leave_others(request: Any, user: str | None, *, stateless: bool) -> None:
    """Before a user signs in: empty a session that is somebody else's. What a visitor has put into
    one stays."""
    session = request.session
    other = _MARK in session and session.get(_USER) != user  # also if nobody knows whose it is
    # Where users are stored, Django looks at this by itself.
    if other or (stateless and _DJANGOS_USER in session):
        session.flush()


def renew(request: Any, tie: Tie) -> None:
    """Where no user is stored: what ``django.contrib.auth.login`` does where one is. What Django's
    session holds gets another key, and forms another token, so that nobody knows them from before.
    """
    if hasattr(request, "session"):
        leave_others(request, tie.user, stateless=True)
        if request.session.session_key is not None:
            request.session.cycle_key()
        if not request.session.is_empty():
            mark(request, tie)
    rotate_token(request)


def mark(request: Any, tie: Tie) -> None:
    """Note in Django's session which sign-in it belongs to."""
    request.session[_MARK], request.session[_USER] = tie


def unmark(request: Any, user: Any) -> None:
    """Let Django's session, which this user has just entered, be that of no sign-in any more. What
    is in it stays, unless it is another user's: Django looks only for users of its own."""
    tie(request, None)
    session = request.session
    if _MARK not in session:
        return
    others = session.pop(_USER, None) != str(user.pk)
    del session[_MARK]
    for name in list(session.keys()) if others else ():
        if name not in _OF_DJANGO:
            del session[name]


@contextmanager
def ours(request: Any) -> Iterator[None]:
    """While we call Django's ``login`` and ``logout``, and see to the sign-in ourselves."""
    setattr(request, _OURS, True)
    try:
        yield
    finally:
        setattr(request, _OURS, False)


def is_ours(request: Any) -> bool:
    """Whether it is we who call Django."""
    return bool(getattr(request, _OURS, False))


def end_all(request: Any) -> None:
    """End Django's session, whatever is in it."""
    if not hasattr(request, "session"):
        return
    if apps.is_installed("django.contrib.auth"):
        from django.contrib.auth import logout

        with ours(request):
            logout(request)
    else:
        request.session.flush()
    tie(request, None)  # what comes into it now is nobody's
    set_user(request, anonymous())


def end_marked(request: Any) -> None:
    """End Django's session if it belongs to a sign-in, as that is over."""
    if hasattr(request, "session") and _MARK in request.session:
        end_all(request)


async def aend_marked(request: Any, in_thread: Any = sync_to_async) -> None:
    """As :func:`end_marked`."""
    if hasattr(request, "session") and await request.session.aget(_MARK) is not None:
        await in_thread(end_all)(request)


def hide_marked(request: Any) -> None:
    """Where nobody looks whether the sign-in is over: let the user of a session that belongs to one
    be nobody. The session is read only if somebody asks who it is."""
    if not hasattr(request, "session") or not hasattr(request, "user"):
        return
    user, auser = request.user, getattr(request, "auser", None)

    def found() -> Any:
        return anonymous() if _MARK in request.session else _itself(user)

    async def afound() -> Any:
        if auser is None or await request.session.aget(_MARK) is not None:
            return anonymous()
        return await auser()

    request.user = SimpleLazyObject(found)
    request.auser = afound


def _itself(user: Any) -> Any:
    # A lazy object around another one is no instance of a model.
    bool(user)
    return getattr(user, "_wrapped", user)
