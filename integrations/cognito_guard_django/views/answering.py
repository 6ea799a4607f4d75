"""Whether what a guarded function returns is the answer to a request.

Anybody else may have called it: a framework that asks for a yes or no, or runs it before a view, or
a view that takes no notice of what it returns. A refusal would be a yes there, or be dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from .functions import functions_of
from .unread import inner_view

__all__ = ["answers_with"]


def answers_with(guarded: object, method: MethodType | None, request: Any) -> bool:
    """Whether ``guarded`` is the view of this request, or wrapped by it, as the wrappers say
    themselves. ``method``: what it guards, if that is a method."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return True  # of a middleware, or a handler of errors
    inner = inner_view(match.func)
    cls = getattr(inner, "view_class", None) or getattr(inner, "cls", None)
    if method is None:
        return any(each is guarded for one in _handlers(match.func, cls) for each in _chain(one))
    view, name = method.__self__, method.__name__
    if isinstance(cls, type) and isinstance(view, cls):
        verb = request.method.lower()
        # HEAD is answered by `get`, where there is no `head`.
        names = {"dispatch", verb, "get" if verb == "head" else verb}
        return name in names or name == getattr(view, "action", None)
    return any(_is_method(each, view, name) for each in _chain(match.func))


def _is_method(one: Any, view: object, name: str) -> bool:
    """Whether this is the method, or the view that is called by it."""
    if type(one) is MethodType:
        return one.__self__ is view and getattr(one, "__name__", None) == name
    return one is view and name == "__call__"


def _handlers(view: Any, cls: Any) -> Iterator[Any]:
    yield view
    if isinstance(cls, type):  # a function that REST framework has made a class of
        for method in vars(cls).values():
            if isinstance(method, FunctionType):
                yield from functions_of(method)
    if getattr(view, "__module__", None) == "ninja.operation" and isinstance(view, FunctionType):
        for cell in view.__closure__ or ():
            for operation in getattr(cell.cell_contents, "operations", ()):
                yield operation.view_func


def _chain(one: Any) -> Iterator[Any]:
    seen: set[int] = set()
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        if isinstance(one, partial):
            one = one.func
        elif type(one) is MethodType:
            one = one.__func__
        else:
            one = getattr(one, "__wrapped__", None)
