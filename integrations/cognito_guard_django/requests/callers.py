"""From a request to its caller: find the credential, ask the guard, find the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from cognito_guard import ConfigurationError, Identity, MissingCredentials

from ..settings import Settings
from ..silence import forget_locals
from ..stateless import CognitoUser, anonymous
from .headers import header_values

if TYPE_CHECKING:
    from cognito_guard.login import LoginSession, LoginSessions, SignedIn

__all__ = [
    "FOUND",
    "SCOPE_KEY",
    "Caller",
    "Verdict",
    "aidentify",
    "attach",
    "attached",
    "identify",
    "is_untouched",
    "leave",
    "set_user",
    "settle",
    "user_of",
    "verdict_of",
    "verdict_or_error",
]

_ATTRIBUTE = "_cognito_guard_verdict"

FOUND = "_cognito_guard_found"
"""Where a request holds the caller whom REST framework has found without the middleware, or that
there is none."""

SCOPE_KEY = "cognito_guard.verdict"
"""Where the verdict on a WebSocket is in its scope."""


@dataclass(frozen=True, slots=True, repr=False)
class Caller:
    """Who sent a request. ``ambient``: a browser sent the credential by itself, as it does with
    cookies, so that the request may be forged across sites. ``session``: of who has signed in."""

    identity: Identity
    user: Any
    ambient: bool
    session: LoginSession | None = None
    sessions: LoginSessions | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about a request, and about what request: others may change it afterwards.

    ``preflight``: it is passed on as a preflight, for nobody. ``exempt_at``: nobody looked at it,
    as it led to this path in this urlconf. ``csrf``: whether forged requests are refused; only
    Django's test client says no. ``left``: the caller was signed out while the request was on its
    way.
    """

    caller: Caller | None
    method: str | None
    preflight: bool = False
    exempt_at: tuple[str, object] | None = None
    csrf: bool = True
    left: bool = False


def identify(request: HttpRequest, settings: Settings) -> Caller | None:
    """The caller; ``None`` for a request without a credential.

    Raises ``InvalidRequest``, ``InvalidToken``, ``KeysUnavailable``, and ``AccessDenied`` for a
    user who is inactive here or whom the hook refuses.
    """
    if settings.bearer is not None:  # where it came from is known, so the guard looks it up once
        try:
            identity = settings.guard.authenticate(header_values(request))
        except MissingCredentials:
            return None
        return Caller(identity, user_of(identity, settings), settings.bearer.ambient)
    credential = settings.guard.find_credential(header_values(request))
    if credential is None:
        return None
    identity = settings.guard.verify_credential(credential)
    return Caller(identity, user_of(identity, settings), credential.ambient)


async def aidentify(
    request: HttpRequest, settings: Settings, *, in_thread: Any = sync_to_async
) -> Caller | None:
    """As :func:`identify`. Only the database is asked in another thread, as Django always does."""
    if settings.bearer is not None:
        ambient = settings.bearer.ambient
        try:
            identity = await settings.guard.aauthenticate(header_values(request))
        except MissingCredentials:
            return None
    else:
        credential = settings.guard.find_credential(header_values(request))
        if credential is None:
            return None
        ambient = credential.ambient
        identity = await settings.guard.averify_credential(credential)
    if settings.stateless:
        user = user_of(identity, settings)
    else:
        user = await in_thread(user_of)(identity, settings)
    return Caller(identity, user, ambient)


def user_of(identity: Identity, settings: Settings, signed_in: SignedIn | None = None) -> Any:
    """The user to put into ``request.user``. ``signed_in``: the sign-in that this request ends,
    whose ID token has the user's name and e-mail address. Raises ``AccessDenied``."""
    if settings.stateless:
        user = CognitoUser(identity, settings)
        settings.consent(user, identity)
        return user
    from ..users.provision import provision  # models can be imported only when the apps are ready

    try:
        return provision(identity, settings, signed_in)
    except Exception as error:
        forget_locals(error)
        raise


def attach(request: Any, verdict: Verdict) -> None:
    """Let the view see the caller. Without one, a user whom a session knows stays."""
    caller = verdict.caller
    request.identity = None if caller is None else caller.identity
    setattr(request, _ATTRIBUTE, verdict)
    if caller is None:
        if not hasattr(request, "user"):
            set_user(request, anonymous())
        return
    set_user(request, caller.user)
    if not caller.ambient:
        # No browser sends an Authorization header by itself; what remains needs the CSRF token.
        request._dont_enforce_csrf_checks = True


def leave(request: Any) -> None:
    """Let the caller be nobody from now on, who was signed out. Whoever does that sets the user."""
    verdict = verdict_of(request)
    if verdict is not None and verdict.caller is not None:
        request.identity = None
        setattr(request, _ATTRIBUTE, replace(verdict, caller=None, left=True))


def settle(request: Any, verdict: Verdict) -> None:
    """Let what comes next see the caller that was decided about, whatever others have made of the
    request since.

    Another user raises ``ConfigurationError``. The same one in other clothes stays: somebody may
    have wrapped him, or fetched him again.
    """
    caller = verdict.caller
    request.identity = None if caller is None else caller.identity
    if caller is None:
        return
    user = getattr(request, "user", None)
    if user is not caller.user and not _is_his(user, caller):
        raise ConfigurationError(
            "a middleware after CognitoMiddleware has replaced the user of the token; move "
            "CognitoMiddleware behind it in MIDDLEWARE"
        )
    # What an async function would give cannot be seen here.
    _set_auser(request, user)


def _is_his(user: Any, caller: Caller) -> bool:
    return isinstance(user, type(caller.user)) and user == caller.user


def is_untouched(request: Any, verdict: Verdict) -> bool:
    """Whether :func:`settle` needs to evaluate nothing, and may run where no database can be
    asked."""
    caller = verdict.caller
    return caller is None or getattr(request, "user", None) is caller.user


def set_user(request: Any, user: object) -> None:
    """Set the user for sync and for async views."""
    request.user = user
    _set_auser(request, user)


def _set_auser(request: Any, user: object) -> None:

    async def auser() -> object:
        return user

    request.auser = auser


def verdict_of(request: Any) -> Verdict | None:
    """What was decided about a request, or the scope of a WebSocket; ``None`` where nobody has.

    Only what is of our own type is believed: anybody can set ``request.identity``.
    """
    # The second question takes longer, and is not asked about a request of Django's.
    if isinstance(request, HttpRequest) or not isinstance(request, Mapping):
        found = getattr(request, _ATTRIBUTE, None)
    else:
        found = request.get(SCOPE_KEY)
    return found if isinstance(found, Verdict) else None


def verdict_or_error(request: Any) -> Verdict:
    """As :func:`verdict_of`. Raises ``ConfigurationError`` where nobody has decided."""
    verdict = verdict_of(request)
    del request  # see `enforce`
    if verdict is None:
        raise ConfigurationError(
            "cognito_guard_django.middleware.CognitoMiddleware must be in MIDDLEWARE (for "
            "WebSockets: cognito_guard_django.channels.CognitoMiddleware around the app)"
        )
    return verdict


def attached(request: Any) -> Caller | None:
    """The caller that the middleware has found."""
    verdict = verdict_of(request)
    return None if verdict is None else verdict.caller
