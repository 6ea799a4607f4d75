"""The work that an input causes grows with its length, and no faster. Ratios, never times."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from .__main__ import SIZE, milliseconds
from .targets import ENGINE
from .worst import WORST, Build

_TIMES = 16
"""How much longer the long input is."""

# Work in proportion is 16 times the work, twice that where memory gets scarce; work that grows with
# the square is 256 times.
_MOST = 6 * _TIMES


def growth(target: Callable[[bytes], object], build: Build, size: int) -> float:
    """How many times more an input costs that is 16 times as long; each at its best."""
    short, long = build(size), build(_TIMES * size)
    assert len(long) > 0.9 * _TIMES * len(short)
    # The short one before and after, so that a machine that gets slower or faster cannot decide.
    before = milliseconds(target, short)
    most = milliseconds(target, long, repetitions=3)
    # An input that is refused at a glance costs so little that the memory for the long one shows:
    # it counts as much as a few looks at each of its letters.
    glance = milliseconds(_glance, short)
    return most / max(glance, min(before, milliseconds(target, short)))


def _glance(data: bytes) -> object:
    return [json.dumps(data.decode("latin-1")) for _ in range(4)]


@pytest.mark.parametrize("name", WORST)
def test_work_is_in_proportion(name: str) -> None:
    """An input that is made to cost much costs in proportion to its length."""
    target, build = WORST[name]

    assert growth(ENGINE[target], build, SIZE) < _MOST


@pytest.mark.parametrize(
    "careless",
    [
        lambda data: re.search(rb" +$", data),
        lambda data: [data[:at].decode("latin-1").upper() for at in range(len(data))],
    ],
    ids=["a pattern that backtracks", "a copy for each byte"],
)
def test_the_measure_sees_a_square(careless: Callable[[bytes], object]) -> None:
    """Work that grows with the square of the length is told apart."""
    assert growth(careless, lambda size: b" " * size + b"x", SIZE // 32) > _MOST
