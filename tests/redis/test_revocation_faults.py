"""Each fault of a Redis server, met by a copy that is young, one that is old, one that begins."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

from cognito_guard import Guard, Identity, InvalidToken, KeysUnavailable
from cognito_guard.revocation import MirroredRevocationList, Revocation
from cognito_guard.testing import LocalUserPool
from cognito_guard_redis import AsyncRedisRevocationStore, RedisRevocationStore

from ..documents.tables import ROOT, table_rows
from ..ports import closed_port, free_port
from ..revocation.shared import settle
from .revocation_faults import PASSES, TABLE, WRITTEN, Row
from .servers import server, until

LIST, LOG = "{cognito_guard:revocations}:list", "{cognito_guard:revocations}:log"
POOL = LocalUserPool()
# They outlive a run of all the tests.
TOKENS = {name: POOL.access_token(name, expires_in=86400) for name in ("alice", "bob", "carol")}
# The second one only while the server hangs: on a busy machine, a good one may take as long.
PATIENT, BOUNDED = 60.0, 0.2


class Steady:
    """Seconds that pass when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Store:
    """What a worker asks: waits for a server that is slow, and not for one that hangs."""

    def __init__(self, place: Place, patient: Any, bounded: Any) -> None:
        self._place, self._patient, self._bounded = place, patient, bounded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bounded if self._place.hanging else self._patient, name)


class Asked:
    """How one worker is asked, whatever its client is."""

    def __init__(self, place: Place, word: Any, steady: Steady) -> None:
        self._place, self._word, self._steady = place, word, steady

    def guard(self, patient: Any, bounded: Any) -> Guard:
        """The worker's guard, with a store for either patience."""
        revocations = MirroredRevocationList(
            Store(self._place, patient, bounded), when_unavailable=self._word, steady=self._steady
        )
        return Guard(POOL.trust(), revocations=revocations)

    def outcome(self, name: str) -> str:
        """What a caller gets, as the table has it."""
        try:
            self.verify(TOKENS[name])
        except (InvalidToken, KeysUnavailable) as error:
            return f"{self.own.challenge(error).status} {error.reason}"
        return PASSES

    def sign_out(self, name: str) -> str:
        """What becomes of a sign-out."""
        try:
            self.out(POOL.subject(name))
        except KeysUnavailable as error:
            return f"503 {error.reason}"
        return WRITTEN

    own: Guard
    verify: Callable[[str], Identity]
    out: Callable[[str], None]
    close: Callable[[], None]


class InThreads(Asked):
    """A server with threads."""

    def __init__(self, place: Place, word: Any, steady: Steady) -> None:
        super().__init__(place, word, steady)
        self._clients = [
            redis.Redis(port=place.port, socket_timeout=one) for one in (PATIENT, BOUNDED)
        ]
        self.own = self.guard(*map(RedisRevocationStore, self._clients))
        self.verify, self.out = self.own.verify, self.own.sign_out_user

    def close(self) -> None:  # type: ignore[override]
        """Close the connections."""
        for client in self._clients:
            client.close()


class InTasks(Asked):
    """A server of asyncio, with its client."""

    def __init__(self, place: Place, word: Any, steady: Steady) -> None:
        super().__init__(place, word, steady)
        self._runner = asyncio.Runner()

        async def begin(seconds: float) -> redis.asyncio.Redis:
            # Newer clients do so by themselves: a connection that is dead is noticed only then.
            again = [redis.ConnectionError]
            return redis.asyncio.Redis(
                port=place.port, socket_timeout=seconds, retry_on_error=again
            )

        self._clients = [self._runner.run(begin(one)) for one in (PATIENT, BOUNDED)]
        self.own = self.guard(*map(AsyncRedisRevocationStore, self._clients))

    def verify(self, token: str) -> Identity:  # type: ignore[override]
        """In the one loop."""
        return self._runner.run(self.own.averify(token))

    def out(self, subject: str) -> None:  # type: ignore[override]
        """In the one loop."""
        self._runner.run(self.own.asign_out_user(subject))

    def close(self) -> None:  # type: ignore[override]
        """End the loop."""
        for client in self._clients:
            self._runner.run(client.aclose())
        self._runner.close()


