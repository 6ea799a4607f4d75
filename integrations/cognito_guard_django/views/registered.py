"""Functions that a router has taken already: what is put around them later stands before nobody."""

from __future__ import annotations

from typing import Any

from cognito_guard import ConfigurationError

__all__ = ["refuse_registered"]

# Where django-ninja and django-ninja-extra note that they have taken a function.
_MARKS = ("_ninja_operation", "__route_function__")


def refuse_registered(view: Any, verb: str) -> None:
    """Raise ``ConfigurationError`` for a function that a router calls as it is, and has given back.

    Known by the mark that the router has left on it. A guard around it would be asked by nobody.
    ``verb``: what a user calls the guard.
    """
    for name, value in getattr(view, "__dict__", {}).items():
        if name in _MARKS or _is_route(value, view):
            raise ConfigurationError(
                f"{view.__name__} has been given to a router already, which calls it without a "
                f"guard; {verb} belongs below the decorator that makes the route"
            )


def _is_route(value: object, view: object) -> bool:
    """Whether this looks like a route: it holds the function, and the methods to call it for."""
    held = getattr(value, "__dict__", {})
    return "methods" in held and any(one is view for one in held.values())
