"""A route to be asked, and values for the parameters in its path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

__all__ = ["GUESSES", "METHODS", "NOWHERE", "CannotAsk", "Route", "value_for"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
"""Asked of a route that does not say which methods it takes."""

NOWHERE = "/no-such-page/6ad2f1"


class Route(NamedTuple):
    """A route as it is written, and a path that leads to it, not quoted."""

    name: str
    path: str
    methods: tuple[str, ...] = METHODS
    host: str | None = None
    is_websocket: bool = False
    may_be_absent: bool = False
    """Whether a status such as 404 is no answer: of a folder without files, or on a framework's own
    404 page."""
    fits: Callable[[str], bool] = lambda path: False
    """Whether a path leads here, unless a route before this one takes it; where that is known."""
    is_whole_app: bool = False
    """Whether it stands for a folder, or for an app that nobody looks into."""

    def below(
        self, name: str, path: str, rest: Callable[[str], str | None] = lambda path: None
    ) -> Route:
        """The same route of an app that is mounted: as it is written, and where it is then.

        ``rest`` gives what of a path is left for the app, if it leads there.
        """
        written = f"{name} {self.name}" if self.name == "404" else f"{name}{self.name}"

        def fits(whole: str) -> bool:
            left = rest(whole)
            return left is not None and self.fits(left)

        return self._replace(name=written, path=f"{path}{self.path}", fits=fits)


class CannotAsk(ValueError):
    """No path was found that leads to a route."""


_UUID = "00000000-0000-4000-8000-000000000001"

GUESSES = (
    *("1", "a", "1.5", _UUID, "2026-01-01", "en", "a-b"),
    *(letter * length for length in range(2, 65) for letter in "aA1"),
)
"""What the parameter of a path may be."""

_FORMATS = ("json", ".json")
"""What it may be by the name of ``format``: for one that is unknown, REST framework answers 404
before it asks who is calling."""


def value_for(
    name: str,
    fits: Callable[[str], bool],
    values: Mapping[str, str],
    route: str,
    more: Iterable[str] = (),
) -> str:
    """Something that a parameter may be, of our guesses or of ``more``. Raises ``CannotAsk``."""
    if name in values:
        return values[name]
    first: tuple[str, ...] = _FORMATS if name == "format" else ()
    for value in (*first, *GUESSES, *more):
        if fits(value):
            return value
    raise CannotAsk(
        f"open_routes() knows no value for {name!r} in the route {route!r}; give it one, as in "
        f"open_routes(app, values={{{name!r}: '...'}})"
    )
