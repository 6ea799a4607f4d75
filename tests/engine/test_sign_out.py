"""What signs the caller of a request out: in which order, and what a failure leaves of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
import trio

from cognito_guard import ConfigurationError, Guard, InvalidToken, RevocationsUnavailable
from cognito_guard.aws import UserApi
from cognito_guard.login import LoginSession, SessionsUnavailable
from cognito_guard.sign_out import SignedOut, SignOut
from cognito_guard.testing import Fault, LocalLoadBalancer, LocalUserPool, PoolServer

from ..login.site import Clock, site
from ..revocation.listed import Listed
from .reports import assert_nothing_shown, shown_by, shown_now
from .silence import secrets_of

SCOPE = "aws.cognito.signin.user.admin"
URL = "https://pool.example/logout"

Do = Callable[[SignOut], SignedOut]


async def _awaited(act: SignOut) -> SignedOut:
    return await act.ado()


HOW = [SignOut.do, lambda act: asyncio.run(_awaited(act)), lambda act: trio.run(_awaited, act)]
however = pytest.mark.parametrize("do", HOW, ids=["threads", "asyncio", "trio"])


class Ended:
    """As of sessions."""

    url = URL
    set_cookies = ("cookie=",)

    def __init__(self, problem: Exception | None) -> None:
        self.problem = problem


class Sessions:
    """Notes what it is asked, and fails as it is told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def find_session(self, headers: Any) -> str | None:
        """As of sessions."""
        return str(headers("cookie")[0])

    def end(self, session_id: str | None, *, revoke: bool) -> Any:
        """As of sessions."""
        assert session_id == "id-of-a-session"
        self._desk.seen.append(f"session, revoke={revoke}")
        if self._desk.store_error is not None:
            raise self._desk.store_error
        return Ended(self._desk.list_error if revoke else None)

    async def aend(self, session_id: str | None, *, revoke: bool) -> Any:
        """As of sessions."""
        return self.end(session_id, revoke=revoke)


