"""The second half of the middleware, in front of a Starlette router.

Between CognitoMiddleware and the router stand middlewares of others, which may change the method or
the path. So what the middleware has decided is held against what arrives at the router, and at
those that are mounted in it.
"""

from __future__ import annotations

from typing import Any, final

from .caller import Caller, caller_of
from .chain import answers_preflights, behind, is_cors, router_of
from .held import Exchange
from .lost import Lookout, lost_handler
from .refusal import Receive, Scope, Send, challenge, refuse
from .rewritten import Entrance, is_rewritten
from .stop import Problem, require_no

__all__ = ["guard_routers"]


def guard_routers(app: Any) -> None:
    """Put a gate into each router that is found behind ``app``, once, and a stop behind each CORS
    middleware."""
    _guard_routers(app, None)


def _guard_routers(app: Any, look: Lookout | None) -> None:
    for one in behind(app):
        router = router_of(one)
        if router is not None:
            _Gate.install(one, router, look)
        elif is_cors(one) and type(one.app) is not _Stop:
            one.app = _Stop(one.app)


@final
class _Stop:
    """Stands behind a CORS middleware, which has answered the preflights that are still some."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if caller is not None and _is_preflight(caller):
            await _answer_nothing(held.send)
        else:
            await held.to(self.app)


@final
class _Gate:
    """Stands where a router's own middlewares end and its routes begin."""

    def __init__(self, app: Any, router: Any, look: Lookout | None) -> None:
        self.app = app
        self._router = router
        # The one of the router that this one is mounted in sees more than one of its own.
        self._look = Lookout(router) if look is None else look
        self.problem: Problem | None = None
        self._known: dict[int, Any] = {}
        self.own_roots: set[str] = set()

    @classmethod
    def install(cls, app: Any, router: Any, look: Lookout | None) -> None:
        """``app`` is the app that the router is of, or the router itself."""
        holder, name = router, "middleware_stack"
        while not isinstance(inner := vars(holder)[name], cls):
            if "app" not in getattr(inner, "__dict__", ()):
                inner = cls(inner, router, look)
                setattr(holder, name, inner)
                break
            holder, name = inner, "app"
        own_root = getattr(app, "root_path", "")
        if isinstance(own_root, str) and own_root:
            inner.own_roots.add(own_root)
        inner.problem = inner.problem or lost_handler(app, inner._look.router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = caller_of(scope)
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if caller is None or held.scope["type"] == "lifespan":
            await held.to(self.app)
            return
        if self.problem is not None:
            require_no(self.problem, held)
        for mount in self._look():
            Entrance.install(mount)
            _guard_routers(mount.app, self._look)
        for one in caller.and_outer():
            if is_rewritten(held.scope, one, self.own_roots):
                answer = challenge(one.guard, held.scope, one.missing())
                await refuse(held.scope, held.send, answer)
                return
        if _is_preflight(caller) and not self._has_answer(held.scope):
            await _answer_nothing(held.send)
        else:
            await held.to(self.app)

    def _has_answer(self, scope: Scope) -> bool:
        """Whether what a preflight's path leads to answers it without an endpoint."""
        for route in self._router.routes:
            if route.matches(scope)[0].name == "FULL":
                inner = getattr(route, "app", None)
                if id(inner) not in self._known:
                    _guard_routers(inner, self._look)
                    self._known[id(inner)] = inner
                return answers_preflights(route, [self._router, self._look.router])
        return False


def _is_preflight(caller: Caller) -> bool:
    return any(one.preflight for one in caller.and_outer())


async def _answer_nothing(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
