"""What a guard tells its listeners: each event once, and at no cost while there are none."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from threading import Event as Flag
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    Reason,
    RevocationsUnavailable,
    SavedKeySet,
    enforce,
    require_groups,
)
from cognito_guard._support import listeners as listeners_module
from cognito_guard.events import (
    CallerVerified,
    Event,
    KeysFetched,
    RequestRefused,
    RevocationsAsked,
)
from cognito_guard.keys.remote import RemoteKeySet
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import JwksServer, LocalLoadBalancer, LocalUserPool

SECONDS = 12.0
PATIENCE_SECONDS = 60.0


class Heard(list[Event]):
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self._more = Condition()

    def __call__(self, event: Event) -> None:
        with self._more:
            self.append(event)
            self._more.notify_all()

    def fetch(self) -> KeysFetched:
        """The one fetch. Whoever waits for keys goes on before it is told of."""
        with self._more:
            assert self._more.wait_for(lambda: self.of(KeysFetched), PATIENCE_SECONDS)
        (event,) = self.of(KeysFetched)
        assert isinstance(event, KeysFetched)
        return event

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def heard() -> Heard:
    """Nothing yet."""
    return Heard()


def _bearer(token: str) -> Callable[[str], tuple[str, ...]]:
    return lambda name: (f"Bearer {token}",) if name == "authorization" else ()


def _until_remembered(guard: Guard, token: str) -> None:
    for _ in range(3):
        guard.verify(token)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_verified_and_remembered(pool: LocalUserPool, heard: Heard) -> None:
    """A caller is told of once for each request, and whether the token was known, in every way
    to ask."""
    guard = Guard(pool.trust())
    guard.add_listener(heard)
    token = pool.access_token("alice")
    identity = guard.verify(token)
    assert heard == [CallerVerified(identity, remembered=False)]
    _until_remembered(guard, token)
    heard.clear()

    guard.verify(token)
    await guard.averify(token)
    guard.authenticate(_bearer(token))
    await guard.aauthenticate(_bearer(token))
    assert heard == [CallerVerified(identity, remembered=True)] * 4
    heard.clear()

    other = await guard.averify(pool.access_token("ada"))
    vouched = guard.trust_claims(identity.claims)
    assert heard == [CallerVerified(other, False), CallerVerified(vouched, False)]


def test_no_cache(pool: LocalUserPool, heard: Heard) -> None:
    """Without a cache, nothing is remembered."""
    guard = Guard(pool.trust(), cache_entries=0)
    guard.add_listener(heard)
    token = pool.access_token()
    for _ in range(3):
        guard.verify(token)
    assert [event.remembered for event in heard.of(CallerVerified)] == [False] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_load_balancer(pool: LocalUserPool, heard: Heard) -> None:
    """What a load balancer forwards is one caller, although an access token is in it as well."""
    balancer = LocalLoadBalancer(pool)
    guard = Guard(balancer.trust(user_pool=pool.trust()))
    guard.add_listener(heard)
    headers = balancer.headers("alice", groups=["admins"])

    def values(name: str) -> tuple[str, ...]:
        return tuple(value for each, value in headers.items() if each.lower() == name)

    identity = guard.authenticate(values)
    assert await guard.aauthenticate(values) == identity
    heard.clear()

    guard.authenticate(values)
    await guard.aauthenticate(values)
    assert heard == [CallerVerified(identity, remembered=True)] * 2


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidToken(Reason.TOKEN_EXPIRED, "x"), RequestRefused("token_expired", 401)),
        (AccessDenied(Reason.MISSING_GROUP, "x"), RequestRefused("missing_group", 403)),
        (KeysUnavailable(), RequestRefused("keys_unavailable", 503)),
    ],
    ids=lambda value: getattr(value, "reason", None),
)
def test_refused(
    guard: Guard, error: AuthError | KeysUnavailable, expected: RequestRefused, heard: Heard
) -> None:
    """A refusal is told of where it is answered, with the plain reason."""
    remove = guard.add_listener(heard)
    guard.challenge(error)
    remove()
    assert heard == [expected]
    assert type(heard.of(RequestRefused)[0].reason) is str


def test_refused_otherwise(guard: Guard, heard: Heard) -> None:
    """What is answered without a challenge is told of as well, and to nobody else."""
    remove = guard.add_listener(heard)
    guard.tell_refused(Reason.REVOKED, 401)
    remove()
    guard.tell_refused("other", 403)
    assert heard == [RequestRefused("revoked", 401)]
    assert type(heard.of(RequestRefused)[0].reason) is str


def test_refused_by_policy(pool: LocalUserPool, heard: Heard) -> None:
    """A caller whom a policy refuses was verified, and then refused."""
    guard = Guard(pool.trust())
    guard.add_listener(heard)
    alice = guard.verify(pool.access_token("alice"))
    with pytest.raises(AccessDenied) as refused:
        enforce(require_groups("admins"), alice)
    guard.challenge(refused.value)
    assert heard == [CallerVerified(alice, False), RequestRefused("missing_group", 403)]


def test_checks_come_first(pool: LocalUserPool, heard: Heard) -> None:
    """A caller whom the list or a check of the user's refuses is not told of as verified, at the
    first sight and later."""
    passing = True
    revocations = MemoryRevocationList()
    guard = Guard(pool.trust(checks=[lambda identity: passing]), revocations=revocations)
    token = pool.access_token("alice")
    _until_remembered(guard, token)
    guard.add_listener(heard)
    passing = False
    for one in (token, pool.access_token("ada")):
        with pytest.raises(InvalidToken, match="check"):
            guard.verify(one)
    assert heard.of(CallerVerified) == []
    passing = True
    guard.sign_out(guard.verify(token))
    heard.clear()
    with pytest.raises(InvalidToken, match="revoked"):
        guard.verify(token)
    assert [event.outcome for event in heard.of(RevocationsAsked)] == ["revoked"]
    assert heard.of(CallerVerified) == []


class _Broken(MemoryRevocationList):
    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        raise RevocationsUnavailable

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        raise RevocationsUnavailable


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_list_asked(
    pool: LocalUserPool, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question to the list is told of, with how long it took and what came of it."""
    times = iter(range(0, 1000, int(SECONDS)))
    monkeypatch.setattr("cognito_guard.tokens.revoked.steady_clock", lambda: next(times))
    token = pool.access_token()
    good = Guard(pool.trust(), revocations=MemoryRevocationList())
    broken = Guard(pool.trust(), revocations=_Broken())
    for guard in (good, broken):
        guard.add_listener(heard)
    good.verify(token)
    await good.averify(token)
    with pytest.raises(RevocationsUnavailable):
        broken.verify(token)
    with pytest.raises(RevocationsUnavailable):
        await broken.averify(token)
    told = [(event.seconds, event.outcome) for event in heard.of(RevocationsAsked)]
    assert told == [(SECONDS, "passed")] * 2 + [(SECONDS, "failed")] * 2


