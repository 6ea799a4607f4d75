"""A login session as the source of tokens: from the sign-in, by a refresh, to the sign-out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from cognito_guard import Guard, InvalidToken
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalClient, LocalUserPool
from cognito_guard_boto3 import CredentialsEnded, IdentityPool

from ..aws.identity_pools.server import IDENTITY_POOL, IdentityServer
from .test_sessions import keys

ORIGIN = "http://localhost:8000"


class Clock:
    """A calendar that a test sets: of everybody."""

    now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=[True, False], ids=["list", "no list"])
def signed_in(request: pytest.FixtureRequest) -> Iterator[tuple[Clock, LoginSessions, str]]:
    """Sessions, with and without a list of what was revoked; and the id of Alice's."""
    clock = Clock()
    client = LocalClient(
        "1example23456789",
        callback_urls=[f"{ORIGIN}/auth/callback"],
        logout_urls=[f"{ORIGIN}/"],
    )
    pool = LocalUserPool(clock=clock)
    with pool.listen(client) as server:
        revocations = MemoryRevocationList(clock=clock) if request.param else None
        guard = Guard(server.trust(), clock=clock, revocations=revocations)
        login = ManagedLogin(
            server.trust(),
            domain=server.domain,
            client_id=client.client_id,
            redirect_uri=f"{ORIGIN}/auth/callback",
            logout_uri=f"{ORIGIN}/",
        )
        sessions = LoginSessions(
            login,
            guard,
            store=MemorySessionStore(clock=clock),
            secrets=["0123456789abcdefghijklmnopqrstuvwxyz"],
            clock=clock,
        )
        started = sessions.start()
        back = server.sign_in(started.url)
        done = sessions.finish(urlsplit(back).query, binding=started.binding)
        yield clock, sessions, done.session_id


def test_for_as_long_as_the_session_lasts(
    signed_in: tuple[Clock, LoginSessions, str], server: IdentityServer
) -> None:
    """The login session refreshes its tokens; the one of boto3 its credentials, by them."""
    clock, sessions, session_id = signed_in
    server.clock = clock
    guard = sessions.guard
    identity_pool = IdentityPool(
        IDENTITY_POOL,
        guard.user_pools[0],
        url=server.url,
        revocations=guard.revocations,
        clock=clock,
    )
    with closing(identity_pool):
        session = identity_pool.session(lambda: sessions.current(session_id, touch=False))
        assert keys(session) == "ASIA2"
        clock.now += 3590
        assert keys(session) == "ASIA4"
        first, second = (told["Logins"] for operation, told in server.calls if operation == "GetId")
        assert first.keys() == second.keys()
        assert first != second

        sessions.end(session_id)
        if guard.revocations is not None:
            with pytest.raises((CredentialsEnded, InvalidToken)):
                keys(session)
        else:
            assert keys(session) == "ASIA4"  # nobody knows of it yet
        clock.now += 3001
        with pytest.raises(CredentialsEnded):
            keys(session)
