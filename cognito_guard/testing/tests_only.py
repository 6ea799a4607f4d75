"""What is local is trusted in tests only, unless the code that trusts it says otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import FrameType

from .._support.arguments import boolean
from ..errors import ConfigurationError

__all__ = ["require_tests"]

_RUNNERS = ("_pytest.", "unittest.")
# Of pytest: the first while a test runs, the second, from pytest 8.2 on, all the time. Processes
# that a test starts have them too.
_VARIABLES = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION")


def require_tests(what: str, *, allow_outside_tests: object) -> None:
    """Require that a test runs in this process or has started it, or that somebody tries things out
    at Python's prompt. ``what``: the class whose ``trust()`` it is.

    Raises :class:`ConfigurationError`, unless ``allow_outside_tests``.
    """
    if boolean("allow_outside_tests", allow_outside_tests) or _in_tests():
        return
    raise ConfigurationError(
        f"{what} is for tests, and no test is running: whoever has its keys can sign in as "
        "anybody. For a demo on your own machine, pass allow_outside_tests=True to trust()"
    )


def _in_tests() -> bool:
    if hasattr(sys, "ps1") or any(name in os.environ for name in _VARIABLES):
        return True
    # A name in `sys.modules` says nothing: other code imports pytest and unittest too.
    return any(
        str(frame.f_globals.get("__name__")).startswith(_RUNNERS)
        for top in sys._current_frames().values()
        for frame in _outwards(top)
    )


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
