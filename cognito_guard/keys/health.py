"""KeyHealth: how a source of keys is doing. For people and their alarms, not for verdicts."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, final

from .key_set import KeySet

__all__ = ["KeyHealth", "health_of", "worst_by_name"]


@final
class KeyHealth(NamedTuple):
    """The state of an issuer's keys at one moment. All times are seconds from that moment.

    Nothing in it is secret: no key, no ``kid``, and of an address neither query nor credentials.
    """

    state: Literal["empty", "fresh", "stale", "unavailable", "static", "custom"]
    """In one word.

    - ``empty``: nothing was fetched yet, and nothing has failed;
    - ``fresh``: keys are held, and not due for a refresh or about to be refreshed;
    - ``stale``: keys are held and in use, but a refresh is due and the last attempt failed;
    - ``unavailable``: no keys are known, or too old ones, and the last attempt failed;
    - ``static``: the keys were given, or are in a file, and are never fetched;
    - ``custom``: your own key set, which does not report its state.
    """

    source: str | None = None
    """The address, or the path of the file, that the keys come from."""

    keys: int | None = None
    """How many keys can be used now; ``None`` if that is unknown."""

    age: float | None = None
    """How long ago the keys in use were fetched, or the file was read; ``None`` for neither."""

    last_success: float | None = None
    """How long ago the address last answered with keys."""

    last_error: str | None = None
    """Why the last attempt failed, in this library's own words; ``None`` if it succeeded."""

    failures: int = 0
    """The number of failed attempts since the last successful one."""

    next_attempt: float | None = None
    """When a request would make the next attempt; 0 for at once. ``None``: keys are not fetched."""

    fetching: bool = False
    """Whether an attempt is running."""

    @property
    def stale(self) -> bool:
        """Whether the keys in use are due for a refresh that failed."""
        return self.state == "stale"

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, ready for JSON."""
        return self._asdict()


def health_of(keys: KeySet) -> KeyHealth:
    """What ``keys`` says about itself, if it has a method ``health`` that gives a `KeyHealth`."""
    health: Callable[[], object] | None = getattr(keys, "health", None)
    answer = health() if callable(health) else None
    return answer if isinstance(answer, KeyHealth) else KeyHealth("custom")


_CONCERN = ("static", "custom", "empty", "fresh", "stale", "unavailable")


def worst_by_name(told: Iterable[tuple[str, KeyHealth]]) -> dict[str, KeyHealth]:
    """By its name, how each is doing; of several under one name, the one of most concern.

    A pool that two settings describe has two key sets, and callers meet the outage of either.
    """
    worst: dict[str, KeyHealth] = {}
    for name, health in told:
        other = worst.get(name)
        if other is None or _CONCERN.index(health.state) > _CONCERN.index(other.state):
            worst[name] = health
    return worst
