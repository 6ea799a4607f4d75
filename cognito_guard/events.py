"""Events: what a guard reports to its listeners. For metrics and traces; listeners do not decide
anything.

You listen with :meth:`Guard.add_listener <cognito_guard.Guard.add_listener>`. The list of events is
closed: a new release may add events, but does not change them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from .identity import Identity

__all__ = [
    "CallerVerified",
    "Event",
    "KeysFetched",
    "Listener",
    "RequestRefused",
    "RevocationsAsked",
    "SessionRefreshed",
]


class CallerVerified(NamedTuple):
    """A token, or a load balancer's data, was verified. Policies run afterwards."""

    identity: Identity
    """Who is calling. It holds claims: use what you need, and do not log them."""
    remembered: bool
    """Whether the signature was verified earlier and the cached result was used."""


class RequestRefused(NamedTuple):
    """A request is answered with an error.

    Adapters report it with :meth:`Guard.challenge <cognito_guard.Guard.challenge>`, and
    ``LoginRoutes`` for the pages of a sign-in.
    """

    reason: str
    """The reason code: see the page about errors."""
    status: int
    """The HTTP status: 400, 401, 403 or 503."""


class KeysFetched(NamedTuple):
    """An attempt to fetch keys has ended."""

    source: str
    """The address, without its query."""
    seconds: float
    """How long the attempt took."""
    keys: int | None
    """How many keys there are; ``None`` if the attempt failed."""
    problem: str | None
    """Why it failed, in this library's own words; ``None`` if it did not."""


class RevocationsAsked(NamedTuple):
    """The revocation list was asked about a caller."""

    seconds: float
    """How long that took."""
    outcome: Literal["passed", "revoked", "failed"]
    """The result; ``failed`` if it raised an error."""


class SessionRefreshed(NamedTuple):
    """The token endpoint was asked for new tokens of a login session."""

    seconds: float
    """How long that took, including all writes."""
    outcome: Literal["refreshed", "ended", "failed"]
    """``ended``: the pool refused the refresh token, so the session is over."""


Event: TypeAlias = (
    CallerVerified | RequestRefused | KeysFetched | RevocationsAsked | SessionRefreshed
)
Listener: TypeAlias = Callable[[Event], object]
