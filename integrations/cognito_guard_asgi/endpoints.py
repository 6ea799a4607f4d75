"""Whether Starlette answers with what a guarded function returns."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any

__all__ = ["answers_with"]

_OF_SOCKETS = ("on_connect", "on_receive", "on_disconnect")


def answers_with(guarded: object, scope: Mapping[str, Any]) -> bool:
    """Whether ``guarded`` is the endpoint of this request, or wrapped by it, as the wrappers say
    themselves.

    Anybody else may have called it, such as FastAPI for a dependency, and may take no notice of
    what it returns.
    """
    return any(_leads_to(guarded, one) for one in _handlers(scope))


def _handlers(scope: Mapping[str, Any]) -> Iterator[object]:
    endpoint = scope.get("endpoint")
    if isinstance(endpoint, type):
        # HEAD is answered by `get`, where there is no `head`.
        names = _OF_SOCKETS if scope["type"] == "websocket" else (scope["method"].lower(), "get")
        yield from (getattr(endpoint, name, None) for name in names)
    else:
        yield endpoint


def _leads_to(guarded: object, one: Any) -> bool:
    seen: set[int] = set()
    while one is not guarded:
        if id(one) in seen:
            return False
        seen.add(id(one))
        if isinstance(one, functools.partial):
            one = one.func
        elif type(one) is MethodType:
            one = one.__func__
        else:
            one = vars(one).get("__wrapped__") if type(one) is FunctionType else None
    return True
