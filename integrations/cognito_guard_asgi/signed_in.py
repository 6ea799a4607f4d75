"""The session of sign-in as one more way to learn who is calling. Needs no framework."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, final

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    MissingCredentials,
    StepUpRequired,
)
from cognito_guard.login import (
    LoginFailed,
    LoginRoutes,
    LoginSession,
    LoginSessions,
    SessionsUnavailable,
    is_navigation,
)

from .caller import Caller, full_path, root_path
from .held import Exchange
from .marks import Marks
from .refusal import Message, Page, Receive, Scope, Send, challenge, header_values, refuse

__all__ = ["Answering", "Look", "Problem", "SignedIn", "data_of", "look_of"]

_LOOK = "cognito_guard.login"
_REGISTER = (
    "Mount({prefix}, routes=login_routes(sessions)) to the routes, or in FastAPI "
    "app.include_router(login_router(sessions), prefix={prefix})"
)
_ADVICE = "mount them where redirect_uri leads, or tell the server its root_path"

Problem = AuthError | KeysUnavailable | LoginFailed | SessionsUnavailable


@final
class Look:
    """What was found out about the session of a request. Says nothing of it."""

    __slots__ = ("session", "session_id", "sessions")

    def __init__(self, sessions: LoginSessions, session_id: str | None) -> None:
        self.sessions = sessions
        self.session_id = session_id
        self.session: LoginSession | None = None

    async def ask(self, *, touch: bool) -> None:
        """Ask the sessions. While the store's code runs, no frame of ours has the id. ``touch``:
        whether a request has come, which is a sign of life."""
        self.session = await self.sessions.acurrent(self.session_id, touch=touch)

    def is_of(self, other: Look) -> bool:
        """Whether it is about the same session."""
        return self.sessions is other.sessions and self.session_id == other.session_id


def look_of(scope: Mapping[str, Any]) -> Look | None:
    """What was found out about the session of a request, if somebody looked."""
    found = scope.get(_LOOK)
    return found if isinstance(found, Look) else None


@final
class Answering:
    """The ``send`` of an app for one of the three routes. Where there is nothing, it raises
    ``ConfigurationError``: a 404 tells nobody what is missing."""

    __slots__ = ("_problem", "_send")

    def __init__(self, send: Send, problem: ConfigurationError) -> None:
        self._send = send
        self._problem = problem

    async def __call__(self, message: Message) -> None:
        """As the ``send`` of ASGI."""
        if message["type"] == "http.response.start" and message["status"] == 404:
            raise self._problem
        await self._send(message)


def data_of(scope: Mapping[str, Any]) -> MutableMapping[str, Any]:
    """What Starlette's ``SessionMiddleware`` keeps for this browser, ``request.session``; without
    it, or before it, something that nobody keeps."""
    found = scope.get("session")
    return found if isinstance(found, MutableMapping) else {}


@final
class SignedIn:
    """Asks ``sessions`` who is signed in, and knows where the three routes are.

    Raises ``ConfigurationError``.
    """

    def __init__(self, sessions: LoginSessions) -> None:
        self.routes = LoginRoutes(sessions, advice=_ADVICE)
        self.sessions = sessions

    def covers(self, scope: Scope) -> bool:
        """Whether a request has the path of one of the three routes."""
        return full_path(scope) in self.routes.paths

    def missing(self, scope: Scope) -> ConfigurationError:
        """The error of an app that has none of the routes."""
        return self.routes.missing(_REGISTER, below=root_path(scope))

    def settling(self, receive: Receive) -> Receive:
        """The ``receive`` of a lifespan. Before the app is told of the shutdown, and closes what
        its store needs, that is waited for which goes on without its request."""

        async def settled() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.sessions.asettle()
            return message

        return settled

    async def identity_anew(self, caller: Caller, held: Exchange) -> Identity:
        """Who is signed in now, on a connection that stays open. Raises as :meth:`look`, and
        ``MissingCredentials`` where the session has ended."""
        look = await self.look(held, anew=True)
        if look.session is None:
            raise caller.missing()
        return look.session.identity

    async def look(self, held: Exchange, *, anew: bool = False) -> Look:
        """The session of a request without another credential; the store is asked once, or
        ``anew``.

        Raises what the guard raises about its token, ``LoginFailed`` for other sites' requests, and
        ``SessionsUnavailable``.
        """
        look = self._look(held.scope, anew=anew)
        if look.session is None and look.session_id is not None:
            # A connection that stays open says nothing of whether somebody is there.
            await look.ask(touch=not anew)
        held.scope[_LOOK] = look
        method, headers = held.scope.get("method", ""), header_values(held.scope)
        if look.session_id is not None or self.sessions.has_none(method, headers):
            self.hand_over(held.scope, None if look.session is None else look.session.identity)
        return look

    def hand_over(self, scope: Mapping[str, Any], identity: Identity | None) -> None:
        """Let ``request.session`` be of who is signed in now; with ``None``, of nobody any more."""
        self.sessions.hand_over(data_of(scope), identity)

    def _look(self, scope: Scope, *, anew: bool) -> Look:
        headers = header_values(scope)
        look = Look(self.sessions, self.sessions.find_session(headers))
        if look.session_id is not None:
            # Each time: somebody's middleware may have made another method of it.
            if scope["type"] == "websocket":
                self.sessions.check_websocket(headers)
            else:
                self.sessions.check_same_site(scope["method"], headers)
        known = look_of(scope)
        return known if known is not None and known.is_of(look) and not anew else look

    def answer(self, guard: Guard, scope: Scope, error: Problem) -> Any:
        """What is answered to an error: a page for a person, if it is about the session, and
        otherwise a challenge or its like."""
        held = Exchange(scope, _nothing, _nothing)
        del scope  # it has the credential, and listeners and log handlers may report what they see
        headers = header_values(held.scope)
        if held.scope["type"] != "http":
            if isinstance(error, LoginFailed | SessionsUnavailable):
                return Page.of(self.routes.problem(error), error.reason)
            return challenge(guard, held.scope, error)
        if isinstance(error, KeysUnavailable) and not is_navigation(headers):
            return challenge(guard, held.scope, error)
        if not isinstance(error, AuthError):
            return Page.of(self.routes.answer(error, headers), error.reason)
        to = self.way_in(held, error)
        return challenge(guard, held.scope, error) if to is None else Page.leading(to)

    def way_in(self, held: Exchange, error: AuthError) -> str | None:
        """Where a browser on its way to a page is led that has to sign in; ``None`` for others."""
        if self.covers(held.scope) and isinstance(error, MissingCredentials):
            return None  # led there, a browser would be led there again
        look = look_of(held.scope)
        return self.routes.way_in(
            error,
            method=held.scope["method"],
            path=full_path(held.scope),
            query=held.scope["query_string"],
            headers=header_values(held.scope),
            session=None if look is None else look.session,
        )

    def led_from(self, scope: Scope, error: StepUpRequired) -> Page | None:
        """See :meth:`Caller.led_from`."""
        if scope["type"] != "http":
            return None
        to = self.way_in(Exchange(scope, _nothing, _nothing), error)
        return None if to is None else Page.leading(to)

    def answer_to(self, scope: Scope, error: Exception) -> Page | None:
        """What is answered where an app ends with an error about sessions; ``None`` for others."""
        if not isinstance(error, LoginFailed | SessionsUnavailable):
            return None
        if scope["type"] != "http":
            return Page.of(self.routes.problem(error), error.reason)
        return Page.of(self.routes.answer(error, header_values(scope)), error.reason)

    async def let_in(self, held: Exchange, caller: Caller, *, required: bool) -> bool:
        """Find the caller by the session. Whether the app may answer; otherwise that is done.

        Whatever is answered says that the cookie counted. Where a caller is ``required``, a page is
        not kept unless it says otherwise.
        """
        marks = Marks(held.send)
        held.send = caller.marks = marks
        error: Problem
        try:
            look = await self.look(held)
        except (AuthError, KeysUnavailable, LoginFailed, SessionsUnavailable) as problem:
            error = problem
        else:
            caller.session = look.session
            if look.session is not None:
                marks.page = required
                caller.identity = look.session.identity
                caller.method = held.scope.get("method")
                return True
            if not required:
                return True
            error = caller.missing()
        await refuse(held.scope, held.send, self.answer(caller.guard, held.scope, error))
        return False


async def _nothing(*_: object) -> Any:
    """Nobody is to read or to send here."""
    raise AssertionError  # pragma: no cover
