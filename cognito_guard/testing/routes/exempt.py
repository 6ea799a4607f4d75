"""Where the paths lead that a middleware exempts: often to a route that is written otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...http.exempt import ExemptPaths
from .route import Route

__all__ = ["exempt_of", "exempt_routes"]

_TAILS = ("", "1", "a", "1/1", "a/a", "a/1", "no-such-page/6ad2f1/3")
"""What may come below an exempt prefix."""


def exempt_of(layer: Any) -> Iterator[ExemptPaths]:
    """What a middleware exempts, or those that an app of Starlette's will have."""
    for one in vars(layer).values() if hasattr(layer, "__dict__") else ():
        if isinstance(one, ExemptPaths):
            yield one
    for one in getattr(layer, "user_middleware", ()):
        if getattr(one.cls, "__name__", "") == "CognitoMiddleware":
            yield ExemptPaths(one.kwargs.get("exempt", ()))


def exempt_routes(exempt: Iterable[ExemptPaths], routes: Sequence[Route]) -> Iterator[Route]:
    """The routes that exempt paths lead to, each with such a path. Those of an app come in their
    order, and what answers for URLs that lead nowhere at last."""
    for path in [path for one in exempt for path in _examples(one)]:
        for is_websocket in (False, True):
            fitting = (
                route for route in routes if route.is_websocket is is_websocket and route.fits(path)
            )
            found = next(fitting, None)
            if found is not None:
                absent = found.may_be_absent or found.is_whole_app
                yield found._replace(path=path, may_be_absent=absent)


def _examples(exempt: ExemptPaths) -> Iterator[str]:
    yield from sorted(exempt._paths)
    for prefix in exempt._prefixes:
        yield from (f"{prefix}{tail}" for tail in _TAILS)
