"""CORS preflights: how they are recognized, and which of their headers are passed on.

A browser sends a preflight by itself, without a credential and without a body (Fetch standard,
"CORS-preflight fetch"). Any other client can send one as well. So an adapter passes it on without
anything that could make code act, and runs no guarded view for it.
"""

from __future__ import annotations

from .carriers import HeaderValues

__all__ = ["PREFLIGHT_HEADERS", "is_preflight"]

PREFLIGHT_HEADERS = frozenset(
    {
        # Fetch standard, "CORS-preflight fetch"; Private Network Access, section 3.
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "origin",
        # What browsers send with every request: RFC 9110, and Fetch Metadata Request Headers.
        "accept",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "host",
        "pragma",
        "priority",
        "referer",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-site",
        "user-agent",
    }
)
"""The names of the headers of a preflight that an adapter passes on, in lower case. All others are
dropped: credentials, and what may change the method or the path."""


def is_preflight(method: str, headers: HeaderValues) -> bool:
    """Whether a request is a CORS preflight. ``headers`` returns all raw values of a header by its
    lower-case name."""
    return (
        method == "OPTIONS"
        and bool(headers("origin"))
        and bool(headers("access-control-request-method"))
    )
