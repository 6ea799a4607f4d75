"""The session of sign-in as one more way to learn who is calling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast, final

from flask import Flask, Response, current_app, request
from flask import session as flask_session
from werkzeug.exceptions import NotFound

from cognito_guard import ConfigurationError, Guard, Identity, KeysUnavailable
from cognito_guard.login import (
    LoginFailed,
    LoginRoutes,
    LoginSession,
    LoginSessions,
    SessionStore,
    SessionsUnavailable,
    is_navigation,
)

from .current import header_values, kept
from .refusal import LoginAnswer

__all__ = ["LOGINS", "SignedIn", "leading", "made", "signed_in_of"]

LOGINS = "cognito_guard.login"
"""The name in ``app.extensions``, of a mapping from extensions to their :class:`SignedIn`."""

# In `flask.session`: whose it is, by `LoginSessions.hand_over`.
_OWNER = "_cognito_user"
_LEAST_SECRET = 32
_REGISTER = "app.register_blueprint(login_blueprint(cognito), url_prefix={prefix})"
_ADVICE = "register the blueprint where redirect_uri leads, or tell Flask its SCRIPT_NAME"


def leading(to: str, *set_cookies: str) -> LoginAnswer:
    """Lead a browser on, by GET."""
    headers = [("Location", to), ("Cache-Control", "no-store")]
    return LoginAnswer(303, [*headers, *(("Set-Cookie", one) for one in set_cookies)])


@final
class SignedIn:
    """Asks ``sessions`` who is signed in, and knows where the three routes are.

    Raises ``ConfigurationError``.
    """

    def __init__(self, sessions: LoginSessions) -> None:
        self.routes = LoginRoutes(sessions, advice=_ADVICE)
        self.sessions = sessions

    def session(self) -> LoginSession | None:
        """The session of this request; the store is asked once.

        Raises what the guard raises about its token, ``LoginFailed`` for other sites' requests, and
        ``SessionsUnavailable``.
        """
        known = kept()
        headers = header_values(request.environ)
        known.login_looked = True
        if self.sessions.find_session(headers) is None:
            if self.sessions.has_none(request.method, headers):
                self.hand_over(None)
            return None
        if request.environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            self.sessions.check_websocket(headers)
        else:
            self.check_same_site()
        if known.login_sessions is not self.sessions:
            # Found once more, as no variable may have the id while the store's code runs.
            known.login_session = self.sessions.current(self.sessions.find_session(headers))
            known.login_sessions = self.sessions
            self.hand_over(known.login_session.identity if known.login_session else None)
        return known.login_session

    def hand_over(self, identity: Identity | None) -> None:
        """Let ``flask.session`` be of who is signed in now; with ``None``, of nobody any more."""
        if not _is_null() and self.sessions.hand_over(flask_session, identity):
            _forget_remembered()

    def begin(self, identity: Identity) -> None:
        """Let ``flask.session`` be of a user who signs in. One that Flask-Login has here, or
        remembers, from before is another: who that is, nobody can tell."""
        if not _is_null() and _is_flask_logins():
            self.clear()
        self.hand_over(identity)

    def clear(self) -> None:
        """Leave nothing in ``flask.session``: a user signs out."""
        if not _is_null():
            flask_session.clear()
            _forget_remembered()

    def check_same_site(self) -> None:
        """That this request comes from the own site, if it may change something.

        A hook may have made another method of it, in either of the places that views and
        extensions go by: the one that may change something counts. So it is asked each time.
        Raises ``LoginFailed``.
        """
        headers = header_values(request.environ)
        for method in (request.environ["REQUEST_METHOD"], request.method):
            self.sessions.check_same_site(method, headers)

    def require_routes(self, endpoint: str | None, values: object) -> None:
        """That a request for one of the routes leads somewhere. Asked before each request.

        Raises ``ConfigurationError``, and no 404 that tells nobody what is missing.
        """
        is_lost = endpoint is None and isinstance(request.routing_exception, NotFound)
        if is_lost and request.root_path + request.path in self.routes.paths:
            raise self.routes.missing(_REGISTER, below=request.root_path)

    def answer(self, error: LoginFailed | SessionsUnavailable | KeysUnavailable) -> LoginAnswer:
        """A page for a person, problem details for a script."""
        return LoginAnswer.of(self.routes.answer(error, header_values(request.environ)))

    def for_a_person(self) -> bool:
        """Whether a browser is on its way to a page."""
        return is_navigation(header_values(request.environ))

    def way_in(self, error: object) -> Response | None:
        """Where a browser on its way to a page is led that has to sign in; ``None`` for others."""
        to = self.routes.way_in(
            error,
            method=request.method,
            path=request.root_path + request.path,
            query=request.query_string,
            headers=header_values(request.environ),
            session=kept().login_session,
        )
        if to is None:
            return None
        kept().challenge = None  # it is no refusal that is answered
        return cast("Response", leading(to).get_response())


def _is_null() -> bool:
    """Whether the app has no ``SECRET_KEY``, and so no ``flask.session``."""
    return current_app.session_interface.is_null_session(flask_session)


def _is_flask_logins() -> bool:
    """Whether a user of Flask-Login is signed in, and none of ours, whom an app may let it know."""
    if not hasattr(current_app, "login_manager") or _OWNER in flask_session:
        return False
    remembered = current_app.config.get("REMEMBER_COOKIE_NAME", "remember_token")
    return "_user_id" in flask_session or remembered in request.cookies


def _forget_remembered() -> None:
    if hasattr(current_app, "login_manager"):
        # Of Flask-Login, whose own cookie would bring the user back. It takes this word out again.
        flask_session["_remember"] = "clear"


def made(
    app: Flask, login: LoginSessions | None, guard: Guard, store: SessionStore | None, prefix: str
) -> SignedIn:
    """What asks for sessions in an app, by ``login`` or by the app's settings.

    Raises ``ConfigurationError``.
    """
    if login is not None:
        if store is not None:
            raise ConfigurationError("login has a store; leave login_store out")
        signed_in = SignedIn(login)
        login.require_guard(guard)
        login.require_blocking()
        return signed_in
    start = f"{prefix}LOGIN_"
    if not any(name.startswith(start) for name in app.config):
        raise ConfigurationError(f"login_store is set, and no setting {start}DOMAIN")
    if store is None:
        raise ConfigurationError(
            f"the settings {start}... need a store: CognitoGuard(login_store=...)"
        )
    settings, secrets = dict(app.config), f"{start}SECRETS"
    is_own = secrets not in settings and bool(app.secret_key)
    if is_own:
        # It is used for nothing but to derive keys of our own.
        fallbacks = app.config.get("SECRET_KEY_FALLBACKS") or ()
        if isinstance(fallbacks, str | bytes):  # whose letters would be too short, and left out
            raise ConfigurationError("SECRET_KEY_FALLBACKS must be a list")
        settings[secrets] = [app.secret_key, *_long(fallbacks)]
    try:
        sessions = LoginSessions.from_mapping(settings, guard=guard, store=store, prefix=prefix)
    except ConfigurationError as error:
        if not is_own or secrets not in str(error):
            raise
        raise ConfigurationError(f"SECRET_KEY, which stands for {secrets}: {error}") from None
    sessions.require_blocking()
    return SignedIn(sessions)


def _long(fallbacks: Iterable[Any]) -> Iterator[Any]:
    """Those of Flask's keys that may have sealed something; a shorter one opens nothing."""
    for one in fallbacks:
        if not isinstance(one, str | bytes) or len(one) >= _LEAST_SECRET:
            yield one


def signed_in_of(extension: object) -> SignedIn | None:
    """What asks for sessions in the app that is being asked."""
    found: SignedIn | None = current_app.extensions.get(LOGINS, {}).get(extension)
    return found
