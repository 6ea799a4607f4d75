"""A request that came as an event: what there is to ask of it, and the answers that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, final

from cognito_guard import HeaderValues, Identity, is_preflight

from .answers import preflight_answer, refusal
from .events import Event, kind_of, method_of
from .headers import header_values
from .outcome import Outcome

if TYPE_CHECKING:
    from cognito_guard import Challenge

__all__ = ["Request"]

R = TypeVar("R")


@final
class Request:
    """An event and its kind. Its ``repr`` says nothing of what it holds, so it may be a variable
    while a user's code runs. Raises :class:`ConfigurationError` for an event that is no request."""

    __slots__ = ("_event", "kind")

    def __init__(self, event: Event) -> None:
        self.kind = kind_of(event)
        self._event = event

    def headers(self) -> HeaderValues:
        """All raw values of a header, see :func:`header_values`."""
        return Outcome(header_values, self._event, self.kind).get()

    @property
    def is_preflight(self) -> bool:
        """Whether it is a CORS preflight."""
        method = method_of(self._event, self.kind)
        # A WebSocket's messages have no headers to look at.
        return method == "OPTIONS" and is_preflight(method, self.headers())

    def handled_by(
        self, handler: Callable[[Any, Any, Identity], R], context: object, identity: Identity
    ) -> R:
        """What a handler makes of it."""
        return handler(self._event, context, identity)

    def read_by(self, read: Callable[[Event], R]) -> R:
        """What somebody reads of the event."""
        return Outcome(read, self._event).get()

    def refusal(self, challenge: Challenge) -> dict[str, Any]:
        """The answer where it is refused."""
        return refusal(self._event, self.kind, challenge)

    def preflight_answer(self) -> dict[str, Any]:
        """The answer to a preflight."""
        return preflight_answer(self._event, self.kind)
