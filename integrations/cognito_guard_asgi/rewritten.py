"""Whether a request is still the one that CognitoMiddleware has let in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, final

from .caller import Caller, relative_path, root_path
from .held import Exchange
from .refusal import Receive, Scope, Send

__all__ = ["Entrance", "is_rewritten"]

# What a session's cookie is good for whichever site the request comes from.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_ENTERED = "cognito_guard.root_path"
"""Where a scope has the ``root_path`` with which the last mount was entered."""


@final
class Entrance:
    """The ``handle`` of a mount, which notes the ``root_path`` that the mount itself makes: what it
    is later, in a router behind, may be what somebody else has made of it."""

    def __init__(self, handle: Callable[..., Awaitable[None]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_ENTERED] = root_path(scope)
        held = Exchange(scope, receive, send)
        del scope, receive, send
        await held.to(self._handle)

    @classmethod
    def install(cls, route: Any) -> None:
        """Put one before a mount, once."""
        if type(route.handle) is not cls:
            route.handle = cls(route.handle)


def is_rewritten(scope: Scope, caller: Caller, own_roots: Collection[str]) -> bool:
    """Whether the request has become one that would not have been let in.

    ``own_roots`` are the ``root_path`` that the app behind sets itself for every request, as
    FastAPI's does that is told one.
    """
    if caller.preflight:
        return bool(scope["type"] != "http" or scope["method"] != "OPTIONS")
    if caller.method in _SAFE and scope.get("method") not in _SAFE:
        return True  # from where such a request comes was not looked at
    if caller.exempt is None:
        return False
    if caller.method is not None and caller.method != scope.get("method"):
        return True  # with another method, another endpoint may answer than sign-in's
    root = root_path(scope)
    entered: str = scope.get(_ENTERED, caller.root_path)
    if scope["path"] == caller.path and (root == entered or root in own_roots):
        return False
    path = relative_path(scope)
    asked_for = [entered.removeprefix(caller.root_path) + path]
    if root in own_roots:
        asked_for.append(root + path)
    return not any(one in caller.exempt for one in asked_for)
