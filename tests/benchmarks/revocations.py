"""What a list of what was revoked costs. ``python -m tests.benchmarks.revocations``.

The price of a request whose token was seen before, without a list and with a copy of one that has
100,000 entries; the memory that the copy takes; and, where a Redis server can be had, how long it
takes until a sign-out in one process is refused in another.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import statistics
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cognito_guard import Guard, InvalidToken
from cognito_guard._support.clock import calendar, steady_clock
from cognito_guard.revocation import Changes, MirroredRevocationList, Revocation
from cognito_guard.revocation.known import Known
from cognito_guard.testing import LocalUserPool

ENTRIES = 100_000
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz"
CALLS, ROUNDS, SIGN_OUTS = 5_000, 60, 100


class Still:
    """A store that never has anything new."""

    blocking = False

    def __init__(self, entries: Sequence[Revocation]) -> None:
        self._entries = entries

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """Not asked for here."""

    def read(self, position: str | None, /) -> Changes:
        """Everything, once."""
        return Changes(() if position else self._entries, "there", whole=not position)


def entry(kind: str) -> Revocation:
    """One about a sign-in or a user, as Cognito names them."""
    name, ends_at = str(uuid.uuid4()), calendar() + 31 * 86400
    if kind == "sign_in":
        return Revocation.of_sign_in(name, ends_at=ends_at)
    return Revocation.of_user(ISSUER, name, before=calendar(), ends_at=ends_at)


def megabytes(kind: str) -> float:
    """What 100,000 entries take in a process."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        known = Known(calendar, steady_clock)
        for _ in range(ENTRIES):
            known.add([entry(kind)])
        gc.collect()
        assert len(known) == ENTRIES
        return (tracemalloc.get_traced_memory()[0] - before) / 1e6
    finally:
        tracemalloc.stop()


def nanoseconds(rounds: Sequence[Callable[[], Any]]) -> list[float]:
    """The best round of each, in turns, so that a busy moment meets all of them."""
    best = [float("inf")] * len(rounds)
    for _ in range(ROUNDS):
        for number, call in enumerate(rounds):
            began = time.perf_counter()
            for _ in range(CALLS):
                call()
            best[number] = min(best[number], (time.perf_counter() - began) / CALLS)
    return [seconds * 1e9 for seconds in best]


def guards(pool: LocalUserPool) -> tuple[Guard, Guard]:
    """One without a list, and one with a copy of a long one."""
    entries = [entry("sign_in" if n % 2 else "user") for n in range(ENTRIES)]
    entries[0] = Revocation.of_user(pool.issuer, "x", before=0, ends_at=4e9)
    mirrored = MirroredRevocationList(Still(entries), when_unavailable="closed")
    return Guard(pool.trust(allow_outside_tests=True)), Guard(
        pool.trust(allow_outside_tests=True), revocations=mirrored
    )


def in_threads(pool: LocalUserPool) -> None:
    """``verify``, of a token that was seen before."""
    without, with_list = guards(pool)
    token = pool.access_token()
    bare, asked = nanoseconds([lambda: without.verify(token), lambda: with_list.verify(token)])
    print(f"verify: {bare:.0f} ns, with a list {asked:.0f} ns: {asked - bare:.0f} ns more")


def in_tasks(pool: LocalUserPool) -> None:
    """``averify``, of a token that was seen before."""
    without, with_list = guards(pool)
    token = pool.access_token()

    async def main() -> None:
        best = [float("inf")] * 2
        for _ in range(ROUNDS):
            for number, guard in enumerate((without, with_list)):
                began = time.perf_counter()
                for _ in range(CALLS):
                    await guard.averify(token)
                best[number] = min(best[number], (time.perf_counter() - began) / CALLS)
        bare, asked = (seconds * 1e9 for seconds in best)
        print(f"averify: {bare:.0f} ns, with a list {asked:.0f} ns: {asked - bare:.0f} ns more")

    asyncio.run(main())


def lateness(pool: LocalUserPool) -> None:
    """From the sign-out in one process to the refusal in another that is asked all the time."""
    import redis

    from cognito_guard_redis import RedisRevocationStore

    from ..redis.servers import server

    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "redis") as port:
        one, other = (
            Guard(
                pool.trust(allow_outside_tests=True),
                revocations=MirroredRevocationList(
                    RedisRevocationStore(redis.Redis(port=port)), when_unavailable="closed"
                ),
            )
            for _ in range(2)
        )
        seconds = []
        for _ in range(SIGN_OUTS):
            token = pool.access_token()
            identity = other.verify(token)
            one.sign_out(identity)
            began = time.monotonic()
            while True:
                try:
                    other.verify(token)
                except InvalidToken:
                    break
            seconds.append(time.monotonic() - began)
        print(
            f"a sign-out is refused elsewhere after {statistics.median(seconds):.2f} s (median), "
            f"{max(seconds):.2f} s (the latest of {SIGN_OUTS})"
        )


def main() -> None:
    """Print all of it."""
    pool = LocalUserPool()
    for kind in ("sign_in", "user"):
        print(f"{ENTRIES} entries about a {kind}: {megabytes(kind):.1f} MB")
    in_threads(pool)
    in_tasks(pool)
    if shutil.which("redis-server"):
        lateness(pool)


if __name__ == "__main__":
    main()
