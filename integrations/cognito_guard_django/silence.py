"""How claims stay out of other people's error reports.

Django's report of an error, and collectors such as Sentry, show the local variables of every frame
that an error came through, and of those that still run. So, while a hook, a user model or a signal
runs, frames of ours hold nothing but objects that say nothing of what is in them; and frames that
are over are emptied before an error leaves us.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, final

__all__ = ["Bound", "forget_locals"]


@final
class Bound:
    """A function with its first argument, and nothing said of either."""

    __slots__ = ("_argument", "_call")

    def __init__(self, call: Callable[..., Any], argument: Any) -> None:
        self._call = call
        self._argument = argument

    def __call__(self, *more: Any) -> Any:
        return self._call(self._argument, *more)


def forget_locals(error: BaseException) -> None:
    """Empty the frames of this package that ``error``, and what led to it, came through. Those that
    still run, and everybody else's, stay as they are."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        todo += [one.__cause__, one.__context__]
        trace = one.__traceback__
        while trace is not None:
            name = str(trace.tb_frame.f_globals.get("__name__"))
            if name.partition(".")[0] == __package__:
                with suppress(RuntimeError):  # it still runs
                    trace.tb_frame.clear()
            trace = trace.tb_next
