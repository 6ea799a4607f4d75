"""What a row of the table says. Adding one is one entry in the list of its adapter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from cognito_guard import Guard


class Ran:
    """Notes that the code behind a guard has run. A guarded view calls it first."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        """Gives the text for the view to answer with."""
        self.times += 1
        return "the view ran"


class Row(NamedTuple):
    """A guarded view, somebody else's code around it, and what a caller gets."""

    name: str
    serve: Callable[[Guard, Ran], AbstractContextManager[str]]
    """Serves the app and gives its ``http://127.0.0.1:PORT``. May raise while the app is made."""
    refused: int | None = 401
    """The status without a credential; the view has not run. ``None``: the app is not made, but
    ``ConfigurationError`` is raised."""
    granted: int | None = 200
    """The status with a good credential; the view has run where it is 200. ``None``: not asked."""
    method: str = "GET"
    path: str = "/"
    lines: tuple[bytes, ...] = ()
    """Further header lines of both requests."""


class Preflight(NamedTuple):
    """An app that is guarded as a whole, and somebody else's code in it that no preflight may
    run: a view, a fallback, a handler of errors."""

    name: str
    serve: Callable[[Guard, Ran], AbstractContextManager[str]]
    path: str = "/"
