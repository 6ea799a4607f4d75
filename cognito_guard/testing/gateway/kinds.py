"""The kinds of doors that a Lambda function has, and a request on its way through one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

__all__ = ["KINDS", "REMAPPED", "Kind", "Through"]

Kind: TypeAlias = Literal[
    "rest", "http", "http-1.0", "function-url", "load-balancer", "load-balancer-multi-value"
]

KINDS: tuple[str, ...] = get_args(Kind)

REMAPPED = frozenset({"rest", "function-url"})
"""Those that rename ``WWW-Authenticate`` in a function's answer, see "Important notes" in the API
Gateway developer guide. Measured for function URLs, which do the same."""


class Through(NamedTuple):
    """A request and where it is to go."""

    method: str
    path: str
    """As the client has asked for it, without the query."""
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    route: str
    """The key of the route, such as ``GET /orders/{id}`` or ``$default``."""
    parameters: Mapping[str, str]
    """Of the route's path."""
    base_path: str
    """What a custom domain, or the stage, adds before the API's own paths; ``""`` for nothing."""
    stage: str
    time: float
    """Seconds since 1970."""
    authorizer: Mapping[str, Any] | None = None
    """What an authorizer has said."""

    @property
    def own_path(self) -> str:
        """The path within the API."""
        return self.path[len(self.base_path) :] or "/"
