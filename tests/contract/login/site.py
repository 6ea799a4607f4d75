"""A site that signs its users in, and all that it stands on: pool, store and clocks, in hand.

The app runs in this process, on a real server, so that a test can move its clock, break its store
and look at what left the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from socket import socket
from typing import Any, NamedTuple

from cognito_guard import Guard
from cognito_guard.aws import UserApi
from cognito_guard.events import Event, RequestRefused
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool, PoolServer
from example_apps.serving import bound

from ...login.stores import BlockingStore
from ...revocation.listed import Listed
from .browser import Browser

__all__ = ["DOCS_URL", "Adapter", "Clock", "Running", "Site", "site"]

SECRET = "rUm3xW1Yk8PeS6vZt2Ac5Od7Ne9Qg4Jh"
COOKIE_NAME = "cognito"
DOCS_URL = "https://docs.example.com/errors"
"""What the bodies of refusals name."""
USERS = (LocalUser("alice"), LocalUser("ada", groups=["admins"]))


class Running(NamedTuple):
    """What an adapter makes its app of. The sign-in is at ``/auth``."""

    guard: Guard
    sessions: LoginSessions
    origin: str
    """Where it is going to listen."""
    user_api: UserApi
    """What signs users out at the pool."""


class Adapter(NamedTuple):
    """How to serve the contract's app in one framework: see ``apps/__init__.py``."""

    name: str
    serve: Callable[[Running, socket], AbstractContextManager[object]]
    """Serves the app on a socket that is bound to the origin's port, from this process."""
    store: Callable[[BlockingStore], Any] = lambda store: store
    """What the sessions are given: for an adapter that is async, its own kind of store too."""
    websockets: bool = False
    """Whether the app has a ``/ws``."""


class Clock:
    """Seconds since 1970 that pass when the test says so."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


class Site:
    """The app of one adapter, and what it stands on."""

    def __init__(self, adapter: Adapter, pool: LocalUserPool, stack: ExitStack) -> None:
        self.adapter = adapter
        self.refused: list[tuple[str, int]] = []
        """What listeners were told of refusals: each reason and status."""
        self.clock = Clock()
        """The site's own."""
        self.pool_clock = Clock()
        """The pool's."""
        pool.clock = self.pool_clock
        self.store = BlockingStore(MemorySessionStore(clock=self.clock))
        self._stack = stack
        listener = stack.enter_context(bound())
        self.origin = _origin(listener)
        self.client = LocalClient(
            "web",
            callback_urls=[f"{self.origin}/auth/callback"],
            logout_urls=[f"{self.origin}/"],
        )
        self.server: PoolServer = stack.enter_context(pool.listen(self.client))
        self.trust = self.server.trust()
        self.revocations = Listed(self.clock)
        """What all of the site's workers ask."""
        self.user_api = UserApi(self.trust)
        stack.callback(self.user_api.close)
        self._second: str | None = None
        self._serve(listener)

    def browser(self) -> Browser:
        """A browser that was never here."""
        return Browser(self.origin)

    def signed_in(self, username: str = "alice") -> Browser:
        """A browser with a user in it."""
        browser = self.browser()
        assert browser.sign_in("/page", username).path == "/page"
        assert browser.username() == username
        return browser

    def token_of(self, browser: Browser) -> str:
        """The access token of a browser's session, which a page may hand to a script."""
        sessions = self._sessions(Guard(self.trust, clock=self.clock), self.store)
        session = sessions.current(browser.cookies[f"{COOKIE_NAME}_session_token"])
        assert session is not None
        return session.access_token

    @property
    def second(self) -> str:
        """Where another worker of the site listens, that has the same store."""
        if self._second is None:
            listener = self._stack.enter_context(bound())
            self._second = _origin(listener)
            self._serve(listener)
        return self._second

    def pass_time(self, seconds: float) -> None:
        """For everybody."""
        self.clock.now += seconds
        self.pool_clock.now += seconds

    def expire(self) -> None:
        """So long that each access token has expired, and each refresh token has not."""
        self.pass_time(self.client.token_seconds + 1)

    @contextmanager
    def rotating(self) -> Iterator[None]:
        """Until the end of the block, a refresh token works once."""
        self.server.register(replace(self.client, rotation_grace=0))
        try:
            yield
        finally:
            self.server.register(self.client)

    @contextmanager
    def off(self, seconds: float) -> Iterator[None]:
        """Until the end of the block, the site's clock is off by so much."""
        self.clock.now += seconds
        try:
            yield
        finally:
            self.clock.now -= seconds

    @contextmanager
    def before_store(self, do: Callable[[str, str], object]) -> Iterator[None]:
        """Until the end of the block, this happens before each operation of the store."""
        self.store.before = do
        try:
            yield
        finally:
            self.store.before = lambda name, key: None

    def _serve(self, listener: socket) -> None:
        guard = Guard(self.trust, revocations=self.revocations, docs_url=DOCS_URL, clock=self.clock)
        guard.add_listener(self._listen)
        sessions = self._sessions(guard, self.adapter.store(self.store))
        # What waits after a failed refresh waits by this clock as well.
        refreshing = sessions._staying._refreshing
        refreshing._backoff._clock = refreshing._outage._clock = self.clock
        running = Running(guard, sessions, _origin(listener), self.user_api)
        self._stack.enter_context(self.adapter.serve(running, listener))

    def _listen(self, event: Event) -> None:
        if isinstance(event, RequestRefused):
            self.refused.append((event.reason, event.status))

    def _sessions(self, guard: Guard, store: Any) -> LoginSessions:
        login = ManagedLogin(
            self.trust,
            domain=self.server.domain,
            client_id=self.client.client_id,
            redirect_uri=self.client.callback_urls[0],
            logout_uri=self.client.logout_urls[0],
            scopes=["openid", "aws.cognito.signin.user.admin"],
        )
        return LoginSessions(login, guard, store=store, secrets=[SECRET], clock=self.clock)


def _origin(listener: socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def site(adapter: Adapter) -> Iterator[Site]:
    """A site, open for as long as the block lasts."""
    with ExitStack() as stack:
        yield Site(adapter, LocalUserPool(users=USERS), stack)
