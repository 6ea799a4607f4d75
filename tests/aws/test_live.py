"""LiveUsers: a sign-out is noticed, Cognito is asked seldom, and what fails lets nobody in."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import trio

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    InvalidToken,
    KeysUnavailable,
    Reason,
)
from cognito_guard.aws import (
    LiveCaller,
    LiveCheckUnavailable,
    LiveUsers,
    UserApi,
    UserApiUnavailable,
)
from cognito_guard.aws import live as live_module
from cognito_guard.aws.backoff import Backoff
from cognito_guard.testing import Fault, LocalLoadBalancer, LocalUserPool, PoolServer, TokenFault

from .kept_server import Handler, KeptServer, refuses, says
from .test_kept import user_of

PATIENCE = 60.0


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """What the age of an answer is told by."""
    return Clock()


@pytest.fixture
def live(api: UserApi, clock: Clock) -> LiveUsers:
    """Asks the local pool."""
    return LiveUsers(api, max_age=30, clock=clock)


Check = Callable[[LiveUsers, str], Any]

WAYS: dict[str, Check] = {
    "sync": lambda live, token: live.check(token),
    "asyncio": lambda live, token: asyncio.run(live.acheck(token)),
    "trio": lambda live, token: trio.run(live.acheck, token),
}


@pytest.fixture(params=WAYS)
def check(request: pytest.FixtureRequest) -> Check:
    """How it is asked."""
    return WAYS[request.param]


def test_a_sign_out(
    live: LiveUsers, api: UserApi, server: PoolServer, clock: Clock, check: Check
) -> None:
    """Is noticed when the last answer is too old, or at once when that is forgotten."""
    token = server.access_token("ada")
    assert check(live, token).username == "ada"
    api.global_sign_out(token)
    clock.now += 29.9
    assert check(live, token).email == "ada@lovelace.example"
    assert server.requests["api"] == 2
    clock.now += 0.1
    for _ in range(2):  # and that is remembered as well
        with pytest.raises(InvalidToken) as refused:
            check(live, token)
        assert refused.value.reason is Reason.REVOKED
    assert server.requests["api"] == 3
    other = server.access_token("ada")
    check(live, other)
    api.global_sign_out(other)
    live.forget(other)
    with pytest.raises(InvalidToken):
        check(live, other)
    live.forget(other)
    assert repr(live) == "<LiveUsers of eu-west-1_LocalPool>"


def test_refusals(live: LiveUsers, server: PoolServer, desk: LocalUserPool, check: Check) -> None:
    """Gone, disabled, expired: the token is worth nothing. Without the scope: nobody can say."""
    desk.users["alice"] = replace(desk.users["alice"], enabled=False)
    gone = server.access_token("ada")
    live.api.delete_user(gone)
    for token in (gone, server.access_token("alice"), server.access_token("bob", expires_in=-1)):
        with pytest.raises(InvalidToken) as refused:
            check(live, token)
        assert refused.value.reason is Reason.REVOKED
    before = server.requests["api"]
    for token in (server.access_token("bob", scopes=["openid"]), server.machine_token()):
        with pytest.raises(AccessDenied) as denied:
            check(live, token)
        assert denied.value.reason is Reason.MISSING_SCOPE
        assert denied.value.scopes == ("aws.cognito.signin.user.admin",)
    for token in ("", server.id_token("bob")):
        with pytest.raises(InvalidToken) as refused:
            check(live, token)
        assert refused.value.reason is not Reason.REVOKED
        with pytest.raises(InvalidToken):
            live.forget(token)
    assert server.requests["api"] == before


def test_a_scope_that_only_cognito_misses(pool: LocalUserPool, check: Check) -> None:
    """Told apart as well."""
    no = refuses("NotAuthorizedException", "Access Token does not have required scopes")
    with KeptServer(no) as server:
        live = LiveUsers(UserApi(pool.trust(), url=server.url))
        for _ in range(2):
            with pytest.raises(AccessDenied):
                check(live, pool.access_token("ada", jti="1", iat=1, origin_jti="1", event_id="1"))
        live.api.close()


def test_throttling(live: LiveUsers, server: PoolServer, clock: Clock, check: Check) -> None:
    """Nobody asks for a while, longer each time; what is known still counts."""
    known, token = server.access_token("ada"), server.access_token("alice")
    check(live, known)
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        for seconds in (1, 2, 4):
            asked = server.requests["api"]
            for _ in range(3):
                with pytest.raises(LiveCheckUnavailable) as failed:
                    check(live, token)
                assert failed.value.retry_after == seconds
            assert server.requests["api"] == asked + 1
            assert check(live, known).username == "ada"
            clock.now += seconds
    assert check(live, token).username == "alice"
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        with pytest.raises(LiveCheckUnavailable) as failed:
            check(live, server.access_token("bob"))
        assert failed.value.retry_after == 1
    assert isinstance(failed.value, KeysUnavailable)
    challenge = Guard(server.trust()).challenge(failed.value)
    assert (challenge.status, dict(challenge.headers)["Retry-After"]) == (503, "1")
    assert "signed in" in challenge.problem["detail"]


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HTML, Fault.SERVER_ERROR, Fault.REDIRECT])
def test_down(live: LiveUsers, server: PoolServer, check: Check, fault: Fault) -> None:
    """Nobody is let in."""
    with server.failing(fault), pytest.raises(LiveCheckUnavailable):
        check(live, server.access_token("ada"))


def test_retry_after(pool: LocalUserPool, check: Check) -> None:
    """As Cognito says, within reason; what is no word about the user is none."""
    clock = Clock()
    with KeptServer(says(429, b"", Retry_After="17")) as server:
        live = LiveUsers(UserApi(pool.trust(), url=server.url), clock=clock)
        token = pool.access_token("ada")
        with pytest.raises(LiveCheckUnavailable) as failed:
            check(live, token)
        assert failed.value.retry_after == 17
        clock.now += 17
        server.behave = says(429, b"", Retry_After="99999")
        with pytest.raises(LiveCheckUnavailable) as failed:
            check(live, token)
        assert failed.value.retry_after == 300
        clock.now += 300
        server.behave = refuses("ForbiddenException", status=403)
        with pytest.raises(LiveCheckUnavailable):
            check(live, token)
        clock.now += 60
        server.behave = says(200, user_of(pool, "somebody-else"))
        with pytest.raises(LiveCheckUnavailable):
            check(live, token)
        live.api.close()


class Gate:
    """A server that answers when it is told to."""

    def __init__(self, pool: LocalUserPool) -> None:
        self.pool = pool
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.good = True

    def __call__(self, handler: Handler) -> None:
        self.begun.set()
        assert self.go_on.wait(PATIENCE)
        handler.say(200, user_of(self.pool) if self.good else b"")


@pytest.mark.parametrize("good", [True, False])
def test_a_hundred_threads_and_tasks(pool: LocalUserPool, good: bool) -> None:
    """Ask about one token: one question."""
    gate = Gate(pool)
    gate.good = good
    token = pool.access_token("ada")
    waiting = threading.Barrier(101)
    outcomes: list[str] = []

    with KeptServer(gate) as server:
        # Its clock stands still: whoever comes late must not find that it is time to ask again.
        live = LiveUsers(UserApi(pool.trust(), url=server.url), clock=Clock())

        def ask() -> str:
            waiting.wait(PATIENCE)
            return outcome(lambda: live.check(token))

        async def aask() -> str:
            try:
                return (await live.acheck(token)).username
            except LiveCheckUnavailable:
                return "unavailable"

        async def tasks() -> list[str]:
            waiting.wait(PATIENCE)
            return list(await asyncio.gather(*(aask() for _ in range(100))))

        with ThreadPoolExecutor(101) as threads:
            sync = [threads.submit(ask) for _ in range(100)]
            loop = threads.submit(asyncio.run, tasks())
            assert gate.begun.wait(PATIENCE)
            gate.go_on.set()
            outcomes = [one.result() for one in sync] + loop.result()
        assert set(outcomes) == {"ada" if good else "unavailable"}
        assert len(server.asked) == 1
        live.api.close()


def outcome(ask: Callable[[], Any]) -> str:
    """In a word."""
    try:
        name: str = ask().username
    except LiveCheckUnavailable:
        return "unavailable"
    return name


def test_a_cancelled_task(pool: LocalUserPool) -> None:
    """Leaves the question to those who wait for it."""
    gate = Gate(pool)
    token = pool.access_token("ada")
    with KeptServer(gate) as server:
        live = LiveUsers(UserApi(pool.trust(), url=server.url))

        async def main() -> str:
            first = asyncio.create_task(live.acheck(token))
            await asyncio.to_thread(gate.begun.wait, PATIENCE)
            second = asyncio.create_task(live.acheck(token))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            assert first.cancelled()
            gate.go_on.set()
            return (await second).username

        assert asyncio.run(main()) == "ada"
        assert len(server.asked) == 1
        live.api.close()


def test_a_task_that_was_cancelled_before_it_asked(
    pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else asks in its place, also while Cognito fails."""
    monkeypatch.setattr(live_module, "_MOST_THREADS", 1)
    clock = Clock()
    gate = Gate(pool)
    busy, token = pool.access_token("ada"), pool.access_token("ada")
    with KeptServer(says(503, b"")) as server:
        live = LiveUsers(UserApi(pool.trust(), url=server.url), clock=clock)

        async def main() -> list[str]:
            first = asyncio.create_task(live.acheck(busy))  # has the only thread
            await asyncio.to_thread(gate.begun.wait, PATIENCE)
            second = asyncio.create_task(live.acheck(token))
            await asyncio.sleep(0)
            others = [asyncio.create_task(live.acheck(token)) for _ in range(2)]
            thread = asyncio.create_task(asyncio.to_thread(live.check, token))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)
            gate.go_on.set()
            users = await asyncio.gather(first, *others, thread)
            return [user.username for user in users]

        server.behave = gate
        assert asyncio.run(main()) == ["ada"] * 4
        assert len(server.asked) == 2
        server.behave = says(503, b"")
        with pytest.raises(LiveCheckUnavailable):
            live.check(pool.access_token("bob"))
        clock.now += 1
        held = live_module._Held(pool.access_token("bob"))
        asked, leads = live._begin(held)
        assert leads
        live._abandon(held, asked)
        with pytest.raises(LiveCheckUnavailable):
            live.check(pool.access_token("bob"))  # asks at once, and not 10 seconds later
        assert len(server.asked) == 4
        clock.now += 60
        asked, leads = live._begin(held)
        live._known.clear()  # the oldest are forgotten
        live._abandon(held, asked)
        assert asked.pending.over
        live.api.close()


