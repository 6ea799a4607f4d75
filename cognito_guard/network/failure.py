"""FetchFailed: what a fetch that brings nothing ends with."""

from __future__ import annotations

__all__ = ["FetchFailed", "wrong_variable"]


class FetchFailed(Exception):
    """A fetch brought nothing usable. The message says what failed and nothing of what came.

    ``status``: that of the answer, where it was another one than 200.
    """

    def __init__(self, problem: str, *, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


def wrong_variable(problem: str, *names: str) -> FetchFailed:
    """The error for environment variables that cannot be followed. Of them, it tells the names
    alone: a proxy's address may hold a password."""
    where = ", ".join(names)
    return FetchFailed(f"{problem} while the HTTP client was set up from the environment ({where})")
