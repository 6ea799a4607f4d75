"""Django's own cache, around the guard and inside of it: ``cache_page`` on a view or on a method of
it, and the two middlewares of a whole site.

Inside, it stores a response before it has come back to the guard, and so before the guard can say
what the response varies on. So the cache itself is made to say so, right before it stores. Around
it, it would give a page to requests that no guard has looked at: the token may have expired since,
and the session may be over. So it looks for a caller's pages where that caller is known already.
"""

from __future__ import annotations

import functools
from contextlib import suppress
from copy import copy
from hashlib import sha256
from typing import Any

from django.middleware.cache import FetchFromCacheMiddleware, UpdateCacheMiddleware
from django.utils.cache import patch_vary_headers

from ..settings import current
from .callers import FOUND, attached, verdict_of

__all__ = ["tell_caches"]

_TOLD = "_cognito_guard"


def tell_caches() -> None:
    """From now on, Django's cache keeps the pages apart of all callers that a guard looked for, and
    gives them to nobody whom no guard has found."""
    store: Any = UpdateCacheMiddleware.process_response
    fetch: Any = FetchFromCacheMiddleware.process_request
    if hasattr(store, _TOLD):
        return

    @functools.wraps(store)
    def process_response(self: Any, request: Any, response: Any) -> Any:
        verdict = verdict_of(request)
        is_looked_at = verdict is not None and verdict.exempt_at is None
        if is_looked_at or hasattr(request, FOUND):
            _vary(response)
        return store(_of_caller(self, request), request, response)

    @functools.wraps(fetch)
    def process_request(self: Any, request: Any) -> Any:
        return fetch(_of_caller(self, request), request)

    setattr(process_response, _TOLD, True)
    UpdateCacheMiddleware.process_response = process_response  # type: ignore[method-assign]
    FetchFromCacheMiddleware.process_request = process_request  # type: ignore[method-assign]


def _of_caller(cache: Any, request: Any) -> Any:
    """The cache of the pages that were made for the caller who is known by now. What a session's
    cookie stands for ends and changes, so its token is a part of the place; any other credential
    is in a header that the page varies on."""
    caller = getattr(request, FOUND, None) or attached(request)
    if caller is None:
        return cache
    session = caller.session  # whose token no variable has, as the cache is somebody else's code
    mark = "" if session is None else sha256(session.access_token.encode()).hexdigest()
    own = copy(cache)
    own.key_prefix = f"{cache.key_prefix}.cognito_guard{mark}"
    return own


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
