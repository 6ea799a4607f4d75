"""The routes of a Starlette or FastAPI app, by what its attributes look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .files import first_file
from .route import METHODS, NOWHERE, CannotAsk, Route, value_for

__all__ = ["nowhere", "starlette_routes"]

Inside = Callable[[Any], Iterator[Route]]


def starlette_routes(app: Any, values: Mapping[str, str], inside: Inside) -> Iterator[Route]:
    """Every route of its router. ``inside`` finds those of an app that is mounted."""
    yield from _each(app.routes, values, inside)
    # Folders of FastAPI's `frontend()`, which come after all other routes.
    for group in getattr(getattr(app, "router", app), "_low_priority_routes", ()):
        yield from _folders(group)


def nowhere(app: Any) -> Route | None:
    """What answers for URLs that lead nowhere; ``None`` if all lead somewhere, or if it is the
    app around this one that answers."""
    handlers = getattr(app, "exception_handlers", None)
    scope = {"type": "http", "method": "GET", "path": NOWHERE, "root_path": "", "headers": []}
    if handlers is None or any(route.matches(dict(scope))[0].value for route in app.routes):
        return None
    is_own = any(
        (key == 404 or getattr(key, "__name__", "") == "HTTPException")
        and handler.__module__.partition(".")[0] not in ("fastapi", "starlette")
        for key, handler in handlers.items()
    )
    return Route("404", NOWHERE, ("GET",), may_be_absent=not is_own, fits=lambda path: True)


def _each(routes: Iterable[Any], values: Mapping[str, str], inside: Inside) -> Iterator[Route]:
    for route in routes:
        if hasattr(route, "effective_route_contexts"):  # a router that FastAPI has included
            contexts = list(route.effective_route_contexts())
            yield from _each([_effective(each) for each in contexts], values, inside)
            for each in getattr(route, "effective_low_priority_routes", list)():
                yield from _folders(each.original_route, each.frontend_prefix)
        elif hasattr(route, "host"):
            host = _filled(route.host_format, route.host, route.param_convertors, values)
            for each in inside(route.app):
                yield each.below(route.host, "", str)._replace(host=host)
        elif hasattr(route, "methods"):
            path = _filled(route.path_format, route.path, route.param_convertors, values)
            methods = tuple(sorted(route.methods or METHODS))
            yield Route(route.path, path, methods, fits=_fits(route))
        elif hasattr(route, "endpoint"):
            path = _filled(route.path_format, route.path, route.param_convertors, values)
            yield Route(route.path, path, ("GET",), is_websocket=True, fits=_fits(route))
        elif hasattr(route, "app") and hasattr(route, "param_convertors"):
            yield from _mounted(route, values, inside)
        else:
            yield _unknown(route, values)


def _fits(route: Any) -> Callable[[str], bool]:
    return lambda path: route.path_regex.match(path) is not None


def _unknown(route: Any, values: Mapping[str, str]) -> Route:
    """A route of somebody's own kind, which does not say where it is."""
    kind = type(route).__name__
    if kind not in values:
        raise CannotAsk(
            f"open_routes() knows no path to the route of class {kind}; give it one, as in "
            f"open_routes(app, values={{{kind!r}: '/path'}})"
        )
    return Route(kind, values[kind], fits=values[kind].__eq__)


def _effective(context: Any) -> Any:
    return getattr(context, "starlette_route", None) or context


def _folders(group: Any, prefix: str = "") -> Iterator[Route]:
    for route in group.routes:
        name = f"{prefix}{route.path}"
        yield from _folder(name, name.rstrip("/"), route.app)


def _mounted(route: Any, values: Mapping[str, str], inside: Inside) -> Iterator[Route]:
    convertors = {name: each for name, each in route.param_convertors.items() if name != "path"}
    prefix = _filled(route.path, route.path, convertors, values)
    app = getattr(route, "_base_app", route.app)

    def rest(path: str) -> str | None:
        found = route.path_regex.match(path)
        return None if found is None else f"/{found['path']}"

    if hasattr(app, "all_directories"):
        for each in _folder(route.path, prefix, app):
            yield each._replace(fits=lambda path: rest(path) is not None)
        return
    for each in inside(app):
        yield each.below(route.path, prefix, rest)


def _folder(name: str, prefix: str, app: Any) -> Iterator[Route]:
    file = first_file(app.all_directories)
    path = f"{prefix}/{file}"
    yield Route(name or "/", path, ("GET", "HEAD"), may_be_absent=not file, is_whole_app=True)


def _filled(text: str, route: str, convertors: Mapping[str, Any], values: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        convertor = convertors.get(name)
        regex = "[^/]+" if convertor is None else convertor.regex
        return value_for(name, lambda one: re.fullmatch(regex, one) is not None, values, route)

    return re.sub(r"{(\w+)(?::\w+)?}", fill, text)
