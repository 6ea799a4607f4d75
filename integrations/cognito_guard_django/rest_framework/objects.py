"""Permissions that speak of objects alone, and whether a view will ask them about one.

REST framework's own ``has_permission`` says yes to everybody. Beside ``|`` that would let in whom
the other side refuses, wherever no object comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any

from rest_framework.permissions import BasePermission

from ..views.reading import spoken_of

__all__ = ["asks_about_objects", "is_silent"]

_ASKING = {"check_object_permissions", "has_object_permission"}
# Names of handlers are also those of ordinary methods, such as a dictionary's `get`.
_HANDLERS = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "dispatch"}


def is_silent(permission: Any) -> bool:
    """Whether a permission has nothing to say about a caller, and something about an object."""
    own = BasePermission
    return (
        isinstance(permission, own)
        and type(permission).has_permission is own.has_permission
        and type(permission).has_object_permission is not own.has_object_permission
    )


def asks_about_objects(view: Any, method: str) -> bool:
    """Whether the code that answers this method of a request goes on to what asks about an object:
    ``get_object``, where the URL names one, or ``check_object_permissions``."""
    # The framework imports this module while its views are being imported, for its settings.
    from rest_framework.views import APIView

    handler = getattr(getattr(view, method.lower(), None), "__func__", None)
    described = view.http_method_names if handler is APIView.options else [method.lower()]
    handlers = (getattr(getattr(view, name, None), "__func__", None) for name in described)
    seen: set[Any] = set()
    return any(_leads(view, one, seen) for one in handlers)


def _leads(view: Any, function: Any, seen: set[Any]) -> bool:
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    names = spoken_of(function)
    if not _ASKING.isdisjoint(names):
        return True
    inner = (cell.cell_contents for cell in function.__closure__ or ())
    further = [*inner, *_methods(view, names - _HANDLERS)]
    return any(_leads(view, one, seen) for one in further)


def _methods(view: Any, names: set[str]) -> Iterator[Any]:
    from rest_framework.generics import GenericAPIView

    for holder in type(view).__mro__:
        for name in names & vars(holder).keys():
            named = holder is not GenericAPIView or name != "get_object" or _names_object(view)
            if named:
                yield vars(holder)[name]


def _names_object(view: Any) -> bool:
    return (view.lookup_url_kwarg or view.lookup_field) in view.kwargs
