"""Requirements that are set when the guard has been asked already."""

from __future__ import annotations

from typing import Any

from cognito_guard import ConfigurationError

from .attributes import REQUIREMENTS

__all__ = ["refuse_late", "requirements"]


def requirements(view: object, *more: str) -> dict[str, object]:
    """What a view requires now, to see whether it has changed since. ``more``: further
    attributes."""
    values = {name: getattr(view, name, None) for name in (*REQUIREMENTS, *more)}
    return {
        name: tuple(value) if isinstance(value, list | tuple | set | frozenset) else value
        for name, value in values.items()
    }


def refuse_late(view: Any, asked: dict[str, object]) -> None:
    """Raise ``ConfigurationError`` for a requirement that is another one than ``asked``: nobody
    has asked, nor will."""
    for name, value in requirements(view, *asked).items():
        # A property may make a new policy each time.
        counts = isinstance(value, str | tuple | int) or name in vars(view)
        if counts and value is not None and value != asked[name]:
            raise ConfigurationError(
                f"{name} of {type(view).__name__} was set after the guard had been asked; "
                "set it earlier, or call enforce"
            )
