"""What an adapter writes with sign-in, and the types that it gets."""

# pyright: strict

from collections.abc import Mapping
from typing import Any, assert_type

from cognito_guard import Guard, HeaderValues, Identity, UserPool
from cognito_guard.login import (
    AsyncSessionStore,
    Ended,
    LoginFailed,
    LoginLink,
    LoginPage,
    LoginReason,
    LoginRoutes,
    LoginSession,
    LoginSessions,
    ManagedLogin,
    MemorySessionStore,
    SessionStore,
    SessionsUnavailable,
    SignedIn,
    Started,
    error_page,
    own_page,
    sign_in_address,
)


class Store:
    """A store of a user's own, for event loops."""

    async def read(self, key: str) -> bytes | None:
        """See ``SessionStore``."""

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """See ``SessionStore``."""
        return False

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """See ``SessionStore``."""
        return False

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """See ``SessionStore``."""
        return False


def described(pool: UserPool, guard: Guard) -> LoginSessions:
    """All that there is to say."""
    login = ManagedLogin(
        pool,
        domain="https://auth.example",
        client_id="1example23456789",
        client_secret=None,
        redirect_uri="https://app.example/auth/callback",
        logout_uri="https://app.example/",
        scopes=["openid"],
        identity_provider=None,
        lang="de",
        prompt=None,
        acr_values=(),
        max_age=None,
        resource=None,
    )
    mine: AsyncSessionStore = Store()
    memory: SessionStore = MemorySessionStore(max_entries=1000)
    LoginSessions(login, guard, store=mine, secrets=[b""])
    return LoginSessions(
        login,
        guard,
        store=memory,
        secrets=["", b""],
        idle_seconds=3600,
        absolute_seconds=7200.0,
        refresh_ahead_seconds=60,
        attempt_seconds=600,
    )


def from_settings(guard: Guard, settings: Mapping[str, Any]) -> LoginSessions:
    """Or in settings."""
    LoginSessions.from_mapping(settings, guard=guard, store=Store(), prefix="")
    assert_type(LoginSessions.setting_names, tuple[str, ...])
    return LoginSessions.from_env(guard=guard, store=MemorySessionStore())


def verbs(sessions: LoginSessions, headers: HeaderValues) -> Identity | None:
    """Start, finish, current, end."""
    binding, session_id = sessions.find_binding(headers), sessions.find_session(headers)
    started = sessions.start(binding=binding, next_page=own_page(None), lang="de", max_age=0)
    assert_type(started, Started)
    assert_type(started.set_cookies, tuple[str, ...])
    signed_in = sessions.finish("code=a", binding=binding, session_id=session_id)
    assert_type(signed_in, SignedIn)
    assert_type(signed_in.identity, Identity)
    session = sessions.current(session_id)
    assert_type(session, LoginSession | None)
    assert_type(sessions.end(sessions.session_to_end(headers)), Ended)
    sessions.check_same_site("POST", headers)
    sessions.check_websocket(headers)
    assert_type(sessions.drop_session, str)
    return None if session is None else session.identity


async def awaited(sessions: LoginSessions) -> str | None:
    """The same for event loops, and the page for what goes wrong."""
    try:
        assert_type(await sessions.afinish(b"code=a", binding=None), SignedIn)
        assert_type(await sessions.acurrent(None), LoginSession | None)
        await sessions.asettle()
        return (await sessions.aend(None)).url
    except LoginFailed as error:
        assert_type(error.reason, LoginReason)
        assert_type(error.status, int)
        assert_type(error.retry_after, int | None)
        assert_type(error_page(error, again="/auth/login"), LoginPage)
    except SessionsUnavailable as error:
        assert_type(error.retry_after, int)
        assert_type(error_page(error).headers, tuple[tuple[str, str], ...])
    return None


def own_adapter(sessions: LoginSessions, headers: HeaderValues, query: bytes) -> Started | None:
    """The routes, a link to the first of them, and who is led there."""
    routes = LoginRoutes(sessions, advice="Mount them elsewhere.")
    assert_type(routes.paths, tuple[str, ...])
    routes.require_place("/auth/login")
    routes.require_prefix("/auth")
    error = LoginFailed(LoginReason.ACCESS_DENIED)
    assert_type(routes.answer(error, headers), LoginPage)
    to = routes.way_in(error, method="GET", path="/", query=query, headers=headers)
    assert_type(to, str | None)
    assert_type(sign_in_address(routes.login_path, "/page", again=True), str)
    link = LoginLink(query)
    assert_type(LoginLink("").next_page, str)
    return link.start(sessions, headers) if link.asks_again else None
