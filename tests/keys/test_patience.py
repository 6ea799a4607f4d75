"""How long a request waits for its key: as long as one fetch may take, whoever is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from cognito_guard import Guard, Identity, KeysUnavailable, Pending, StaticKeySet, VerificationKey
from cognito_guard.keys import lookup
from cognito_guard.testing import LocalUserPool

from .frameworks import RUNNERS, Runner

Verify = Callable[[Guard, str], Identity]


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

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """Something to wait for."""
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
