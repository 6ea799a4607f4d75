"""RedisRevocationStore and AsyncRedisRevocationStore: who was signed out, for all processes.

Two keys, in one slot of a cluster:

- ``{PREFIXrevocations}:list``, a sorted set: every entry that has not ended, by the second in
  which it ends. It is the truth.
- ``{PREFIXrevocations}:log``, a stream: the latest changes, so that a reader is told what is new
  and not everything. About 10,000 of them are kept. It may be deleted at any time.

An entry is written by one script, into both. **No entry is missed**, for these reasons:

1. A position is the id of a record in the log, and the random tag that the record carries. A read
   from a position begins with that very record. Streams are cut off at their old end only, and ids
   grow; so if the record is there, all that came after it is there, too.
2. If it is not there, the log was trimmed beyond it, emptied, deleted, or is another one: a replica
   that had not seen the last writes was promoted, and may have used the id again. The tag, 128
   random bits, tells such a record from the one that was read. Then the whole list is read. If the
   record is there on a promoted replica, so is all that was written before it, as replicas take
   writes in their order.
3. The whole list is read after the end of the log has been noted, and what is read next begins
   there. What is written meanwhile is in the log after that end. What was written before is in the
   list, and is read: the list is read in the order of ends, an entry's end only ever moves on, and
   nothing leaves the list before it is over. Where the list has entries and the log has none, the
   reader begins the log, with a record that says nothing. (The cursors of ``ZSCAN`` would be
   cheaper, but mean nothing to a replica that is promoted in between.)

Neither key expires: a server that is short of memory evicts such keys first (``volatile-lru``), and
would forget who was signed out. Each write takes some entries away that are over by the server's
clock and by the writer's, an hour after their end.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeAlias, final

from redis import Redis, RedisCluster
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio import RedisCluster as AsyncRedisCluster

from cognito_guard import ConfigurationError
from cognito_guard.revocation import Changes, Revocation

from .clients import ASYNC, BLOCKING, PREFIX, checked_client, checked_prefix

__all__ = ["AsyncRedisRevocationStore", "RedisRevocationStore", "open_revocation_store"]

_ADD = """
local now = math.min(tonumber(redis.call('time')[1]), tonumber(ARGV[1]))
local over = redis.call('zrangebyscore', KEYS[1], '-inf', now - 3600, 'limit', 0, 100)
if #over > 0 then redis.call('zrem', KEYS[1], unpack(over)) end
for i = 2, #ARGV, 3 do
  local held = redis.call('zscore', KEYS[1], ARGV[i])
  if not held or tonumber(held) < tonumber(ARGV[i + 1]) then
    redis.call('zadd', KEYS[1], ARGV[i + 1], ARGV[i])
  end
  redis.call(
    'xadd', KEYS[2], 'maxlen', '~', 10000, '*', 'e', ARGV[i], 's', ARGV[i + 1], 't', ARGV[i + 2]
  )
end
return 1
"""

# A record to read on from. Where nothing may be written, the whole list is read again and again.
_BEGIN_LOG = """
if #redis.call('xrevrange', KEYS[1], '+', '-', 'count', 1) == 0 then
  redis.pcall('xadd', KEYS[1], '*', 'begin', '1', 't', ARGV[1])
