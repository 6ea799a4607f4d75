"""How it grows: threads, processes, the length of a token, the number of user pools."""

from __future__ import annotations

import time
from contextlib import ExitStack

from .bench import Bench
from .material import POOLS, SIZES
from .numbers import ratios, summary
from .results import Section
from .workers import Turn, WorkerProcess, rounds

THREADS, PROCESSES = (1, 2, 4), (1, 2, 4)

# Seconds after which a thread asks for the interpreter: Python's own, and a fiftieth of that.
_TURNS = (0.005, 0.0001)

# Long enough for the threads to get in each other's way: many times 5 ms, which is how long
# one of them may keep the interpreter to itself.
_SECONDS = 0.08


def measure(bench: Bench) -> dict[str, Section]:
    """Each table by itself; within a table all take turns."""
    return {
        "threads": _threads(bench),
        "processes": _processes(bench),
        "sizes": _sizes(bench),
        "pools": _pools(bench),
    }


def _threads(bench: Bench) -> Section:
    worker = bench.own.worker
    names = {
        "bare": "bare public_key.verify",
        "verify": "cognito_guard, tokens not seen before",
        "repeat": "cognito_guard, the same token again",
    }
    kinds = [(call, threads, _TURNS[0]) for call in names for threads in THREADS]
    kinds += [("verify", threads, _TURNS[1]) for threads in THREADS if threads > 1]
    speeds: dict[tuple[str, int, float], list[float]] = {kind: [] for kind in kinds}
    seconds = 0.001 if bench.short else _SECONDS
    calls = {
        call: max(int(seconds / worker.seconds(call, batch=seconds / 5)), 10) for call in names
    }
    for _ in range(2 if bench.short else 12):
        for (call, threads, turn), each in speeds.items():
            answer = worker.ask(
                do="measure", call=call, calls=calls[call], threads=threads, turn=turn
            )
            each.append(calls[call] * threads / answer["seconds"])
    section = _section("Threads: calls a second in one process", "/s", "one thread")
    for (call, threads, turn), each in speeds.items():
        often = "" if turn == _TURNS[0] else f", setswitchinterval({turn:g})"
        section["rows"].append(
            {
                "name": f"{names[call]}{often}: {threads}",
                "value": summary(each),
                "ratio": ratios(each, speeds[call, 1, _TURNS[0]]),
            }
        )
    return section


def _processes(bench: Bench) -> Section:
    calls = 50 if bench.short else 4000
    speeds: dict[int, list[float]] = {count: [] for count in PROCESSES}
    with ExitStack() as stack:
        workers = [WorkerProcess("cognito_guard", bench.command()) for _ in range(max(PROCESSES))]
        for worker in workers:
            stack.callback(worker.close)
            worker.seconds("verify", batch=0.001 if bench.short else 0.01)
        for _ in range(2 if bench.short else 8):
            for count in PROCESSES:
                start = time.perf_counter()
                for worker in workers[:count]:
                    worker.send(do="measure", call="verify", calls=calls)
                for worker in workers[:count]:
                    worker.receive()
                speeds[count].append(calls * count / (time.perf_counter() - start))
    section = _section("Processes: tokens not seen before, calls a second", "/s", "one process")
    for count, each in speeds.items():
        section["rows"].append(
            {"name": f"{count}", "value": summary(each), "ratio": ratios(each, speeds[1])}
        )
    return section


def _sizes(bench: Bench) -> Section:
    worker = bench.own.worker
    names = [f"{size} bytes" for size in SIZES]
    turns = [
        Turn(worker, call, name) for name in names for call in (f"bare {name}", "verify", "repeat")
    ]
    times = rounds(turns, *_effort(bench))
    section = _section("Length of a token", "us", "bare public_key.verify of that token")
    for name in names:
        base = times[Turn(worker, f"bare {name}", name)]
        for call, title in (("verify", "not seen before"), ("repeat", "again")):
            each = times[Turn(worker, call, name)]
            section["rows"].append(
                {
                    "name": f"{name}, {title}",
                    "value": summary([seconds * 1e6 for seconds in each]),
                    "ratio": ratios(each, base),
                }
            )
    return section


def _pools(bench: Bench) -> Section:
    worker = bench.own.worker
    turns = {count: Turn(worker, f"{count} pools", f"{count} pools") for count in POOLS}
    times = rounds(turns.values(), *_effort(bench))
    section = _section("User pools that one guard trusts", "us", "one pool")
    for count, turn in turns.items():
        section["rows"].append(
            {
                "name": f"{count:,}",
                "value": summary([seconds * 1e6 for seconds in times[turn]]),
                "ratio": ratios(times[turn], times[turns[1]]),
            }
        )
    return section


def _effort(bench: Bench) -> tuple[int, float]:
    """How many rounds, and seconds for a batch."""
    return (2, 0.001) if bench.short else (15, 0.008)


def _section(title: str, unit: str, base: str) -> Section:
    return {"title": title, "unit": unit, "base": base, "rows": []}
