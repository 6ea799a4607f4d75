"""What code speaks of: whether a name is read by somebody, and whether a method goes on."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

__all__ = ["goes_on", "home", "is_read", "is_read_around", "parts", "read_by", "spoken_of"]

# Their code is not the project's, and reads no names but its own.
_FRAMEWORKS = {"builtins", "django", "rest_framework", "cognito_guard", "cognito_guard_django"}


def goes_on(method: Any, *wanted: str) -> bool:
    """Whether the code of a method speaks of all these names. What has no code of its own may."""
    code = getattr(inspect.unwrap(method), "__code__", None)
    return code is None or all(name in _names_in(code) for name in wanted)


@lru_cache(4096)
def _names_in(code: CodeType) -> frozenset[str]:
    """What a piece of code speaks of: by its name, and in a text."""
    found = set(code.co_names)
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found |= _names_in(each)
        elif isinstance(each, str):
            found.add(each)
    return frozenset(found)


def spoken_of(function: Any) -> set[str]:
    """The same for a function, and for what it wraps."""
    found: set[str] = set()
    while isinstance(function, FunctionType):
        found |= _names_in(function.__code__)
        function = getattr(function, "__wrapped__", None)
    return found


_readers: WeakKeyDictionary[type, set[str]] = WeakKeyDictionary()


def read_by(cls: type) -> set[str]:
    """The names that the code of a class and of its bases speaks of."""
    return set().union(*map(_read_in, cls.__mro__))


def _read_in(cls: type) -> set[str]:
    found = _readers.get(cls)
    if found is None:
        found = set()
        for method in vars(cls).values():
            inner = getattr(method, "fget", None) if isinstance(method, property) else method
            found |= spoken_of(getattr(inner, "__func__", inner))
        _readers[cls] = found
    return found


def is_read(name: str, cls: type, given: dict[str, Any], *, by_frameworks: bool = True) -> bool:
    """Whether code may read an attribute of a class of views: its own, or that of what the class
    has in its attributes, such as somebody's permission. ``given``: what an instance has of its
    own. ``by_frameworks``: whether Django and REST framework read it, too."""
    held = [*given.values(), *(value for one in cls.__mro__ for value in vars(one).values())]
    kinds = {kind for value in held for kind in _kinds(value)} | set(cls.__mro__)
    found: set[str] = set()
    for kind in kinds:
        if home(kind) not in _FRAMEWORKS or (by_frameworks and kind in cls.__mro__):
            found |= _read_in(kind) if kind in cls.__mro__ else read_by(kind)
    return _is_among(name, found)


def is_read_around(name: str, *functions: Any) -> bool:
    """Whether one of these functions, what they wrap, or a middleware may read an attribute of a
    view."""
    return _is_among(name, set().union(*map(spoken_of, functions), _of_middlewares()))


def _is_among(name: str, names: Iterable[str]) -> bool:
    """Whether a name is there, or a part of it such as ``_permissions``, from which code makes the
    whole one."""
    return any(
        name == one
        or (one.startswith("_") and len(one) > 3 and name.endswith(one))
        or (one.endswith("_") and len(one) > 3 and name.startswith(one))
        for one in names
    )


def _of_middlewares() -> set[str]:
    found: set[str] = set()
    for place in django_settings.MIDDLEWARE:
        middleware = import_string(place)
        if home(middleware) not in _FRAMEWORKS:
            found |= read_by(middleware) if isinstance(middleware, type) else spoken_of(middleware)
    return found


def _kinds(value: Any) -> Iterator[type]:
    for one in value if isinstance(value, list | tuple | set | frozenset) else [value]:
        for part in parts(one):
            yield part if isinstance(part, type) else type(part)


def parts(permission: Any) -> Iterator[Any]:
    """What REST framework's ``&``, ``|`` and ``~`` hold."""
    held = [getattr(permission, name, None) for name in ("op1_class", "op2_class")]
    if held == [None, None]:
        yield permission
    for each in held:
        if each is not None:
            yield from parts(each)


def home(one: Any) -> str:
    """The package that a class, a function, or the class of anything else is of."""
    named = one if isinstance(one, type | FunctionType) else type(one)
    return (named.__module__ or "").partition(".")[0]
