"""The settings of sign-in: ``LOGIN_DOMAIN`` and others in ``COGNITO_GUARD``, or ``LOGIN``.

Read once, and read again where a test changes them. The engine's part of it is imported only where
there are any.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any, final

from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from cognito_guard import ConfigurationError, Guard

from ..requests.headers import header_values
from ..settings import NAME, Problem, Settings, current, suggestion
from .held import Call, SessionId

if TYPE_CHECKING:
    from cognito_guard.login import Ended, LoginSession, LoginSessions

    from .store import Stores

__all__ = ["Login", "configured", "login_or_error", "read_login"]

_STORE, _SECRETS = "LOGIN_STORE", "LOGIN_SECRETS"
_LEAST_SECRET = 32


@final
class Login:
    """Who is signed in, for threads and for event loops.

    ``sessions`` is what needs no store, too: cookies, checks, the start of a sign-in.
    """

    def __init__(self, blocking: LoginSessions | None, awaited: LoginSessions) -> None:
        self.sessions = awaited if blocking is None else blocking
        self.awaited = awaited
        self.blocks = blocking is not None

    def __repr__(self) -> str:
        return "<Login>"

    def do(self, verb: str, *arguments: Any, **more: Any) -> Any:
        """Call a method of the sessions from a thread, under WSGI and under ASGI."""
        name, sessions = (verb, self.sessions) if self.blocks else (f"a{verb}", self.awaited)
        call = Call(getattr(sessions, name), arguments, more)
        del arguments, more
        return call.run() if self.blocks else async_to_sync(call.arun)()

    def current(self, session_id: SessionId | None) -> LoginSession | None:
        """See ``LoginSessions.current``."""
        if session_id is None:
            return None
        session: LoginSession | None = self.do("current", session_id.reveal())
        return session

    async def acurrent(
        self, session_id: SessionId | None, *, touch: bool = True
    ) -> LoginSession | None:
        """As :meth:`current`."""
        if session_id is None:
            return None
        return await self.awaited.acurrent(session_id.reveal(), touch=touch)

    def end(self, session_id: SessionId | None) -> Ended:
        """See ``LoginSessions.end``."""
        ended: Ended = self.do("end", None if session_id is None else session_id.reveal())
        return ended

    def find(self, request: Any) -> SessionId | None:
        """The session that says who sent a request."""
        return _held(self.sessions.find_session(header_values(request)))

    def find_to_end(self, request: Any) -> SessionId | None:
        """The session that the browser of a request has, whoever else is calling with it."""
        return _held(self.sessions.session_to_end(header_values(request)))


def _held(session_id: str | None) -> SessionId | None:
    return None if session_id is None else SessionId(session_id)


def configured() -> Login | None:
    """Sign-in as the settings have it; ``None`` where they have none.

    Raises ``ConfigurationError`` that names everything that is wrong.
    """
    global _known
    settings = current()
    if not settings.signs_in:
        return None
    known = _known
    if known is None or known[0] is not settings:
        with _lock:
            known = _known
            if known is None or known[0] is not settings:  # pragma: no branch  # by another thread
                login, problems = read_login(getattr(django_settings, NAME), settings.guard)
                if login is None:
                    raise ConfigurationError("; ".join(map(str, problems)))
                known = _known = settings, login
    return known[1]


def login_or_error() -> Login:
    """As :func:`configured`. Raises ``ConfigurationError`` where there is no sign-in."""
    login = configured()
    if login is None:
        raise ConfigurationError(
            f"{NAME} has no settings of sign-in: LOGIN_DOMAIN, LOGIN_CLIENT_ID, "
            "LOGIN_REDIRECT_URI "
            "and LOGIN_LOGOUT_URI are missing"
        )
    return login


_known: tuple[Settings, Login] | None = None
_lock = threading.Lock()
_ALSO_READ = frozenset(
    {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "SESSION_ENGINE", "SESSION_CACHE_ALIAS"}
)


def _forget(*, setting: str, **_: Any) -> None:
    global _known
    if setting == NAME or setting in _ALSO_READ:
        _known = None


setting_changed.connect(_forget, dispatch_uid=f"{__name__}._forget")


def read_login(raw: Mapping[Any, Any], guard: Guard) -> tuple[Login | None, list[Problem]]:
    """Sign-in and what is wrong with its settings; no sign-in if anything is."""
    named = {name: raw[name] for name in raw if str(name).startswith("LOGIN_")}
    if "LOGIN" in raw:
        if named:
            text = f"is sign-in already; {', '.join(sorted(named))} would not be looked at"
            return None, [_problem("LOGIN", text)]
        try:
            return _ready(raw["LOGIN"], guard), []
        except ConfigurationError as error:
            return None, [_problem("LOGIN", str(error))]
    from .store import framework_stores, named_stores

    problems: list[Problem] = []
    stores: Stores | None = None
    try:
        store = named.pop(_STORE, None)
        stores = framework_stores() if store is None else named_stores(store)
    except ConfigurationError as error:
        problems.append(Problem("E031", _where(_STORE), str(error)))
    problems = _of_names(named) + problems
    stands_for = {}
    if _SECRETS not in named:
        fallbacks = getattr(django_settings, "SECRET_KEY_FALLBACKS", ())
        if isinstance(fallbacks, str | bytes):  # whose letters would be too short, and left out
            problems.append(Problem("E030", "SECRET_KEY_FALLBACKS", "must be a list"))
        named[_SECRETS] = [django_settings.SECRET_KEY, *_long(fallbacks)]
        stands_for[_SECRETS] = "SECRET_KEY"
    if stores is None or problems:
        return None, [*problems, *_each(named, guard, stands_for)]
    try:
        awaited = _sessions(named, guard, stores.awaited)
        blocking = stores.blocking
        if blocking is not None and blocking is not stores.awaited:
            return Login(_sessions(named, guard, blocking), awaited), []
        return Login(None if blocking is None else awaited, awaited), []
    except ConfigurationError as error:
        return None, _each(named, guard, stands_for) or [_problem("LOGIN_*", str(error))]


def _sessions(named: Mapping[str, Any], guard: Guard, store: Any) -> LoginSessions:
    from cognito_guard.login import LoginSessions

    return LoginSessions.from_mapping(named, guard=guard, store=store, prefix="")


def _ready(value: object, guard: Guard) -> Login:
    from cognito_guard.login import LoginSessions

    found: Any = value
    if isinstance(found, str):
        try:
            found = import_string(found)
        except ImportError as error:
            raise ConfigurationError(f"cannot be imported: {error}") from None
    if callable(found):
        found = found()
    if not isinstance(found, LoginSessions):
        raise ConfigurationError(
            "must be LoginSessions, a function that makes them, or the dotted path of either"
        )
    try:
        found.require_guard(guard)
    except ConfigurationError:
        raise ConfigurationError(
            "was made with another guard, whose sessions would let in users that the guard of "
            f"{NAME} does not know; make it with cognito_guard_django.get_guard(), or name its "
            "guard in GUARD"
        ) from None
    try:
        found.require_blocking()
    except ConfigurationError:
        raise ConfigurationError(
            "must have a SessionStore, as views of ours block, and has an AsyncSessionStore; name "
            "that one in LOGIN_STORE"
        ) from None
    return Login(found, found)


def _long(fallbacks: Iterable[Any]) -> Iterator[Any]:
    """Those of Django's keys that may have sealed something; a shorter one opens nothing."""
    for one in fallbacks:
        if not isinstance(one, str | bytes) or len(one) >= _LEAST_SECRET:
            yield one