@pytest.fixture
def served(pool: LocalUserPool) -> Iterator[JwksServer]:
    """The pool's keys, served."""
    with pool.serve() as server:
        yield server


def test_keys_fetched(pool: LocalUserPool, served: JwksServer, heard: Heard) -> None:
    """A fetch is told of with its address, without the query, and how many keys it brought."""
    guard = Guard(pool.trust(jwks=f"{served.url}?password=x"))
    guard.add_listener(heard)
    guard.verify(pool.access_token())
    event = heard.fetch()
    assert (event.source, event.keys, event.problem) == (served.url, 2, None)
    assert event.seconds >= 0


def test_keys_not_fetched(pool: LocalUserPool, served: JwksServer, heard: Heard) -> None:
    """An attempt that fails is told of with its problem."""
    url = f"{served.url}/nowhere"
    guard = Guard(pool.trust(jwks=url))
    guard.add_listener(heard)
    with pytest.raises(KeysUnavailable):
        guard.verify(pool.access_token())
    event = heard.fetch()
    assert (event.source, event.keys, event.problem) == (url, None, "status 404")


def test_attempt_without_an_end(heard: Heard) -> None:
    """An attempt that was given up is told of once, with the time that it was given; what it
    brings in the end is not."""
    now = 0.0
    started: list[Callable[[], object]] = []
    keys = RemoteKeySet("https://example.com/keys", get=lambda url: b"", clock=lambda: now)
    telling = listeners_module.Listeners()
    telling.add(heard)
    keys.observe(telling)
    keys.observe(telling)  # by another guard's pool
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cognito_guard.keys.remote.threads_run", lambda: True)
        patch.setattr(
            "cognito_guard.keys.remote.in_background", lambda work, name: started.append(work)
        )
        keys.prefetch()
        now = 60.0
        keys.prefetch()
        started[0]()
    (event,) = heard
    assert isinstance(event, KeysFetched)
    assert (event.seconds, event.problem) == (6.0, "no end within 6 s")


def test_no_listener_left(pool: LocalUserPool, heard: Heard) -> None:
    """Who was added twice hears once, and who was removed hears nothing. Removing again is fine."""
    guard = Guard(pool.trust())
    remove = guard.add_listener(heard)
    guard.add_listener(heard)
    guard.verify(pool.access_token())
    assert len(heard) == 1
    remove()
    remove()
    guard.verify(pool.access_token())
    assert len(heard) == 1


