"""No reader misses an entry, whatever happens to the log and the server while it reads."""

from __future__ import annotations

import time

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cognito_guard.revocation import Revocation
from cognito_guard_redis import RedisRevocationStore, revocations

LIST, LOG = "{cognito_guard:revocations}:list", "{cognito_guard:revocations}:log"
NOW = int(time.time()) + 86400
READERS = 2


class Reader:
    """Knows what it has read: each entry's latest end."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.position: str | None = None
        self.due: dict[str, int] | None = None
        """What there was when it began to read, and has not been lost since."""


class Gaps(RuleBasedStateMachine):
    """A server and its readers. The twin is a plain dict from names to ends."""

    client: redis.Redis

    def __init__(self) -> None:
        super().__init__()
        self.client.flushdb()
        self.store = RedisRevocationStore(self.client)
        self.twin: dict[str, int] = {}
        self.readers = [Reader() for _ in range(READERS)]
        self.tags = 0
        self.replica: tuple[bytes | None, bytes | None, dict[str, int]] = (None, None, {})

    @rule(names=st.lists(st.integers(0, 12), max_size=8), end=st.integers(0, 3))
    def add(self, names: list[int], end: int) -> None:
        """Some entries; few ends, so that many have the same one."""
        entries = [Revocation.of_sign_in(str(name), ends_at=NOW + end) for name in names]
        self.store.add(entries)
        for name in names:
            self.twin[str(name)] = max(self.twin.get(str(name), 0), NOW + end)

    @rule(reader=st.integers(0, READERS - 1), pages=st.integers(1, 4))
    def read(self, reader: int, pages: int) -> None:
        """A page or some. At the end of a read all is known that there was at its beginning."""
        one = self.readers[reader]
        for _ in range(pages):
            if one.due is None:
                one.due = dict(self.twin)
            changes = self.store.read(one.position)
            assert changes.unreadable == 0
            one.position = changes.position
            for entry in changes.entries:
                one.known[entry.name] = max(one.known.get(entry.name, 0), entry.ends_at)
            if not changes.more:
                assert all(one.known.get(name, 0) >= end for name, end in one.due.items())
                one.due = None

    @rule(reader=st.integers(0, READERS - 1))
    def restart(self, reader: int) -> None:
        """It knows nothing."""
        self.readers[reader] = Reader()

    @rule(left=st.integers(0, 5))
    def trim(self, left: int) -> None:
        """The log loses its oldest records."""
        self.client.xtrim(LOG, maxlen=left, approximate=False)

    @rule()
    def delete_log(self) -> None:
        """Or all of them."""
        self.client.delete(LOG)

    @rule()
    def empty(self) -> None:
        """The server loses everything."""
        self.client.flushdb()
        self.lose({})

    @rule()
    def replicate(self) -> None:
        """The replica has seen all that was written until now."""
        self.replica = (self.client.dump(LIST), self.client.dump(LOG), dict(self.twin))  # type: ignore[assignment]

    @rule(names=st.lists(st.integers(0, 12), max_size=4))
    def fail_over(self, names: list[int]) -> None:
        """It is promoted, and writes records under the very ids that the lost ones had."""
        lost = [record[0] for record in self.client.xrange(LOG)]
        entries, log, twin = self.replica
        self.client.flushdb()
        for key, value in ((LIST, entries), (LOG, log)):
            if value is not None:
                self.client.restore(key, 0, value)
        self.lose(dict(twin))
        kept = {record[0] for record in self.client.xrange(LOG)}
        # The latest of them: that is where a reader is.
        free = [one for one in lost if one not in kept][-len(names) :] if names else []
        for name, again in zip(names, free, strict=False):
            self.tags += 1  # no two records have one, as they are random
            held = self.twin[str(name)] = max(self.twin.get(str(name), 0), NOW + 1)
            member = f'["sign_in", "{name}"]'
            self.client.zadd(LIST, {member: held})
            try:
                self.client.xadd(LOG, {"e": member, "s": held, "t": f"{self.tags:032d}"}, id=again)
            except redis.ResponseError:  # its log is ahead of that id
                self.store.add([Revocation.of_sign_in(str(name), ends_at=held)])

    @precondition(lambda self: self.twin)
    @rule(reader=st.integers(0, READERS - 1))
    def catch_up(self, reader: int) -> None:
        """Two whole reads, one after the other: nothing that is there is missing."""
        self.read(reader, 40)
        known, twin = self.readers[reader].known, self.twin
        assert all(known.get(name, 0) >= end for name, end in twin.items())

    def lose(self, twin: dict[str, int]) -> None:
        """The server has only these any more; nobody can read what it lost."""
        self.twin = twin
        for one in self.readers:
            if one.due is not None:
                one.due = {
                    name: min(end, twin[name]) for name, end in one.due.items() if name in twin
                }


def test_no_entry_is_missed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pages of three, so that much happens between two of them."""
    monkeypatch.setattr(revocations, "_READ_AT_ONCE", 3)
    with redis.Redis(port=port, socket_timeout=60) as client:
        monkeypatch.setattr(Gaps, "client", client, raising=False)
        run_state_machine_as_test(
            Gaps,
            settings=settings(
                max_examples=150,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        client.flushdb()
