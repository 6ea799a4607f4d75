"""capture_refusals: collects the refusals of all guards of a process, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .._support.log import refusal_listeners
from .._support.request_line import told_method, told_path

__all__ = ["Refusal", "capture_refusals"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was refused.

    ``status`` is that of the response, ``reason`` one of :class:`~cognito_guard.Reason` or
    ``"keys_unavailable"``. ``method`` and ``path`` are as in the log: shortened, escaped, without
    the query, and without parts that may be a token. They are ``None`` if the adapter does not know
    them.
    """

    status: int
    reason: str
    method: str | None = None
    path: str | None = None


@contextmanager
def capture_refusals() -> Iterator[list[Refusal]]:
    """A list that grows by one :class:`Refusal` for each request that a guard refuses.

    It collects from all guards of this process, in all threads. The log level and the log's rate
    limit do not matter. A redirect to a sign-in page is not a refusal.
    """
    refusals: list[Refusal] = []

    def note(status: int, reason: str, method: str | None, path: str | None) -> None:
        refusals.append(Refusal(status, str(reason), told_method(method), told_path(path)))

    refusal_listeners.append(note)
    try:
        yield refusals
    finally:
        refusal_listeners.remove(note)
