"""What is set on functions: on a view, and on the methods of a class of views."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, NoReturn

from cognito_guard import ConfigurationError

from .attributes import REQUIREMENTS, attributes, is_known_mark, misnames
from .held import guards_in, is_marked, is_permission
from .reading import is_read, is_read_around

__all__ = ["functions_of", "refuse_on_function", "refuse_on_methods"]

# Set by Django and REST framework, which read them.
_KNOWN = {"initkwargs", "view_initkwargs", "actions", "kwargs", "mapping"}


def refuse_on_function(view: object, around: object = None) -> None:
    """Raise ``ConfigurationError`` for what is set on a view function and reads like a requirement,
    or is a permission of ours, or a policy beside ``cognito_required``: nobody reads it there.
    ``around``: the view as URLs have it."""
    for name, value in _set_on(view):
        if _is_required(name, value) or misnames(name, value):
            _refuse(name, view)
        if _holds(value, guarded=is_marked(view)) and not is_read_around(name, view, around):
            _refuse(name, view)


def refuse_on_methods(cls: type, given: dict[str, Any], *, guarded: bool) -> None:
    """The same for the methods of a class, and for a function that REST framework has made a class
    of. ``guarded``: whether a guard of ours stands before it; if not, what only looks like a
    requirement of ours is the project's affair."""
    for _, method in attributes(cls):
        for function in functions_of(method) if isinstance(method, FunctionType) else ():
            for name, value in _set_on(function):
                # A function's permissions are those of the class that is made of it.
                taken = function is not method and name == "permission_classes"
                asks = _holds(value, guarded=guarded) or _is_required(name, value)
                asks = asks or (guarded and misnames(name, value))
                if asks and not taken and not is_read(name, cls, given, by_frameworks=False):
                    _refuse(name, function)


def _holds(value: Any, *, guarded: bool) -> bool:
    return any(guarded or is_permission(one) for one in guards_in(value))


def functions_of(method: FunctionType) -> Iterator[Any]:
    """A method, and the function that REST framework has made it of."""
    yield method
    if method.__module__ == "rest_framework.decorators":
        for cell in method.__closure__ or ():
            yield cell.cell_contents


def _set_on(function: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(function).items() if isinstance(function, FunctionType) else ():
        # Asked twice in each request, and nothing else is on most functions.
        if not (name.startswith("_") or name in _KNOWN or is_known_mark(name, value)):
            yield name, value


def _is_required(name: str, value: object) -> bool:
    return name in REQUIREMENTS and value is not None


def _refuse(name: str, function: Any) -> NoReturn:
    raise ConfigurationError(
        f"{name} was set on the function {function.__name__}, where nobody reads it"
    )
