"""What Werkzeug's middlewares answer themselves, by what their attributes look like."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .files import first_file
from .route import Route

__all__ = ["werkzeug_routes"]


def werkzeug_routes(layer: Any, inside: Callable[[Any], Iterator[Route]]) -> Iterator[Route]:
    """The apps under a dispatcher, and the files of a ``SharedDataMiddleware``. ``inside`` finds
    the routes of an app that is mounted."""
    for prefix, inner in getattr(layer, "mounts", {}).items():
        yield from (one.below(prefix, prefix) for one in inside(inner))
    for prefix, loader in getattr(layer, "exports", ()):
        yield _export(prefix, loader, layer.is_allowed)


def _export(prefix: str, loader: Any, is_allowed: Callable[[str], bool]) -> Route:
    held = inspect.getclosurevars(loader).nonlocals
    if "directory" in held:
        folder = held["directory"]
    elif "reader" in held:
        folder = Path(held["reader"].files()) / held["package_path"]
    else:  # one file
        return Route(prefix, prefix, ("GET", "HEAD"))
    file = first_file([folder], is_allowed)
    return Route(prefix, f"{prefix.rstrip('/')}/{file}", ("GET", "HEAD"), may_be_absent=not file)
