"""CognitoMiddleware: who is calling, for HTTP requests and WebSockets of any ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeAlias, final

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Guard,
    HeaderValues,
    Identity,
    KeysUnavailable,
    MissingCredentials,
)

from .refusal import Receive, Scope, Send, refuse

__all__ = ["AnonymousUser", "Auth", "CognitoMiddleware", "header_values"]

App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


@final
class AnonymousUser:
    """``scope["user"]`` of a request without a credential."""

    is_authenticated = False
    display_name = ""

    def __repr__(self) -> str:
        return "<AnonymousUser>"


@final
class Auth:
    """``scope["auth"]``: what Starlette's own ``@requires`` looks at.

    ``scopes`` is ``["authenticated", ...]`` with the token's scopes after it, or empty.
    """

    __slots__ = ("scopes",)

    def __init__(self, identity: Identity | None = None) -> None:
        self.scopes = [] if identity is None else ["authenticated", *identity.scopes]


@final
class CognitoMiddleware:
    """Asks the guard about every HTTP request and every WebSocket, before the app sees it.

    ``guard``
        The :class:`cognito_guard.Guard` that decides.
    ``required``
        Whether a request without a credential is refused. With ``required=False`` it reaches the
        app with an :class:`AnonymousUser`; a credential that is there and bad is refused always.
    ``exempt``
        Paths that are never looked at, such as ``"/health"``; with ``/*`` at the end, everything
        below, such as ``"/static/*"``. Relative to ``root_path``. Their requests reach the
        app with an ``AnonymousUser``, whatever credential they carry.

    It sets ``scope["user"]`` to the :class:`cognito_guard.Identity` (``request.user``) and
    ``scope["auth"]`` to an :class:`Auth` (``request.auth``). A CORS preflight passes, as it never
    carries a credential (Fetch standard, "CORS-preflight fetch"). At the lifespan's start the keys
    are fetched in the background. Raises ``ConfigurationError``.
    """

    def __init__(
        self, app: App, *, guard: Guard, required: bool = True, exempt: Iterable[str] = ()
    ) -> None:
        if not isinstance(guard, Guard):
            raise ConfigurationError("guard must be a cognito_guard.Guard")
        if not isinstance(required, bool):
            raise ConfigurationError("required must be True or False")
        self.app = app
        self._guard = guard
        self._required = required
        self._exempt_paths, self._exempt_prefixes = _exemptions(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self._guard.prefetch()
        elif scope["type"] in ("http", "websocket"):
            scope["cognito_guard"] = self._guard
            identity: Identity | None = None
            if not self._is_exempt(scope) and not _is_preflight(scope):
                try:
                    identity = await self._guard.aauthenticate(header_values(scope))
                except (AuthError, KeysUnavailable) as error:
                    if self._required or not isinstance(error, MissingCredentials):
                        await refuse(scope, send, self._guard.challenge(error))
                        return
            scope["user"] = AnonymousUser() if identity is None else identity
            scope["auth"] = Auth(identity)
        await self.app(scope, receive, send)

    def _is_exempt(self, scope: Scope) -> bool:
        path: str = scope["path"]
        root: str = scope.get("root_path") or ""
        if root and (path == root or path.startswith(f"{root}/")):
            path = path[len(root) :]
        if path in self._exempt_paths:
            return True
        # What comes after us may resolve dots and backslashes, and end up somewhere else.
        if not path.startswith(self._exempt_prefixes) or "\\" in path:
            return False
        return {".", ".."}.isdisjoint(path.split("/"))


def header_values(scope: Scope) -> HeaderValues:
    """All raw values of a header in an ASGI scope, by its lower-case name."""

    def values(name: str) -> Sequence[bytes]:
        raw = name.encode("latin-1")
        return [value for key, value in scope["headers"] if key.lower() == raw]

    return values


def _is_preflight(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    names = {key.lower() for key, _ in scope["headers"]}
    return b"origin" in names and b"access-control-request-method" in names


def _exemptions(exempt: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Whole paths, and prefixes that end with a slash."""
    # A text is iterable too, and its characters would be "/" and others.
    if isinstance(exempt, str) or not isinstance(exempt, Iterable):
        raise ConfigurationError("exempt must be a list of paths")
    paths: set[str] = set()
    prefixes: list[str] = []
    for path in exempt:
        if not isinstance(path, str) or not path.startswith("/") or "*" in path.removesuffix("/*"):
            raise ConfigurationError(
                'exempt takes paths that start with "/"; only the end may be "/*"'
            )
        if path.endswith("/*"):
            prefixes.append(path.removesuffix("*"))
        else:
            paths.add(path)
    return frozenset(paths), tuple(prefixes)
