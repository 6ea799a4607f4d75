"""What a process remembers of sessions has an end: the oldest are forgotten."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

__all__ = ["forget_oldest"]


def forget_oldest(entries: dict[str, Any], most: int) -> None:
    """Leave ``most`` of them. Without a lock: an entry more or less is no harm."""
    while len(entries) > most:
        with suppress(RuntimeError):  # another thread has changed it between two steps
            entries.pop(next(iter(entries), ""), None)
