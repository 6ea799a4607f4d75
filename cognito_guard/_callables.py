"""The callables that users hand in, checks and policies: what is one, and when it says no."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .errors import ConfigurationError

F = TypeVar("F", bound=Callable[..., object])


def require_callable(name: str, value: F) -> F:
    """Return ``value``, or raise :class:`ConfigurationError` if it cannot decide anything.

    A coroutine function is refused: its result would never be awaited, and a coroutine is truthy.
    """
    import inspect  # costs more than all of this package's own modules; seldom needed

    by_class: object = getattr(type(value), "__call__", None)  # noqa: B004  # not a question, a look
    if not callable(value) or any(map(inspect.iscoroutinefunction, (value, by_class))):
        raise ConfigurationError(f"{name} must be a plain (not async) callable")
    return value


def passed(result: object) -> bool:
    """Whether a check or a policy that returned ``result`` passed: only ``None`` and ``True`` do.

    Anything else fails, so that `lambda identity: identity.groups` or a forgotten `await` refuses
    instead of letting everybody in.
    """
    return result is None or result is True
