"""The query of a request that comes back from a sign-in, which says what nobody else may see."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

__all__ = ["take_query"]


def take_query(request: Any) -> str:
    """The raw query, which the request has no more: reports of errors would show it."""
    query: str = request.META.get("QUERY_STRING", "")
    if query:
        # Some servers add the target of the request as it came, under names of their own.
        request.META = {
            name: value.removesuffix(f"?{query}") if isinstance(value, str) else value
            for name, value in request.META.items()
        }
        request.META["QUERY_STRING"] = ""
        if hasattr(request, "scope"):
            request.scope = {**request.scope, "query_string": b""}
        else:
            request.environ = request.META
        request.GET = QueryDict(mutable=False)
    return query
