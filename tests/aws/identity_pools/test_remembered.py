"""What is remembered, for whom, and for how long."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import trio

from cognito_guard import Guard, InvalidToken, RevocationsUnavailable
from cognito_guard.aws import (
    CredentialExchange,
    CredentialsError,
    CredentialsRefused,
    CredentialsUnavailable,
    LoginRefused,
    Logins,
)
from cognito_guard.aws.identity_pools import exchange as room
from cognito_guard.network.aside import Crew
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool

from ..kept_server import refuses, says
from .conftest import Make
from .server import ROLE, IdentityServer
from .test_exchange import PROVIDER, asked

EXCHANGE = ["GetId", "GetCredentialsForIdentity"]
START = 1_900_000_000.0
# Who is told nothing asks again after a second of the steady clock, which no test sets.
LATER = "300"


class Clock:
    """A calendar that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(server: IdentityServer) -> Clock:
    """Of the machine, and of AWS."""
    clock = Clock()
    server.clock = clock
    return clock


def lasting(pool: LocalUserPool, who: str = "ada", **more: Any) -> str:
    """An ID token that outlasts its credentials."""
    return pool.id_token(who, exp=START + 86_400, **more)


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_asked_once(
    server: IdentityServer, exchange: CredentialExchange, token: str, way: str
) -> None:
    """For one token."""
    first = asked(exchange, way, token)
    assert asked(exchange, way, token) is first
    assert server.operations == EXCHANGE


def test_another_token_of_the_same_user(
    server: IdentityServer, exchange: CredentialExchange, pool: LocalUserPool
) -> None:
    """Its groups, or its client, may lead to another role."""
    admin = pool.id_token("ada", groups=["admins"])
    first = exchange.credentials(admin)
    second = exchange.credentials(pool.id_token("ada"))
    assert first.access_key_id != second.access_key_id
    assert first.identity_id == second.identity_id


def test_a_forged_token_of_the_same_user(
    server: IdentityServer, exchange: CredentialExchange, token: str
) -> None:
    """Whoever has the claims, and not the signature, gets what AWS says to that, and no more."""
    exchange.credentials(token)
    server.answers["GetId"] = refuses("NotAuthorizedException")
    body, _, signature = token.rpartition(".")
    with pytest.raises(LoginRefused):
        exchange.credentials(f"{body}.{'AAAA' + signature[4:]}")


def test_the_same_token_among_other_logins(
    server: IdentityServer, exchange: CredentialExchange, token: str
) -> None:
    """All that was sent decides: each provider, each token, the identity, and which is whose."""
    several = [
        Logins({PROVIDER: token}),
        Logins({PROVIDER: token, "accounts.google.com": "a"}),
        Logins({PROVIDER: token, "accounts.google.com": "b"}),
        Logins({PROVIDER: token, "www.amazon.com": "a"}),
        Logins({PROVIDER: token}, identity_id="eu-west-1:0"),
        Logins({"b": "bc"}),
        Logins({"a": "bc"}),
        Logins({"ab": "c"}),
    ]
    given = {exchange.credentials(one).access_key_id for one in several}
    assert len(given) == len(several)
    assert exchange.credentials(token) is exchange.credentials(several[0])


def test_another_identity_pool_or_role(make: Make, token: str) -> None:
    """Nothing is shared by two of them."""
    several = [make(), make(), make(role_arn=ROLE), make(flow="basic", role_arn=ROLE)]
    assert len({one.credentials(token).access_key_id for one in several}) == len(several)


