"""The tables of docs/scale.md, and the sentences on it that have numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from . import page, tables

PAGE = page.DOCS / "scale.md"


def filled(text: str, found: Mapping[str, Any]) -> str:
    """The page with what a simulation found."""
    return page.fill(text, blocks(found))


def blocks(found: Mapping[str, Any]) -> dict[str, str]:
    """What stands between the marks, by their names."""
    makers: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "fleet": _fleet,
        "answer": _answer,
        "breaks": _breaks,
        "hits": _hits,
        "cores": _cores,
        "memory": _memory,
        "keys": _keys,
        "reads": _reads,
        "lists": _lists,
        "sessions": _sessions,
        "sources": _sources,
    }
    return {f"scale_{name}": make(found) for name, make in makers.items()}


def _fleet(found: Mapping[str, Any]) -> str:
    fleet = found["fleet"]
    return (
        f"The fleet has {fleet['workers']:,} workers on {fleet['machines']:,} machines. "
        f"It serves {fleet['rate']:,} requests a second for {fleet['users']:,} active users. "
        f"Each user has one access token at a time, which is good for "
        f"{fleet['life'] / 60:,.0f} minutes."
    )


def _answer(found: Mapping[str, Any]) -> str:
    fleet, source, cache = found["fleet"], found["sources"], found["cache"]
    keys, sessions = found["keys"], found["sessions"]
    share = cache["cores_uncached"] / fleet["workers"]
    yours = _row(found, "the user's worker", source["fit"])
    small, large = (
        _row(found, "the user's machine", size) for size in (source["fit"], fleet["large"])
    )
    longest = _every_sign_out(found)
    return "\n".join(
        (
            f"- **The cache is not your bottleneck.** To verify every token on every request would "
            f"keep {cache['cores_uncached']:.1f} of {fleet['workers']:,} workers busy "
            f"({share:.1%}). No setting of the cache can save more.",
            f"- **Balance by user if you can.** A worker that always gets the same users needs no "
            f"verification for {yours['hits']:.1%} of its requests.",
            "- **With sticky sessions, a larger cache helps.** If users stay on a machine, and any "
            f"of its workers answers, set `cache_entries={fleet['large']}` and "
            f"`cache_bytes={_cache_bytes(fleet['large'], source)} * 2**20`. The part that needs no "
            f"verification rises from {small['hits']:.0%} to {large['hits']:.0%}, and saves "
            f"{small['cores'] - large['cores']:.1f} cores.",
            "- **Call `guard.prefetch(wait=10)` at start-up**, before a worker takes requests. "
            f"After that, the keys of a user pool are fetched {keys['an_hour']:,.0f} times an hour "
            "by all workers together.",
            f"- **Keep the revocation list for the exceptions.** With every sign-out of "
            f"{longest['sign_outs_a_day']:,} users a day and refresh tokens of "
            f"{longest['refresh_days']:.0f} days, it takes "
            f"{longest['mb_a_process'] / 1e3:,.1f} GB in each process.",
            f"- **Give sessions a Redis Cluster.** If every request has a session, Redis sends "
            f"{sessions['gbit_a_second']:.1f} Gbit/s. Set `max_connections` to the number of "
            "requests that a worker handles at once. With 50 for each worker there are up to "
            f"{sessions['connections']:,}, all that Redis accepts by default.",
        )
    )


def _breaks(found: Mapping[str, Any]) -> str:
    fleet, keys, sessions = found["fleet"], found["keys"], found["sessions"]
    every = _every_sign_out(found)
    return _table(
        ["", "at this scale", "what to do"],
        [
            [
                "refreshes at the user pool",
                f"{sessions['refreshes']:,} a second",
                "Raise the quota, or let access tokens live longer.",
            ],
            [
                "traffic of the session store",
                f"{sessions['gbit_a_second']:.1f} Gbit/s",
                "Shard it: a Redis Cluster. Or use bearer tokens.",
            ],
            [
                "connections of the session store",
                f"{sessions['connections']:,} at most",
                "Set `max_connections` to the requests that a worker handles at once.",
            ],
            [
                "memory of the revocation list",
                f"{every['mb_a_process'] / 1e3:,.1f} GB a process",
                "Record only the sign-outs that cannot wait for the token's end.",
            ],
            [
                "the address of the keys",
                f"{keys['at_a_start']:,} fetches in a second, at a start",
                "Start machines one after the other, or fetch before the fork.",
            ],
            [
                "processor time for verification",
                f"{found['cache']['cores_uncached']:.1f} cores of {fleet['workers']:,}",
                "Nothing.",
            ],
        ],
    )


def _every_sign_out(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The list of a fleet that records each user's sign-out once a day, for the longest time."""
    lists: list[Mapping[str, Any]] = found["revocations"]["lists"]
    return next(each for each in lists if each["sign_outs_a_day"] == found["fleet"]["users"])


def _row(
    found: Mapping[str, Any],
    balancing: str,
    entries: float,
    *,
    skewed: bool = False,
    second_sight: bool = True,
) -> Mapping[str, Any]:
    wanted = (balancing, skewed, entries, second_sight)
    names = ("balancing", "skewed", "entries", "second_sight")
    rows: list[Mapping[str, Any]] = found["cache"]["rows"]
    return next(row for row in rows if tuple(row[name] for name in names) == wanted)


