"""``CognitoAuth`` for FastAPI: a dependency that is also the OpenAPI security scheme."""

# No `from __future__ import annotations`: FastAPI reads the annotations of `__call__` on instances,
# where text could not be resolved.

from collections.abc import AsyncIterable
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast, final

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketState

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    PolicyLike,
)
from cognito_guard import enforce as enforce_policy

from .caller import caller_of
from .calling import no_decorator
from .held import Call
from .lasting import LastingStream, LastingWebSocket
from .metadata import ResourceMetadata
from .openapi import Refusal, RefusalDetail, responses
from .problem import problem_response
from .refusal import POLICY_VIOLATION, challenge, raw_headers, refuse
from .scheme import Scheme

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi
    from cognito_guard.sign_out import SignedOut

    from .login.scheme import LoginScheme

__all__ = ["CognitoAuth", "OptionalCognitoAuth", "Refusal", "RefusalDetail"]

T = TypeVar("T")


@final
class CognitoAuth(Scheme):
    """The dependency that returns the caller:
    ``user: Annotated[Identity, Depends(CognitoAuth(guard))]``.

    Works for HTTP and WebSocket routes, with or without
    :class:`~cognito_guard_asgi.CognitoMiddleware`, and supports ``Security(auth, scopes=[...])``. A
    refusal is an ``HTTPException`` with the status and headers of the challenge. Its ``detail`` has
    ``detail``, ``reason`` and ``error``, and its cause is the ``AuthError``. ``scheme_name`` and
    ``description`` appear in the OpenAPI document. With FastAPI 0.123 or later, the scopes do too.

    With ``login``, the :class:`~cognito_guard.login.LoginSessions` of an app that signs users in, a
    signed-in user is a caller too. The OpenAPI scheme is then OAuth 2.0 with the login's scopes.

    With ``problem_details=True``, the body of a refusal is problem details (RFC 9457,
    ``application/problem+json``) instead of ``{"detail": {...}}``, as behind the middleware and in
    the other frameworks. The app's own handler for ``HTTPException`` does not see such a refusal.

    An ``AuthError`` or ``KeysUnavailable`` becomes a refusal too, if the route raises it, or a
    dependency that comes after this one.

    Raises ``ConfigurationError`` if ``guard`` is not a guard. When the OpenAPI document is made,
    raises it for two guards with the same ``scheme_name``.
    """

    @no_decorator
    async def __call__(
        self,
        connection: HTTPConnection | None = None,
        scopes: SecurityScopes | None = None,
        *,
        identity: Identity | None = None,
    ) -> Identity:
        """Return the caller. Raises ``HTTPException``, or ``WebSocketException`` if the server
        cannot answer a WebSocket with an HTTP response.
        """
        if identity is None:
            call = Call(connection=connection)
            del connection
            found = await self._ask(call, [] if scopes is None else scopes.scopes)
            identity = cast("Identity", found)
        return identity

    def until_refused(self, websocket: WebSocket, *, every: float = 30.0) -> LastingWebSocket:
        """Serve a WebSocket only while its caller is accepted:
        ``async with auth.until_refused(websocket):``, after ``accept``.

        The same token or session, and the requirements of this object, are checked again when the
        token expires and every ``every`` seconds. Scopes of ``Security`` are not, so name them with
        :meth:`require`. On a refusal, the block is cancelled, and the WebSocket is closed with code
        1008 and the reason, or with 1013 if the guard cannot decide (503). Raises
        ``ConfigurationError``.
        """
        return LastingWebSocket(websocket, _Asking(self, Call(connection=websocket)), every)

    def stream_until_refused(
        self, request: HTTPConnection, items: AsyncIterable[T], *, every: float = 30.0
    ) -> LastingStream[T]:
        """The same for a stream: ``StreamingResponse(auth.stream_until_refused(request, items()))``
        ends when the caller is refused.
        """
        return LastingStream(items, _Asking(self, Call(connection=request)), every)

    async def sign_out(
        self,
        connection: HTTPConnection,
        *,
        everywhere: bool = False,
        user_api: "UserApi | None" = None,
    ) -> "SignedOut":
        """Sign out the caller of a route that depends on this object:
        ``await auth.sign_out(request)``. See :func:`cognito_guard_asgi.sign_out.sign_out`.

        Without :class:`~cognito_guard_asgi.CognitoMiddleware`, the cookie of a login session is
        deleted unless the route returns a ``Response``. In that case, set the ``set_cookies`` of
        the result on it. A cookie that stays is no longer valid.
        """
        from .sign_out_fastapi import sign_out  # loaded where it is used

        call = Call(connection=connection)
        del connection
        return await sign_out(self, call, everywhere=everywhere, user_api=user_api)

    def enforce(self, policy: PolicyLike, identity: Identity | None) -> Identity:
        """Return the caller if the policy accepts them. Use it inside a route.

        Raises the ``AuthError`` of the refusal, also if ``identity`` is ``None``. The error is
        answered in routes that depend on this object, in apps with :meth:`install`, and behind
        :class:`~cognito_guard_asgi.CognitoMiddleware`.
        """
        if identity is None:
            raise self.guard.missing_credentials()
        enforce_policy(policy, identity)
        return identity

    def install(self, app: FastAPI) -> None:
        """Answer every ``AuthError`` and ``KeysUnavailable`` that a route or a dependency of the
        app raises, also without :class:`~cognito_guard_asgi.CognitoMiddleware`. A mounted app has
        its own handlers, so call ``install`` there as well.

        If the guard has a ``resource``, its metadata (RFC 9728) is served to everybody. Call
        ``install`` before the app starts.

        With ``login``, people also see an error page for a 503 of a route with :attr:`pages`.
        FastAPI itself makes JSON of that.
        """
        for kind in (AuthError, KeysUnavailable):
            app.add_exception_handler(kind, self._on_error)
        if self.guard.resource is not None:
            app.add_middleware(ResourceMetadata, guard=self.guard)
        if self._login is not None:
            self._login.install(app)

    # For HTTP a response, for a WebSocket nothing: Starlette's type knows no handler for both.
    async def _on_error(self, connection: Any, error: Any) -> Any:
        call = Call(connection=connection)
        del connection
        caller = caller_of(call.connection.scope)
        led = None if caller is None else caller.led_from(call.connection.scope, error)
        if led is not None:  # from a page of Starlette's `login_required`
            return problem_response(led)
        answer = challenge(self.guard, call.connection.scope, error)
        if not isinstance(call.connection, WebSocket):
            if self._problem_details:
                return problem_response(answer)
            headers = Headers(raw=raw_headers(answer))
            return JSONResponse({"detail": answer.summary}, answer.status, headers)
        if call.connection.application_state is WebSocketState.CONNECTING:
            await refuse(call.connection.scope, call.connection.send, answer)
        else:
            await call.connection.close(POLICY_VIOLATION, str(error.reason))
        return None

    @property
    def optional(self) -> "OptionalCognitoAuth":
        """The dependency for routes that accept anonymous callers: ``None`` for a request without a
        credential. An invalid credential is refused.
        """
        return OptionalCognitoAuth(self.guard, **self._more())

    @property
    def pages(self) -> "CognitoAuth":
        """The dependency for pages: a browser that opens one is redirected to the sign-in and back.
        Needs ``login``.
        """
        self._of_login("pages")
        return CognitoAuth(self.guard, **self._more(pages=True))

    def swagger_ui_init_oauth(self, client_id: str | None = None) -> dict[str, Any]:
        """The value for ``FastAPI(swagger_ui_init_oauth=...)``: *Authorize* opens the sign-in page,
        with PKCE. ``client_id``: a public app client, if the login's own has a secret. Needs
        ``login``.
        """
        return self._of_login("swagger_ui_init_oauth").swagger_ui(client_id)

    def _of_login(self, name: str) -> "LoginScheme":
        if self._login is None:
            raise ConfigurationError(f"{name} is of CognitoAuth(guard, login=...)")
        return self._login

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """The refusals for the OpenAPI document: ``FastAPI(responses=auth.responses)``."""
        return responses(problem_details=self._problem_details)


