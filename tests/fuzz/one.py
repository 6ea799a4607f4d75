"""Fuzzes one target in this process: ``python -m tests.fuzz.one TARGET SLOWEST [libFuzzer's ...]``.

``TARGET`` is a name of ``targets.TARGETS`` or ``MODULE:FUNCTION``. The input that took longest is
written to the file ``SLOWEST``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import thread_time_ns


def _resolve(name: str) -> Callable[[bytes], None]:
    import atheris

    with atheris.instrument_imports(include=["cognito_guard"]):
        from .targets import TARGETS

    if ":" not in name:
        return TARGETS[name]
    module, _, function = name.partition(":")
    found: Callable[[bytes], None] = getattr(import_module(module), function)
    return found


def main(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    name, slowest_file, *rest = arguments
    target = _resolve(name)
    slowest = 0

    def timed(data: bytes) -> None:
        nonlocal slowest
        start = thread_time_ns()
        target(data)
        took = thread_time_ns() - start
        if took > slowest:
            slowest = took
            Path(slowest_file).write_bytes(data)

    atheris.Setup([sys.argv[0], *rest], timed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
