"""How long a request waits for its key: as long as one fetch may take, whoever is asked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

from cognito_guard import Guard, Identity, KeysUnavailable, Pending, StaticKeySet, VerificationKey
from cognito_guard.keys import lookup
from cognito_guard.testing import LocalUserPool

from .frameworks import RUNNERS, Runner
from .source import promptly

Verify = Callable[[Guard, str], Identity]
Work = Callable[[], Coroutine[Any, Any, None]]


def _on(run: Runner) -> Verify:
    return lambda guard, token: run(guard.averify(token))


VERIFIERS: dict[str, Verify] = {
    "threads": lambda guard, token: guard.verify(token),
    **{name: _on(run) for name, run in RUNNERS.items()},
}
in_every_way = pytest.mark.parametrize("verify", VERIFIERS.values(), ids=VERIFIERS)


class Restless:
    """A key set that sends its callers round in circles: each time another thing to wait for."""

    def __init__(self, *, finished: bool) -> None:
        self._finished = finished
        self.asked = 0

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """Something to wait for."""
        self.asked += 1
        pending = Pending()
        if self._finished:
            pending.finish()
        return pending


@in_every_way
@pytest.mark.parametrize("finished", [False, True], ids=["never finishes", "always finished"])
def test_request_is_answered_though_its_key_never_comes(
    finished: bool, verify: Verify, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key set that never gives a verdict costs a bounded time and ends with 503."""
    monkeypatch.setattr(lookup, "_WAIT_SECONDS", 0.05)
    guard = Guard(pool.trust(jwks=Restless(finished=finished)))
    with pytest.raises(KeysUnavailable) as caught:
        verify(guard, pool.access_token())
    assert caught.value.retry_after == 1


class SameAgain(Restless):
    """As above, and each time it is the same thing, which has long been over."""

    def __init__(self) -> None:
        super().__init__(finished=True)
        self._pending = Pending()
        self._pending.finish()

    def key(self, kid: str, /) -> Pending:
        """See ``KeySet.key``."""
        self.asked += 1
        return self._pending


@in_every_way
@pytest.mark.parametrize("build", [lambda: Restless(finished=True), SameAgain])
def test_circles_without_a_wait_are_few(
    build: Callable[[], Restless], verify: Verify, pool: LocalUserPool
) -> None:
    """What is over before anybody waits takes no time, so a number ends it, and no clock."""
    keys = build()
    with pytest.raises(KeysUnavailable) as caught:
        promptly(lambda: verify(Guard(pool.trust(jwks=keys)), pool.access_token()))
    assert caught.value.retry_after == 1
    assert keys.asked == lookup._OVER_AT_ONCE + 1


class Quick:
    """A key set whose fetches are over at once, as where there are no threads to fetch in."""

    def __init__(self, key: VerificationKey, fetches: int) -> None:
        self._answers: list[VerificationKey | Pending] = [Pending() for _ in range(fetches)]
        self._answers.append(key)

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """The next answer."""
        answer = self._answers.pop(0)
        if isinstance(answer, Pending):
            answer.finish()
        return answer


@in_every_way
@pytest.mark.parametrize("fetches", [1, 2, 4])
def test_fetches_that_are_over_at_once_are_no_circle(
    fetches: int, verify: Verify, pool: LocalUserPool
) -> None:
    """One after the other, for one's own address and the sibling's, and some more."""
    key = StaticKeySet(pool.jwks()).key(pool.jwks()["keys"][1]["kid"])
    guard = Guard(pool.trust(jwks=Quick(key, fetches)))
    assert verify(guard, pool.access_token()).subject == pool.subject("alice")


async def _on_asyncio(other: Work, work: Work) -> None:
    task = asyncio.ensure_future(other())
    try:
        await work()
    finally:
        task.cancel()


async def _on_trio(other: Work, work: Work) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        await work()
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("run", "beside", "turn"),
    [
        (RUNNERS["asyncio"], _on_asyncio, lambda: asyncio.sleep(0)),
        (RUNNERS["uvloop"], _on_asyncio, lambda: asyncio.sleep(0)),
        (RUNNERS["trio"], _on_trio, trio.lowlevel.checkpoint),
    ],
    ids=["asyncio", "uvloop", "trio"],
)
def test_others_have_their_turns(run: Runner, beside: Any, turn: Any, pool: LocalUserPool) -> None:
    """A key set that keeps one request going round leaves the event loop to the others."""
    keys, turns = Restless(finished=True), 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await turn()

    async def work() -> None:
        with pytest.raises(KeysUnavailable):
            await Guard(pool.trust(jwks=keys)).averify(pool.access_token())

    promptly(lambda: run(beside(other, work)))
    assert turns >= keys.asked - 2


class Slow:
    """A key set that gives its key at the third time of asking."""

    def __init__(self, key: VerificationKey) -> None:
        self._answers: list[VerificationKey | Pending] = [Pending(), Pending(), key]

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """The next answer; what is to be waited for is finished by another thread."""
        answer = self._answers.pop(0)
        if isinstance(answer, Pending):
            threading.Thread(target=answer.finish).start()
        return answer


@in_every_way
def test_request_waits_more_than_once_if_it_must(verify: Verify, pool: LocalUserPool) -> None:
    """A second thing to wait for, as where the sibling's address is asked after one's own, is."""
    kid = pool.jwks()["keys"][1]["kid"]
    keys = Slow(StaticKeySet(pool.jwks()).key(kid))
    identity = verify(Guard(pool.trust(jwks=keys)), pool.access_token())
    assert identity.subject == pool.subject("alice")