def _each_cache(found: Mapping[str, Any], shown: Callable[[Mapping[str, Any]], str]) -> str:
    """A table with a line for each way of balancing, and a column for each cache."""
    sizes = sorted({row["entries"] for row in found["cache"]["rows"]})
    head = ["a request goes to", "users"]
    for entries in sizes:
        head += [f"{entries:,}, at once", f"{entries:,}, at the second sight"]
    body = []
    for balancing in dict.fromkeys(row["balancing"] for row in found["cache"]["rows"]):
        for skewed in (False, True):
            each = [
                _row(found, balancing, entries, skewed=skewed, second_sight=second_sight)
                for entries in sizes
                for second_sight in (False, True)
            ]
            body.append([balancing, "skewed" if skewed else "alike", *map(shown, each)])
    return _table(head, body)


def _hits(found: Mapping[str, Any]) -> str:
    return _each_cache(found, lambda row: f"{row['hits']:.1%}")


def _cores(found: Mapping[str, Any]) -> str:
    return _each_cache(found, lambda row: f"{row['cores']:.2f}")


def _memory(found: Mapping[str, Any]) -> str:
    fleet, source = found["fleet"], found["sources"]
    body = []
    for entries in (source["fit"], fleet["large"]):
        megabytes = entries * source["bytes_each"] / 1e6
        body.append(
            [
                f"{entries:,}",
                f"{_cache_bytes(entries, source):,} MiB",
                f"{megabytes:,.0f} MB",
                f"{megabytes * fleet['workers'] / fleet['machines']:,.0f} MB",
                f"{megabytes * fleet['workers'] / 1e3:,.1f} GB",
            ]
        )
    return _table(["tokens", "`cache_bytes`", "a worker", "a machine", "the fleet"], body)


def _cache_bytes(entries: float, source: Mapping[str, float]) -> int:
    """What has to be allowed for so many tokens, in MiB."""
    return ceil(round(entries * source["weight_each"] / 2**20, 2))


def _keys(found: Mapping[str, Any]) -> str:
    keys = found["keys"]
    return _table(
        ["", "fetches", "in the fullest second"],
        [
            ["an hour, day in, day out", f"{keys['an_hour']:,.0f}", f"{keys['most_in_a_second']}"],
            ["all workers start at once", f"{keys['at_a_start']:,}", f"{keys['at_a_start']:,}"],
            [
                "the same, keys fetched before the fork",
                f"{keys['at_a_start_forked']:,}",
                f"{keys['at_a_start_forked']:,}",
            ],
            [
                f"the next ones, within {keys['first_wave_seconds']:,} seconds",
                f"{keys['at_a_start']:,}",
                f"{keys['first_wave_most']}",
            ],
            [
                f"a rotation, within {keys['rotation_seconds']:.1f} seconds",
                f"{keys['rotation_fetches']:,}",
                f"{keys['rotation_most']}",
            ],
            [
                "a flood of made-up key ids, an hour at most",
                f"{keys['unknown_kids_a_second'] * 3600:,.0f}",
                f"{keys['unknown_kids_a_second']:.1f} on average",
            ],
            [
                "the address is down, attempts an hour",
                f"{keys['outage_a_second'] * 3600:,.0f}",
                f"{keys['outage_a_second']:.1f} on average",
            ],
        ],
    )


def _reads(found: Mapping[str, Any]) -> str:
    return _table(
        ["`max_age`", "reads a second", "traffic while nothing changes"],
        [
            [f"{each['max_age']} s", f"{each['reads']:,.0f}", f"{each['idle_kb']:,.0f} kB/s"]
            for each in found["revocations"]["reads"]
        ],
    )


def _lists(found: Mapping[str, Any]) -> str:
    return _table(
        [
            "sign-outs a day",
            "refresh tokens live",
            "entries",
            "a process",
            "changes to all workers",
        ],
        [
            [
                f"{each['sign_outs_a_day']:,}",
                f"{each['refresh_days']:.0f} days" if each["refresh_days"] > 1 else "1 day",
                f"{each['entries']:,}",
                f"{each['mb_a_process']:,.0f} MB",
                f"{each['kb_a_second']:,.0f} kB/s",
            ]
            for each in found["revocations"]["lists"]
        ],
    )


def _sessions(found: Mapping[str, Any]) -> str:
    sessions = found["sessions"]
    return _table(
        ["", ""],
        [
            ["reads a second", f"{sessions['reads']:,}"],
            ["writes a second that keep sessions alive", f"{sessions['writes']:,}"],
            ["refreshes a second at the user pool", f"{sessions['refreshes']:,}"],
            ["commands a second for these refreshes", f"{sessions['refresh_commands']:,}"],
            ["sent by Redis", f"{sessions['gbit_a_second']:.1f} Gbit/s"],
            ["memory of Redis", f"{sessions['gb']:.1f} GB"],
            ["connections, 50 for each worker", f"{sessions['connections']:,}"],
            ["connections, 4 for each worker", f"{sessions['connections_of_4_threads']:,}"],
            ["connections that Redis accepts by default", f"{sessions['max_clients']:,}"],
        ],
    )


def _sources(found: Mapping[str, Any]) -> str:
    source = found["sources"]
    return _table(
        ["", "", "from"],
        [
            ["a token not seen before", f"{source['new_us']} µs", _PERFORMANCE],
            ["a token again", f"{source['repeated_us']} µs", _PERFORMANCE],
            [
                "a remembered token, its text included",
                f"{source['bytes_each']:,.0f} B",
                _PERFORMANCE,
            ],
            ["such tokens in the cache as shipped", f"{source['fit']:,}", _PERFORMANCE],
            [
                "an entry of a revocation list",
                "155 B",
                "[Sign-outs that take effect](revocation.md)",
            ],
            ["a session in Redis", "7 kB", "[Sign-in](login.md#redis)"],
        ],
    )


_PERFORMANCE = "[Performance](performance.md)"


def _table(head: list[str], body: list[list[str]]) -> str:
    return tables.markdown(head, body)
