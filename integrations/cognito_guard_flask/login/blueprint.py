"""The three routes of sign-in: login, callback, logout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from flask.views import View

from cognito_guard import AuthError, ConfigurationError, KeysUnavailable
from cognito_guard.login import LoginFailed, LoginLink, LoginRoutes, SessionsUnavailable

from ..current import header_values
from ..extension import CognitoGuard
from ..refusal import LoginAnswer
from ..signed_in import LOGINS, SignedIn, leading, signed_in_of

__all__ = ["login_blueprint"]


def login_blueprint(cognito: CognitoGuard, name: str = "cognito") -> Blueprint:
    """The blueprint with ``login``, ``callback`` and ``logout``, for ``CognitoGuard(login=...)``.

    Register it where the login's ``redirect_uri`` leads: its path is that of ``callback``. Link to
    ``url_for("cognito.login", next="/page")``. To sign out, post a form to
    ``url_for("cognito.logout")``. Raises ``ConfigurationError``.
    """
    if not isinstance(cognito, CognitoGuard):
        raise ConfigurationError("login_blueprint() takes a CognitoGuard")
    blueprint = Blueprint(name, __name__)

    def signed_in() -> SignedIn:
        found = signed_in_of(cognito)
        if found is None:
            raise ConfigurationError("login_blueprint() needs a CognitoGuard with login=...")
        return found

    answers = (("GET", _login), ("GET", _callback), ("POST", _logout))
    for ending, (method, answer) in zip(LoginRoutes.endings, answers, strict=True):
        view = LoginRoute.as_view(ending[1:], signed_in, answer)
        blueprint.add_url_rule(ending, view_func=view, methods=[method])
    blueprint.record(lambda state: _check_place(state, cognito))
    return blueprint


class LoginRoute(View):
    """One of the routes. Open to everybody: a blueprint or an app that is protected lets it be."""

    init_every_request = False
    cognito_guard_signs_in = True

    def __init__(
        self, signed_in: Callable[[], SignedIn], answer: Callable[[SignedIn], LoginAnswer]
    ) -> None:
        self._signed_in = signed_in
        self._answer = answer

    def dispatch_request(self) -> Any:
        """See Flask's ``View``."""
        signed_in = self._signed_in()
        signed_in.routes.require_place(request.root_path + request.path)
        if request.method == "HEAD" and self._answer is _callback:
            # Whoever looks at links would use up the code.
            headers = [("Allow", "GET"), ("Cache-Control", "no-store")]
            return LoginAnswer(405, headers).get_response()
        return self._answer(signed_in).get_response()


def _login(signed_in: SignedIn) -> LoginAnswer:
    """Lead to the pool's sign-in page; who is signed in is led to their own page at once."""
    link = LoginLink(request.query_string)
    try:
        if not link.asks_again and _is_signed_in(signed_in):
            return leading(link.next_page)
    except (SessionsUnavailable, KeysUnavailable) as error:
        return _failed(signed_in, error)
    try:
        started = link.start(signed_in.sessions, header_values(request.environ))
    except LoginFailed as error:  # no sign-in would do
        return _failed(signed_in, error)
    return leading(started.url, *started.set_cookies)


def _callback(signed_in: SignedIn) -> LoginAnswer:
    """A browser has come back from the pool."""
    sessions, headers = signed_in.sessions, header_values(request.environ)
    try:
        found = sessions.finish(
            request.query_string,
            binding=sessions.find_binding(headers),
            session_id=sessions.session_to_end(headers),
        )
    except LoginFailed as error:
        page, problem = error.next_page, error
        if page is not None:  # the same callback once more: the back button
            try:
                if _is_signed_in(signed_in):
                    return leading(page)
            except (SessionsUnavailable, KeysUnavailable) as other:
                return _failed(signed_in, other)
        return _failed(signed_in, problem)
    except SessionsUnavailable as error:
        return _failed(signed_in, error)
    signed_in.begin(found.identity)
    return leading(found.next_page, *found.set_cookies)


def _logout(signed_in: SignedIn) -> LoginAnswer:
    """Sign out, here and at the pool."""
    sessions, headers = signed_in.sessions, header_values(request.environ)
    try:
        signed_in.check_same_site()
        ended = sessions.end(sessions.session_to_end(headers))
    except (LoginFailed, SessionsUnavailable) as error:
        return signed_in.answer(error)
    signed_in.clear()
    return leading(ended.url, *ended.set_cookies)


def _is_signed_in(signed_in: SignedIn) -> bool:
    sessions = signed_in.sessions
    try:
        return sessions.current(sessions.find_session(header_values(request.environ))) is not None
    except AuthError:  # whose token is good no more
        return False


def _failed(
    signed_in: SignedIn, error: LoginFailed | SessionsUnavailable | KeysUnavailable
) -> LoginAnswer:
    return LoginAnswer.of(signed_in.routes.page(error))


def _check_place(state: BlueprintSetupState, cognito: CognitoGuard) -> None:
    """What is wrong already when the blueprint is registered."""
    signed_in = state.app.extensions.get(LOGINS, {}).get(cognito)
    if signed_in is not None:
        signed_in.routes.require_prefix((state.url_prefix or "").rstrip("/"))
