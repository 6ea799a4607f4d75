"""What a callable leads to: the functions that it wraps, found without running anything."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from types import (
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

__all__ = ["reachable", "wrapped"]

_CONTAINERS = (dict, list, tuple, set, frozenset)
_IN_C = (GetSetDescriptorType, MemberDescriptorType)


def reachable(
    start: object,
    *,
    stop: Callable[[object], bool] = lambda one: False,
    of_methods: bool = True,
    opaque: tuple[type, ...] = (),
    classes: tuple[type, ...] = (),
) -> dict[object, Any]:
    """``start`` and all that it wraps, however deep, by what they are told apart by; ``start``
    comes first. For adapters, which look for a guard that a view lost.

    Looks into closures, default arguments, ``__wrapped__``, partials, bound methods, and objects
    that can be called, but not beyond what ``stop`` is true of. It runs nothing of what it finds.
    A function that was defined beside another, and is called by its name, is not wrapped by it.

    ``of_methods`` says whether the functions of bound methods are found: other objects have them
    too. Objects of the types in ``opaque`` hold what they do not wrap, and are left out. Subclasses
    of ``classes`` are found, and not looked into; other classes are not found.
    """
    opaque = (*opaque, ModuleType)
    found: dict[object, Any] = {}
    waiting = [start]
    while waiting:
        one = waiting.pop()
        key = _key(one)
        if key not in found:
            found[key] = one
            if not stop(one):
                parts = _parts(one, of_methods, opaque)
                waiting += [each for each in parts if _counts(each, opaque, classes)]
    return found


def wrapped(
    start: Any,
    *,
    stop: Callable[[object], bool] = lambda one: False,
    opaque: tuple[type, ...] = (),
    classes: tuple[type, ...] = (),
) -> Iterator[tuple[object, Any, bool]]:
    """``start`` and what it wraps as far as there is no doubt: what it says itself (then with
    ``True``), or the only callable that it holds; each after what it is told apart by.

    ``stop``, ``opaque`` and ``classes`` as for :func:`reachable`.
    """
    seen: set[object] = set()
    one, is_said = start, True

    def is_other(each: object) -> bool:
        return each is not one or stop(each)

    while callable(one):
        found = reachable(one, stop=is_other, of_methods=False, opaque=opaque, classes=classes)
        (key, _), *parts = found.items()
        if key in seen:
            return
        seen.add(key)
        yield key, one, is_said
        partial = one if isinstance(one, functools.partial) else None
        if partial is not None and not partial.args and not partial.keywords:
            one = partial.func
        elif (said := _said(one)) is not None:
            one = said
        elif len(parts) == 1:
            one = parts[0][1]
            is_said = False
        else:
            return


def _said(one: object) -> Any:
    """What a wrapper names as what it wraps, if it does: a function, an object that
    ``functools.update_wrapper`` has seen to, a proxy of ``wrapt``."""
    # As the interpreter keeps it, or what is written in C, such as those proxies: an attribute
    # of a class's own making would run.
    kinds = (vars(kind).get("__wrapped__") for kind in type(one).__mro__)
    member = next((each for each in kinds if type(each) in _IN_C), None)
    try:
        if member is not None:
            return member.__get__(one)
        return object.__getattribute__(one, "__dict__").get("__wrapped__")
    except AttributeError:
        return None


def _key(one: object) -> object:
    # A bound method is made anew each time that it is looked up.
    return (id(one.__func__), id(one.__self__)) if type(one) is MethodType else id(one)


def _counts(one: object, opaque: tuple[type, ...], classes: tuple[type, ...]) -> bool:
    if isinstance(one, type):
        return issubclass(one, classes)
    # By its type: to ask a proxy for its class would be to ask what it stands for.
    return callable(one) and not issubclass(type(one), opaque)


def _parts(one: object, of_methods: bool, opaque: tuple[type, ...]) -> Iterator[object]:
    if type(one) is FunctionType:
        yield from _of_function(one, opaque)
    elif type(one) is MethodType:
        if of_methods:
            yield one.__func__
        yield type(one.__self__)
        if not issubclass(type(one.__self__), (*opaque, type)):
            yield from _of_object(one.__self__, opaque)
    elif isinstance(one, type):
        yield from _of_class(one, opaque)
    else:
        yield from _of_object(one, opaque)


def _of_function(function: FunctionType, opaque: tuple[type, ...]) -> Iterator[object]:
    for held in (
        *_closure(function),
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
        *vars(function).values(),
    ):
        if callable(held) or issubclass(type(held), opaque):
            yield held
        else:
            # A container, or a plain object.
            yield from (
                each
                for each in _members(held)
                if not isinstance(each, type) and not _is_of_same_scope(function, each)
            )


def _of_object(thing: object, opaque: tuple[type, ...]) -> Iterator[object]:
    yield from _members(thing)
    yield from _of_class(type(thing), opaque)


def _of_class(kind: type, opaque: tuple[type, ...]) -> Iterator[object]:
    """What a class holds that was made in a function, as that of a decorator is. Its own methods
    are not found, as those of other objects are the same."""
    if "<locals>" not in kind.__qualname__:
        return
    for value in vars(kind).values():
        value = getattr(value, "__func__", value)  # a static method
        if type(value) is not FunctionType:
            yield value
            continue
        held = [*_of_function(value, opaque)]
        if _is_method(kind, value):
            yield from held
        elif not any(_is_method(kind, one) for one in held):  # nor where they are decorated
            yield value


def _is_method(kind: type, one: object) -> bool:
    return type(one) is FunctionType and (
        one.__code__.co_qualname == f"{kind.__qualname__}.{one.__code__.co_name}"
    )


def _members(thing: object) -> Iterator[object]:
    """What an object holds itself, or in its containers."""
    for member in gc.get_referents(thing):
        yield member
        if type(member) in _CONTAINERS:
            for inner in gc.get_referents(member):
                yield inner
                if type(inner) in _CONTAINERS:
                    yield from gc.get_referents(inner)


def _closure(function: FunctionType) -> Iterator[object]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            content = cell.cell_contents
        except ValueError:  # nothing in it yet
            continue
        if not _stands_beside(function, name, content):
            yield content


def _stands_beside(function: FunctionType, name: str, other: object) -> bool:
    """Whether ``other`` is no function that was given to a decorator, but one that was defined in
    the same function as this one and is called by its name: a view that calls another view."""
    seen: set[int] = set()  # as what is wrapped may be a ring
    while type(other) is FunctionType and id(other) not in seen:
        seen.add(id(other))
        if other.__code__.co_name == name and _is_of_same_scope(function, other):
            return True
        other = vars(other).get("__wrapped__")
    return False


def _is_of_same_scope(function: FunctionType, other: object) -> bool:
    """Whether both were defined in the same function, be it in a class there."""
    return (
        type(other) is FunctionType
        and other.__code__.co_filename == function.__code__.co_filename
        and _scope(other) == _scope(function)
    )


def _scope(function: FunctionType) -> str:
    return function.__code__.co_qualname.rpartition("<locals>")[0]
