"""The routes of an app, whatever is around it and mounted in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...http.exempt import ExemptPaths
from . import django_project, flask_app, starlette_app
from .exempt import exempt_of, exempt_routes
from .route import Route
from .werkzeug_layers import werkzeug_routes

__all__ = ["layers", "routes_of"]

_INNER = ("app", "_app", "application", "wsgi_app", "wrapped")


def layers(app: Any) -> Iterator[Any]:
    """An app, and what its middlewares stand around."""
    seen: list[Any] = []
    while app is not None and not any(app is one for one in seen):
        seen.append(app)
        yield app
        inner = [getattr(app, name, None) for name in _INNER]
        app = next((one for one in inner if callable(one)), None)


def routes_of(app: Any, values: Mapping[str, str], around: tuple[Any, ...] = ()) -> Iterator[Route]:
    """Every route. ``around`` are the apps that this one is mounted in. Raises ``TypeError`` for an
    app that is of no known kind."""

    def inside(inner: Any) -> Iterator[Route]:
        return _inside(inner, values, (*around, app))

    flask: Any = None
    is_mounted = False
    exempt: list[ExemptPaths] = []
    for layer in layers(app):
        exempt += exempt_of(layer)
        if django_project.is_django(layer):
            exempt += django_project.exempt()
            routes = [*django_project.django_routes(values), *_some(django_project.nowhere())]
            yield from (*routes, *exempt_routes(exempt, routes))
            return
        if flask_app.is_flask(layer):
            flask = layer  # what is put into its `wsgi_app` comes before it
        elif flask_app.is_flask(getattr(layer, "__self__", None)):
            flask, is_mounted = layer.__self__, False
            break
        elif hasattr(layer, "routes"):
            routes = [
                *starlette_app.starlette_routes(layer, values, inside),
                *_some(starlette_app.nowhere(layer)),
            ]
            yield from (*routes, *exempt_routes(exempt, routes))
            return
        else:
            yield from werkzeug_routes(layer, inside)
            mounts = getattr(layer, "mounts", {}).values()
            is_mounted |= flask is not None and any(_leads_to(one, flask) for one in mounts)
    if flask is not None:
        if not is_mounted:
            yield from flask_app.flask_routes(flask, values)
            yield from _some(flask_app.nowhere(flask))
        return
    raise TypeError(
        f"open_routes() finds the routes of Starlette, FastAPI, Flask and Django apps, and "
        f"{type(app).__name__} is none, nor a middleware whose attribute `app` is one"
    )


def _leads_to(app: Any, flask: Any) -> bool:
    """Whether this is the ``wsgi_app`` of a Flask app, or stands around it."""
    return any(getattr(layer, "__self__", None) is flask for layer in layers(app))


def _inside(app: Any, values: Mapping[str, str], around: tuple[Any, ...]) -> Iterator[Route]:
    """Those of an app that is mounted; of one that is not known, the whole of it is a route."""
    if any(app is one for one in around):
        return  # mounted in itself
    try:
        yield from routes_of(app, values, around)
    except TypeError:
        yield Route("", "/", fits=lambda path: True, is_whole_app=True)


def _some(route: Route | None) -> Iterator[Route]:
    if route is not None:
        yield route