end
return 1
"""

_ADDED_AT_ONCE, _READ_AT_ONCE = 500, 1000
# So long a command of the command line's client may take.
_TIMEOUT_SECONDS = 5.0

_Steps: TypeAlias = "Generator[tuple[Any, ...], Any, Changes]"


class _Keys(NamedTuple):
    """The two keys."""

    list: str
    log: str


@final
class RedisRevocationStore:
    """A :class:`~cognito_guard.revocation.RevocationStore` on Redis 5 or later.

    ``client``
        A ``redis.Redis``, one of a ``Sentinel``, or a ``redis.RedisCluster``. It must return bytes
        and read from the primary, because replicas are late. It needs a ``socket_timeout``, because
        a hanging server would block threads. It needs the commands ``EVAL``, ``XRANGE``,
        ``XREVRANGE`` and ``ZRANGEBYSCORE``, and within the script ``TIME``, ``ZADD``, ``ZREM``,
        ``ZSCORE`` and ``XADD``. Set ``maxmemory-policy`` to ``noeviction``.
    ``prefix``
        The first part of its keys. Apps that share a prefix share a list.

    It serves any number of threads and forked workers, as the client does. Raises
    :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(self, client: Redis | RedisCluster, *, prefix: str = PREFIX) -> None:
        self._client = checked_client(client, BLOCKING)
        self._keys = _keys(prefix)

    def __repr__(self) -> str:
        return "<RedisRevocationStore>"

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """Keep these entries."""
        for first in range(0, len(revocations), _ADDED_AT_ONCE):
            arguments = _arguments(revocations[first : first + _ADDED_AT_ONCE])
            self._client.eval(_ADD, 2, *self._keys, *arguments)

    def read(self, position: str | None, /) -> Changes:
        """What came after a position; for ``None``, the whole list."""
        steps = _reading(self._keys, position)
        name, *arguments = next(steps)
        while True:
            answer = getattr(self._client, name)(*arguments)
            try:
                name, *arguments = steps.send(answer)
            except StopIteration as stop:
                changes: Changes = stop.value
                return changes


@final
class AsyncRedisRevocationStore:
    """A :class:`~cognito_guard.revocation.AsyncRevocationStore` on Redis, for asyncio.

    ``client`` is a ``redis.asyncio.Redis`` or ``redis.asyncio.RedisCluster``. Everything else is as
    in :class:`RedisRevocationStore`. The client's connections belong to one event loop, so each
    loop needs its own store and list. Under trio, or with several loops, use
    :class:`RedisRevocationStore`, which then runs in threads.
    """

    def __init__(self, client: AsyncRedis | AsyncRedisCluster, *, prefix: str = PREFIX) -> None:
        self._client = checked_client(client, ASYNC)
        self._keys = _keys(prefix)

    def __repr__(self) -> str:
        return "<AsyncRedisRevocationStore>"

    async def add(self, revocations: Sequence[Revocation], /) -> None:
        """See :meth:`RedisRevocationStore.add`."""
        for first in range(0, len(revocations), _ADDED_AT_ONCE):
            arguments = _arguments(revocations[first : first + _ADDED_AT_ONCE])
            await self._client.eval(_ADD, 2, *self._keys, *arguments)

    async def read(self, position: str | None, /) -> Changes:
        """See :meth:`RedisRevocationStore.read`."""
        steps = _reading(self._keys, position)
        name, *arguments = next(steps)
        while True:
            answer = await getattr(self._client, name)(*arguments)
            try:
                name, *arguments = steps.send(answer)
            except StopIteration as stop:
                changes: Changes = stop.value
                return changes


def open_revocation_store(url: str, *, prefix: str = PREFIX) -> RedisRevocationStore:
    """A store at an address such as ``redis://127.0.0.1:6379/0``, for the command line.

    Raises :class:`~cognito_guard.ConfigurationError`.
    """
    timeouts = {
        "socket_timeout": _TIMEOUT_SECONDS,
        "socket_connect_timeout": _TIMEOUT_SECONDS,
    }
    try:
        client = Redis.from_url(url, **timeouts)
        # Which options there are is known to connections alone. This one is not opened.
        client.connection_pool.connection_class(**client.connection_pool.connection_kwargs)
    except Exception:  # noqa: BLE001  # of any class; and its message may repeat a password
        raise ConfigurationError(
            "the address of Redis must be redis://, rediss:// or unix://, and its options must be "
            "those of redis.Redis.from_url"
        ) from None
    return RedisRevocationStore(client, prefix=prefix)


def _keys(prefix: str) -> _Keys:
    # Braces: a cluster keeps keys together by what is in them.
    start = f"{{{checked_prefix(prefix)}revocations}}"
    return _Keys(f"{start}:list", f"{start}:log")


