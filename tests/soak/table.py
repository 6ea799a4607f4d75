"""A soak's outcome as text."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import chain

from .judge import Kind
from .soak import Report


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def lines(report: Report) -> Iterator[str]:
    """The table of one server."""
    tally, outages = report.tally, report.outages
    total = sum(tally.verdicts.values())
    yield f"{report.name}: {total} requests in {max(tally.seconds, default=0) + 1} s"
    for kind in Kind:
        found = sorted((verdict, n) for (k, verdict), n in tally.verdicts.items() if k is kind)
        yield f"  {kind.value:<20}" + ", ".join(f"{verdict} {n}" for verdict, n in found)
    times = list(chain.from_iterable(tally.seconds.values()))
    if times:
        yield (
            f"  waiting for no key  median {statistics.median(times) * 1e3:.1f} ms, "
            f"99 % within {percentile(times, 0.99) * 1e3:.1f} ms, longest {max(times) * 1e3:.0f} ms"
        )
    yield f"  keys                fetched {report.history.fetches} times, {len(outages)} outages"
    if report.warm and report.end:
        warm, end = report.warm, report.end
        change = 100 * (end.kibibytes / warm.kibibytes - 1)
        yield (
            f"  memory              {warm.kibibytes / 1024:.1f} MiB when warm, "
            f"{end.kibibytes / 1024:.1f} MiB in the end ({change:+.1f} %)"
        )
        yield f"  threads             {warm.threads} when warm, {end.threads} in the end"
        yield f"  file descriptors    {warm.descriptors} when warm, {end.descriptors} in the end"
    yield f"  wrong answers       {len(tally.wrong)}"
    yield from (f"    {wrong}" for wrong in tally.wrong[:20])