class Place:
    """A server of one's own, and what can be wrong with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.hanging = False
        self._running = ExitStack()
        self.start()

    def start(self, *options: str) -> None:
        """Run it, empty."""
        self._running.enter_context(server(self._folder, *options, port=self.port))
        self.client = redis.Redis(port=self.port, socket_timeout=60)
        self._running.callback(self.client.close)

    def stop(self) -> None:
        """End it."""
        self._running.close()

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Until the end of the block, this is wrong."""
        with getattr(self, name.lower())():
            yield

    @contextmanager
    def _away(self) -> Iterator[None]:
        state = self.client.dump(LIST), self.client.dump(LOG)
        self.stop()
        try:
            yield
        finally:
            self.start()
            for key, value in zip((LIST, LOG), state, strict=True):
                assert value is not None
                self.client.restore(key, 0, value)  # type: ignore[arg-type]

    def down(self) -> AbstractContextManager[None]:
        """Nobody listens; then it is back, with all that it had."""
        return self._away()

    @contextmanager
    def hangs(self) -> Iterator[None]:
        """It is stopped in the midst of everything."""
        process: int = self.client.info("server")["process_id"]
        os.kill(process, signal.SIGSTOP)
        self.hanging = True
        try:
            yield
        finally:
            self.hanging = False
            os.kill(process, signal.SIGCONT)

    @contextmanager
    def not_redis(self) -> Iterator[None]:
        """Something else answers at its port."""
        with self._away():
            with socket.create_server(("127.0.0.1", self.port)) as listener:

                def answer() -> None:
                    while True:
                        try:
                            connection, _ = listener.accept()
                        except OSError:
                            return
                        with connection:
                            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

                thread = threading.Thread(target=answer)
                thread.start()
                yield
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """It says that it cannot answer now: here a replica that has lost its primary."""
        self.client.config_set("replica-serve-stale-data", "no")
        with closed_port() as nobody:
            self.client.replicaof("127.0.0.1", nobody)  # type: ignore[no-untyped-call]
            try:
                yield
            finally:
                self.client.replicaof("no", "one")  # type: ignore[no-untyped-call]

    @contextmanager
    def wrong_type(self) -> Iterator[None]:
        """Other code has written something else under the names of the keys."""
        for key in (LIST, LOG):
            self.client.rename(key, f"{key}:kept")
            self.client.set(key, "somebody else's")
        yield
        for key in (LIST, LOG):
            self.client.rename(f"{key}:kept", key)

    @contextmanager
    def rubbish(self) -> Iterator[None]:
        """Other code has written something else into the list and the log."""
        self.client.zadd(LIST, {"rubbish": 4e9})
        record = self.client.xadd(LOG, {"e": "rubbish", "s": 4e9, "t": "t"})
        yield
        self.client.zrem(LIST, "rubbish")
        self.client.xdel(LOG, record)

    @contextmanager
    def full(self) -> Iterator[None]:
        """It takes nothing more."""
        self.client.config_set("maxmemory", "1")
        yield
        self.client.config_set("maxmemory", "0")

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Somebody has emptied it."""
        self.client.flushall()
        yield

    @contextmanager
    def failed_over(self) -> Iterator[None]:
        """Another server has taken its place, which had not seen the last writes."""
        self.stop()
        with ExitStack() as others:
            # The replica of a primary that has nothing yet, promoted.
            primary = others.enter_context(server(self._folder / "primary"))
            self.start("--replicaof", "127.0.0.1", str(primary))
            until(lambda: self.client.info("replication")["master_link_status"] == "up")
        self.client.replicaof("no", "one")  # type: ignore[no-untyped-call]
        yield

    @contextmanager
    def trimmed(self) -> Iterator[None]:
        """The log has lost what the copy has read last."""
        RedisRevocationStore(self.client).add([Revocation.of_token("other", ends_at=4e9)])
        self.client.xtrim(LOG, maxlen=1, approximate=False)
        yield


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A server with which nothing is wrong yet."""
    one = Place(tmp_path / "server")
    yield one
    one.stop()
    settle()