class Desk:
    """A pool with its server, and a guard with a list; all that is asked of them is noted."""

    def __init__(self, server: PoolServer, pool: LocalUserPool) -> None:
        self.pool = pool
        self.server = server
        self.clock = Clock()
        self.seen: list[str] = []
        self.store_error: Exception | None = None
        self.list_error: Exception | None = None
        self.revocations = Listed(self.clock)
        self.revocations.before = self._note
        self.guard = Guard(server.trust(), revocations=self.revocations)
        self.api = UserApi(server.trust())
        self.api_calls = 0

    def _note(self) -> None:
        self.seen.append("list")
        if self.list_error is not None:
            raise self.list_error

    def token(self, *scopes: str, username: str = "alice") -> str:
        """Of somebody whom the server knows to be signed in."""
        return self.server.access_token(username, scopes=scopes or ("openid", SCOPE))

    def act(self, token: str | None = None, *, guard: Guard | None = None, **more: Any) -> SignOut:
        """What signs a caller with this token out."""
        token = token or self.token()
        headers = {"authorization": [f"Bearer {token}"], "cookie": ["id-of-a-session"]}
        guard = guard or self.guard
        identity = self.guard.verify(token)
        if more.pop("by_session", False):
            headers.pop("authorization")
            more["session"] = LoginSession(identity, token, "", 0.0)
            more["sessions"] = Sessions(self)
        return SignOut(guard, lambda name: headers.get(name, ()), identity, **more)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk."""
    pool = LocalUserPool()
    with pool.listen() as server:
        one = Desk(server, pool)
        yield one
        one.api.close()


@however
def test_token(desk: Desk, do: Do) -> None:
    """The list is written, and there is nothing else."""
    token = desk.token()
    done = do(desk.act(token, user_api=desk.api))
    assert (done.url, done.set_cookies, done.at_cognito, done.problem) == (None, (), False, None)
    assert repr(done) == "<SignedOut; at_cognito=False>"
    with pytest.raises(InvalidToken, match="revoked"):
        desk.guard.verify(token)
    assert [one.kind for one in desk.revocations.written] == ["sign_in"]
    assert desk.server.requests["api"] == 0


@however
def test_session(desk: Desk, do: Do) -> None:
    """Its end writes the list."""
    done = do(desk.act(by_session=True))
    assert (done.url, done.set_cookies, done.at_cognito) == (URL, ("cookie=",), False)
    assert desk.seen == ["session, revoke=True"]


@however
def test_everywhere(desk: Desk, do: Do) -> None:
    """The list, then Cognito, then the session, whose refresh token Cognito needs no more."""
    done = do(desk.act(by_session=True, everywhere=True, user_api=desk.api))
    assert (done.at_cognito, done.problem) == (True, None)
    assert desk.seen == ["list", "session, revoke=False"]
    assert [one.kind for one in desk.revocations.written] == ["user"]
    assert desk.server.requests["api"] == 1


@however
def test_everywhere_here(desk: Desk, do: Do) -> None:
    """Without the API, nobody at Cognito is told."""
    assert do(desk.act(everywhere=True)).at_cognito is False
    assert desk.server.requests["api"] == 0


@however
def test_without_a_list(desk: Desk, do: Do) -> None:
    """A session can end, and Cognito can be told."""
    guard = Guard(desk.server.trust())
    assert do(desk.act(guard=guard, by_session=True)).url == URL
    done = do(desk.act(guard=guard, by_session=True, everywhere=True, user_api=desk.api))
    assert done.at_cognito is True
    assert desk.seen == ["session, revoke=True", "session, revoke=False"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"everywhere": True},
        {"everywhere": True, "api": True},
        {"by_session": True, "everywhere": True},
    ],
    ids=str,
)
def test_nothing_to_do(desk: Desk, arguments: dict[str, Any]) -> None:
    """A guard without a list signs no bearer out, and all sign-ins of nobody."""
    more = {**arguments, **({"user_api": desk.api} if arguments.get("api") else {})}
    more.pop("api", None)
    with pytest.raises(ConfigurationError, match="without revocations="):
        desk.act(guard=Guard(desk.server.trust()), **more)
    assert desk.seen == []


def test_misuse(desk: Desk) -> None:
    """Before anything is done."""
    with pytest.raises(ConfigurationError, match="everywhere must be"):
        desk.act(everywhere="yes")
    with pytest.raises(ConfigurationError, match="must be a cognito_guard"):
        desk.act(user_api=desk.pool)


@however
def test_list_that_is_away(desk: Desk, do: Do) -> None:
    """All else is done, and then it is said."""
    desk.list_error = RevocationsUnavailable()
    act = desk.act(by_session=True, everywhere=True, user_api=desk.api)
    with pytest.raises(RevocationsUnavailable):
        do(act)
    assert desk.seen == ["list", "session, revoke=False"]
    assert desk.server.requests["api"] == 1
    assert act.ended is not None
    with pytest.raises(RevocationsUnavailable):
        do(desk.act(by_session=True))


@however
def test_tokens_without_ids(desk: Desk, do: Do) -> None:
    """They can be in no list. The session ends, and nothing has failed."""
    desk.list_error = ConfigurationError("nothing distinguishes this sign-in from others")
    assert do(desk.act(by_session=True)).url == URL


@however
def test_everything_fails(desk: Desk, do: Do) -> None:
    """The first failure is raised, and each thing was tried."""
    desk.list_error, desk.store_error = ConnectionError("of the list"), SessionsUnavailable()
    act = desk.act(by_session=True, everywhere=True, user_api=desk.api)
    with pytest.raises(ConnectionError, match="of the list"):
        do(act)
    assert desk.seen == ["list", "session, revoke=False"]
    assert desk.server.requests["api"] == 1
    assert act.ended is None


@however
def test_cognito_does_not(desk: Desk, do: Do, caplog: pytest.LogCaptureFixture) -> None:
    """It is told and logged; it is no failure here."""
    act = desk.act(by_session=True, everywhere=True, user_api=desk.api)
    with caplog.at_level(logging.WARNING, "cognito_guard"), desk.server.failing(Fault.SERVER_ERROR):
        done = do(act)
    assert done.at_cognito is False
    assert type(done.problem).__name__ == "UserApiUnavailable"
    assert done.url == URL
    (record,) = [r for r in caplog.records if "everywhere" in r.message]
    assert record.__dict__["reason"] == "global_sign_out_failed"
    said = "global_sign_out_failed: a user was signed out here, but not everywhere at Cognito: "
    assert record.message.startswith(said)


@pytest.mark.parametrize(
    ("scopes", "problem"), [(("openid",), "ScopeMissing"), (("openid", SCOPE), None)]
)
def test_scope(desk: Desk, scopes: tuple[str, ...], problem: str | None) -> None:
    """A token without it is not sent."""
    done = desk.act(desk.token(*scopes), everywhere=True, user_api=desk.api).do()
    assert (type(done.problem).__name__ if done.problem else None) == problem
    assert desk.server.requests["api"] == (problem is None)


def test_token_of_another_pool(desk: Desk) -> None:
    """It is not sent there."""
    other = UserApi(LocalUserPool("eu-west-1_AnotherOne").trust())
    done = desk.act(everywhere=True, user_api=other).do()
    assert isinstance(done.problem, InvalidToken)


def forwarded(desk: Desk, token: str | None, **more: Any) -> SignOut:
    """What signs somebody out whom a load balancer has forwarded: alice, with such a token."""
    balancer = LocalLoadBalancer(desk.pool, issuer=desk.server.issuer)
    sent = balancer.headers("alice")
    sent.pop("x-amzn-oidc-accesstoken", None)
    if token is not None:
        sent["x-amzn-oidc-accesstoken"] = token
    guard = Guard(balancer.trust(), revocations=Listed(desk.clock))
    identity = guard.authenticate(lambda name: [sent[name]] if name in sent else [])
    headers = {name: [value] for name, value in sent.items()}
    return SignOut(guard, lambda name: headers.get(name, ()), identity, **more)


def test_load_balancer(desk: Desk) -> None:
    """The access token that it forwards is taken, if it is the caller's."""
    more: dict[str, Any] = {"everywhere": True, "user_api": desk.api}
    assert forwarded(desk, desk.token(), **more).do().at_cognito is True
    for token, words in ((None, "no access token"), (desk.token(username="ada"), "another user's")):
        done = forwarded(desk, token, **more).do()
        assert done.at_cognito is False
        assert words in str(done.problem)


