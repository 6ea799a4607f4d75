"""How much work a call is, counted: the same number on every run, whatever else the machine does.

Counted are the instructions of the interpreter and the bytes that are allocated, so that both a
loop over a text and a copy of it in C are seen. Not counted is what C code does without taking
memory, above all the steps of a regular expression. That can only be timed, so no test judges it:
``make fuzz`` prints it.
"""

from __future__ import annotations

import sys
import threading
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any


def work(target: Callable[[bytes], object], data: bytes) -> int:
    """The instructions and the allocated bytes of ``target(data)``, as one sum."""
    target(data)  # what is done once only is done now
    counter = _Counter()
    # A trace belongs to a thread, and that of this one may be somebody else's (coverage).
    thread = threading.Thread(target=counter.run, args=(target, data))
    tracemalloc.start()
    try:
        thread.start()
        thread.join()
    finally:
        tracemalloc.stop()
    if counter.error is not None:
        raise counter.error
    return counter.total


class _Counter:
    """Adds up one call."""

    def __init__(self) -> None:
        self.total = 0
        self.error: BaseException | None = None
        self._held = 0

    def run(self, target: Callable[[bytes], object], data: bytes) -> None:
        """Call ``target`` and count; for a thread of its own."""
        sys.settrace(self._trace)
        try:
            target(data)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self.error = error
        finally:
            sys.settrace(None)
        self._add()

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_trace_opcodes:
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        self._add()
        return self._trace

    def _add(self) -> None:
        held, peak = tracemalloc.get_traced_memory()
        self.total += 1 + max(0, peak - self._held)
        tracemalloc.reset_peak()
        self._held = held
