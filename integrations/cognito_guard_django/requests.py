"""What a Django request says about headers and methods, under WSGI and under ASGI."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.views import View

from cognito_guard import HeaderValues

__all__ = ["header_values", "is_preflight", "is_stock"]


def header_values(request: HttpRequest) -> HeaderValues:
    """All raw values of a header, by its lower-case name.

    Under ASGI they are as the client sent them. Under WSGI the server has joined repeated headers
    into one text already.
    """
    scope: dict[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]

        def from_scope(name: str) -> Sequence[bytes]:
            raw = name.encode("latin-1")
            return [value for key, value in headers if key.lower() == raw]

        return from_scope

    meta = request.META

    def from_environ(name: str) -> Sequence[str]:
        value = meta.get(f"HTTP_{name.upper().replace('-', '_')}")
        return [] if value is None else [value]

    return from_environ


def is_preflight(request: HttpRequest) -> bool:
    """Whether this is a CORS preflight, which never carries a credential (Fetch standard)."""
    return (
        request.method == "OPTIONS"
        and "HTTP_ORIGIN" in request.META
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
    )


def is_stock(view: Any) -> bool:
    """Whether Django, or REST framework, answers ``OPTIONS`` for a view, and runs nothing of it.

    Having a class proves nothing: it may treat all methods alike, or answer ``OPTIONS`` itself.
    """
    cls = getattr(view, "view_class", None)
    # Not imported for this: many projects go without it.
    rest = getattr(sys.modules.get("rest_framework.views"), "APIView", View)
    return any(
        all(
            getattr(cls, name, None) is getattr(base, name)
            for name in ("setup", "dispatch", "options")
        )
        for base in (View, rest)
    )
