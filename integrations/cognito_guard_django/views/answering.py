"""Whether what a guarded function returns is the answer to a request.

Anybody else may have called it: a framework that asks for a yes or no, or runs it before a view, or
a view that takes no notice of what it returns. A refusal would be a yes there, or be dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from django.urls import get_resolver

from .functions import functions_of
from .unread import inner_view

__all__ = ["answers_with"]


def answers_with(guarded: object, method: MethodType | None, request: Any) -> bool:
    """Whether ``guarded`` is the view of this request, or wrapped by it, as the wrappers say
    themselves. ``method``: what it guards, if that is a method."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return True  # of a middleware, or a handler of errors
    if _is_view(match.func, guarded, method, request):
        return True
    # The handlers answer what a view has raised, such as a 404, and nobody would answer for them.
    resolver = get_resolver(getattr(request, "urlconf", None))
    handlers = map(resolver.resolve_error_handler, (400, 403, 404, 500))
    return any(_is_view(each, guarded, method, request) for each in handlers)


def _is_view(callback: Any, guarded: object, method: MethodType | None, request: Any) -> bool:
    inner = inner_view(callback)
    cls = getattr(inner, "view_class", None) or getattr(inner, "cls", None)
    if method is None:
        return any(each is guarded for one in _handlers(callback, cls) for each in _chain(one))
    view, name = method.__self__, method.__name__
    if isinstance(cls, type) and isinstance(view, cls):
        verb = request.method.lower()
        # HEAD is answered by `get`, where there is no `head`.
        names = {"dispatch", verb, "get" if verb == "head" else verb, getattr(view, "action", None)}
        # A decorator below the guard may have given the method a name of its own.
        named = (getattr(type(view), each, None) for each in names if each is not None)
        return name in names or any(e is method.__func__ for one in named for e in _chain(one))
    return any(_is_method(each, view, name) for each in _chain(callback))


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
