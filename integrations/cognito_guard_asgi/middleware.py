"""CognitoMiddleware: who is calling, for HTTP requests and WebSockets of any ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, final

from cognito_guard import (
    AuthError,
    Challenge,
    CognitoGuardError,
    ConfigurationError,
    ExemptPaths,
    Guard,
    KeysUnavailable,
    MissingCredentials,
)

from .anybody import AnonymousUser, Auth
from .caller import KEY, Caller, caller_of, relative_path
from .escape import Sent
from .held import Exchange
from .lost import lost_handler
from .metadata import answer_metadata
from .preflight import is_asgi_preflight, sanitised, without_body, without_content
from .refusal import Page, Receive, Scope, Send, challenge, header_values, refuse
from .routers import guard_routers
from .stop import Stopped

if TYPE_CHECKING:
    from cognito_guard.login import LoginSessions

    from .signed_in import SignedIn

__all__ = ["AnonymousUser", "Auth", "CognitoMiddleware"]

App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@final
class CognitoMiddleware:
    """Verify the caller of every HTTP request and every WebSocket, before the app sees it.

    ``guard``
        The :class:`cognito_guard.Guard` that decides.
    ``required``
        Whether to refuse a request without a credential. With ``required=False``, the request
        reaches the app with an :class:`AnonymousUser`. An invalid credential is always refused.
    ``exempt``
        Paths that are open, such as ``"/health"``. With ``/*`` at the end, everything below is
        open, such as ``"/static/*"``. Paths are relative to ``root_path``. Requests to them reach
        the app with an ``AnonymousUser``, whatever credential they carry.
    ``login``
        The :class:`cognito_guard.login.LoginSessions` of users who sign in with a browser. If a
        request has no other credential, the signed-in user is the caller. With ``required``, a
        browser that opens a page is redirected to the sign-in. The three routes of
        ``cognito_guard_asgi.login`` are exempt if a Starlette router leads to them.

    Sets ``scope["user"]`` (``request.user``) to the :class:`cognito_guard.Identity`, and
    ``scope["auth"]`` (``request.auth``) to an :class:`Auth`. At the start of the lifespan, the keys
    are fetched in the background.

    If the guard has a ``resource``, its metadata (RFC 9728) is served here, to everybody.

    A CORS preflight is passed on for CORS middlewares, with only the headers of a preflight (Fetch
    standard, "CORS-preflight fetch"). With ``required``, it ends at Starlette's router, and no
    content is sent. An ``AuthError``, ``KeysUnavailable`` or ``SessionsUnavailable`` that the app
    raises becomes the refusal, unless the response has started.

    Raises ``ConfigurationError`` for wrong arguments. At a request, raises it for a scope of an
    unknown type, and for a ``requires`` that protects nothing because it is above the route.
    """

    def __init__(
        self,
        app: App,
        *,
        guard: Guard,
        required: bool = True,
        exempt: Iterable[str] = (),
        login: LoginSessions | None = None,
    ) -> None:
        if not isinstance(guard, Guard):
            raise ConfigurationError("guard must be a cognito_guard.Guard")
        if not isinstance(required, bool):
            raise ConfigurationError("required must be True or False")
        self.app = app
        self._guard = guard
        self._has_metadata = guard.resource is not None
        self._required = required
        self._exempt = ExemptPaths(exempt)
        self._exempts = bool(self._exempt)
        self._signed_in: SignedIn | None = None
        if login is not None:
            from .signed_in import SignedIn  # and nothing of it is loaded where it is not used

            self._signed_in = SignedIn(login)
            login.require_guard(guard)
            self._routes_of_login = ExemptPaths(self._signed_in.routes.paths)
            self._with_routes: list[Any] | None = None
        self._around: object = self  # which is no app, so that the first request is noticed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._guard.prefetch()
            if self._signed_in is not None:
                from .place import refuse_to_start

                if await refuse_to_start(self._signed_in, self.app, receive, send):
                    return
                receive = self._signed_in.settling(receive)
            await self.app(scope, receive, send)
            return
        if scope["type"] not in ("http", "websocket"):
            raise ConfigurationError(
                "CognitoMiddleware does not know this type of ASGI scope, and lets nothing pass "
                "that it cannot guard"
            )
        if self._around is not scope.get("app"):
            self._guard_routers(scope.get("app"))
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if self._has_metadata and await answer_metadata(self._guard, held):
            return
        outer = caller_of(held.scope)
        caller = Caller(self._guard, held.scope, required=self._required, outer=outer)
        caller.signed_in = self._signed_in
        if self._exempts and relative_path(held.scope) in self._exempt:
            if self._required:
                caller.exempt = self._exempt
        elif self._signed_in is not None and self._is_of_login(self._signed_in, held):
            if self._required:
                caller.exempt = self._routes_of_login
                caller.method = held.scope["method"]
        elif is_asgi_preflight(held.scope):
            caller.preflight = self._required
            held = Exchange(
                sanitised(held.scope),
                without_body(held.receive),
                without_content(held.send) if self._required else held.send,
            )
        else:
            try:
                caller.identity = await self._guard.aauthenticate(header_values(held.scope))
            except (AuthError, KeysUnavailable) as error:
                if self._signed_in is not None and isinstance(error, MissingCredentials):
                    if not await self._signed_in.let_in(held, caller, required=self._required):
                        return
                elif self._required or not isinstance(error, MissingCredentials):
                    answer = challenge(self._guard, held.scope, error)
                    await refuse(held.scope, held.send, answer)
                    return
            if caller.identity is not None and outer is not None and outer.guard is self._guard:
                # The same guard knows more now, as where a request is led in again.
                caller.outer = outer.outer
        held.scope[KEY] = caller
        held.scope["user"] = AnonymousUser() if caller.identity is None else caller.identity
        held.scope["auth"] = Auth(caller.identity)
        # From here on the app answers. What it raises on purpose becomes a refusal; nothing else.
        sent = Sent(held.scope, held.send)
        try:
            await self.app(held.scope, held.receive, sent)
        except CognitoGuardError as error:
            refusal = self._answer_to(held.scope, error, caller) if sent.refusable else None
            if refusal is None:
                raise
            await sent.refuse(refusal)
        finally:
            if sent.held:
                await sent.flush()

    def _is_of_login(self, signed_in: SignedIn, held: Exchange) -> bool:
        """Whether one of the three routes answers, which look for themselves."""
        if not signed_in.covers(held.scope):
            return False
        from .place import leads_to_sign_in, with_routes
        from .signed_in import Answering

        if self._with_routes is None:
            self._with_routes = with_routes(self.app)
        if leads_to_sign_in(signed_in, self._with_routes, held):
            return True
        held.send = Answering(held.send, signed_in.missing(held.scope))
        return False

    def _answer_to(
        self, scope: Scope, error: CognitoGuardError, caller: Caller
    ) -> Challenge | Page | None:
        """The refusal that an error of the app means; ``None`` for one that is none."""
        if isinstance(error, AuthError | KeysUnavailable):
            return caller.led_from(scope, error) or challenge(self._guard, scope, error)
        return None if self._signed_in is None else self._signed_in.answer_to(scope, error)

    def _guard_routers(self, around: object) -> None:
        """``around`` is the Starlette app that this middleware is part of, if it is of one."""
        guard_routers(self.app)
        guard_routers(around)
        problem = lost_handler(around)
        if problem is not None:
            self.app = Stopped(self.app, problem)
        self._around = around
