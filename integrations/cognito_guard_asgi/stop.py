"""Routes that answer nobody, because what should guard them does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, final

from cognito_guard import ConfigurationError

from .caller import caller_of
from .held import Exchange
from .refusal import Receive, Scope, Send

__all__ = ["Problem", "Stopped", "require_no", "stop"]


class Problem(NamedTuple):
    """What is wrong with a route. ``needs_a_caller_only``: it is nothing to a request whose caller
    the middleware has identified, as it lets in nobody else."""

    text: str
    needs_a_caller_only: bool = False


def stop(route: Any, included: Any, problem: Problem) -> None:
    """Make a route raise ``ConfigurationError``. ``included`` is the outermost route of FastAPI's
    that includes it, if there is one."""
    _stop(route, problem, ("http", "websocket"))
    # FastAPI handles a copy of a WebSocket route that is included.
    if included is not None and "methods" not in vars(route):
        _stop(included, problem, ("websocket",))


def _stop(route: Any, problem: Problem, kinds: tuple[str, ...]) -> None:
    if type(route.handle) is not _Stopping:
        route.handle = _Stopping(route.handle)
    for kind in kinds:
        route.handle.problems[kind] = problem


@final
class _Stopping:
    """The ``handle`` of such a route."""

    def __init__(self, handle: Callable[..., Awaitable[None]]) -> None:
        self._handle = handle
        self.problems: dict[str, Problem] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self.problems.get(scope["type"])
        held = Exchange(scope, receive, send)
        del scope, receive, send
        require_no(problem, held)
        await held.to(self._handle)


@final
class Stopped:
    """Stands before an app that has a problem."""

    def __init__(self, app: Any, problem: Problem) -> None:
        self.app = app
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = Exchange(scope, receive, send)
        del scope, receive, send
        if held.scope["type"] != "lifespan":
            require_no(self._problem, held)
        await held.to(self.app)


def require_no(problem: Problem | None, held: Exchange) -> None:
    """Raise ``ConfigurationError`` for a problem that this request has."""
    if problem is not None and not _is_covered(held, problem):
        raise ConfigurationError(problem.text)


def _is_covered(held: Exchange, problem: Problem) -> bool:
    caller = caller_of(held.scope)
    return (
        problem.needs_a_caller_only
        and caller is not None
        and any(one.required and one.identity is not None for one in caller.and_outer())
    )
