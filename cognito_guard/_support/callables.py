"""The callables that users hand in, checks and policies: what is one, and when it says no."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any, TypeVar

from ..errors import ConfigurationError, MissingCredentials

__all__ = ["SUSPENDS", "makes_policies", "passes", "require_callable"]

SUSPENDS = 0x3A0
"""The flags of code that is a generator, a coroutine (native or not), or an asynchronous generator,
as in ``inspect``: ``CO_GENERATOR``, ``CO_COROUTINE``, ``CO_ITERABLE_COROUTINE`` and
``CO_ASYNC_GENERATOR``."""

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")

# What makes policies and is none. Handed in uncalled, it would make one for each caller and ask
# none of them.
_factories: list[object] = []


def makes_policies(factory: F) -> F:
    """Note that ``factory`` has to be called for a policy, and never decides itself."""
    _factories.append(factory)
    return factory


def require_callable(name: str, value: F) -> F:
    """Return ``value``, or raise :class:`ConfigurationError` if it cannot decide anything.

    A coroutine function is refused: its result would never be awaited, and a coroutine is truthy.
    So are a generator function, a class (``bool`` would let everybody pass), a function that makes
    policies, and what cannot be called with an identity alone.
    """
    inner: Any = value
    while isinstance(inner, partial):
        inner = inner.func
    if any(inner is factory for factory in _factories):
        raise ConfigurationError(f"{name} must be what {inner.__name__}(...) returns; call it")
    if _is_plain(value):
        return value
    import inspect  # costs more than all of this package's own modules; seldom needed

    by_class: object = getattr(type(inner), "__call__", None)  # noqa: B004  # not a question, a look
    if not callable(value) or any(map(inspect.iscoroutinefunction, (inner, by_class))):
        raise ConfigurationError(f"{name} must be a plain (not async) callable")
    if isinstance(inner, type):
        raise ConfigurationError(f"{name} must not be a class; pass an instance of it")
    for is_generator in (inspect.isgeneratorfunction, inspect.isasyncgenfunction):
        if is_generator(inner) or is_generator(by_class):
            raise ConfigurationError(f"{name} must not be a generator: it would not decide")
    try:
        signature = inspect.signature(value, follow_wrapped=False)
    except (TypeError, ValueError):  # written in C, and does not say
        return value
    try:
        signature.bind(None)
    except TypeError:
        raise ConfigurationError(f"{name} must be callable with an identity alone") from None
    return value


def _is_plain(value: Any) -> bool:
    """Whether it is a function without decorators that takes one argument, and none by name only:
    all that ``inspect`` would be asked about below, seen without loading it."""
    if type(value) is not FunctionType or vars(value):
        return False
    code = value.__code__
    return (code.co_argcount, code.co_kwonlyargcount, code.co_flags & SUSPENDS) == (1, 0, 0)


def passes(check: Callable[[T], object], identity: T) -> bool:
    """Whether a check or a policy lets somebody pass: only by returning ``None`` or ``True``.

    Anything else fails, so that `lambda identity: identity.groups` or a forgotten `await` refuses
    instead of letting everybody in. Its own ``AuthError`` goes through, but for
    ``MissingCredentials``: there was a credential, and adapters take that error for its absence.
    """
    try:
        result = check(identity)
    except MissingCredentials:
        return False
    return result is None or result is True
