"""A fleet on paper: what 100,000 requests a second ask of keys, caches and Redis.

``python -m tests.benchmarks.scale`` simulates it, the same in every run, and prints the tables of
docs/scale.md. ``--write-docs`` puts them into the page, and the numbers beside it. How long things
take and how large they are comes from docs/performance.json and the pages that ``_SOURCES`` names.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, LAST_BACKOFF_SECONDS, REFRESH_SECONDS
from cognito_guard.revocation import Revocation
from cognito_guard.revocation.entries import DEFAULT_REFRESH_SECONDS
from cognito_guard.tokens.cache import DEFAULT_BYTES, DEFAULT_ENTRIES
from cognito_guard_redis.revocations import _arguments

from . import page, scale_page
from .results import Results, row
from .scale_models import (
    Remembered,
    hit_rate,
    most_in_a_second,
    places,
    refreshes,
    rotation,
    spread,
    tokens,
    unknown_key_fetches,
)

DATA = page.DOCS / "scale.json"

ENTRY_BYTES = 155
"""Of an entry of the revocation list in a process. docs/revocation.md, "What it costs"."""

SESSION_BYTES = 7_000
"""Of a session in Redis. docs/login.md, "Redis"."""

POOL_SIZE = 50
"""The connections of a process in the example of docs/login.md, "Redis"."""

MAX_CLIENTS = 10_000
"""Connections that Redis accepts unless `maxclients` says otherwise (its redis.conf)."""

IDLE_SECONDS = 8 * 3600
"""``idle_seconds`` of :class:`~cognito_guard.login.LoginSessions`. After a tenth, a write."""

REFRESH_COMMANDS = 4
"""Of one refresh: the lock, another read, the new record, the end of the lock."""

_DAY = 86400
_AT_AN_END = _DAY + 300
"""What an entry lasts beyond the refresh token: the longest access token, and the leeway."""


class Fleet(NamedTuple):
    """What is simulated. Rates are a second, times are seconds."""

    rate: int = 100_000
    workers: int = 200
    machines: int = 40
    users: int = 1_000_000
    life: int = 3600
    warm_up: int = 900
    seconds: int = 300
    """How long a cache is looked at, after it has warmed up."""
    large: int = 30_000
    """Entries of a cache that is larger than as shipped."""
    hours: int = 24
    seed: int = 16


SMALL = Fleet(rate=400, workers=4, machines=2, users=400, warm_up=20, seconds=40, large=50, hours=3)
"""For a test."""


def simulate(fleet: Fleet, measured: Results) -> dict[str, Any]:
    """All numbers of the page."""
    found = {"fleet": fleet._asdict(), "sources": sources(measured)}
    found["cache"] = _cache(fleet, found["sources"])
    found["keys"] = _keys(fleet)
    found["revocations"] = _revocations(fleet)
    found["sessions"] = _sessions(fleet)
    return found


def sources(measured: Results) -> dict[str, float]:
    """What was measured: microseconds of a verification, and bytes of a token remembered."""

    def median(section: str, name: str) -> float:
        found = row(measured["sections"][section], name)
        assert found is not None, name
        return found["value"]["median"]

    each = median("memory", "a token remembered, beyond its text") + median(
        "memory", "the text of a token"
    )
    fit = min(DEFAULT_ENTRIES, round(median("memory", "in all, as shipped") / each))
    return {
        "new_us": page.new_token(measured)["value"]["median"],
        "repeated_us": median("repeat", "cognito_guard, its cache on"),
        "bytes_each": each,
        "fit": fit,
        "weight_each": DEFAULT_BYTES / fit,
    }


def _cache(fleet: Fleet, source: dict[str, float]) -> dict[str, Any]:
    """One worker's cache: the part of its requests that need no verification."""
    rate = fleet.rate / fleet.workers
    per_machine = fleet.users // fleet.machines
    balancing = {
        "any worker": fleet.users,
        "the user's machine": per_machine,
        "the user's worker": fleet.users // fleet.workers,
    }
    fit = int(source["fit"])
    rows = []
    for name, users in balancing.items():
        for skewed in (False, True):
            requests = tokens(
                Random(fleet.seed),
                users,
                rate=rate,
                seconds=fleet.warm_up + fleet.seconds,
                life=fleet.life,
                skewed=skewed,
            )
            for entries in (fit, fleet.large):
                for second_sight in (False, True):
                    marks = places(max(entries, DEFAULT_ENTRIES)) if second_sight else 0
                    cache = Remembered(entries, marks, spread)
                    hits = hit_rate(cache, requests, round(fleet.warm_up * rate))
                    rows.append(
                        {
                            "balancing": name,
                            "skewed": skewed,
                            "entries": entries,
                            "second_sight": second_sight,
                            "hits": round(hits, 4),
                            "held": len(cache),
                            "cores": round(_cores(fleet, source, hits), 3),
                        }
                    )
    return {
        "rate": rate,
        "rows": rows,
        "cores_uncached": round(_cores(fleet, source, 0.0), 3),
        "users_per_machine": per_machine,
    }