def test_nobody_listens(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, no event is made."""
    monkeypatch.setattr(listeners_module.Listeners, "tell", pytest.fail)
    monkeypatch.setattr(listeners_module.Listeners, "tell_verified", pytest.fail)
    guard = Guard(pool.trust(), revocations=MemoryRevocationList())
    token = pool.access_token()
    for _ in range(4):
        guard.verify(token)
    guard.challenge(InvalidToken(Reason.TOKEN_EXPIRED, "x"))


def test_listener_fails(
    pool: LocalUserPool, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that fails changes no verdict, and keeps nothing from the next one. The log says
    which error it was, and nothing of what it says."""

    def fails(event: Event) -> None:
        raise LookupError(str(event))

    guard = Guard(pool.trust())
    guard.add_listener(fails)
    guard.add_listener(heard)
    with caplog.at_level(logging.WARNING, "cognito_guard"):
        guard.verify(pool.access_token("alice"))
    assert len(heard) == 1
    (record,) = caplog.records
    assert record.getMessage() == "a listener failed: LookupError"
    assert (record.reason, record.exc_info) == ("listener_failed", None)  # type: ignore[attr-defined]


async def _async(event: Event) -> None:
    """Would never be awaited."""


class _AsyncCall:
    async def __call__(self, event: Event) -> None:
        """Neither would this."""


@pytest.mark.parametrize(
    "listener", [None, "print", _async, _AsyncCall()], ids=["none", "text", "async", "async call"]
)
def test_not_a_listener(guard: Guard, listener: Any) -> None:
    """What could not be told anything is refused when it is added."""
    with pytest.raises(ConfigurationError, match="plain"):
        guard.add_listener(listener)


def test_silent(pool: LocalUserPool, heard: Heard) -> None:
    """An event's repr says nothing of whose it is."""
    guard = Guard(pool.trust())
    guard.add_listener(heard)
    token = pool.access_token("alice", groups=["secret-group"])
    guard.verify(token)
    said = repr(heard)
    assert "alice" not in said
    assert "secret-group" not in said
    assert pool.subject("alice") not in said


def test_load_balancer_key_fetched(pool: LocalUserPool) -> None:
    """The fetch of a load balancer's key is told of once to each listener, however many there are
    and whenever they came."""
    balancer = LocalLoadBalancer(pool)
    early, late = Heard(), Heard()
    with balancer.serve(delay=0) as server:
        guard = Guard(balancer.trust(keys=server.url))
        guard.add_listener(early)
        guard.add_listener(late)
        for _ in range(2):  # the second key is looked up by a key set of its own
            headers = {name.lower(): (value,) for name, value in balancer.headers().items()}
            guard.authenticate(lambda name, headers=headers: headers.get(name, ()))  # type: ignore[misc]
            for heard in (early, late):
                assert heard.fetch().source == server.url
                heard.clear()
            balancer.rotate()


def test_key_set_of_many_guards(pool: LocalUserPool, heard: Heard) -> None:
    """A key set that outlives its guards keeps none of their listeners, and tells none of them."""
    gone, last = Heard(), Heard()
    with pool.serve() as server:
        keys = RemoteKeySet(server.url)
        Guard(pool.trust(jwks=keys)).add_listener(gone)
        Guard(pool.trust(jwks=keys)).add_listener(last)
        kept = weakref.ref(last)
        del last
        gc.collect()
        assert kept() is None
        guard = Guard(pool.trust(jwks=keys))
        guard.add_listener(heard)
        guard.verify(pool.access_token())
        heard.fetch()
    assert gone == []


def test_key_set_of_a_guard_that_nobody_listens_to(pool: LocalUserPool, heard: Heard) -> None:
    """A fetch is told to the guards that have a listener, whatever else the key set has."""
    gone = Heard()
    with pool.serve() as server:
        keys = RemoteKeySet(server.url)
        quiet, loud = Guard(pool.trust(jwks=keys)), Guard(pool.trust(jwks=keys))
        quiet.add_listener(gone)()
        loud.add_listener(heard)
        quiet.verify(pool.access_token())
        assert heard.fetch().source == server.url
    assert gone == []


def test_saved_keys(pool: LocalUserPool, heard: Heard, tmp_path: Path) -> None:
    """What the address of saved keys answers is told of."""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(pool.jwks()))
    with pool.serve() as server:
        guard = Guard(pool.trust(jwks=SavedKeySet(file, server.url)))
        guard.add_listener(heard)
        guard.verify(pool.access_token())
        assert heard.fetch().source == server.url


def test_equal_listeners(pool: LocalUserPool) -> None:
    """Two listeners that compare as equal are two, and a method that is named twice is one."""
    one, other = Heard(), Heard()
    assert one == other
    told: list[Event] = []
    guard = Guard(pool.trust())
    remove = guard.add_listener(one)
    guard.add_listener(other)
    for _ in range(2):
        guard.add_listener(told.append)
        guard.add_listener(other.__call__)
    remove()
    guard.verify(pool.access_token())
    assert (len(one), len(other), len(told)) == (0, 2, 1)


def test_added_in_threads(guard: Guard) -> None:
    """Listeners that are added while others come and go in other threads all stay."""
    listeners = [Heard() for _ in range(1000)]
    done = Flag()

    def come_and_go() -> None:
        while not done.is_set():
            guard.add_listener(print)()

    threads = [Thread(target=come_and_go) for _ in range(2)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for listener in listeners:
            guard.add_listener(listener)
    finally:
        done.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert len([one for one in guard.listeners.all if type(one) is Heard]) == len(listeners)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_added_after_fork(guard: Guard) -> None:
    """In a child, listeners can be added although a thread of the parent was just adding one."""
    with guard.listeners._lock:
        child = os.fork()
        if child == 0:
            os._exit(int(not callable(guard.add_listener(print))))
    assert os.waitpid(child, 0)[1] == 0
