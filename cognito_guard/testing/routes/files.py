"""A file in a folder, to be asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["first_file"]


def first_file(
    folders: Iterable[str | os.PathLike[str]],
    is_allowed: Callable[[str], bool] = lambda name: True,
) -> str:
    """The path of some file in one of these folders, whose name is allowed; empty if there is
    none."""
    for folder in folders:
        for where, _, names in os.walk(folder):
            for name in filter(is_allowed, sorted(names)):
                return (Path(where) / name).relative_to(folder).as_posix()
    return ""
