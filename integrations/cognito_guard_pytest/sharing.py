"""Keys that the workers of one run share, so that a token of one worker is good at all others.

pytest-xdist gives each worker on this machine a folder in the one that pytest made for the run,
which only its owner can open. The first worker to write keys there decides, and nobody waits.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

__all__ = ["folder_of_run", "shared"]


def folder_of_run(config: pytest.Config) -> Path | None:
    """The folder that the workers of a run share; ``None`` where there is one process only.

    A worker on another machine has none either, and keys of its own.
    """
    own = getattr(config.option, "basetemp", None)
    return Path(own).parent if hasattr(config, "workerinput") and own else None


def shared(folder: Path | None, name: str, make: Callable[[], str]) -> str:
    """What ``make`` gives, or gave in another worker that has the folder."""
    if folder is None:
        return make()
    file = folder / f"cognito_guard-{name}.json"
    if not file.exists():
        _write(file, make())
    return file.read_text(encoding="ascii")


def _write(file: Path, text: str) -> None:
    handle, written = tempfile.mkstemp(dir=file.parent)  # for its owner only
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(text)
        # Appears whole, and never in place of what is there.
        with suppress(FileExistsError):
            os.link(written, file)
    finally:
        Path(written).unlink()
