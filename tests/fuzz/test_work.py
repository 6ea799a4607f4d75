"""The work that an input causes grows with its length, and no faster. Counted, never timed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .targets import ENGINE
from .work import work
from .worst import TIMES, WORST, Build

_SHORT = 2048

# Work in proportion is 16 times the work, some more where a table has to grow; work that grows with
# the square is 256 times, less what it costs to begin.
_MOST = 6 * TIMES


def growth(target: Callable[[bytes], object], build: Build, size: int = _SHORT) -> float:
    """How many times more an input costs that is 16 times as long."""
    while len(build(size)) < size // 2:  # some are made of long pieces
        size *= 2
    short, long = build(size), build(TIMES * size)
    assert len(long) > 0.9 * TIMES * len(short)
    return work(target, long) / work(target, short)


@pytest.mark.parametrize("name", WORST)
def test_work_is_in_proportion(name: str) -> None:
    """An input that is made to cost much costs in proportion to its length."""
    target, build = WORST[name]

    assert growth(ENGINE[target], build) < _MOST


@pytest.mark.parametrize(
    ("careless", "size"),
    [
        (lambda data: sum(len(data[:at].decode("latin-1")) for at in range(len(data))), _SHORT),
        (lambda data: sum(len(data[at:]) for at in range(len(data))), _SHORT),
        (lambda data: sum(len(data.replace(b" ", b"%d" % at)) for at in range(len(data))), 256),
        (lambda data: sum(1 for _ in data for _ in data), 32),
    ],
    ids=["copies", "slices", "replacements", "a loop in a loop"],
)
def test_the_measure_sees_a_square(careless: Callable[[bytes], object], size: int) -> None:
    """Work that grows with the square of the length is told apart, in Python and in C.

    The copies are as long as in the tests above. An instruction counts as some 60 bytes, which the
    trace itself allocates; shorter copies are lost beside that.
    """
    assert growth(careless, lambda size: b" " * size + b"x", size) > _MOST


def test_the_measure_is_no_clock() -> None:
    """The same call counts as the same work again. At times the interpreter sets something aside,
    or collects garbage, so it is the two smallest of some counts that are held side by side."""
    target, build = WORST["payload: names"]
    data = build(_SHORT)
    least, next_to_it, *_ = sorted(work(ENGINE[target], data) for _ in range(9))

    assert next_to_it < 1.1 * least


def test_what_fails_is_raised() -> None:
    """A target that fails is no target that costs nothing."""
    divisors = iter([1, 0])

    with pytest.raises(ZeroDivisionError):
        work(lambda _: 1 / next(divisors), b"")
