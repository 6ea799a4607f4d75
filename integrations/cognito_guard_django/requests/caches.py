"""Django's own cache inside of the guard: ``cache_page`` on a view, or on a method of one.

It stores a response before it has come back to the guard, and so before the guard can say what the
response varies on. So the cache itself is made to say so, right before it stores.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

from django.middleware.cache import UpdateCacheMiddleware
from django.utils.cache import patch_vary_headers

from ..settings import current
from .callers import FOUND, verdict_of

__all__ = ["tell_caches"]

_TOLD = "_cognito_guard"


def tell_caches() -> None:
    """From now on, Django's cache keeps the pages apart of all callers that a guard looked for."""
    store: Any = UpdateCacheMiddleware.process_response
    if hasattr(store, _TOLD):
        return

    @functools.wraps(store)
    def process_response(self: Any, request: Any, response: Any) -> Any:
        verdict = verdict_of(request)
        is_looked_at = verdict is not None and verdict.exempt_at is None
        if is_looked_at or hasattr(request, FOUND):
            _vary(response)
        return store(self, request, response)

    setattr(process_response, _TOLD, True)
    UpdateCacheMiddleware.process_response = process_response  # type: ignore[method-assign]


def _vary(response: Any) -> None:
    """``Guard.vary`` leaves out what a load balancer adds, as caches before it do not see that.
    This one does."""
    guard = current().guard
    names = list(guard.vary)

    def note(name: str) -> tuple[str, ...]:
        names.append(name.title())
        return ()

    for carrier in guard.carriers:
        with suppress(Exception):  # it will fail again where a request is looked at
            carrier.find(note)
    patch_vary_headers(response, names)
