"""What stands behind a middleware: the apps that it wraps, and Starlette's routers among them.

Starlette is recognised by its attributes and names: this module must not import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

from cognito_guard import reachable

__all__ = ["answers_preflights", "behind", "is_cors", "mounts_of", "router_of", "straight"]


def straight(app: Any) -> Iterator[Any]:
    """An app and those that it wraps, as middlewares do that keep theirs as ``app``."""
    seen: list[int] = []
    while app is not None and id(app) not in seen:
        yield app
        seen.append(id(app))
        app = getattr(app, "__dict__", {}).get("app")


def behind(app: Any, *, by_name: bool = True) -> list[Any]:
    """An app and all that it wraps, wherever it keeps that: in an attribute of any name, a slot, a
    closure, a partial, a bound method or, unless ``by_name`` is false, a global variable. Nothing
    beyond a router."""
    found: dict[object, Any] = {}
    waiting = list(straight(app))
    while waiting:
        one = waiting.pop()
        for key, each in reachable(one, stop=_holds_routes).items():
            if key not in found:
                found[key] = each
                if not _holds_routes(each):
                    waiting += [*straight(each)][1:]
                    waiting += _owner_of(each)
                    if by_name:
                        waiting += _globals_of(each)
    return list(found.values())


def _globals_of(one: Any) -> Iterator[Any]:
    """Apps with routes that a function, or the ``__call__`` of an object, calls by their names."""
    function = one if type(one) is FunctionType else vars(type(one)).get("__call__")
    if type(function) is FunctionType:
        for name in function.__code__.co_names:
            if _holds_routes(found := function.__globals__.get(name)):
                yield found


def _owner_of(one: Any) -> Iterator[Any]:
    """The app with routes that this is a bound method of."""
    owner = getattr(one, "__self__", None) if hasattr(type(one), "__self__") else None
    if _holds_routes(owner):
        yield owner


def _holds_routes(one: Any) -> bool:
    return router_of(one) is not None


def router_of(app: Any) -> Any:
    """The router of a Starlette app, a router itself, or ``None``."""
    attributes = _attributes(app)
    if "router" in attributes and _is_router(attributes["router"]):
        return attributes["router"]
    return app if _is_router(app) else None


def _is_router(found: Any) -> bool:
    return {"routes", "middleware_stack", "redirect_slashes"} <= _attributes(found).keys()


def _attributes(thing: Any) -> dict[str, Any]:
    found = getattr(thing, "__dict__", None)
    return found if type(found) is dict else {}


def mounts_of(route: Any) -> Iterator[Any]:
    """The route itself, if it leads to an app; or the copies of such routes that FastAPI has made
    for a router that is included."""
    if hasattr(route, "effective_route_contexts"):
        for context in route.effective_route_contexts():
            yield from mounts_of(getattr(context, "starlette_route", None))
    else:
        attributes = _attributes(route)
        if "app" in attributes and "endpoint" not in attributes:
            yield route


def is_cors(app: Any) -> bool:
    """Starlette's, which answers every preflight itself, or one that is made from it. What it keeps
    as ``app`` is all that it may go on to: one that keeps that in a second place is none."""
    attributes = _attributes(app)
    if "app" not in attributes or not any(map(_is_starlettes_cors, type(app).__mro__)):
        return False
    inner = [*straight(attributes["app"])]
    others = [one for name, one in attributes.items() if name != "app"]
    return not any(one is each for one in others for each in inner)


def _is_starlettes_cors(kind: type) -> bool:
    return kind.__name__ == "CORSMiddleware" and kind.__module__ == "starlette.middleware.cors"


def answers_preflights(route: Any, above: list[Any]) -> bool:
    """Whether what a route leads to answers a preflight without an endpoint: a CORS middleware
    does, and so does another router, which gets a gate.

    An endpoint may make use of an app, and so be a way to it; so there only those count that
    stand before it. What a mount leads to may know the app that it is mounted in: its routers are
    in ``above``.
    """
    inner = getattr(route, "app", None)
    found = straight(inner) if hasattr(route, "endpoint") else behind(inner, by_name=False)
    for one in found:
        router = router_of(one)
        if is_cors(one) or (router is not None and not any(router is each for each in above)):
            return True
    return False