def test_request_that_is_cancelled(desk: Desk) -> None:
    """What has begun goes to its end."""
    reached = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(*revocations: Any) -> None:
        reached.set()
        await go_on.wait()
        desk.seen.append("list")

    desk.revocations.arevoke = slow  # type: ignore[method-assign]

    async def run() -> None:
        act = desk.act(by_session=True, everywhere=True, user_api=desk.api)
        task = asyncio.ensure_future(act.ado())
        await reached.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        go_on.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)

    asyncio.run(run())
    assert desk.seen == ["list", "session, revoke=False"]
    assert desk.server.requests["api"] == 1


@however
def test_end_of_the_process(desk: Desk, do: Do) -> None:
    """What is no failure of a step ends all of them."""
    desk.store_error = None
    desk.revocations.before = partial(_exit, 3)
    with pytest.raises(SystemExit):
        do(desk.act(everywhere=True))


def _exit(code: int) -> None:
    raise SystemExit(code)


def test_reports() -> None:
    """No frame, error or result shows a token or an id of a session."""
    with site() as here:
        revocations = Listed(here.clock)
        here.guard = Guard(here.endpoint.pool.trust(), revocations=revocations, clock=here.clock)
        here.sessions = here.worker()
        browser = here.browser()
        browser.sign_in()
        session = browser.current()
        assert session is not None
        act = SignOut(
            here.guard,
            browser.headers,
            session.identity,
            session=session,
            sessions=here.sessions,
            everywhere=True,
        )
        secrets = secrets_of(session.access_token) | set(browser.cookies.values())
        secrets -= {here.endpoint.pool.client_id, here.endpoint.pool.issuer}
        del session, browser
        assert_nothing_shown([("act", repr(act))], secrets)

        def look() -> None:
            assert_nothing_shown(shown_now(), secrets)
            raise ConnectionError

        revocations.before = look
        with pytest.raises(ConnectionError) as caught:
            act.do()
        assert_nothing_shown(shown_by(caught.value), secrets)
