"""How tokens and claims stay out of other people's error reports.

Django's report of an error, and collectors such as Sentry, show the local variables of every frame
that an error came through, and of those that still run: texts and the members of any container in
full, other objects by their ``repr``. So

- while a user's code runs (a check, a key set, a clock, a carrier), no frame of this package has a
  token or claims in a variable, but only objects that say nothing of what they hold;
- frames of this package that are over are emptied, or dropped, before an error leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from types import FunctionType
from typing import Any, TypeVar, final

from ..errors import AuthError

__all__ = ["Unsaid", "forget_locals", "silent", "unsaid"]

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])

_OURS = frozenset(
    f"{__name__.partition('.')[0]}{adapter}"
    for adapter in ("", "_asgi", "_boto3", "_django", "_flask", "_lambda", "_redis")
)
"""The packages whose frames are emptied: this one, and its adapters, which have the headers, or the
names of those who were signed out."""


@final
class Unsaid:
    """A callable without the ``repr`` of its own: a bound method's has all of its object's."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)


def unsaid(value: T) -> Callable[[], T]:
    """A callable that gives a value, and shows nothing of it."""
    return Unsaid(lambda: value)


def silent(call: C) -> C | Unsaid:
    """A callable that shows nothing of what it holds: this one, or something in its place."""
    kind: Any = type(call)
    return call if _says_nothing(kind) else Unsaid(call)


@lru_cache(maxsize=128)
def _says_nothing(kind: Hashable) -> bool:
    """Whether objects of a class have the ``repr`` of any object, or of a function, and no members
    that a report would go through."""
    if kind is FunctionType:
        return True
    return getattr(kind, "__repr__", None) is object.__repr__ and not (
        hasattr(kind, "__iter__") or hasattr(kind, "__getitem__")
    )


def forget_locals(error: BaseException) -> None:
    """Empty the frames of this package and its adapters that ``error``, and what led to it, came
    through.

    Frames that still run are left as they are, and so is everybody else's. A refusal, which says
    why by itself and is what a flood of junk causes, loses its traceback instead: that is cheaper.
    """
    if isinstance(error, AuthError) and error.__context__ is None:
        error.__traceback__ = None
        return
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or any(one is other for other in seen):
            continue
        seen.append(one)
        todo += [one.__cause__, one.__context__]
        trace = one.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_globals.get("__name__")
            if type(name) is str and name.partition(".")[0] in _OURS:
                # Not `suppress`: to import `contextlib` costs a start more than this module.
                try:  # noqa: SIM105
                    trace.tb_frame.clear()
                except RuntimeError:  # it still runs
                    pass
            trace = trace.tb_next
