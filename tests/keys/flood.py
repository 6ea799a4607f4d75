"""Measure what known keys notice of a flood. ``python -m tests.keys.flood [TOKENS]``.

100 good tokens a second, first alone and then between tokens whose ``kid`` nobody knows, 2,000 a
second and 100,000 in all unless given, while the endpoint of the keys hangs. Once for the eight
threads of a server, once for the tasks of one event loop. Quiet and flooded stretches take turns,
so that both see the same machine. A good request takes from the moment it comes in until it is
verified: queueing for a free thread is part of it.

What counts is the ratio of the two 99th percentiles within a run, and what the flood caused: how
often the endpoint was asked, how many threads and how much memory are left behind. Nothing here is
a test: what must hold on any machine is counted in `test_unknown_kids.py`.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from cognito_guard import AuthError, Guard, KeysUnavailable, RemoteKeySet
from cognito_guard.keys.remote import UNKNOWN_KEY_SECONDS
from cognito_guard.testing import Fault, JwksServer, LocalUserPool

TOKENS = 100_000
WORKERS = 8
GOOD_SECONDS = 0.01
"""Between two good tokens."""
BAD_PER_GOOD = 20
"""Unknown kids for each good token, in a flood."""
STRETCH = 500
"""Good tokens in a quiet stretch, and in a flooded one."""


class Scene:
    """A guard that holds its keys, at an endpoint that hangs from now on."""

    def __init__(self, server: JwksServer, pool: LocalUserPool) -> None:
        self.seconds: dict[str, list[float]] = {"quiet": [], "flood": []}
        self.refused: Counter[str] = Counter()
        jump = 0.0
        keys = RemoteKeySet(server.url, clock=lambda: time.monotonic() + jump)
        self.guard = Guard(pool.trust(jwks=keys, allow_outside_tests=True), cache_entries=0)
        self.good = pool.access_token(expires_in=3600)
        self.guard.verify(self.good)
        jump = UNKNOWN_KEY_SECONDS  # the first unknown kid makes an attempt
        self._rest = self.good.partition(".")[2]
        self._number = 0

    def bad(self) -> str:
        """A token with a kid that nobody has heard of."""
        self._number += 1
        header = b'{"alg":"RS256","kid":"unknown-%d"}' % self._number
        return f"{urlsafe_b64encode(header).rstrip(b'=').decode('ascii')}.{self._rest}"

    def events(self, tokens: int) -> Iterator[tuple[float, str]]:
        """What comes in, one after the other at even distances: when, and what."""
        due, left = time.perf_counter(), tokens
        while left > 0:
            for stretch, bad in (("quiet", 0), ("flood", BAD_PER_GOOD)):
                for _ in range(STRETCH):
                    for what in [stretch] + ["bad"] * bad:
                        due += GOOD_SECONDS / (1 + bad)
                        yield due, what
                    left -= bad

    def good_came(self, stretch: str, since: float) -> None:
        """A good token was verified."""
        self.seconds[stretch].append(time.perf_counter() - since)


def in_threads(scene: Scene, tokens: int) -> None:
    """The flood at the threads of a server."""
    work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def serve() -> None:
        while (do := work.get()) is not None:
            do()

    def good(stretch: str, since: float) -> None:
        scene.guard.verify(scene.good)
        scene.good_came(stretch, since)

    def bad(token: str) -> None:
        try:
            scene.guard.verify(token)
        except (AuthError, KeysUnavailable) as error:
            scene.refused[error.reason] += 1

    workers = [threading.Thread(target=serve) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for due, what in scene.events(tokens):
        time.sleep(max(0.0, due - time.perf_counter()))
        if what == "bad":
            work.put(partial(bad, scene.bad()))
        else:
            work.put(partial(good, what, time.perf_counter()))
    for _ in workers:
        work.put(None)
    for worker in workers:
        worker.join()


def in_tasks(scene: Scene, tokens: int) -> None:
    """The flood at one event loop."""

    async def good(stretch: str, since: float) -> None:
        await scene.guard.averify(scene.good)
        scene.good_came(stretch, since)

    async def bad(token: str) -> None:
        try:
            await scene.guard.averify(token)
        except (AuthError, KeysUnavailable) as error:
            scene.refused[error.reason] += 1

    async def main() -> None:
        tasks: set[asyncio.Task[Any]] = set()
        for due, what in scene.events(tokens):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            work = bad(scene.bad()) if what == "bad" else good(what, time.perf_counter())
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)

    asyncio.run(main())


def memory() -> int:
    """KiB of this process that are in memory; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def measure(name: str, flood: Callable[[Scene, int], None], tokens: int) -> None:
    """One run, and its lines of the table."""
    pool = LocalUserPool()
    with JwksServer(pool.jwks, "/jwks.json") as server:
        scene = Scene(server, pool)
        asked, threads, kib = server.requests, threading.active_count(), memory()
        with server.failing(Fault.HANG):
            flood(scene, tokens)
            kib = memory() - kib
        for thread in threading.enumerate():
            if thread.name.startswith("cognito_guard"):
                thread.join(10)
    p99 = {}
    for stretch, seconds in scene.seconds.items():
        cuts = quantiles(seconds, n=1000)
        p99[stretch] = cuts[989]
        shown = [cuts[499], cuts[989], cuts[998], max(seconds)]
        print(f"{name:8} {stretch:6} {len(seconds):6}", *(f"{1e6 * one:9.0f}" for one in shown))
    print(f"{name:8} p99 of the flood / p99 of the quiet: {p99['flood'] / p99['quiet']:.2f}")
    print(f"{name:8} {sum(scene.refused.values())} refused: {dict(scene.refused)}")
    print(
        f"{name:8} endpoint asked {server.requests - asked} times;"
        f" {threading.active_count() - threads:+d} threads, {kib:+d} KiB"
    )


def main() -> None:
    """Print the table."""
    tokens = int(sys.argv[1]) if len(sys.argv) > 1 else TOKENS
    print("in       stretch  good    p50 us    p99 us  p99.9 us    max us")
    for name, flood in {"threads": in_threads, "tasks": in_tasks}.items():
        measure(name, flood, tokens)


if __name__ == "__main__":
    main()