def _reading(keys: _Keys, position: str | None) -> _Steps:
    """The commands of a read: each is yielded, and its answer sent."""
    kind, *where = (position or "").split(" ")
    if kind == "log":
        first, tag = where
        records = yield ("xrange", keys.log, first, "+", _READ_AT_ONCE)
        if records and _id(records[0]) == first and _tag(records[0]) == tag:
            return _of_log(records)
    if kind == "list":
        after, first, tag = where
    else:
        # Before the list, so that what comes into it meanwhile is read from there.
        last = yield ("xrevrange", keys.log, "+", "-", 1)
        if not last and (yield ("zrangebyscore", keys.list, "-inf", "+inf", 0, 1)):
            yield ("eval", _BEGIN_LOG, 1, keys.log, _new_tag())
            last = yield ("xrevrange", keys.log, "+", "-", 1)
        after, first, tag = "-inf", *((_id(last[0]), _tag(last[0])) if last else ("", ""))
    page = yield ("zrangebyscore", keys.list, after, "+inf", 0, _READ_AT_ONCE, True)
    more = len(page) == _READ_AT_ONCE
    if more:
        # There may be others with the last end: all of them, and go on behind it.
        last_end = page[-1][1]
        page = [each for each in page if each[1] < last_end]
        page += yield ("zrangebyscore", keys.list, last_end, last_end, None, None, True)
        rest = f"list ({last_end!r} {first} {tag}"
    else:
        rest = f"log {first} {tag}" if first else ""
    entries = [_entry(member, end) for member, end in page]
    return _changes(entries, rest, whole=True, more=more)


def _of_log(records: Sequence[Any]) -> Changes:
    """What came after the first record."""
    told = [fields for _, fields in records[1:] if fields.get(b"begin") != b"1"]
    entries = [_entry(fields.get(b"e"), fields.get(b"s")) for fields in told]
    position = f"log {_id(records[-1])} {_tag(records[-1])}"
    return _changes(entries, position, whole=False, more=len(records) == _READ_AT_ONCE)


def _changes(
    entries: Sequence[Revocation | None], position: str, *, whole: bool, more: bool
) -> Changes:
    good = [one for one in entries if one is not None]
    return Changes(good, position, whole, more, len(entries) - len(good))


def _id(record: Any) -> str:
    return str(record[0], "ascii")


def _tag(record: Any) -> str:
    # One without a tag is nothing that this module has written, and is not understood either.
    return str((record[1] or {}).get(b"t", b"-"), "ascii", "replace").replace(" ", "-")


def _arguments(revocations: Sequence[Revocation]) -> list[str]:
    """What the script takes: the time, and of each entry member, end, tag."""
    found = [str(int(time.time()))]
    for one in revocations:
        found += [_member(one), str(one.ends_at), _new_tag()]
    return found


def _new_tag() -> str:
    return os.urandom(16).hex()


def _member(one: Revocation) -> str:
    """An entry without its end. Of a user, ``before`` is told by how long before the end it is:
    signing out again makes no second member, but moves the end, and ``before`` with it."""
    if one.issuer is None or one.before is None:
        return json.dumps([one.kind, one.name])
    return json.dumps([one.kind, one.issuer, one.name, one.ends_at - one.before])


def _entry(member: Any, end: Any) -> Revocation | None:
    """An entry as it was; ``None`` for what no entry is written as."""
    try:
        ends_at = int(float(end))
        match json.loads(member):
            case ["token", name]:
                return Revocation.of_token(name, ends_at=ends_at)
            case ["sign_in", name]:
                return Revocation.of_sign_in(name, ends_at=ends_at)
            case ["user", issuer, subject, int(lasts)]:
                before = ends_at - lasts
                return Revocation.of_user(issuer, subject, before=before, ends_at=ends_at)
    except (TypeError, ValueError, OverflowError, RecursionError, ConfigurationError):
        pass
    return None