@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_nobody_waits_for_ever(
    pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Who waits for another's question gives up at some time."""
    gate = Gate(pool)
    token = pool.access_token("ada")
    monkeypatch.setattr(live_module, "_PATIENCE", 0.01)
    with KeptServer(gate) as server, ThreadPoolExecutor(1) as threads:
        live = LiveUsers(UserApi(pool.trust(), url=server.url))
        first = threads.submit(live.check, token)
        assert gate.begun.wait(PATIENCE)
        with pytest.raises(LiveCheckUnavailable):
            WAYS[way](live, token)
        gate.go_on.set()
        assert first.result().username == "ada"
        live.api.close()


def test_no_thread_can_be_had(
    live: LiveUsers, server: PoolServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no word about the user either, and nobody is left waiting."""

    def start(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    token = server.access_token("ada")
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(LiveCheckUnavailable):
            asyncio.run(live.acheck(token))
        with pytest.raises(UserApiUnavailable, match="not asked: no thread"):
            asyncio.run(live.api.aget_user(token))
    clock.now += 1
    assert live.check(token).username == "ada"


def test_what_is_kept(api: UserApi, server: PoolServer) -> None:
    """So many answers, and no token."""
    live = LiveUsers(api, max_entries=2)
    tokens = [server.access_token("ada") for _ in range(3)]
    for token in tokens:
        live.check(token)
    kept = list(live._known)
    assert len(kept) == 2
    assert all(len(one) == 64 for one in kept)
    assert set(LiveUsers(api)._known) == set()
    other = LiveUsers(api)
    other.check(tokens[2])
    assert set(other._known).isdisjoint(kept)
    asked = server.requests["api"]
    live.check(tokens[2])
    assert server.requests["api"] == asked
    live.check(tokens[0])
    assert server.requests["api"] == asked + 1


def test_a_failure_that_comes_late(pool: LocalUserPool) -> None:
    """Does not undo a newer answer."""
    gate = Gate(pool)
    gate.good = False
    token = pool.access_token("ada")
    with KeptServer(gate) as server, ThreadPoolExecutor(1) as threads:
        live = LiveUsers(UserApi(pool.trust(), url=server.url))
        late = threads.submit(outcome, lambda: live.check(token))
        assert gate.begun.wait(PATIENCE)
        live.forget(token)
        server.behave = says(200, user_of(pool))
        assert live.check(token).username == "ada"
        gate.go_on.set()
        assert late.result() == "unavailable"
        assert live.check(token).username == "ada"
        assert len(server.asked) == 2
        live.api.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork(live: LiveUsers, server: PoolServer) -> None:
    """A child begins anew, even if its parent's thread was in the midst of it."""
    token = server.access_token("ada")
    live.check(token)
    with live._lock:
        child = os.fork()
        if child == 0:  # pragma: no cover  # in the child
            status = 1
            try:
                status = 0 if live.check(token).username == "ada" else 2
            finally:
                os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server.requests["api"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        *({"max_age": age} for age in (0, -1, 3601, True, "30", None, float("nan"))),
        *({"max_entries": entries} for entries in (0, -1, 1.5, True, "9")),
    ],
)
def test_wrong_arguments(pool: LocalUserPool, arguments: dict[str, Any]) -> None:
    """Said when it is made."""
    with pytest.raises(ConfigurationError):
        LiveUsers(UserApi(pool.trust()), **arguments)


def test_what_it_needs(pool: LocalUserPool) -> None:
    """An API."""
    with pytest.raises(ConfigurationError):
        LiveUsers(pool.trust())  # type: ignore[arg-type]


def test_backoff() -> None:
    """Questions that were under way together count once; after a failure one asks for all."""
    backoff = Backoff(10)
    assert backoff.left(0) == 0
    backoff.began(0)
    assert backoff.left(0) == 0
    backoff.failed(0, 5, 1)
    backoff.failed(0, 5.5, 3)  # another one of those, which knows of a longer wait
    assert backoff.left(5.5) == 3
    backoff.began(9)
    assert backoff.left(9) == 10
    backoff.failed(9, 9.5, 1)
    assert backoff.left(9.5) == 2
    backoff.succeeded(8)  # asked before it failed
    assert backoff.left(9.5) == 2
    for _ in range(20):
        backoff.failed(100, 100, 1)
    assert backoff.left(100) == 60
    backoff.succeeded(100)
    assert backoff.left(100) == 0
    backoff.failed(101, 101, 1)
    assert backoff.left(101) == 1


# Of a request, as adapters ask.


def headers(**fields: str) -> Callable[[str], list[str]]:
    """Those of a request."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return lambda name: [named[name]] if name in named else []


def test_callers(live: LiveUsers, server: PoolServer) -> None:
    """The token of the request, or of the session."""
    guard = Guard(server.trust())
    token = server.access_token("ada")
    identity = guard.verify(token)
    caller = LiveCaller(guard, headers(authorization=f"Bearer {token}"), identity)
    assert caller.check(live).username == "ada"
    assert asyncio.run(caller.acheck(live)).username == "ada"

    class Session:
        access_token = token

    by_session = LiveCaller(guard, headers(), identity, Session())
    assert by_session.check(live).username == "ada"
    other = LiveCaller(
        guard, headers(authorization=f"Bearer {server.access_token('alice')}"), identity
    )
    for ask in (lambda: other.check(live), lambda: asyncio.run(other.acheck(live))):
        with pytest.raises(InvalidToken) as refused:
            ask()
        assert refused.value.reason is Reason.IDENTITY_MISMATCH
    with pytest.raises(ConfigurationError, match="has none"):
        LiveCaller(guard, headers(), identity).check(live)


def test_callers_with_id_tokens(live: LiveUsers, server: PoolServer) -> None:
    """Cannot be asked about. Where the guard accepts nothing else, that is the app's mistake."""
    token = server.id_token("ada")
    request = headers(authorization=f"Bearer {token}")
    guard = Guard(server.trust(token_use="id"))
    with pytest.raises(ConfigurationError, match="only ID tokens"):
        LiveCaller(guard, request, guard.verify(token)).check(live)
    guard = Guard(server.trust(token_use="any"))
    with pytest.raises(InvalidToken) as refused:
        LiveCaller(guard, request, guard.verify(token)).check(live)
    assert refused.value.reason is Reason.WRONG_TOKEN_USE


def test_callers_behind_a_load_balancer(live: LiveUsers, server: PoolServer) -> None:
    """By the access token that it forwards, or not at all."""
    pool = LocalUserPool(issuer=server.issuer)
    balancer = LocalLoadBalancer(pool)
    guard = Guard(balancer.trust())
    token = server.access_token("ada")
    for access_token, works in ((token, True), (None, False)):
        fields = balancer.headers("ada", access_token=token)
        if access_token is None:
            del fields["x-amzn-oidc-accesstoken"]
        request = headers(**{name.replace("-", "_"): value for name, value in fields.items()})
        caller = LiveCaller(guard, request, guard.authenticate(request))
        if works:
            assert caller.check(live).username == "ada"
        else:
            with pytest.raises(ConfigurationError, match="x-amzn-oidc-accesstoken"):
                caller.check(live)


def test_a_thread_whose_question_was_given_up(
    live: LiveUsers, server: PoolServer, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks again, and is not told what nobody knows."""
    begin, given_up = LiveUsers._begin, []

    def begun(self: LiveUsers, held: Any) -> Any:
        asked, leads = begin(self, held)
        if not given_up:
            given_up.append(asked)
            self._abandon(held, asked)
            leads = False
        return asked, leads

    monkeypatch.setattr(LiveUsers, "_begin", begun)
    assert check(live, server.access_token("ada")).username == "ada"
    assert given_up[0].abandoned
    assert server.requests["api"] == 1
