"""Outcome: what was read of an event, or the error, without frames that show the event.

Reports of errors show the variables of frames, and an event has the credential.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, final

from cognito_guard import CognitoGuardError

__all__ = ["Outcome"]

R = TypeVar("R")


@final
class Outcome(Generic[R]):
    """What ``read`` makes of its arguments. Whoever asks for it drops the event before."""

    __slots__ = ("_error", "_value")

    def __init__(self, read: Callable[..., R], *args: Any, **named: Any) -> None:
        self._value: R | None = None
        self._error: CognitoGuardError | None = None
        try:
            self._value = read(*args, **named)
        except CognitoGuardError as error:
            self._error = error.with_traceback(None)

    def get(self) -> R:
        """It, or its error."""
        if self._error is not None:
            raise self._error
        return cast("R", self._value)
