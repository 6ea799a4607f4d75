"""What a report of an error shows: the local variables of frames, as Django and collectors do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AnySet
from types import FrameType
from typing import Any

from .silence import assert_unsaid


def shown_by(error: BaseException) -> Iterator[tuple[str, str]]:
    """Each frame of ours that the error, or what led to it, came through, and what it shows."""
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
            yield from _shown(trace.tb_frame)
            trace = trace.tb_next


def shown_now() -> list[tuple[str, str]]:
    """Each frame of ours that is under way, and what it shows: some collectors add those."""
    found = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        found += _shown(frame)
        frame = frame.f_back
    return found


def assert_nothing_shown(shown: Iterator[tuple[str, str]], secrets: set[str]) -> int:
    """No frame shows a secret. How many frames there were."""
    frames = list(shown)
    for where, said in frames:
        assert_unsaid(said, secrets, where)
    return len(frames)


def _shown(frame: FrameType) -> Iterator[tuple[str, str]]:
    name = str(frame.f_globals.get("__name__"))
    if name.partition(".")[0] == "cognito_guard" or name.startswith("cognito_guard_"):
        said = " ".join(_texts(dict(frame.f_locals), set()))
        yield f"{name}.{frame.f_code.co_qualname}", said


def _texts(value: Any, above: set[int]) -> Iterator[str]:
    if id(value) in above:
        return
    above = above | {id(value)}
    if isinstance(value, bytes | bytearray):
        yield value.decode("latin-1")
    elif isinstance(value, Mapping):
        for name, member in list(value.items()):
            yield from _texts(name, above)
            yield from _texts(member, above)
    elif isinstance(value, list | tuple | AnySet):
        for member in list(value):
            yield from _texts(member, above)
    else:
        yield str(value) if isinstance(value, str) else repr(value)
