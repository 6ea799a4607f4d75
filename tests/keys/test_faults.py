"""Each fault of a server of keys, met in each situation in which keys are fetched."""

from __future__ import annotations

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, LoadBalancer, RemoteKeySet
from cognito_guard.keys.remote import REFRESH_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.load_balancers.keys import LoadBalancerKeySet
from cognito_guard.network import fetch as fetch_module
from cognito_guard.testing import Fault, JwksServer, LocalLoadBalancer, LocalUserPool, PemServer

from ..documents.tables import ROOT, table_rows
from .fault_table import TABLE, UNAVAILABLE, UNKNOWN, VERIFIED, Row
from .source import PATIENCE, Clock, settle

# These are waited for. While they are on, and only then, a fetch may take this long: without them
# it ends by itself, on a busy machine later than that.
_ENDLESS_WAITS = {Fault.HANG: (PATIENCE, 2.0), Fault.DRIP: (2.0, PATIENCE)}
# These end before there is a request.
_NO_REQUEST = {Fault.DOWN, Fault.WRONG_CERTIFICATE}

Headers = Mapping[str, str]


class Place(ABC):
    """A guard, the server of its keys, and requests signed with an old key and with a new one."""

    server: JwksServer | PemServer
    guard: Guard
    old: Headers
    new: Headers

    def __init__(self, authenticate: Callable[[Guard, Headers], Any], clock: Clock) -> None:
        self._authenticate = authenticate
        self.clock = clock

    @abstractmethod
    def publish_new(self) -> None:
        """From now on, the new key is published next to the old one."""

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Within the block, the server of the keys has this fault."""
        whole, step = _ENDLESS_WAITS.get(
            fault, (fetch_module.FETCH_SECONDS, fetch_module._STEP_SECONDS)
        )
        with (
            patch.object(fetch_module, "FETCH_SECONDS", whole),
            patch.object(fetch_module, "_STEP_SECONDS", step),
            self.server.failing(fault),
        ):
            yield

    def requests(self, least: int) -> int:
        """How many requests the server has seen, which a client may have left before: it is waited
        for until there are so many."""
        ends_at, pause = time.monotonic() + PATIENCE, threading.Event()
        while self.server.requests < least and time.monotonic() < ends_at:
            pause.wait(0.01)
        return self.server.requests

    def outcome(self, headers: Headers) -> str:
        """What a request gets, as the table has it."""
        try:
            self._authenticate(self.guard, headers)
        except (InvalidToken, KeysUnavailable) as error:
            self.error = error
            return f"{self.guard.challenge(error).status} {error.reason}"
        finally:
            settle()
        return VERIFIED


class UserPoolPlace(Place):
    """A user pool's: a key set."""

    def __init__(
        self,
        authenticate: Callable[[Guard, Headers], Any],
        clock: Clock,
        pools: tuple[LocalUserPool, LocalUserPool],
        tls: bool,
    ) -> None:
        super().__init__(authenticate, clock)
        old, self._new_pool = pools
        self._keys = old.jwks()["keys"]
        self.server = JwksServer(lambda: {"keys": self._keys}, "/jwks", delay=0.05, tls=tls)
        self.guard = Guard(old.trust(jwks=RemoteKeySet(self.server.url, clock=clock)))
        self.old, self.new = ({"authorization": f"Bearer {pool.access_token()}"} for pool in pools)

    def publish_new(self) -> None:
        self._keys = self._keys + self._new_pool.jwks()["keys"]


class LoadBalancerPlace(Place):
    """A load balancer's: a key at an address."""

    def __init__(
        self,
        authenticate: Callable[[Guard, Headers], Any],
        clock: Clock,
        pools: tuple[LocalUserPool, LocalUserPool],
        tls: bool,
    ) -> None:
        super().__init__(authenticate, clock)
        balancer = LocalLoadBalancer(pools[0])
        self.old, self._pems = balancer.headers(), balancer.keys()
        self.server = PemServer(lambda: self._pems, delay=0.05, tls=tls)
        keys = LoadBalancerKeySet(self.server.url, clock=clock)
        self.guard = Guard(LoadBalancer([balancer.arn], client_id=balancer.client_id, keys=keys))
        balancer.rotate()
        self.new, self._new_pems = balancer.headers(), balancer.keys()

    def publish_new(self) -> None:
        self._pems = self._pems | self._new_pems


def in_thread(guard: Guard, headers: Headers) -> Any:
    """As a threaded server asks."""
    return guard.authenticate(lambda name: [headers[name]] if name in headers else [])


def in_task(guard: Guard, headers: Headers) -> Any:
    """As an asynchronous server asks."""
    return asyncio.run(guard.aauthenticate(lambda name: [headers[name]] if name in headers else []))


