"""RevocationHealth: how a list is doing. For people and their alarms, not for verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, final

__all__ = ["RevocationHealth", "health_of"]


@final
class RevocationHealth(NamedTuple):
    """The state of a list at one moment. All times are seconds from that moment.

    Nothing in it is secret. Fields that :class:`KeyHealth <cognito_guard.KeyHealth>` has too have
    the same meaning.
    """

    state: Literal["empty", "fresh", "stale", "unavailable", "memory", "custom"]
    """One word:

    - ``empty``: nothing was read yet, and nothing has failed;
    - ``fresh``: the last read succeeded;
    - ``stale``: the last read failed; the copy is younger than its bound, so it is in use;
    - ``unavailable``: the last read failed, and the copy is too old or missing:
      ``when_unavailable`` decides;
    - ``memory``: the list is in the memory of this process;
    - ``custom``: your own list, which does not report its state.
    """

    source: str | None = None
    """What the copy is read from: the class name of the store."""

    entries: int | None = None
    """The number of known entries, including expired ones that are not yet removed; ``None`` if it
    is unknown."""

    age: float | None = None
    """How long ago the read of the current copy began. Without requests nothing is read, so an old
    copy alone is not a problem."""

    max_age: float | None = None
    """The bound: no request uses an older copy, unless the list is *open*."""

    last_error: str | None = None
    """Why the last attempt failed, in this library's own words; ``None`` if it succeeded."""

    failures: int = 0
    """The number of failed attempts since the last successful one."""

    next_attempt: float | None = None
    """When a request would make the next attempt; 0 for at once. ``None``: nothing is read."""

    reading: bool = False
    """Whether an attempt is running."""

    @property
    def stale(self) -> bool:
        """Whether the copy in use could not be renewed."""
        return self.state == "stale"

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, ready for JSON."""
        return self._asdict()


def health_of(revocations: object) -> RevocationHealth:
    """What a list says about itself, if it has a method ``health`` that gives a
    `RevocationHealth`."""
    health: Callable[[], object] | None = getattr(revocations, "health", None)
    answer = health() if callable(health) else None
    return answer if isinstance(answer, RevocationHealth) else RevocationHealth("custom")
