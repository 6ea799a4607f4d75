"""Medians and spread. Whatever is compared is compared within a round."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TypedDict


class Numbers(TypedDict):
    """A median with its quartiles."""

    median: float
    low: float
    high: float


def summary(values: Sequence[float]) -> Numbers:
    """The median, and the quartiles around it."""
    if len(values) < 2:
        low = middle = high = values[0]
    else:
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": _short(middle), "low": _short(low), "high": _short(high)}


def ratios(values: Sequence[float], base: Sequence[float]) -> Numbers:
    """How many times ``base``, round by round."""
    return summary([a / b for a, b in zip(values, base, strict=True)])


def _short(value: float) -> float:
    """Four digits, more than any of this is good for."""
    return float(f"{value:.4g}")