def _cores(fleet: Fleet, source: dict[str, float], hits: float) -> float:
    """Seconds of processor time that the whole fleet takes for verification, each second."""
    each = hits * source["repeated_us"] + (1 - hits) * source["new_us"]
    return fleet.rate * each / 1e6


def _keys(fleet: Fleet) -> dict[str, float]:
    """What the address of the keys sees."""
    times = refreshes(Random(fleet.seed), fleet.workers, fleet.hours)
    settled = [time for time in times if time >= 3600]
    first_wave = [time for time in times if 1 < time <= REFRESH_SECONDS + 1]
    rotated = rotation(
        Random(fleet.seed), fleet.workers, rate=fleet.rate / fleet.workers, life=fleet.life
    )
    return {
        "an_hour": round(len(settled) / (fleet.hours - 1), 1),
        "most_in_a_second": most_in_a_second(settled),
        "at_a_start": fleet.workers,
        "at_a_start_forked": fleet.machines,
        "first_wave_seconds": round(first_wave[-1] - first_wave[0]),
        "first_wave_most": most_in_a_second(first_wave),
        "rotation_fetches": len(rotated),
        "rotation_seconds": round(rotated[-1], 1),
        "rotation_most": most_in_a_second(rotated),
        "unknown_kids_a_second": round(unknown_key_fetches(fleet.workers), 2),
        # A pause is shortened by up to a quarter, at random.
        "outage_a_second": round(fleet.workers / (LAST_BACKOFF_SECONDS * 0.875), 2),
        "outage_hours": (HARD_LIMIT_SECONDS - REFRESH_SECONDS) / 3600,
    }


def _revocations(fleet: Fleet) -> dict[str, Any]:
    """What a list of revocations asks of Redis, and of each process."""
    record, idle = _redis_bytes()
    reads = [
        {
            "max_age": max_age,
            "reads": round(fleet.workers / (max_age / 2), 1),
            "idle_kb": round(fleet.workers / (max_age / 2) * idle / 1e3, 1),
        }
        for max_age in (1, 5, 30)
    ]
    lists = [
        {
            "sign_outs_a_day": a_day,
            "refresh_days": refresh / _DAY,
            "kb_a_second": round(a_day / _DAY * fleet.workers * record / 1e3, 1),
            "entries": round(a_day * (refresh + _AT_AN_END) / _DAY),
            "mb_a_process": round(a_day * (refresh + _AT_AN_END) / _DAY * ENTRY_BYTES / 1e6, 1),
        }
        for refresh in (DEFAULT_REFRESH_SECONDS, _DAY)
        for a_day in (fleet.users // 100, fleet.users // 10, fleet.users)
    ]
    return {"record_bytes": record, "idle_bytes": idle, "reads": reads, "lists": lists}


def _redis_bytes() -> tuple[int, int]:
    """A change in the log, and a read that finds none, in bytes of Redis's protocol."""

    def bulk(text: str) -> str:
        return f"${len(text)}\r\n{text}\r\n"

    name = "8d2a4c1e-5b7f-4a3d-9c60-1f2e3d4c5b6a"
    _, *fields = _arguments([Revocation.of_sign_in(name, ends_at=1_800_000_000)])
    change = "1790000000000-0"
    pairs = "".join(map(bulk, (text for pair in zip("est", fields, strict=True) for text in pair)))
    record = f"*2\r\n{bulk(change)}*6\r\n{pairs}"
    asked = ("XRANGE", "{cognito_guard:revocations}:log", change, "+", "COUNT", "1000")
    question = f"*{len(asked)}\r\n" + "".join(map(bulk, asked))
    # The record that was read last comes again, to show that the log still has it.
    return len(record), len(question) + len("*1\r\n") + len(record)


def _sessions(fleet: Fleet) -> dict[str, float]:
    """What sessions in Redis ask of it, if every request has one."""
    refreshes_a_second = fleet.users / fleet.life
    return {
        "reads": fleet.rate,
        "writes": round(fleet.users / (IDLE_SECONDS / 10)),
        "refreshes": round(refreshes_a_second),
        "refresh_commands": round(refreshes_a_second * REFRESH_COMMANDS),
        "gb": round(fleet.users * SESSION_BYTES / 1e9, 1),
        "gbit_a_second": round(fleet.rate * SESSION_BYTES * 8 / 1e9, 1),
        "connections": fleet.workers * POOL_SIZE,
        "connections_of_4_threads": fleet.workers * 4,
        "max_clients": MAX_CLIENTS,
    }


def main(arguments: list[str] | None = None, fleet: Fleet | None = None) -> dict[str, Any]:
    """Simulate, print, and write what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scale", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "--write-docs", action="store_true", help="put the numbers into docs/scale.*"
    )
    options = parser.parse_args(arguments)
    measured: Results = json.loads(page.DATA.read_text(encoding="utf-8"))
    found = simulate(fleet or Fleet(), measured)
    for name, block in scale_page.blocks(found).items():
        print(f"{name}\n\n{block}\n")
    if options.write_docs:
        DATA.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        shown = Path(scale_page.PAGE)
        shown.write_text(
            scale_page.filled(shown.read_text(encoding="utf-8"), found), encoding="utf-8"
        )
    return found


if __name__ == "__main__":
    main()
