"""The work that an input causes grows with its length, and no faster. Ratios, never times."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from .__main__ import SIZE, milliseconds
from .worst import WORST, Build

_TIMES = 16
"""How much longer the long input is."""

# Work in proportion is 16 times the work, and a little more where memory gets scarce; work that
# grows with the square is 256 times.
_MOST = 3 * _TIMES


def growth(target: Callable[[bytes], None], build: Build, size: int) -> float:
    """How many times more an input costs that is 16 times as long; each at its best."""
    short, long = build(size), build(_TIMES * size)
    assert len(long) > 0.9 * _TIMES * len(short)
    # The short one before and after, so that a machine that gets slower or faster cannot decide.
    before = milliseconds(target, short)
    most = milliseconds(target, long, repetitions=3)
    return most / min(before, milliseconds(target, short))


@pytest.mark.parametrize("name", WORST)
def test_work_is_in_proportion(name: str) -> None:
    """An input that is made to cost much costs in proportion to its length."""
    assert growth(*WORST[name], SIZE) < _MOST


@pytest.mark.parametrize(
    "careless",
    [
        lambda data: re.search(rb" +$", data),
        lambda data: [data[at:] for at in range(len(data))],
    ],
    ids=["a pattern that backtracks", "a copy for each byte"],
)
def test_the_measure_sees_a_square(careless: Callable[[bytes], None]) -> None:
    """Work that grows with the square of the length is told apart."""
    assert growth(careless, lambda size: b" " * size + b"x", SIZE // 32) > _MOST
