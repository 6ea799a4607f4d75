"""MCPMiddleware: answers as the MCP specification says where the SDK would lose the reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias, final

from mcp.shared.exceptions import MCPError

from cognito_guard import (
    AuthError,
    Challenge,
    ConfigurationError,
    ExemptPaths,
    KeysUnavailable,
    MetadataAnswer,
    build_policy,
    enforce,
    is_preflight,
)

from .exchange import Exchange, full_path, header_values, relative_path, with_token
from .tools import ASKED, Asked, Lookout
from .verifier import Identifier

__all__ = ["MCPMiddleware"]

Message: TypeAlias = MutableMapping[str, Any]
App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@final
class MCPMiddleware:
    """Wraps the ASGI app of an MCP server, outside of the SDK's own middlewares.

    ``verifier``
        The :class:`CognitoTokenVerifier` of the server, or FastMCP's.
    ``required_scopes``
        Scopes that every request must have.
    ``exempt``
        Paths of your own routes that are never checked, such as ``"/health"``.
    ``functions``
        Returns the functions that are registered as tools, resources and prompts.
        :func:`guarded_app` sets it.

    A request without a valid token gets the challenge of the guard (401, 400), one without a scope
    gets 403, and if no keys are available, it gets 503. A refusal by :func:`requires` is answered
    in the same way. The metadata of the guard's ``resource`` (RFC 9728) is public. A CORS preflight
    gets an empty answer. Raises ``ConfigurationError``, also if a ``requires`` guards nothing.
    """

    def __init__(
        self,
        app: App,
        *,
        verifier: Identifier,
        required_scopes: Iterable[str] = (),
        exempt: Iterable[str] = (),
        functions: Callable[[], Iterable[Any]] = tuple,
    ) -> None:
        if not isinstance(verifier, Identifier):
            raise ConfigurationError("verifier must be a CognitoTokenVerifier")
        self.app = app
        self._verifier = verifier
        self._guard = verifier.guard
        if isinstance(required_scopes, str) or not isinstance(required_scopes, Iterable):
            raise ConfigurationError("required_scopes must be a list of texts")
        scopes = list(required_scopes)
        self._policy = build_policy(scopes=scopes) if scopes else build_policy()
        self._exempt = ExemptPaths(exempt)
        self._look = Lookout(functions)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if held.scope["type"] == "lifespan":
            self._look()
            self._guard.prefetch()
            await held.to(self.app)
        elif held.scope["type"] == "http":
            await self._answer(held)
        elif held.scope["type"] == "websocket":
            # RFC 6455, section 7.4.1. MCP is spoken over HTTP, and nothing else gets to the SDK.
            await held.send({"type": "websocket.close", "code": 1008, "reason": "not HTTP"})
        else:
            raise ConfigurationError(
                "MCPMiddleware does not know this type of ASGI scope, and lets nothing pass that "
                "it cannot guard"
            )

    async def _answer(self, held: Exchange) -> None:
        path = relative_path(held.scope)
        metadata = self._guard.answer_metadata(held.scope["method"], path)
        if metadata is not None:
            await _send(held, metadata)
            return
        self._look()
        if path in self._exempt:
            await self._run(held)
            return
        headers = header_values(held.scope)
        if is_preflight(held.scope["method"], headers):
            await _send(held, MetadataAnswer(204, (), b""))
            return
        try:
            identity, credential = await self._verifier.by_headers(headers)
            enforce(self._policy, identity)
        except (AuthError, KeysUnavailable) as error:
            await _refuse(held, self._challenge(held, error))
            return
        held.scope = with_token(held.scope, credential)
        await self._run(held)

    async def _run(self, held: Exchange) -> None:
        """Let the server answer, or the refusal of a ``requires`` in it."""
        asked = Asked()
        token = ASKED.set(asked)
        answering = _Answering(held, asked, self._challenge)
        try:
            await Exchange(held.scope, held.receive, answering).to(self.app)
        except MCPError:
            # A route of the user's own has no JSON-RPC to put it into, and the refusal is sent.
            if not answering.refused:
                raise
        finally:
            ASKED.reset(token)

    def _challenge(self, held: Exchange, error: AuthError | KeysUnavailable) -> Challenge:
        """The answer to a request that failed with ``error``, and its line in the log."""
        method, path = held.scope["method"], full_path(held.scope)
        return self._guard.challenge(error, method=method, path=path)


@final
class _Answering:
    """Lets an answer through, or the refusal of a tool in its place.

    What begins to answer a POST waits for its first content: the SDK may begin before it runs the
    tool. So does the 500 for what a route of the user's own raises. Streams that others ask for
    (GET) go through at once.
    """

    __slots__ = ("_asked", "_challenge", "_held", "_start", "refused")

    def __init__(
        self,
        held: Exchange,
        asked: Asked,
        challenge: Callable[[Exchange, AuthError | KeysUnavailable], Challenge],
    ) -> None:
        self._held = held
        self._asked = asked
        self._challenge = challenge
        self._start: Message | None = None
        self.refused = False

    async def __call__(self, message: Message) -> None:
        if self.refused:
            return
        if message["type"] == "http.response.start" and (
            self._held.scope["method"] == "POST" or message["status"] == 500
        ):
            self._start = message
            return
        if self._start is not None and (message.get("body") or not message.get("more_body")):
            if self._asked.refusal is not None:
                self.refused = True
                await _refuse(self._held, self._challenge(self._held, self._asked.refusal))
                return
            start, self._start = self._start, None
            await self._held.send(start)
        if self._start is None:
            await self._held.send(message)


async def _refuse(held: Exchange, answer: Challenge) -> None:
    body = answer.body
    headers = (
        *answer.headers,
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
    )
    await _send(held, MetadataAnswer(answer.status, headers, body))


async def _send(held: Exchange, answer: MetadataAnswer) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await held.send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await held.send({"type": "http.response.body", "body": answer.body})