@pytest.mark.parametrize("kind", [InThreads, InTasks])
@pytest.mark.parametrize(("fault", "row"), TABLE.items(), ids=TABLE)
def test_fault(place: Place, kind: type[Asked], fault: str, row: Row) -> None:
    """Each cell of the row; and when the fault is over, all is well by itself."""
    steady = Steady()
    with ExitStack() as workers:

        def worker(word: str) -> Asked:
            made = kind(place, word, steady)
            workers.callback(made.close)
            return made

        closed, opened = worker("closed"), worker("open")
        assert closed.sign_out("alice") == WRITTEN
        for one in (closed, opened):
            assert (one.outcome("alice"), one.outcome("bob")) == ("401 revoked", PASSES)
        with place.fault(fault):
            assert (opened.outcome("alice"), opened.outcome("bob")) == (row.alice, row.bob)
            assert closed.outcome("bob") == row.bob
            steady.now += 1.5
            assert closed.outcome("bob") == row.closed
            assert (opened.outcome("bob"), opened.outcome("alice")) == (row.opened, row.alice)
            beginner = worker("closed")
            assert beginner.outcome("alice") == row.started
            assert closed.sign_out("carol") == row.sign_out
        # The longest pause between two attempts.
        steady.now += 5
        for one in (closed, opened, beginner):
            assert one.outcome("bob") == PASSES
        assert closed.outcome("carol") == "401 revoked"
        written = row.sign_out == WRITTEN
        assert opened.outcome("carol") == ("401 revoked" if written else PASSES)
        assert closed.outcome("alice") == opened.outcome("alice") == "401 revoked"


def test_a_client_with_a_long_timeout_ties_up_few_threads(place: Place) -> None:
    """A client that waits for long: three threads, however long it hangs and however many ask."""
    steady = Steady()
    client = redis.Redis(port=place.port, socket_timeout=60)
    revocations = MirroredRevocationList(
        RedisRevocationStore(client), when_unavailable="open", steady=steady
    )
    guard = Guard(POOL.trust(), revocations=revocations)
    guard.verify(TOKENS["bob"])
    with place.fault("HANGS"):
        for _ in range(8):
            steady.now += 0.6
            revocations._renew(revocations._in_background)
            steady.now += 20
        reading = [one for one in threading.enumerate() if one.name == "cognito_guard.revocation"]
        assert len(reading) == 3
        assert guard.verify(TOKENS["bob"])
    settle()
    steady.now += 20
    guard.sign_out_user(POOL.subject("bob"))
    # What came late is true of the time when it was asked for, so it does not count as new.
    assert guard.health()["revocations"].age > 20
    with pytest.raises(InvalidToken):
        guard.verify(TOKENS["bob"])
    settle()
    assert guard.health()["revocations"].failures == 0
    client.close()


def test_a_copy_that_begins_while_entries_pour_in(place: Place) -> None:
    """All that was written before the question is known; all that comes later, within the bound."""
    writer = RedisRevocationStore(place.client)
    written: list[str] = []
    enough = threading.Event()

    def pour() -> None:
        while not enough.is_set():
            name = f"sign-in {len(written)}"
            writer.add([Revocation.of_sign_in(name, ends_at=time.time() + 10_000)])
            written.append(name)

    pouring = threading.Thread(target=pour)
    pouring.start()

    def known(here: MirroredRevocationList, name: str) -> bool:
        claims = {"sub": "a", "iss": "b", "origin_jti": name}
        return here.is_revoked(Identity(claims, "access", "c"), "b")

    with redis.Redis(port=place.port, socket_timeout=60) as client:
        for least in (1, 300, 600):
            while len(written) < least:
                pass
            steady = Steady()
            here = MirroredRevocationList(
                RedisRevocationStore(client), when_unavailable="closed", steady=steady
            )
            for _ in range(3):
                before = list(written)
                steady.now += 1.5
                assert all(known(here, name) for name in before)
    enough.set()
    pouring.join()


def test_the_page_shows_the_table() -> None:
    """docs/revocation.md has every fault, with what the tests above expect, and says what it is."""

    def cell(outcome: str) -> str:
        status, _, reason = outcome.partition(" ")
        return f"{status} `{reason}`" if status == "401" else status

    shown = {
        cells[0]: (Row(*cells[2:]), bool(cells[1]))
        for heading, cells in table_rows(ROOT / "docs" / "revocation.md")
        if heading == "When Redis fails"
    }
    assert shown == {f"`{name}`": (Row(*map(cell, row)), True) for name, row in TABLE.items()}
