"""Guards that stand above what was registered: ``@requires()`` above ``@app.get("/")``.

Then the route has the bare function, and the guarded one is nobody's. A decorator cannot see that,
so it notes what it wraps, and the middleware looks for those among the routes.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any, final

from cognito_guard import reachable, wrapped

from .chain import behind, mounts_of, router_of
from .classes import check_class, lost_method
from .stop import Problem, stop

__all__ = ["Lookout", "lost_handler", "note"]


@final
class _Noted:
    """What is known of a callable that guards were put around.

    ``is_said``: a guard was put around it, or around what says that it wraps it. Otherwise it may
    be something that a guarded function makes use of. ``asks_more``: a guard asks for more than a
    caller. ``verb``: what a user calls the last of them.
    The guards may be gone by now, which is how a lost one often ends.
    """

    def __init__(self) -> None:
        self.is_said = False
        self.asks_more = False
        self.verb = ""
        self.guards: weakref.WeakSet[Any] = weakref.WeakSet()


_NOTED: dict[object, tuple[object, _Noted]] = {}
# The first member keeps a thing, or a reference to it, for as long as it is noted.
_GUARDS: weakref.WeakSet[Any] = weakref.WeakSet()
_VERSION = [0]


def note(guarded: Any, endpoint: Any, *, verb: str, asks_more: bool) -> None:
    """``guarded`` is what the decorator ``verb`` has made of ``endpoint``: a function, or the same
    class."""
    _VERSION[0] += 1
    if isinstance(endpoint, type):
        for base in endpoint.__mro__[1:-1]:
            if _is_made_of(endpoint, base):
                _remember(id(base), base, verb, asks_more).guards.add(guarded)
        return
    _GUARDS.add(guarded)
    is_said = {key: said for key, _, said in _wrapped(endpoint)}
    for key, one in reachable(endpoint, of_methods=False, stop=_holds_routes).items():
        noted = _remember(key, one, verb, asks_more)
        noted.is_said |= is_said.get(key, False)
        noted.guards.add(guarded)


def _remember(key: object, one: Any, verb: str, asks_more: bool) -> _Noted:
    if key not in _NOTED:
        kind: Any = weakref.WeakMethod if type(one) is MethodType else weakref.ref
        # Bound here, as the interpreter empties this module before the last of them are gone.
        forget = _NOTED.pop
        try:
            reference = kind(one, lambda _: forget(key, None))
        except TypeError:  # there are no weak references to it
            reference = one
        _NOTED[key] = (reference, _Noted())
    noted = _NOTED[key][1]
    noted.verb = verb
    noted.asks_more |= asks_more
    return noted


def _is_made_of(made: type, base: type) -> bool:
    """Whether a class looks like what a class decorator makes of its argument: defined in a
    function in which the other was not, or of the same name."""
    scope = made.__qualname__.rpartition(".")[0]
    return not base.__module__.startswith("starlette.") and (
        made.__qualname__ == base.__qualname__
        or (scope.endswith("<locals>") and scope != base.__qualname__.rpartition(".")[0])
    )


@final
class Lookout:
    """Looks at the routes of one router, and at those below, whenever there are more of them."""

    def __init__(self, router: Any) -> None:
        self.router = router
        self._seen = (-1, -1)
        self._holders: list[Any] = [router]

    def __call__(self) -> list[Any]:
        """Make each route to a bare function that a guard was put around raise
        ``ConfigurationError``. The other routes go on.

        Gives the mounts, if there may be others than at the last time.
        """
        if self._seen == self._now():
            return []
        self._holders = []
        routes = list(_all(self.router, None, self._holders))
        in_place = _in_place(route for route, _ in routes)
        for route, included in routes:
            problem = _problem(getattr(route, "endpoint", None), in_place)
            if problem is not None:
                stop(route, included, problem)
        self._seen = self._now()
        return [mount for route, _ in routes for mount in mounts_of(route)]

    def _now(self) -> tuple[int, int]:
        return _VERSION[0], sum(len(holder.routes) for holder in self._holders)


def lost_handler(app: Any, within: Any = None) -> Problem | None:
    """What is wrong with a handler of errors of an app, or with a function of its ``middleware()``,
    that a guard was put around. ``within``: the router of the app that this one is mounted in."""
    router = router_of(app) if within is None else within
    if router is None:
        return None
    in_place = _in_place(route for route, _ in _all(router, None, []))
    found = (_problem(one, in_place, elsewhere=True) for one in _handlers_of(app))
    return next((one for one in found if one is not None), None)


def _handlers_of(app: Any) -> Iterator[Any]:
    yield from getattr(app, "exception_handlers", {}).values()
    for middleware in getattr(app, "user_middleware", ()):
        yield getattr(middleware, "kwargs", {}).get("dispatch")


def _problem(endpoint: Any, in_place: set[int], *, elsewhere: bool = False) -> Problem | None:
    """``elsewhere``: whether it is open on purpose where a guard of it has a route of its own."""
    if isinstance(endpoint, type):
        problem = check_class(endpoint, is_guard)
        noted = _NOTED.get(id(endpoint))
        if problem is not None:
            return Problem(problem)
        if noted is not None and not _any_in(noted[1], in_place):
            return _above(endpoint, noted[1])
        return _lost_of(endpoint)
    ways = list(_wrapped(endpoint))
    ways += [(id(one.__func__), one, said) for _, one, said in ways if type(one) is MethodType]
    for key, one, is_said in ways:
        noted = _NOTED.get(key)
        if noted is None or (elsewhere and _any_in(noted[1], in_place)):
            continue
        if not _is_covered(endpoint, one, noted[1], is_said, in_place):
            return _above(one, noted[1])
    return next((one for one in map(_lost_of, _owners(endpoint)) if one is not None), None)


def _lost_of(cls: type) -> Problem | None:
    lost = lost_method(cls, is_guard)
    return None if lost is None else Problem(lost[0], needs_a_caller_only=not _asks(lost[1]))


def _owners(endpoint: Any) -> Iterator[type]:
    """The classes whose bound methods this is, or wraps, without a guard before them."""
    for _, one, _ in _wrapped(endpoint):
        if is_guard(one):
            return
        if type(one) is MethodType:
            owner: Any = one.__self__
            yield owner if isinstance(owner, type) else type(owner)


def _is_covered(endpoint: Any, one: Any, noted: _Noted, is_said: bool, in_place: set[int]) -> bool:
    """Whether one of the guards is on the way to it, or has a route of its own where this may be
    only something that it makes use of."""
    if not is_said and not noted.is_said:
        return True  # a helper of both
    if not (is_said and noted.is_said) and _any_in(noted, in_place):
        return True
    outside = reachable(endpoint, stop=lambda each: each is one or _holds_routes(each))
    return any(id(guard) in outside for guard in noted.guards)


def _asks(method: Any) -> bool:
    """Whether a guard of this method may ask for more than a caller."""
    found = reachable(getattr(method, "__func__", method)).values()
    noted = [_NOTED.get(id(vars(one).get("__wrapped__"))) for one in found if is_guard(one)]
    return any(one is None or one[1].asks_more for one in noted)


def _any_in(noted: _Noted, in_place: set[int]) -> bool:
    return any(id(guard) in in_place for guard in noted.guards)


def _above(one: Any, noted: _Noted) -> Problem:
    name = getattr(one, "__qualname__", type(one).__qualname__)
    return Problem(
        f"{noted.verb}() around {name} guards nothing, as the app has it without the guard: put "
        f"@{noted.verb} below the decorator that makes the route, or the handler",
        needs_a_caller_only=not noted.asks_more,
    )


def is_guard(one: object) -> bool:
    """Whether this is what ``requires`` makes of a function."""
    return type(one) is FunctionType and one in _GUARDS


def _in_place(routes: Iterator[Any]) -> set[int]:
    """The guards, and the classes, that routes lead to."""
    found: set[int] = set()
    for route in routes:
        endpoint = getattr(route, "endpoint", None)
        if isinstance(endpoint, type):
            found.update(map(id, endpoint.__mro__))
        elif callable(endpoint):
            reached = reachable(endpoint, stop=_holds_routes).values()
            found.update(id(one) for one in reached if is_guard(one))
    return found


def _wrapped(endpoint: Any) -> Iterator[tuple[object, Any, bool]]:
    return wrapped(endpoint, stop=_holds_routes)


def _holds_routes(one: object) -> bool:
    """Whether it is an app, a router or a route: it has endpoints that it does not wrap."""
    return any(
        base.__module__ in ("starlette.applications", "starlette.routing")
        for base in type(one).__mro__
    )


def _all(router: Any, included: Any, holders: list[Any]) -> Iterator[tuple[Any, Any]]:
    """The routes of a router, and of what is mounted or included, with the outermost route that
    includes them. Those who hold them are added to ``holders``."""
    if any(router is holder for holder in holders):
        return
    holders.append(router)
    for route in router.routes:
        yield route, included
        below = vars(route).get("original_router")
        if below is not None:
            yield from _all(below, included or route, holders)
        elif "endpoint" not in vars(route):
            for one in behind(vars(route).get("app")):
                inner = router_of(one)
                if inner is not None:
                    yield from _all(inner, included, holders)