def test_fifteen_minutes_before_the_end(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """They are renewed; the identity is known by then."""
    exchange, token = make(clock=clock), lasting(pool)
    first = exchange.credentials(token)
    clock.now += 2699
    assert exchange.credentials(token) is first
    clock.now += 1
    second = exchange.credentials(token)
    assert second.expires_at > first.expires_at
    assert server.operations == [*EXCHANGE, "GetCredentialsForIdentity"]


def test_credentials_that_are_good_for_a_short_time(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """An emulator's: half of it."""
    server.life = 90
    exchange, token = make(clock=clock), lasting(pool)
    first = exchange.credentials(token)
    clock.now += 44
    assert exchange.credentials(token) is first
    clock.now += 1
    assert exchange.credentials(token) is not first


def test_a_token_that_has_expired_since(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """What is remembered helps nobody who could not get it."""
    exchange, token = make(clock=clock), pool.id_token("ada", exp=START + 60)
    exchange.credentials(token)
    clock.now += 60
    with pytest.raises(InvalidToken) as refused:
        exchange.credentials(token)
    assert refused.value.reason == "token_expired"
    exchange.end(token)  # which is nothing
    with pytest.raises(InvalidToken):
        exchange.end("no token")


def test_a_failure_in_the_last_quarter(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """What is held does until ten minutes before its end, and then there is an error."""
    exchange, token = make(clock=clock), lasting(pool)
    first = exchange.credentials(token)
    server.answers["GetCredentialsForIdentity"] = says(500, b"", Retry_After=LATER)
    clock.now += 2700
    assert exchange.credentials(token) is first  # it failed
    assert exchange.credentials(token) is first  # nobody has asked
    assert len(server.calls) == 3
    clock.now += 300
    with pytest.raises(CredentialsUnavailable) as failed:
        exchange.credentials(token)
    assert failed.value.retry_after >= 1
    assert len(server.calls) == 3


def test_nobody_asks_for_a_while(
    server: IdentityServer, exchange: CredentialExchange, token: str, pool: LocalUserPool
) -> None:
    """Where AWS fails, for nobody; where a provider or a token does, others are asked for."""
    server.answers["GetId"] = refuses("ExternalServiceException")
    for who in ("ada", "alice"):
        with pytest.raises(CredentialsUnavailable) as failed:
            exchange.credentials(pool.id_token(who))
        assert failed.value.code == "ExternalServiceException"
    server.answers["GetId"] = says(429, b"", Retry_After=LATER)
    with pytest.raises(CredentialsUnavailable):
        exchange.credentials(token)
    asked_for = len(server.calls)
    with pytest.raises(CredentialsUnavailable) as failed:
        exchange.credentials(pool.id_token("alice"))
    assert len(server.calls) == asked_for


def test_a_token_that_was_good(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """AWS has heard of the sign-out: what is held is over, here too, and AWS is asked again."""
    exchange, token = make(clock=clock), lasting(pool)
    held = exchange.hold(token)
    server.answers["GetCredentialsForIdentity"] = refuses("NotAuthorizedException")
    clock.now += 2700
    for _ in range(2):
        with pytest.raises(LoginRefused):
            exchange.credentials(token)
    assert not held.in_force()
    server.answers.clear()
    assert exchange.hold(token).in_force()


def test_the_oldest_are_forgotten(server: IdentityServer, make: Make, pool: LocalUserPool) -> None:
    """When there are too many."""
    exchange = make(max_entries=2)
    tokens = [pool.id_token(who) for who in ("ada", "alice", "bob")]
    for token in (*tokens[:2], tokens[0], tokens[2], tokens[0]):
        exchange.credentials(token)
    assert server.operations == 3 * EXCHANGE
    exchange.credentials(tokens[1])
    assert server.operations == 4 * EXCHANGE


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_an_end(
    server: IdentityServer, exchange: CredentialExchange, pool: LocalUserPool, way: str
) -> None:
    """After a sign-out, with or without credentials before; for nobody else."""
    token, other, never = (pool.id_token(who) for who in ("ada", "ada", "bob"))
    held, kept = exchange.hold(token), exchange.hold(other)
    for one in (token, never):
        exchange.end(one)
        with pytest.raises(InvalidToken) as refused:
            asked(exchange, way, one)
        assert refused.value.reason == "revoked"
    assert not held.in_force()
    assert kept.in_force()
    assert server.operations == 2 * EXCHANGE


def test_an_end_of_who_was_forgotten(make: Make, pool: LocalUserPool) -> None:
    """Whoever holds credentials hears of it, however many others have asked since."""
    exchange, token = make(max_entries=1), pool.id_token("ada")
    held = exchange.hold(token)
    exchange.credentials(pool.id_token("bob"))
    exchange.end(token)
    assert not held.in_force()


def test_an_end_is_not_forgotten_for_others(make: Make, pool: LocalUserPool) -> None:
    """Who ask for credentials; for the ends of others it is, when there are too many."""
    exchange, token = make(max_entries=2), pool.id_token("ada")
    exchange.end(token)
    for _ in range(3):
        exchange.credentials(pool.id_token("bob"))
    with pytest.raises(InvalidToken) as refused:
        exchange.credentials(token)
    assert refused.value.reason == "revoked"
    del refused  # whose traceback has the entry
    for _ in range(3):
        exchange.end(pool.id_token("bob"))
    assert exchange.hold(token).in_force()


def test_guests_have_no_end(server: IdentityServer, make: Make) -> None:
    """Each is somebody new, whom AWS may refuse or not."""
    exchange, guest = make(unauthenticated=True), Logins.unauthenticated()
    exchange.end(guest)
    assert exchange.hold(guest).in_force()
    server.answers["GetId"] = refuses("NotAuthorizedException")
    with pytest.raises(LoginRefused):
        exchange.credentials(guest)
    server.answers.clear()
    assert exchange.hold(guest).in_force()


def test_an_end_after_a_refusal(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """Of a role, say, which says nothing of who has signed in."""
    exchange, token = make(clock=clock), lasting(pool)
    held = exchange.hold(token)
    server.answers["GetCredentialsForIdentity"] = refuses(
        "InvalidIdentityPoolConfigurationException"
    )
    clock.now += 2700
    with pytest.raises(CredentialsError):
        exchange.credentials(token)
    assert held.in_force()
    exchange.end(token)
    assert not held.in_force()


@pytest.mark.parametrize("answer", ["good", "refused"])
def test_an_end_while_it_is_asked(
    server: IdentityServer, exchange: CredentialExchange, token: str, answer: str
) -> None:
    """A sign-out wins over an exchange under way, and stays."""
    if answer == "refused":
        server.answers["GetCredentialsForIdentity"] = refuses("NotAuthorizedException")
    server.before = lambda operation: exchange.end(token)
    with pytest.raises((InvalidToken, LoginRefused)):
        exchange.credentials(token)
    with pytest.raises(InvalidToken) as refused:
        exchange.credentials(token)
    assert refused.value.reason == "revoked"
    assert server.operations == EXCHANGE


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_guards_list(
    server: IdentityServer, make: Make, pool: LocalUserPool, way: str, everywhere: bool
) -> None:
    """The sign-out of any worker, of this sign-in or of all; the token of another is good."""
    revocations = MemoryRevocationList()
    guard = Guard(pool.trust(), revocations=revocations)
    exchange = make(revocations=guard.revocations)
    token, access = pool.id_token("ada", origin_jti="1"), pool.access_token("ada", origin_jti="1")
    held, of_bob = exchange.hold(token), exchange.hold(pool.id_token("bob"))
    guard.sign_out(guard.verify(access), everywhere=everywhere)
    with pytest.raises(InvalidToken) as refused:
        asked(exchange, way, token)
    assert refused.value.reason == "revoked"
    assert not held.in_force()
    assert of_bob.in_force()
    assert server.operations == 2 * EXCHANGE


def test_a_list_that_cannot_say(make: Make, token: str) -> None:
    """Nobody is let through unasked."""

    class Away(MemoryRevocationList):
        def is_revoked(self, *_: object) -> bool:
            raise RevocationsUnavailable

    with pytest.raises(RevocationsUnavailable):
        make(revocations=Away()).credentials(token)


def test_whose_they_are(make: Make, pool: LocalUserPool) -> None:
    """One user, whichever token; one identity elsewhere."""
    exchange = make()
    updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
    tokens = pool.id_token("ada"), pool.id_token("ada", iss=updated), pool.id_token("bob")
    ada, again, bob = (exchange.hold(one).holder for one in tokens)
    assert ada == again != bob
    elsewhere = exchange.hold(Logins({"a": "b"}))
    assert elsewhere.holder == ("", elsewhere.credentials.identity_id)


def test_a_hundred_threads(
    server: IdentityServer, exchange: CredentialExchange, token: str
) -> None:
    """One exchange."""
    together = threading.Barrier(100)
    allowed = threading.Event()
    server.before = lambda operation: allowed.wait(60) and None

    def ask(number: int) -> str:
        together.wait(60)
        if number == 0:
            allowed.set()
        return exchange.credentials(token).access_key_id

    with ThreadPoolExecutor(100) as threads:
        given = set(threads.map(ask, range(100)))
    assert len(given) == 1
    assert server.operations == EXCHANGE


@pytest.mark.parametrize("way", ["asyncio", "trio"])
def test_a_hundred_tasks(
    server: IdentityServer, exchange: CredentialExchange, token: str, way: str
) -> None:
    """As well, and a failure is everybody's, as an error of one's own."""
    found: list[Any] = []

    async def ask() -> None:
        try:
            found.append(await exchange.acredentials(token))
        except CredentialsError as error:
            found.append(error)

    async def main() -> None:
        if way == "asyncio":
            await asyncio.gather(*(ask() for _ in range(100)))
        else:
            async with trio.open_nursery() as nursery:
                for _ in range(100):
                    nursery.start_soon(ask)

    run: Any = asyncio.run if way == "asyncio" else trio.run
    server.answers["GetId"] = refuses("InvalidParameterException")
    run(main() if way == "asyncio" else main)
    assert all(type(one) is CredentialsRefused for one in found)
    assert len({id(one) for one in found}) == 100
    assert len(server.calls) < 100
    found.clear()
    server.answers.clear()
    server.calls.clear()
    run(main() if way == "asyncio" else main)
    assert len(set(found)) == 1
    assert server.operations == EXCHANGE


@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_patience(
    server: IdentityServer,
    exchange: CredentialExchange,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """Who waits for another's exchange waits for so long."""
    monkeypatch.setattr(room, "_PATIENCE", 0.01)
    asking, enough = threading.Event(), threading.Event()

    def hold(operation: str) -> None:
        asking.set()
        enough.wait(60)

    server.before = hold
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(exchange.credentials, token)
        assert asking.wait(60)
        with pytest.raises(CredentialsUnavailable):
            asked(exchange, way, token)
        enough.set()
        assert first.result(60)


def test_a_renewal_under_way(
    server: IdentityServer, make: Make, pool: LocalUserPool, clock: Clock
) -> None:
    """Keeps nobody waiting who has credentials that do."""
    exchange, token = make(clock=clock), lasting(pool)
    first = exchange.credentials(token)
    clock.now += 2700
    asking, enough = threading.Event(), threading.Event()

    def hold(operation: str) -> None:
        asking.set()
        enough.wait(60)

    server.before = hold
    with ThreadPoolExecutor(1) as threads:
        renewed = threads.submit(exchange.credentials, token)
        assert asking.wait(60)
        assert exchange.credentials(token) is first
        enough.set()
        assert renewed.result(60) is not first


def test_a_task_that_leaves(
    server: IdentityServer, exchange: CredentialExchange, token: str
) -> None:
    """What has begun goes on for the others; what has not is somebody else's to do."""

    async def main() -> None:
        asking, enough = threading.Event(), threading.Event()

        def hold(operation: str) -> None:
            asking.set()
            enough.wait(60)

        server.before = hold
        leaves = asyncio.create_task(exchange.acredentials(token))
        await asyncio.to_thread(asking.wait, 60)
        waits = asyncio.create_task(exchange.acredentials(token))
        await asyncio.sleep(0)
        leaves.cancel()
        enough.set()
        assert (await waits).access_key_id == "ASIA2"
        assert server.operations == EXCHANGE

    asyncio.run(main())


def test_a_task_that_leaves_before_anything_has_begun(
    server: IdentityServer, make: Make, pool: LocalUserPool
) -> None:
    """All threads are busy; the one who waits with it asks by itself."""
    exchange, token = make(), pool.id_token("ada")

    async def main() -> None:
        enough = threading.Event()
        exchange._crew = Crew("busy", 1, seconds=60)
        busy = asyncio.create_task(exchange._crew.run(lambda: enough.wait(60)))
        await asyncio.sleep(0)
        leaves = asyncio.create_task(exchange.acredentials(token))
        await asyncio.sleep(0)
        waits = asyncio.create_task(exchange.acredentials(token))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.sleep(0)
        enough.set()
        assert (await waits).access_key_id == "ASIA2"
        await busy

    asyncio.run(main())


def test_a_thread_that_waits_for_a_task_that_leaves(
    server: IdentityServer, exchange: CredentialExchange, token: str
) -> None:
    """Does not wait for ever either."""
    waiting = threading.Event()
    begin = exchange._begin

    def note(caller: Any) -> Any:
        found = begin(caller)
        if not found[2]:
            waiting.set()
        return found

    async def main() -> None:
        enough = threading.Event()
        exchange._crew = Crew("busy", 1, seconds=60)
        busy = asyncio.create_task(exchange._crew.run(lambda: enough.wait(60)))
        await asyncio.sleep(0)
        leaves = asyncio.create_task(exchange.acredentials(token))
        await asyncio.sleep(0)
        exchange._begin = note  # type: ignore[method-assign]
        with ThreadPoolExecutor(1) as threads:
            thread = threads.submit(exchange.credentials, token)
            await asyncio.to_thread(waiting.wait, 60)
            leaves.cancel()
            await asyncio.sleep(0)
            assert (await asyncio.to_thread(thread.result, 60)).access_key_id == "ASIA2"
        enough.set()
        await busy

    asyncio.run(main())


def test_forgotten_while_it_is_asked(
    server: IdentityServer, make: Make, pool: LocalUserPool
) -> None:
    """By others who ask. Who asked gets an answer all the same."""
    exchange, token, others = make(max_entries=1), pool.id_token("ada"), iter([True, False])

    def meanwhile(operation: str) -> None:
        if next(others, False):
            exchange.end(pool.id_token("bob"))

    server.before = meanwhile
    server.answers["GetCredentialsForIdentity"] = refuses("InvalidParameterException")
    with pytest.raises(CredentialsRefused):
        exchange.credentials(token)


def test_no_thread(server: IdentityServer, exchange: CredentialExchange, token: str) -> None:
    """Is no answer, in a short time."""

    async def main() -> None:
        enough = threading.Event()
        exchange._crew = Crew("busy", 1, seconds=0.01)
        busy = asyncio.create_task(exchange._crew.run(lambda: enough.wait(60)))
        await asyncio.sleep(0)
        with pytest.raises(CredentialsUnavailable, match="busy"):
            await exchange.acredentials(token)
        enough.set()
        await busy

    asyncio.run(main())
    assert not server.calls


def test_a_fault_of_ours(
    exchange: CredentialExchange, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ends the exchange for those who wait, and comes out."""

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(exchange._place), "exchange", broken)
    with pytest.raises(KeyboardInterrupt):
        exchange.credentials(token)
    with pytest.raises(CredentialsUnavailable):
        exchange.credentials(token)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_after_a_fork(
    server: IdentityServer, exchange: CredentialExchange, pool: LocalUserPool, token: str
) -> None:
    """A child remembers no credentials of its parent's, and waits for nobody there; who has signed
    out stays so, and a session that came along hears of an end."""
    gone = pool.id_token("ada")
    exchange.end(gone)
    held = exchange.hold(token)
    exchange._forget_parent()  # in this process as well, where coverage sees it
    exchange._lock.acquire()
    child = os.fork()
    if child == 0:
        try:
            exchange.credentials(token)
            with pytest.raises(InvalidToken):
                exchange.credentials(gone)
            assert held.in_force()
            exchange.end(token)
            assert not held.in_force()
            os._exit(0)
        finally:
            os._exit(1)
    exchange._lock.release()
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert server.operations == 2 * EXCHANGE
