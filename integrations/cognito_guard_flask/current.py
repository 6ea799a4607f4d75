"""``current_identity``, and what is kept of a request while it is handled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast, final

from flask import current_app, has_request_context, request
from werkzeug.local import LocalProxy

from cognito_guard import Challenge, Guard, HeaderValues, Identity, MissingCredentials

if TYPE_CHECKING:
    from cognito_guard.login import LoginSession, LoginSessions

    from .signed_in import SignedIn

__all__ = [
    "EXTENSION",
    "SIGNS_IN",
    "CurrentIdentity",
    "Kept",
    "authenticate",
    "current_identity",
    "header_values",
    "kept",
    "this_request",
]

EXTENSION = "cognito_guard"
"""The name in ``app.extensions``, of a mapping from extensions to their guards."""

SIGNS_IN = "cognito_guard_signs_in"
"""The attribute of the ``View`` class of the sign-in's routes."""

_KEPT = "_cognito_guard"

this_request: Callable[[], Any] = request._get_current_object  # type: ignore[attr-defined]
"""Gives the request that is being handled, and no proxy. Its ``repr`` has the query, so it is in no
variable of ours while an app's code runs."""


class Kept:
    """What is known of a request.

    Where there is sign-in: ``login_looked``, whether the cookie counted; ``login_session``, what
    ``login_sessions`` found; ``by_session``, whether that is who is calling; ``page``, what leads
    browsers to the sign-in, where it is a page for who has signed in.
    """

    guard: Guard | None = None
    identity: Identity | None = None
    challenge: Challenge | None = None
    is_preflight = False
    """Whether it came as one, whatever has been made of it since."""
    no_body = False
    endpoint: str | None = None
    """Where it led when it came."""
    by_session = False
    page: SignedIn | None = None
    login_looked = False
    login_sessions: LoginSessions | None = None
    login_session: LoginSession | None = None

    def __init__(self) -> None:
        self.decided: set[tuple[object, str | None, str]] = set()
        """The hooks of ``protect`` that were asked, and the endpoint and the method that each was
        asked about."""


def kept(one: Any = None) -> Kept:
    """What is known of the request that is being handled. ``one``: that request, for whoever has
    it, as each look through Flask's proxy takes as long as the rest of this.

    Kept on Flask's request object, which nobody shares. `flask.g` is shared by several requests
    where an application context was pushed before, and a WSGI environ may be copied by somebody
    who then puts another credential into it, or none.
    """
    attributes = (this_request() if one is None else one).__dict__
    found = attributes.get(_KEPT)
    if type(found) is not Kept:
        found = attributes[_KEPT] = Kept()
    return found


def authenticate(
    guard: Guard, find_signed_in: Callable[[], SignedIn | None], known: Kept
) -> Identity:
    """Who sent this request, by this guard, or by the session of who has signed in; looked at once.
    ``find_signed_in`` is asked only where there is no other credential. ``known``: what is kept of
    this request.

    Raises as ``Guard.authenticate``, and as ``SignedIn.session``.
    """
    if known.guard is not guard or known.identity is None or known.by_session:
        # Nobody, unless the next lines know somebody.
        known.guard, known.identity, known.by_session = guard, None, False
        try:
            known.identity = guard.authenticate(header_values(request.environ))
        except MissingCredentials:
            signed_in = find_signed_in()
            session = None if signed_in is None else signed_in.session()
            if session is None:
                raise
            known.identity, known.by_session = session.identity, True
    return known.identity


def header_values(environ: Mapping[str, Any]) -> HeaderValues:
    """All raw values of a header in a WSGI environ, by its lower-case name."""
    return _Values(environ)


@final
class _Values:
    """No closure, whose variables a report of an error would show."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __call__(self, name: str) -> tuple[str, ...]:
        # A WSGI server has joined repeated headers, so there is never more than one.
        value = self._environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return () if value is None else (value,)


def _current() -> Identity | None:
    if not has_request_context():
        raise RuntimeError(
            "current_identity is there only while a request is handled. In a thread or a job, work "
            "with what the view hands over, such as current_identity.subject."
        )
    known = kept()
    if known.guard not in current_app.extensions.get(EXTENSION, {}).values():
        raise RuntimeError(
            "current_identity is there only in guarded views, and nobody has looked at the caller "
            "of this one. Put required or optional of your CognitoGuard below its route decorator, "
            "or protect the blueprint or the app."
        )
    return known.identity


class CurrentIdentity(LocalProxy["Identity | None"]):
    """A proxy whose truth has to be known: others are false where they lead nowhere."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self._get_current_object() is not None


current_identity: Identity = cast("Identity", CurrentIdentity(_current))
"""The caller of the request that is being handled.

In an ``optional`` view it is false for a caller without a credential (being a proxy, it is not
``None``). Raises ``RuntimeError`` outside of a request and in a view that is not guarded.
"""
