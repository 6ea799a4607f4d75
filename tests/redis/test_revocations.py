"""A list on Redis does what a store promises, on each kind of server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest
import redis
import redis.asyncio
from redis.sentinel import Sentinel

from cognito_guard import ConfigurationError
from cognito_guard.revocation import Changes, Revocation
from cognito_guard_redis import (
    AsyncRedisRevocationStore,
    RedisRevocationStore,
    open_revocation_store,
    revocations,
)

from .conftest import ASYNC_KINDS, KINDS, Kind, each_kind

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Revoked"
LIST, LOG = "{cognito_guard:revocations}:list", "{cognito_guard:revocations}:log"
END = int(time.time()) + 10 * 86400


@pytest.fixture(params=[*KINDS, *ASYNC_KINDS])
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """Each kind of store, empty."""
    yield from each_kind(request, RedisRevocationStore, AsyncRedisRevocationStore)


@pytest.fixture
def client(port: int) -> Iterator[redis.Redis]:
    """A client of the one server, which is emptied."""
    with redis.Redis(port=port, socket_timeout=60) as made:
        yield made
        made.flushdb()


def token(name: str, ends_at: int = END) -> Revocation:
    """An entry about a token."""
    return Revocation.of_token(name, ends_at=ends_at)


def user(name: str, before: int, ends_at: int = END) -> Revocation:
    """An entry about a user."""
    return Revocation.of_user(ISSUER, name, before=before, ends_at=ends_at)


ODD = [
    token("plain"),
    token('quotes " and \\ and a line\nand {braces}'),
    Revocation.of_sign_in("\u00e4\u00f6\u00fc \U0001f512", ends_at=END),
    user("alice", END - 1000),
    user("bob", END - 86400 * 31),
]


def everything(kind: Kind, position: str | None = None) -> tuple[list[Revocation], Changes]:
    """All that there is to read, and the last page."""
    found: list[Revocation] = []
    while True:
        changes: Changes = kind.call(kind.store.read, position)
        found += changes.entries
        position = changes.position
        if not changes.more:
            return found, changes


def test_what_was_added_is_read(kind: Kind) -> None:
    """By those who know nothing, and by those who read on."""
    nothing, first = everything(kind)
    assert (nothing, first.whole) == ([], True)
    kind.call(kind.store.add, ODD)
    found, whole = everything(kind)
    assert (set(found), whole.whole, whole.unreadable) == (set(ODD), True, 0)
    later = [token("later"), user("alice", END - 900)]
    kind.call(kind.store.add, later)
    found, changes = everything(kind, whole.position)
    assert (found, changes.whole, changes.unreadable) == (later, False, 0)
    assert everything(kind, changes.position)[0] == []
    assert set(later) <= set(everything(kind)[0])


def test_nothing_is_nothing(kind: Kind) -> None:
    """An empty call writes nothing."""
    kind.call(kind.store.add, [])
    assert everything(kind)[0] == []


def test_many(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pages, though many end in the same second; none is missed."""
    monkeypatch.setattr(revocations, "_READ_AT_ONCE", 7)
    monkeypatch.setattr(revocations, "_ADDED_AT_ONCE", 5)
    _, start = everything(kind)
    entries = [token(f"token {n}", END + n // 20) for n in range(50)]
    kind.call(kind.store.add, entries)
    found, whole = everything(kind, start.position)
    assert set(found) == set(entries)
    more = [token(f"more {n}") for n in range(20)]
    kind.call(kind.store.add, more)
    found, changes = everything(kind, whole.position)
    assert (found, changes.whole) == (more, False)


def test_the_later_end_counts(kind: Kind) -> None:
    """An entry that comes again prolongs, and never shortens; and a user has one."""
    for ends_at in (END, END + 10, END + 5):
        kind.call(kind.store.add, [token("one", ends_at), user("alice", ends_at - 100, ends_at)])
    found, _ = everything(kind)
    assert set(found) == {token("one", END + 10), user("alice", END - 90, END + 10)}
    assert len(found) == 2


def test_what_is_over_is_taken_away(kind: Kind) -> None:
    """An hour after its end, by the server's clock, when somebody writes."""
    now = int(time.time())
    old, young = token("old", now - 4000), token("young", now - 3000)
    kind.call(kind.store.add, [old, young])
    assert set(everything(kind)[0]) == {old, young}
    kind.call(kind.store.add, [token("new")])
    assert set(everything(kind)[0]) == {young, token("new")}


def test_what_a_client_sends_twice_is_there_once(kind: Kind) -> None:
    """A client that lost its connection sends the command again, though it was done."""
    for _ in range(2):
        kind.call(kind.store.add, ODD)
    assert len(everything(kind)[0]) == len(ODD)


# Gaps.


def after(client: redis.Redis, *entries: Revocation) -> tuple[Kind, str]:
    """A store with these, and the position after them."""
    kind = Kind(RedisRevocationStore(client), lambda operation, *a: operation(*a))
    kind.call(kind.store.add, list(entries))
    return kind, everything(kind)[1].position


def test_a_log_that_was_trimmed(client: redis.Redis) -> None:
    """Beyond the position: the whole list. Up to it: what came after it."""
    kind, position = after(client, token("one"), token("two"))
    kind.call(kind.store.add, [token("three")])
    client.xtrim(LOG, maxlen=2, approximate=False)
    found, changes = everything(kind, position)
    assert (found, changes.whole) == ([token("three")], False)
    client.xtrim(LOG, maxlen=1, approximate=False)
    found, changes = everything(kind, position)
    assert (len(found), changes.whole) == (3, True)


def test_a_log_that_was_deleted(client: redis.Redis) -> None:
    """It may be: the list is the truth."""
    kind, position = after(client, token("one"))
    for remove in (lambda: client.delete(LOG), lambda: client.xtrim(LOG, 0, approximate=False)):
        remove()
        found, changes = everything(kind, position)
        assert (found, changes.whole, changes.unreadable) == ([token("one")], True, 0)
        found, changes = everything(kind, changes.position)
        assert (found, changes.whole, changes.unreadable) == ([], False, 0)
    kind.call(kind.store.add, [token("two")])
    found, changes = everything(kind, changes.position)
    assert (found, changes.whole) == ([token("two")], False)
    assert everything(kind, changes.position)[1].whole is False


def test_a_log_that_cannot_be_begun(client: redis.Redis) -> None:
    """A server without memory for more: the list is read all the same. And two who begin it are
    one; the record says nothing to those who read on."""
    kind, _ = after(client, token("one"))
    client.delete(LOG)
    was = client.config_get("maxmemory")["maxmemory"]
    client.config_set("maxmemory", 1)
    try:
        for _ in range(2):
            found, changes = everything(kind)
            assert (found, changes.whole, changes.position) == ([token("one")], True, "")
    finally:
        client.config_set("maxmemory", was)
    assert everything(kind)[1].position == everything(kind)[1].position != ""
    first = everything(kind)[1].position
    client.xadd(LOG, {"begin": "1", "t": "another"})
    found, changes = everything(kind, first)
    assert (found, changes.unreadable, changes.whole) == ([], 0, False)


def test_a_servers_clock_that_is_ahead(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Takes no entry away that is not over by the writer's; nor the other way round."""
    live = token("live", int(time.time()) - 2 * 86400)
    kind, _ = after(client, live)
    clock = SimpleNamespace(time=lambda: time.time() - 40 * 86400)
    monkeypatch.setattr(revocations, "time", clock)
    kind.call(kind.store.add, [token("new")])
    assert set(everything(kind)[0]) == {token("new"), live}
    clock.time = lambda: time.time() + 40 * 86400
    kind.call(kind.store.add, [token("newer")])
    assert set(everything(kind)[0]) == {token("new"), token("newer")}


def test_a_server_that_was_emptied(client: redis.Redis) -> None:
    """What came after it is read, as the whole list."""
    kind, position = after(client, token("one"))
    client.flushdb()
    assert everything(kind, position)[0] == []
    kind.call(kind.store.add, [token("two")])
    assert everything(kind, position)[0] == [token("two")]


def test_a_log_that_uses_an_id_again(client: redis.Redis) -> None:
    """A replica that had not seen the last write was promoted, and wrote another: the tag tells."""
    kind, _ = after(client, token("one"))
    state = client.dump(LIST), client.dump(LOG)
    kind.call(kind.store.add, [token("lost")])
    position = everything(kind)[1].position
    for key, value in zip((LIST, LOG), state, strict=True):
        client.restore(key, 0, value, replace=True)  # type: ignore[arg-type]
    again = position.split()[1]
    client.zadd(LIST, {'["token", "two"]': END})
    client.xadd(LOG, {"e": '["token", "two"]', "s": END, "t": "f" * 32}, id=again)
    found, changes = everything(kind, position)
    assert (set(found), changes.whole) == ({token("one"), token("two")}, True)


def test_nothing_expires(client: redis.Redis) -> None:
    """A server short of memory would evict such keys first."""
    after(client, token("one"))
    assert sorted(client.keys()) == [LIST.encode(), LOG.encode()]
    assert client.ttl(LIST) == client.ttl(LOG) == -1


# Rubbish.

RUBBISH = [
    b"\xff\xfe",
    b"{",
    b"null",
    b"[]",
    b'["token"]',
    b'["token", 1]',
    b'["token", ""]',
    b'["token", "a", "b"]',
    b'["device", "a"]',
    b'["user", "a", "b"]',
    b'["user", "a", "b", "c"]',
    b'["user", "a", "b", 1e400]',
    b'["user", "a", "b", 1' + b"0" * 5000 + b"]",
    b'["user", "a", "b", 1' + b"0" * 40 + b"]",
    b"[" * 100_000,
]


@pytest.mark.parametrize("member", RUBBISH, ids=range(len(RUBBISH)))
def test_entries_that_nobody_understands(client: redis.Redis, member: bytes) -> None:
    """They are counted, in the list and in the log; the others are read."""
    kind, position = after(client, token("one"))
    client.zadd(LIST, {member: END})
    found, changes = everything(kind)
    assert (found, changes.unreadable) == ([token("one")], 1)
    client.xadd(LOG, {"e": member, "s": END, "t": "t"})
    kind.call(kind.store.add, [token("two")])
    found, changes = everything(kind, position)
    assert (found, changes.unreadable) == ([token("two")], 1)


@pytest.mark.parametrize("end", ["inf", "-inf", "-1", "1e300"])
def test_ends_that_are_none(client: redis.Redis, end: str) -> None:
    """As above."""
    kind, _ = after(client, token("one"))
    client.zadd(LIST, {'["token", "two"]': end})
    assert kind.call(kind.store.read, None).unreadable == 1


def test_records_that_nobody_understands(client: redis.Redis) -> None:
    """Without the fields that there have to be."""
    kind, position = after(client, token("one"))
    client.xadd(LOG, {"other": "field"})
    _, changes = everything(kind, position)
    assert changes.unreadable == 1
    assert everything(kind, changes.position)[0] == []


@pytest.mark.parametrize("key", [LIST, LOG])
def test_keys_of_another_kind(client: redis.Redis, key: str) -> None:
    """Somebody else's: an error, for reader and writer."""
    kind, _ = after(client)
    client.set(key, "somebody else's")
    with pytest.raises(redis.ResponseError):
        everything(kind)
    with pytest.raises(redis.ResponseError):
        kind.call(kind.store.add, [token("one")])


# What cannot work.


@pytest.mark.filterwarnings("ignore:.*read_from_replicas:DeprecationWarning")
def test_clients_that_cannot_work(port: int, sentinel_port: int, cluster_port: int) -> None:
    """Errors before the first user signs out: replicas are late, and texts are no bytes."""
    watch = Sentinel([("127.0.0.1", sentinel_port)])
    late = redis.RedisCluster(host="127.0.0.1", port=cluster_port, read_from_replicas=True)
    with closing(late), closing(watch.slave_for("main")) as replica:
        for client in (late, replica):
            with pytest.raises(ConfigurationError, match="from the primary"):
                RedisRevocationStore(client)
    for each in watch.sentinels:
        each.close()
    with pytest.raises(ConfigurationError, match="decode_responses"):
        RedisRevocationStore(redis.Redis(decode_responses=True))
    with pytest.raises(ConfigurationError, match=r"a redis\.Redis or"):
        RedisRevocationStore(redis.asyncio.Redis())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"a redis\.asyncio\.Redis or"):
        AsyncRedisRevocationStore(redis.Redis())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="prefix"):
        RedisRevocationStore(redis.Redis(socket_timeout=1), prefix="")


def test_it_says_nothing_of_the_server() -> None:
    """A client's repr may have a password in it."""
    one = RedisRevocationStore(redis.Redis(password="secret", socket_timeout=1))
    other = AsyncRedisRevocationStore(redis.asyncio.Redis(password="secret", socket_timeout=1))
    assert repr(one) == "<RedisRevocationStore>"
    assert repr(other) == "<AsyncRedisRevocationStore>"


def test_by_an_address(port: int, client: redis.Redis) -> None:
    """As the command line has it; an error does not repeat it."""
    store = open_revocation_store(f"redis://127.0.0.1:{port}", prefix="own:")
    store.add([token("one")])
    assert client.exists("{own:revocations}:list")
    assert everything(after(client)[0])[0] == []
    store._client.close()
    with pytest.raises(ConfigurationError, match="must be redis://") as caught:
        open_revocation_store("http://:secret@127.0.0.1")
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="its options must be") as caught:
        open_revocation_store("redis://:secret@127.0.0.1/?sokcet_timeout=1")
    assert "secret" not in str(caught.value)
