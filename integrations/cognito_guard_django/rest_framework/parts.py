"""What a permission of somebody else's has in it, as far as it can be seen from outside."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from rest_framework.permissions import OperationHolderMixin

__all__ = ["parts"]

_FRAMEWORKS = ("rest_framework.", "builtins")


def parts(one: Any) -> list[Any]:
    """What a permission, a class of them, a function or a list may ask."""
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if isinstance(one, dict):
        return list(one.values())
    if isinstance(one, functools.partial | functools.partialmethod):
        return [one.func, one.args, one.keywords]
    if isinstance(one, FunctionType):
        return [*_cells(one), one.__defaults__ or (), one.__kwdefaults__ or {}]
    if isinstance(one, staticmethod | classmethod | MethodType):
        return [one.__func__]
    if isinstance(one, property):
        return [one.fget]
    if isinstance(one, functools.cached_property):
        return [one.func]
    if isinstance(one, type):
        return _of_class(one) if hasattr(one, "has_permission") else []
    if isinstance(one, OperationHolderMixin) or hasattr(one, "has_permission"):
        return [type(one), *getattr(one, "__dict__", {}).values(), *_slots(one)]
    return []


def _cells(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not set yet
            continue


def _slots(one: Any) -> Iterator[Any]:
    for cls in type(one).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield getattr(one, name, None)


def _of_class(cls: type) -> list[Any]:
    """Its code, and what it holds under a name that its code has."""
    held: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if not base.__module__.startswith(_FRAMEWORKS):
            held.update(vars(base))
    code = [value for value in held.values() if _is_code(value)]
    names = {name for function in _functions(code) for name in _names(function.__code__)}
    return [*code, *(value for name, value in held.items() if name in names)]


def _is_code(value: Any) -> bool:
    wrappers: Any = (staticmethod, classmethod, functools.partialmethod, functools.cached_property)
    return isinstance(value, (FunctionType, property, *wrappers))


def _functions(found: list[Any]) -> Iterator[FunctionType]:
    for one in found:
        if isinstance(one, FunctionType):
            yield one
        elif not isinstance(one, list | tuple | dict):
            yield from _functions(parts(one))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _names(constant)
