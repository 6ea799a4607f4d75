"""Whether a file has been replaced."""

from __future__ import annotations

import os
from typing import TypeAlias

__all__ = ["Mark", "mark_of", "read_mark"]

# What changes with a file that is written to, renamed into place, or that a link now leads to. The
# time alone does not: an image or an archive gives all of its files the same.
Mark: TypeAlias = tuple[int, ...]


def mark_of(path: str | os.PathLike[str]) -> Mark | None:
    """What tells one state of a file from another; ``None`` if there is none."""
    try:
        return read_mark(path)
    except (OSError, ValueError):
        return None


def read_mark(path: str | os.PathLike[str]) -> Mark:
    """The same. Raises ``OSError`` or ``ValueError`` if there is none."""
    found = os.stat(path)  # noqa: PTH116
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