@pytest.fixture(scope="module")
def pools() -> tuple[LocalUserPool, LocalUserPool]:
    """One user pool, before and after a rotation."""
    return LocalUserPool(), LocalUserPool()


ASKING = {"sync": in_thread, "async": in_task}
CASES = [
    pytest.param(kind, fault, row, id=f"{name}-{fault.name}")
    for name, kind, faults in (
        ("pool", UserPoolPlace, JwksServer.faults),
        ("balancer", LoadBalancerPlace, PemServer.faults),
    )
    for fault, row in TABLE.items()
    if fault in faults
]


@pytest.fixture
def at(
    fault: Fault,
    kind: Callable[..., Place],
    ask: Callable[[Guard, Headers], Any],
    pools: tuple[LocalUserPool, LocalUserPool],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Place]:
    """A guard that holds nothing yet, and a server with which nothing is wrong yet."""
    place = kind(ask, clock, pools, fault is Fault.WRONG_CERTIFICATE)
    if place.server.authority is not None:
        trusted = tmp_path / "authority.pem"
        trusted.write_bytes(place.server.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with place.server:
        yield place


every_case = pytest.mark.parametrize(("kind", "fault", "row"), CASES)
however_asked = pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)


def requests_of(fault: Fault) -> int:
    """How many requests one attempt is: a redirect is not followed."""
    return 0 if fault in _NO_REQUEST else 1


@every_case
@however_asked
def test_first_fetch(at: Place, fault: Fault, row: Row) -> None:
    """With nothing held, no good token is refused unless its key is gone; then all is well."""
    with at.failing(fault):
        assert at.outcome(at.old) == row.first
        assert at.requests(requests_of(fault)) == requests_of(fault)
    if row.first == UNAVAILABLE:
        assert at.error.retry_after == 1
        at.clock.now += 1
    elif row.first == UNKNOWN:
        at.clock.now += UNKNOWN_KEY_SECONDS
    else:
        refresh(at)
    assert at.outcome(at.old) == VERIFIED


@every_case
@however_asked
def test_refresh(at: Place, fault: Fault, row: Row) -> None:
    """What is held serves during the refresh, and after it unless the set said otherwise."""
    assert at.outcome(at.old) == VERIFIED
    at.clock.now += REFRESH_SECONDS
    before = at.server.requests
    with at.failing(fault):
        assert at.outcome(at.old) == VERIFIED
        assert at.requests(before + requests_of(fault)) == before + requests_of(fault)
        assert at.outcome(at.old) == row.refresh
    refresh(at)
    assert at.outcome(at.old) == VERIFIED


@every_case
@however_asked
def test_unknown_kid(at: Place, fault: Fault, row: Row) -> None:
    """A new key cannot be had while the fault is on; the old one serves as long as it is held."""
    assert at.outcome(at.old) == VERIFIED
    at.clock.now += UNKNOWN_KEY_SECONDS
    at.publish_new()
    before = at.server.requests
    with at.failing(fault):
        assert at.outcome(at.new) == row.unknown
        assert at.requests(before + requests_of(fault)) == before + requests_of(fault)
        # What was fetched is in force for the old key as well.
        assert at.outcome(at.old) == row.refresh
    if row.unknown == UNAVAILABLE:
        at.clock.now += at.error.retry_after
    elif row.unknown == UNKNOWN:
        at.clock.now += UNKNOWN_KEY_SECONDS
    else:
        refresh(at)
    assert at.outcome(at.new) == at.outcome(at.old) == VERIFIED


def refresh(at: Place) -> None:
    """Let the keys come of age, and be fetched anew for whoever comes first."""
    at.clock.now += REFRESH_SECONDS
    at.outcome(at.old)


def test_every_fault_is_in_the_table() -> None:
    """A fault without an expected outcome is a fault that nobody has thought through."""
    assert list(TABLE) == list(Fault)
    assert JwksServer.faults == set(Fault) > PemServer.faults


def cell(outcome: str) -> str:
    """An outcome as the page has it: a status, and the reason where there are several."""
    status, _, reason = outcome.partition(" ")
    return f"{status} `{reason}`" if status == "401" else status


def test_page_shows_the_table() -> None:
    """docs/faults.md has every fault, with what the tests above expect, and says what it is."""
    shown = {
        cells[0]: (Row(*cells[2:5]), cells[5], bool(cells[1]))
        for heading, cells in table_rows(ROOT / "docs" / "faults.md")
        if heading == "When key servers fail"
    }
    assert shown == {
        f"`{fault.name}`": (
            Row(*map(cell, row)),
            "yes" if fault in PemServer.faults else "",
            True,
        )
        for fault, row in TABLE.items()
    }