_NEEDED = ("LOGIN_DOMAIN", "LOGIN_CLIENT_ID", "LOGIN_REDIRECT_URI", "LOGIN_LOGOUT_URI")
# What stands in for the settings that are not being looked at.
_GOOD = {
    "LOGIN_DOMAIN": "https://example.com",
    "LOGIN_REDIRECT_URI": "https://example.com/callback",
    "LOGIN_LOGOUT_URI": "https://example.com/",
    "LOGIN_SECRETS": [token_hex(_LEAST_SECRET)],
}


def _of_names(named: Mapping[str, Any]) -> list[Problem]:
    """Names that are unknown, and names that are missing."""
    from cognito_guard.login import LoginSessions

    known = (*LoginSessions.setting_names, _STORE)
    return [
        *(
            _problem(name, f"is unknown; {suggestion(name, known)}")
            for name in named
            if name not in known
        ),
        *(_problem(name, "is missing") for name in _NEEDED if name not in named),
    ]


def _each(named: Mapping[str, Any], guard: Guard, stands_for: Mapping[str, str]) -> list[Problem]:
    """Each wrong setting by itself, where they can be told apart. ``stands_for``: which setting of
    Django's was taken in the place of one that is not set."""
    from cognito_guard.login import LoginSessions

    problems = []
    client = {name: named[name] for name in ("LOGIN_CLIENT_ID",) if name in named}
    others = [name for name in LoginSessions.setting_names if name in named and name not in client]
    for name in (*client, *others) if client else ():
        try:
            _sessions({**_GOOD, **client, name: named[name]}, guard, _Nothing())
        except ConfigurationError as error:
            text = str(error).removeprefix(f"{name}: ")
            other = f", which {stands_for[name]} stands for" if name in stands_for else ""
            problems.append(Problem("E030", f"{_where(name)}{other}", text))
            if name in client:
                break  # nothing is right next to a client that is wrong
    return problems


class _Nothing:
    """A store that is asked nothing."""

    read = add = replace = remove = print


def _problem(name: str, text: str) -> Problem:
    return Problem("E030", _where(name), text)


def _where(name: object) -> str:
    return f"{NAME}[{name!r}]"
