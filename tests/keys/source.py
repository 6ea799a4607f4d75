"""A clock and a source of keys that a test holds in its hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from cognito_guard import (
    InvalidToken,
    KeySet,
    KeysUnavailable,
    Pending,
    Reason,
    RemoteKeySet,
    VerificationKey,
)
from cognito_guard.network.fetch import FetchFailed

from ..patience import PATIENCE
from .material import jwks

T = TypeVar("T")

URL = "https://keys.example/jwks.json"

DOWN = FetchFailed("status 500")
"""As a source's answer: the endpoint is down."""


class Clock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._interruption: Callable[[], object] | None = None

    def __call__(self) -> float:
        now, do = self.now, self._interruption
        if do is not None:
            self._interruption = None
            do()
        return now

    def interrupt(self, do: Callable[[], object]) -> None:
        """Let ``do`` happen while the clock is next read, as another thread's work might."""
        self._interruption = do


class Source:
    """The ``get`` of a key set: counts how often it is asked, and answers or fails as told."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.answer: Any = jwks(*keys)
        self.calls = 0
        self.begun = threading.Event()
        self._open = threading.Event()
        self._open.set()

    def __call__(self, url: str) -> bytes:
        answer = self.answer
        self.calls += 1
        self.begun.set()
        assert self._open.wait(PATIENCE)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]

    def publish(self, *keys: Mapping[str, Any]) -> None:
        """From now on, answer with these keys."""
        self.answer = jwks(*keys)

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Until the end of the block no call comes back."""
        self._open.clear()
        self.begun.clear()
        try:
            yield
        finally:
            self._open.set()


def settle() -> None:
    """Wait until every fetch is over, and all that it had to say is said."""
    for thread in threading.enumerate():
        if thread.name.startswith("cognito_guard"):
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a fetch hangs"


def resolve(keys: KeySet, kid: str) -> VerificationKey:
    """The key, waiting as often as it takes. Raises what the key set raises."""
    for _ in range(10):
        key = keys.key(kid)
        if not isinstance(key, Pending):
            return key
        assert key.wait(PATIENCE)
        settle()
    raise AssertionError("the key set sends its callers round in circles")


def unavailable(keys: KeySet, kid: str = "a") -> KeysUnavailable:
    """The ``KeysUnavailable`` that asking for a key ends with."""
    with pytest.raises(KeysUnavailable) as caught:
        resolve(keys, kid)
    settle()
    return caught.value


def unknown(keys: KeySet, kid: str = "unknown") -> None:
    """Asking for ``kid`` ends with unknown_key."""
    with pytest.raises(InvalidToken) as caught:
        resolve(keys, kid)
    assert caught.value.reason is Reason.UNKNOWN_KEY


def promptly(do: Callable[[], T]) -> T:
    """What ``do`` returns, from a thread of its own, so that a test of waiting cannot hang."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(do())
        except BaseException as error:  # noqa: BLE001  # handed to the test's own thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it waits"
    if errors:
        raise errors[0]
    return results[0]


def remote(source: Source, clock: Clock) -> RemoteKeySet:
    """A key set that is fed by ``source``."""
    return RemoteKeySet(URL, get=source, clock=clock)
