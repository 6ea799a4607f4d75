"""The saved corpus: one text file per target, an input a line, as a Python bytes literal."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

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


def unpack(inputs: Iterable[bytes], folder: Path) -> None:
    """A file for each input, as the fuzzer takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in inputs:
        (folder / sha256(one).hexdigest()).write_bytes(one)


def packed(folder: Path) -> list[bytes]:
    """The inputs in a folder's files."""
    return [path.read_bytes() for path in sorted(folder.iterdir())]
