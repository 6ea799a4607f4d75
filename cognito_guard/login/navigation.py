"""Who is to read an answer: a person before a browser's page, or a script."""

from __future__ import annotations

from ..http.carriers import HeaderValues

__all__ = ["is_navigation", "text_of"]


def is_navigation(headers: HeaderValues) -> bool:
    """Return whether a request comes from a browser that loads a page, not from a script.

    This is decided by ``Sec-Fetch-Mode`` (Fetch Metadata). For browsers without Fetch Metadata, it
    is decided by ``text/html`` in ``Accept``.
    """
    modes = [text_of(value) for value in headers("sec-fetch-mode")]
    if modes:
        return modes == ["navigate"]
    return any("text/html" in text_of(value).lower() for value in headers("accept"))


def text_of(value: str | bytes) -> str:
    """The value of a header."""
    return value.decode("latin-1") if isinstance(value, bytes) else value
