"""Stores for tests: one that is async, one that blocks, and one that fails when told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cognito_guard.login import MemorySessionStore


class BlockingStore:
    """A store of somebody else's, of which nobody knows how long it takes.

    ``before`` is called with the operation's name before each; what it raises, the store raises.
    """

    def __init__(self, memory: MemorySessionStore) -> None:
        self.memory = memory
        self.calls: list[str] = []
        self.before: Callable[[str, str], object] = lambda name, key: None

    def note(self, name: str, key: str) -> None:
        """An operation begins."""
        self.calls.append(name)
        self.before(name, key)

    def read(self, key: str) -> bytes | None:
        """As of a store."""
        self.note("read", key)
        return self.memory.read(key)

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        self.note("add", key)
        return self.memory.add(key, value, seconds)

    def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        self.note("replace", key)
        return self.memory.replace(key, old, new, seconds)

    def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        self.note("remove", key)
        return self.memory.remove(key, value)


class AsyncStore:
    """The same for event loops: another one's operations, each after a turn of the loop."""

    def __init__(self, store: BlockingStore) -> None:
        self.store = store

    async def read(self, key: str) -> bytes | None:
        """As of a store."""
        await turn()
        return self.store.read(key)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        await turn()
        return self.store.add(key, value, seconds)

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        await turn()
        return self.store.replace(key, old, new, seconds)

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        await turn()
        return self.store.remove(key, value)


async def turn() -> None:
    """Let other tasks run."""
    from cognito_guard.network.waiting import Pending

    await Pending().wait_async(0)


class Odd:
    """A store whose operations all return one thing."""

    def __init__(self, result: Any) -> None:
        self.result = result

    def read(self, *_: object) -> Any:
        """As of a store."""
        return self.result

    add = replace = remove = read
