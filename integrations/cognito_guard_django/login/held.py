"""The id of a session, and calls with such secrets, of which no report of an error shows anything.

Such a report shows the local variables of every frame. So while somebody's store or hook runs, no
frame of ours has an id in it, and none has an object that says something of one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, final

__all__ = ["Call", "SessionId"]


@final
class SessionId:
    """The id of a session."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The id itself: to be handed on, and given no name."""
        return self._value

    @property
    def mark(self) -> str:
        """What tells the session from others. The id cannot be told by it."""
        return sha256(self._value.encode()).hexdigest()


@final
class Call:
    """A method and what it is to be called with."""

    __slots__ = ("_arguments", "_method", "_more")

    def __init__(
        self, method: Callable[..., Any], arguments: tuple[Any, ...], more: Mapping[str, Any]
    ) -> None:
        self._method = method
        self._arguments = arguments
        self._more = more

    def run(self) -> Any:
        """Call it."""
        return self._method(*self._arguments, **self._more)

    async def arun(self) -> Any:
        """Call it, and await what it gives."""
        return await self._method(*self._arguments, **self._more)
