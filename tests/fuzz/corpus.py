"""The saved corpus: one text file per target, an input a line, as a Python bytes literal."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

LONGEST = 1024
"""Bytes. Longer inputs are not saved: people should be able to read them."""

FOLDER = Path(__file__).parent / "corpus"


def load(target: str) -> list[bytes]:
    """The saved inputs of a target."""
    lines = (FOLDER / f"{target}.txt").read_text(encoding="ascii").splitlines()
    inputs = [ast.literal_eval(line) for line in lines]
    assert all(type(one) is bytes for one in inputs)
    return inputs


def save(target: str, inputs: Iterable[bytes]) -> None:
    """Replace the saved inputs of a target."""
    lines = {repr(one) for one in inputs if len(one) <= LONGEST}
    ordered = sorted(lines, key=lambda line: (len(line), line))
    (FOLDER / f"{target}.txt").write_text("\n".join(ordered) + "\n", encoding="ascii")


def distil(target: Callable[[bytes], object], inputs: Iterable[bytes]) -> list[bytes]:
    """Those inputs that take a way through the engine which no shorter one takes."""
    kept: list[bytes] = []
    known: set[object] = set()
    for one in sorted(set(inputs), key=lambda data: (len(data), data)):
        ways = _ways(target, one)
        if not ways <= known:
            kept.append(one)
            known |= ways
    return kept


def _ways(target: Callable[[bytes], object], data: bytes) -> set[object]:
    """The steps from line to line that the engine takes over an input."""
    ways: set[object] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if not str(frame.f_globals.get("__name__")).startswith("cognito_guard."):
            return None
        before = frame.f_lineno

        def step(inner: FrameType, event: str, _: object) -> Any:
            nonlocal before
            ways.add((inner.f_code.co_filename, before, inner.f_lineno, event))
            before = inner.f_lineno
            return step

        return step

    sys.settrace(trace)
    try:
        target(data)
    finally:
        sys.settrace(None)
    return ways


def unpack(inputs: Iterable[bytes], folder: Path) -> None:
    """A file for each input, as the fuzzer takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs:
        (folder / sha256(one).hexdigest()).write_bytes(one)


def packed(folder: Path) -> list[bytes]:
    """The inputs in a folder's files."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]
