"""What a Django request says about headers and methods, under WSGI and under ASGI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

import cognito_guard
from cognito_guard import HeaderValues

__all__ = ["header_values", "is_preflight"]


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
    # Only this method can be one; for all others, no header is looked at.
    return request.method == "OPTIONS" and cognito_guard.is_preflight(
        request.method, header_values(request)
    )
