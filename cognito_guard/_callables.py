"""The callables that users hand in, checks and policies: what is one, and when it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .errors import ConfigurationError, MissingCredentials

F = TypeVar("F", bound=Callable[..., object])
T = TypeVar("T")


def require_callable(name: str, value: F) -> F:
    """Return ``value``, or raise :class:`ConfigurationError` if it cannot decide anything.

    A coroutine function is refused: its result would never be awaited, and a coroutine is truthy.
    """
    import inspect  # costs more than all of this package's own modules; seldom needed

    by_class: object = getattr(type(value), "__call__", None)  # noqa: B004  # not a question, a look
    if not callable(value) or any(map(inspect.iscoroutinefunction, (value, by_class))):
        raise ConfigurationError(f"{name} must be a plain (not async) callable")
    return value


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