@final
class OptionalCognitoAuth(Scheme):
    """See :attr:`CognitoAuth.optional`."""

    _anybody = True

    def __init__(self, guard: Guard, **more: Any) -> None:
        super().__init__(guard, **more)
        # In an OpenAPI document, `{}` beside a scheme says that no token will do as well. FastAPI
        # makes `{name: scopes}` of each scheme, and leaves names out that start with "_sa", when it
        # encodes the document (`sqlalchemy_safe` of `jsonable_encoder`). So this dependency is the
        # scheme of that name, and the one with the name of its own is behind it.
        self.scheme_name = "_sa_nobody"
        inner = Annotated[Identity | None, Depends(_OptionalScheme(guard, **more))]
        self.__signature__ = Signature(
            [Parameter("identity", Parameter.KEYWORD_ONLY, annotation=inner)]
        )

    @no_decorator
    async def __call__(
        self,
        connection: HTTPConnection | None = None,
        scopes: SecurityScopes | None = None,
        *,
        identity: Identity | None = None,
    ) -> Identity | None:
        """Return the caller, or ``None`` for a request without a credential. Raises as
        `CognitoAuth`.
        """
        if connection is None:  # FastAPI has asked
            return identity
        call = Call(connection=connection)
        del connection
        return await self._ask(call, [] if scopes is None else scopes.scopes)


@final
class _OptionalScheme(Scheme):
    _anybody = True

    async def __call__(self, *, identity: Identity | None) -> Identity | None:
        return identity


@final
class _Asking:
    """Asks once more what was asked about a connection. Says nothing of it."""

    def __init__(self, scheme: Scheme, call: Call) -> None:
        self._scheme = scheme
        self._call = call

    async def __call__(self) -> Identity:
        return await self._scheme._identify(self._call, [], anew=True)
