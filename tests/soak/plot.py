"""A soak's outcome as a picture: latency and memory over time, with the outages. Plain SVG."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape
from math import ceil, log10

from .soak import Report
from .table import percentile

_WIDTH, _HEIGHT = 800, 520
_LEFT, _RIGHT = 64, 784
_LATENCY, _MEMORY = (48, 258), (318, 484)  # top and bottom of the panels
_COLOURS = ("#0b62a4", "#c2500a")
_STYLE = "font-family:sans-serif;font-size:12px"

Point = tuple[float, float]


def svg(reports: list[Report]) -> str:
    """The picture."""
    seconds = max(sample.at for report in reports for sample in report.samples)

    def x(at: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * min(max(at / seconds, 0), 1)

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
            f'width="{_WIDTH}" height="{_HEIGHT}" style="{_STYLE}">',
            "<title>Latency and memory of two servers during a soak</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
            *_outages(reports[0].outages, x),
            *_legend(reports),
            *_latency(reports, x),
            *_memory(reports, x),
            *_time_axis(seconds, x),
            "</svg>",
            "",
        ]
    )


def _outages(outages: Iterable[Point], x: Callable[[float], float]) -> Iterator[str]:
    for begin, end in outages:
        for top, bottom in (_LATENCY, _MEMORY):
            yield (
                f'<rect x="{x(begin):.1f}" y="{top}" width="{x(end) - x(begin):.1f}" '
                f'height="{bottom - top}" fill="#e4e4e4"/>'
            )


def _legend(reports: list[Report]) -> Iterator[str]:
    at = _LEFT
    for report, colour in zip(reports, _COLOURS, strict=True):
        yield f'<rect x="{at}" y="10" width="14" height="4" fill="{colour}"/>'
        yield _text(at + 20, 16, report.name)
        at += 250
    yield f'<rect x="{at}" y="6" width="14" height="12" fill="#e4e4e4"/>'
    yield _text(at + 20, 16, "the key server fails")


def _latency(reports: list[Report], x: Callable[[float], float]) -> Iterator[str]:
    top, bottom = _LATENCY
    least, most = 1e-4, 1.0

    def y(value: float) -> float:
        share = log10(min(max(value, least), most) / least) / log10(most / least)
        return bottom - (bottom - top) * share

    yield _text(
        _LEFT, top - 8, "requests that wait for no key: median, and 99th percentile (dashed)"
    )
    for value, label in (
        (1e-4, "0.1 ms"),
        (1e-3, "1 ms"),
        (1e-2, "10 ms"),
        (1e-1, "100 ms"),
        (1.0, "1 s"),
    ):
        yield from _line_across(y(value), label)
    for report, colour in zip(reports, _COLOURS, strict=True):
        for stretch in _stretches(report.tally.seconds):
            medians = [(x(at), y(statistics.median(times))) for at, times in stretch]
            worst = [(x(at), y(percentile(times, 0.99))) for at, times in stretch]
            yield _curve(medians, colour)
            yield _curve(worst, colour, "4 3")


def _stretches(seconds: Mapping[int, list[float]]) -> list[list[tuple[float, list[float]]]]:
    """Times taken together, 120 points in all at most, and apart where the load paused."""
    width = max(1, ceil(max(seconds, default=0) / 120))
    buckets: dict[int, list[float]] = defaultdict(list)
    for second, times in seconds.items():
        buckets[second // width] += times
    stretches: list[list[tuple[float, list[float]]]] = []
    for bucket in sorted(buckets):
        if bucket - 1 not in buckets:
            stretches.append([])
        stretches[-1].append(((bucket + 0.5) * width, buckets[bucket]))
    return stretches


def _memory(reports: list[Report], x: Callable[[float], float]) -> Iterator[str]:
    top, bottom = _MEMORY
    mebibytes = [s.usage.kibibytes / 1024 for report in reports for s in report.samples]
    most = 20 * (int(max(mebibytes) / 20) + 1)

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    yield _text(_LEFT, top - 8, "resident memory")
    for value in range(0, most + 1, 20):
        yield from _line_across(y(value), f"{value} MiB")
    for report, colour in zip(reports, _COLOURS, strict=True):
        points = [(x(s.at), y(s.usage.kibibytes / 1024)) for s in report.samples]
        yield _curve(points, colour)


def _time_axis(seconds: float, x: Callable[[float], float]) -> Iterator[str]:
    step = next(step for step in (10, 30, 60, 300, 600, 3600) if seconds / step <= 12 or step > 600)
    for at in range(0, int(seconds) + 1, step):
        label = f"{at} s" if step < 60 else f"{at // 60} min"
        yield _text(x(at), _HEIGHT - 14, label, "middle")


def _line_across(y: float, label: str) -> Iterator[str]:
    yield f'<path d="M{_LEFT} {y:.1f}H{_RIGHT}" stroke="#999" stroke-width="0.5"/>'
    yield _text(_LEFT - 6, y + 4, label, "end")


def _curve(points: list[Point], colour: str, dashes: str = "none") -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return (
        f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
