"""``CognitoMiddleware`` for Django Channels: who opens a WebSocket, before any consumer runs.

from cognito_guard_django.channels import CognitoMiddleware

application = ProtocolTypeRouter({
    "http": get_asgi_application(),
    "websocket": AllowedHostsOriginValidator(CognitoMiddleware(URLRouter(routes))),
})
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from io import BytesIO
from typing import Any, TypeAlias, final

from channels.db import database_sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.utils.functional import SimpleLazyObject

from cognito_guard import (
    AccessDenied,
    AuthError,
    CognitoGuardError,
    ConfigurationError,
    Identity,
    KeysUnavailable,
    Reason,
    Recheck,
)

from .login.sockets import hide, is_of_login, signed_in, told_problem
from .requests.callers import SCOPE_KEY, Caller, Verdict, aidentify
from .requests.csrf import is_foreign
from .settings import Settings, current
from .stateless import anonymous
from .users.fitting import require_fields
from .views.attributes import REQUIREMENTS
from .views.reading import read_by

__all__ = ["CognitoMiddleware"]

Message: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
App: TypeAlias = Callable[[Any, Any, Any], Awaitable[Any]]

_POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1
_INTERNAL_ERROR = 1011
# IANA's registry of close codes. On an open WebSocket, Daphne can send no 1008.
_UNAUTHORIZED, _FORBIDDEN = 3000, 3003


@final
class CognitoMiddleware:
    """Verify the caller of every WebSocket, as the middleware for HTTP does for every request.

    Sets ``scope["identity"]`` to the :class:`cognito_guard.Identity`, or ``None``, and
    ``scope["user"]`` to the user. ``REQUIRED``, ``EXEMPT``, ``USERS`` and ``USER_HOOK`` mean the
    same as over HTTP. Without a credential, the user of the session stays, whether
    ``AuthMiddlewareStack`` of Channels is outside or inside.

    A credential that a browser sends by itself counts only on a page of the host's own origin, or
    of ``CSRF_TRUSTED_ORIGINS``. A refusal comes before the WebSocket is accepted: as an HTTP
    response if the server can send one, otherwise as a close with code 1008. An ``AuthError`` or
    ``KeysUnavailable`` that a consumer raises is a refusal as well. After ``accept``, it closes the
    WebSocket with 3000 (Unauthorized) or 3003 (Forbidden).

    With ``recheck``, all of this is checked again when the token expires, and every ``recheck``
    seconds, while the WebSocket is open. On a refusal, the WebSocket is closed in the same way, and
    the consumer is told that it was disconnected. An error that is not a refusal, such as one of
    the project's own check, closes it with 1011 (Internal Error) and is raised.

    Raises ``ConfigurationError`` for wrong settings, for a consumer with a requirement in its
    attributes, which nobody reads there, and for a scope that is not a WebSocket's.
    """

    def __init__(self, inner: App, *, recheck: float | None = None) -> None:
        self.inner = inner
        self._every = recheck
        if recheck is not None:
            Recheck(_nobody, every=recheck)  # which says what is wrong with it
        require_fields(current())  # a wrong setting stops the start, and not the first WebSocket
        for consumer, given in _consumers(inner):
            _refuse_unread(consumer, given)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> Any:
        if scope["type"] != "websocket":
            raise ConfigurationError(
                f"cognito_guard_django.channels guards WebSockets, not {scope['type']!r}; put it "
                "under 'websocket' in ProtocolTypeRouter"
            )
        settings = current()
        held = _Exchange(scope, receive, send)
        del scope, receive, send
        try:
            verdict = await _judge(held, settings)
            if self._every is not None and verdict.caller is not None:
                return await self._watched(held, verdict, settings)
            return await self.inner(_told(held.scope, verdict), held.receive, held.watched)
        except CognitoGuardError as error:
            if not isinstance(error, AuthError | KeysUnavailable) and not is_of_login(error):
                raise
            await _refuse(error, held, settings)

    async def _watched(self, held: _Exchange, verdict: Verdict, settings: Settings) -> Any:
        """Let the app answer, and ask beside it."""

        async def ask() -> Identity:
            # No sign of life: somebody may have left the page open.
            caller = (await _judge(held, settings, touch=False)).caller
            if caller is None:
                raise settings.guard.missing_credentials()
            identity: Identity = caller.identity
            return identity

        recheck = Recheck(ask, every=self._every or 0)
        lasting = _Lasting(held, recheck, settings)
        try:
            answer = await self.inner(_told(held.scope, verdict), lasting.receive, lasting.send)
        finally:
            lasting.watching.cancel()
            await asyncio.gather(lasting.watching, return_exceptions=True)
        if lasting.fault is not None:
            raise lasting.fault  # the app may never have received anything since
        return answer


def _consumers(app: Any) -> Iterator[tuple[type, dict[str, Any]]]:
    """The consumers that Channels' routers and middlewares lead to, and what ``as_asgi`` was called
    with."""
    seen: dict[int, object] = {}
    waiting = [app]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen[id(each)] = each
        # What it has of its own, as Channels' do: an app of anything else, or a mock of a test, may
        # have other things under these names, or make one of whatever is asked for.
        own = getattr(each, "__dict__", {})
        cls = own.get("consumer_class")
        if isinstance(cls, type):
            yield cls, own.get("consumer_initkwargs", {})
        routes = own.get("routes")
        if isinstance(routes, list | tuple):
            waiting += [getattr(route, "callback", None) for route in routes]
        waiting.append(own.get("inner"))


def _refuse_unread(cls: type, given: dict[str, Any]) -> None:
    for name in REQUIREMENTS:
        if given.get(name, getattr(cls, name, None)) is not None and name not in read_by(cls):
            raise ConfigurationError(
                f"{name} of {cls.__name__} is a requirement that nobody reads; call "
                "enforce(self.scope, policy) in its connect"
            )


async def _nobody() -> Identity:
    raise AssertionError  # pragma: no cover


@final
class _Lasting:
    """What an app is called with while somebody asks beside it."""

    __slots__ = ("_held", "_recheck", "_settings", "fault", "watching")

    def __init__(self, held: _Exchange, recheck: Recheck, settings: Settings) -> None:
        self._held = held
        self._recheck = recheck
        self._settings = settings
        self.fault: Exception | None = None
        """What asking has failed with, such as a mistake in a check of the project's."""
        self.watching = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        # It closes by itself: the app may be busy, and receive nothing for long.
        try:
            await self._recheck.until_refused(asyncio.sleep)
        except Exception as fault:
            # Nobody asks any more, so nobody would see the end of the token or the session.
            self.fault = fault
            if not self._held.closed:
                self._held.closed = True
                await self._held.send({"type": "websocket.close", "code": _INTERNAL_ERROR})
            raise
        if not self._held.closed:
            self._held.closed = True
            await _refuse(self._recheck.refusal, self._held, self._settings)

    async def receive(self) -> Any:
        """The next message; that it was disconnected, once the caller is refused."""
        arriving = asyncio.ensure_future(self._held.receive())
        try:
            await asyncio.wait([arriving, self.watching], return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not arriving.done():
                arriving.cancel()
        if not self.watching.done():
            return arriving.result()
        self.watching.result()  # raises what asking has failed with
        return {"type": "websocket.disconnect", "code": self._recheck.close_code}

    async def send(self, message: Message) -> None:
        """Send a message of the app's, as long as it is not closed."""
        if not self._held.closed:
            await self._held.watched(message)


@final
class _Exchange:
    """What the middleware is called with, of which a report of an error shows nothing: a scope has
    the headers, and with them the token. It sees whether the WebSocket was accepted."""

    __slots__ = ("accepted", "closed", "receive", "scope", "send")

    def __init__(self, scope: Any, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.accepted = False
        self.closed = False

    async def watched(self, message: Message) -> None:
        """Send a message of the app's."""
        self.accepted = self.accepted or message["type"] == "websocket.accept"
        self.closed = self.closed or message["type"] == "websocket.close"
        await self.send(message)


async def _judge(held: _Exchange, settings: Settings, *, touch: bool = True) -> Verdict:
    """Decide about a WebSocket. ``touch``: whether that is a sign of life of a session.

    Raises ``AuthError`` or ``KeysUnavailable`` to refuse it."""
    request = _handshake(held.scope)
    if request.path_info in settings.exempt:
        if settings.signs_in:
            await hide(held.scope, request, database_sync_to_async)
        return Verdict(None, "GET", exempt_at=(request.path_info, None))
    caller: Caller | None = await aidentify(request, settings, in_thread=database_sync_to_async)
    if caller is None and settings.signs_in:
        caller = await signed_in(held.scope, request, settings, database_sync_to_async, touch=touch)
    if caller is None and settings.required:
        raise settings.guard.missing_credentials()
    if caller is not None and caller.ambient and not caller.session and is_foreign(request):
        detail = "A page of another origin, or of none, has opened the WebSocket."
        raise AccessDenied(Reason.CHECK_FAILED, detail)
    return Verdict(caller, "GET")


def _handshake(scope: Any) -> ASGIRequest:
    """The HTTP request that opens a WebSocket (RFC 6455, section 4.1)."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def _told(scope: Any, verdict: Verdict) -> dict[str, Any]:
    caller = verdict.caller
    told = {**scope, SCOPE_KEY: verdict, "identity": None}
    if caller is not None:
        told.update(identity=caller.identity, user=caller.user)
    elif "user" not in scope:
        # Lazy, as Channels' AuthMiddleware puts the session's user into what it finds here.
        told["user"] = SimpleLazyObject(anonymous)
    return told


async def _refuse(error: Any, held: _Exchange, settings: Settings) -> None:
    answer: Any
    if is_of_login(error):
        answer = told_problem(error, settings.guard)
    else:
        path = held.scope.get("path")
        answer = settings.guard.challenge(error, method="WEBSOCKET", path=path)
    send = held.send
    if held.accepted or "websocket.http.response" not in (held.scope.get("extensions") or {}):
        code = _POLICY_VIOLATION
        if held.accepted:
            code = _UNAUTHORIZED if answer.status == 401 else _FORBIDDEN
        await send({"type": "websocket.close", "code": code, "reason": str(error.reason)})
        return
    headers = (
        *answer.headers,
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(answer.body))),
    )
    raw = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": answer.status, "headers": raw})
    await send({"type": f"{kind}.body", "body": answer.body})
