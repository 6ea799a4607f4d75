"""A site that signs its users in, with the clock, the store and the token endpoint in hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import trio

from cognito_guard import Guard
from cognito_guard.login import (
    Ended,
    LoginSession,
    LoginSessions,
    ManagedLogin,
    MemorySessionStore,
    SignedIn,
    Started,
)
from cognito_guard.network.waiting import Pending
from cognito_guard.testing import LocalUserPool

from .endpoint import TokenEndpoint
from .stores import AsyncStore, BlockingStore

SECRET = "rUm3xW1Yk8PeS6vZt2Ac5Od7Ne9Qg4Jh"
CALLBACK = "https://app.example/auth/callback"
POOL = LocalUserPool()


class Clock:
    """Seconds since 1970 that pass when the test says so."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


class Way(NamedTuple):
    """How a site calls the engine."""

    name: str
    prefix: str
    """Of the methods' names."""
    run: Callable[..., Any]
    """Runs a function that may be async."""
    store: Callable[[BlockingStore], Any]
    """What the sessions are given."""


def _run_asyncio(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    return asyncio.run(function(*arguments, **more))


def _run_trio(function: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    return trio.run(partial(function, *arguments, **more))


WAYS = [
    Way("threads", "", lambda function, *a, **k: function(*a, **k), lambda store: store),
    Way("threads, memory", "", lambda function, *a, **k: function(*a, **k), lambda s: s.memory),
    Way("asyncio, blocking store", "a", _run_asyncio, lambda store: store),
    Way("asyncio, memory", "a", _run_asyncio, lambda store: store.memory),
    Way("asyncio", "a", _run_asyncio, AsyncStore),
    Way("trio, blocking store", "a", _run_trio, lambda store: store),
    Way("trio", "a", _run_trio, AsyncStore),
]


class Pauses:
    """What a site waits for when it polls: nothing. The clock goes on instead."""

    def __init__(self, clock: Clock) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self._clock = clock

    def __call__(self, seconds: float) -> Pending:
        self.seconds.append(seconds)
        self._clock.now += seconds
        self.meanwhile()
        over = Pending()
        over.finish()
        return over


class Browser:
    """A browser: keeps cookies, and brings them along."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}

    def keep(self, set_cookies: tuple[str, ...]) -> None:
        """Do as the headers say."""
        for header in set_cookies:
            pair, *attributes = header.split("; ")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def headers(self, name: str) -> list[str]:
        """The headers of a request."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return [pairs] if name == "cookie" and pairs else []

    def start(self, **arguments: Any) -> Started:
        """Ask for the sign-in page."""
        sessions = self.site.sessions
        started = sessions.start(binding=sessions.find_binding(self.headers), **arguments)
        self.keep(started.set_cookies)
        return started

    def come_back(self, query: str | bytes) -> SignedIn:
        """Come back from it."""
        sessions = self.site.sessions
        signed_in: SignedIn = self.site.do(
            "finish",
            query,
            binding=sessions.find_binding(self.headers),
            session_id=sessions.session_to_end(self.headers),
        )
        self.keep(signed_in.set_cookies)
        return signed_in

    def sign_in(self, **arguments: Any) -> SignedIn:
        """Go there, sign in, come back."""
        return self.come_back(self.site.endpoint.authorize(self.start(**arguments).url))

    @property
    def session_id(self) -> str | None:
        """The session's id that a request has."""
        return self.site.sessions.find_session(self.headers)

    def current(self) -> LoginSession | None:
        """Ask for a page."""
        session: LoginSession | None = self.site.do("current", self.session_id)
        return session

    def username(self) -> str | None:
        """Who the site thinks it is."""
        session = self.current()
        return None if session is None else session.identity.username

    def sign_out(self) -> Ended:
        """Ask to be signed out."""
        ended: Ended = self.site.do("end", self.session_id)
        self.keep(ended.set_cookies)
        return ended


class Site:
    """The site, and all that it is made of."""

    def __init__(self, endpoint: TokenEndpoint, clock: Clock, way: Way, **arguments: Any) -> None:
        self.endpoint = endpoint
        self.clock = clock
        self.way = way
        self.trust: dict[str, Any] = arguments.pop("trust", {})
        self.described: dict[str, Any] = arguments.pop("login", {})
        self.arguments = {"secrets": [SECRET], **arguments}
        self.store = BlockingStore(MemorySessionStore(clock=clock))
        self.pauses = Pauses(clock)
        self.backoff_clock = clock
        self.guard = Guard(endpoint.pool.trust(**self.trust), clock=clock)
        self.sessions = self.worker()

    def worker(self, **arguments: Any) -> LoginSessions:
        """Another process of the site, on the same store."""
        login = ManagedLogin(
            self.endpoint.pool.trust(),
            domain=self.endpoint.origin,
            client_id=self.endpoint.pool.client_id,
            client_secret=self.endpoint.secret,
            redirect_uri=CALLBACK,
            logout_uri="https://app.example/",
            **self.described,
        )
        sessions = LoginSessions(
            login,
            self.guard,
            store=self.way.store(self.store),
            **{"clock": self.clock, **self.arguments, **arguments},
        )
        sessions._driver.pause = self.pauses
        refreshing = sessions._staying._refreshing
        refreshing._backoff._clock = refreshing._outage._clock = self.clock
        return sessions

    def do(self, verb: str, *arguments: Any, **more: Any) -> Any:
        """Call a method of the sessions, in this site's way."""
        return self.way.run(getattr(self.sessions, self.way.prefix + verb), *arguments, **more)

    def browser(self) -> Browser:
        """A browser that was never here."""
        return Browser(self)


@contextmanager
def site(way: Way = WAYS[0], *, rotation: bool = False, **arguments: Any) -> Iterator[Site]:
    """A site, open for as long as the block lasts."""
    clock = Clock()
    POOL.clock = clock
    secret = arguments.pop("secret", None)
    with TokenEndpoint(POOL, rotation=rotation) as endpoint:
        endpoint.secret = secret
        yield Site(endpoint, clock, way, **arguments)
