"""The soak itself: starts everything, lets keys rotate and their servers fail, takes samples."""

from __future__ import annotations

import http.client
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from cognito_guard.testing import Fault, JwksServer, LocalUserPool

from .judge import History
from .keys import ROTATE_SECONDS, Keys
from .load import Client, Gate, Tally
from .servers import ASYNC, THREADED, Usage, serving, usage

_CLIENTS = 6
_TICK_SECONDS = 0.1
_SAMPLE_SECONDS = 0.5
# Longer than a fetch lasts.
_QUIET_SECONDS = 6.5

WARM_UP_SECONDS = 18.0
"""When memory, threads and descriptors are looked at first. Everything was in use by then."""

# Keys are asked for at about 0, 3, 33, 63 ... s, because of the unknown kids among the load: 30 s
# after the last attempt. So a fault meets the first ones and then every second one.
_FIRST_OUTAGE_SECONDS = 2.5
# What the first one lasts at most until a request meets it: loading the HTTP client, which the
# first fetch does, takes seconds where the machine is busy. Time is counted from there.
_FELT_SECONDS = 120.0
_OUTAGE, _EVERY_SECONDS = (27.0, 45.0), 60.0
_FAULTS = (
    Fault.HANG,
    Fault.SERVER_ERROR,
    Fault.DRIP,
    Fault.HTML,
    Fault.DOWN,
    Fault.EMPTY_SET,
    Fault.HALF_BODY,
    Fault.DUPLICATE_KID,
    Fault.ENDLESS,
    Fault.WEAK_KEY,
)

SHORTEST_SECONDS = 72.0
"""Three attempts that matter: one that succeeds, one that fails, one that succeeds."""


class Sample(NamedTuple):
    """What a server had in use at a moment, in seconds from the start."""

    at: float
    usage: Usage


class Report:
    """All that is known of one server in the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.history = History()
        self.tally = Tally()
        self.samples: list[Sample] = []
        self.warm: Usage | None = None
        self.end: Usage | None = None

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.tally.began

    @property
    def outages(self) -> list[tuple[float, float]]:
        """The begin and the end of each outage, in seconds from the start."""
        began = self.tally.began
        return [(max(0.0, begin - began), end - began) for begin, end in self.history.outages]


class _Target:
    """One server under load, and the server of its keys."""

    def __init__(self, report: Report, keys: Keys, faults: Iterator[Fault]) -> None:
        self.report = report
        self._keys = keys
        self._faults = faults
        self.key_server = JwksServer(self._jwks, "/jwks.json")
        self.process_id = 0

    def _jwks(self) -> Mapping[str, Any]:
        published = self._keys.published()
        kids = frozenset(str(key["kid"]) for key in published)
        self.report.history.send(time.monotonic(), kids, sure=self.key_server.fault is None)
        return {"keys": published}

    def fail(self, fault: Fault | None = None) -> None:
        """Begin an outage."""
        self.report.history.fail(time.monotonic())
        self.key_server.fault = fault or next(self._faults)

    def recover(self) -> None:
        """End it."""
        self.key_server.fault = None
        self.report.history.recover(time.monotonic())

    def follow(self, schedule: bool) -> None:
        """Fail or not, as the schedule has it now."""
        if schedule and self.key_server.fault is None:
            self.fail()
        elif not schedule and self.key_server.fault is not None:
            self.recover()

    def sample(self) -> None:
        """Look at the process."""
        self.report.samples.append(Sample(self.report.seconds, usage(self.process_id)))


def soak(seconds: float) -> list[Report]:
    """Run for so many seconds, :data:`SHORTEST_SECONDS` at least."""
    reports = [Report("Flask on gunicorn, 4 threads"), Report("Starlette on uvicorn")]
    keys, gate = Keys(), Gate()
    targets = [
        _Target(report, keys, itertools.cycle(_FAULTS[n:] + _FAULTS[:n]))
        for n, report in enumerate(reports)
    ]
    clients: list[Client] = []
    with ExitStack() as stack:
        for target, command in zip(targets, (THREADED, ASYNC), strict=True):
            target.fail(Fault.DOWN)
            port = stack.enter_context(_serving(target, command))
            target.report.tally.began = time.monotonic()
            clients += [
                Client(port, keys, target.report.history, target.report.tally, gate, seed)
                for seed in range(_CLIENTS)
            ]
        for client in clients:
            client.start()
        try:
            _direct(targets, clients, keys, gate, max(seconds, SHORTEST_SECONDS))
        finally:
            gate.end()
            for client in clients:
                client.join()
    for report in reports:
        report.tally.settle(report.history)
    return reports


@contextmanager
def _serving(target: _Target, command: list[str]) -> Iterator[int]:
    pool = LocalUserPool()
    with target.key_server as keys:
        settings = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
            # Full when the server is warm, so that what grows afterwards is a leak.
            "COGNITO_CACHE_ENTRIES": "16",
        }
        with serving(command, settings) as port:
            target.process_id = _process_id(port)
            yield port


def _process_id(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/process")
    number: int = json.loads(connection.getresponse().read())["id"]
    connection.close()
    return number


def _direct(
    targets: list[_Target], clients: list[Client], keys: Keys, gate: Gate, seconds: float
) -> None:
    began = time.monotonic()
    while not all(target.report.tally.felt for target in targets):
        if time.monotonic() - began > _FELT_SECONDS:
            break  # and whoever looks at the report will see
        gate.over.wait(_TICK_SECONDS)
    began = time.monotonic()
    rotate_at, sample_at, warm = ROTATE_SECONDS, 0.0, False
    while (now := time.monotonic() - began) < seconds:
        for target in targets:
            target.follow(_is_outage(now))
        if now >= rotate_at:
            rotate_at += ROTATE_SECONDS
            keys.rotate()
        if now >= sample_at:
            sample_at += _SAMPLE_SECONDS
            for target in targets:
                target.sample()
        if not warm and now >= WARM_UP_SECONDS:
            warm = True
            for target, usage_now in zip(targets, _quiet(targets, clients, gate), strict=True):
                target.report.warm = usage_now
        gate.over.wait(_TICK_SECONDS)
    for target in targets:
        target.follow(False)
    for target, usage_now in zip(targets, _quiet(targets, clients, gate), strict=True):
        target.report.end = usage_now


def _is_outage(now: float) -> bool:
    begin, end = _OUTAGE
    return now < _FIRST_OUTAGE_SECONDS or begin <= now % _EVERY_SECONDS < end


def _quiet(targets: list[_Target], clients: list[Client], gate: Gate) -> list[Usage]:
    """What each has in use while nobody asks: the least that is seen within some seconds."""
    gate.shut()
    looks: list[list[Usage]] = [[] for _ in targets]
    left = int(_QUIET_SECONDS / _SAMPLE_SECONDS)
    while left > 0 or not all(looks):  # requests that are under way may take longer to end
        left -= 1
        gate.over.wait(_SAMPLE_SECONDS)
        if any(client.busy for client in clients):
            continue
        for target, seen in zip(targets, looks, strict=True):
            target.sample()
            seen.append(target.report.samples[-1].usage)
    gate.open()
    return [Usage(*(min(values) for values in zip(*seen, strict=True))) for seen in looks]
