"""The lifespan: keys are fetched ahead, and nothing about keys can stop an app from starting."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard.testing import JwksServer, LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from example_apps.serving import serve

from ..ports import closed_port
from ..raw import ask, bearer

_PATIENCE_SECONDS = 60.0


def app_for(guard: Guard, started: list[str]) -> Starlette:
    """An app with a lifespan of its own, and an open path."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        started.append("started")
        yield {"greeting": "hello"}
        started.append("stopped")

    async def home(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.state.greeting)

    return Starlette(
        routes=[Route("/", home), Route("/me", home)],
        lifespan=lifespan,
        middleware=[Middleware(CognitoMiddleware, guard=guard, exempt=["/"])],
    )


@contextmanager
def nobody_listens(release: threading.Event) -> Iterator[str]:
    """A key endpoint that is down: connections are refused."""
    with closed_port() as port:
        yield f"http://127.0.0.1:{port}/jwks.json"


@contextmanager
def nobody_answers(release: threading.Event) -> Iterator[str]:
    """A key endpoint that takes a request and says nothing until the test is over."""

    def hang() -> dict[str, Any]:
        release.wait(_PATIENCE_SECONDS)
        return {"keys": []}

    with JwksServer(hang, "/jwks.json") as keys:
        yield keys.url


@contextmanager
def answers_junk(release: threading.Event) -> Iterator[str]:
    """A key endpoint that has no keys."""
    with JwksServer(lambda: {"keys": "none"}, "/jwks.json") as keys:
        yield keys.url


def test_keys_are_fetched_ahead(pool: LocalUserPool) -> None:
    """The keys are there before the first token is: the start has fetched them."""
    asked = threading.Event()

    def jwks() -> dict[str, Any]:
        asked.set()
        return pool.jwks()

    started: list[str] = []
    with JwksServer(jwks, "/jwks.json") as keys:
        app = app_for(Guard(pool.trust(jwks=keys.url)), started)
        with serve(app, lifespan="on") as origin:
            assert asked.wait(_PATIENCE_SECONDS)
            assert ask(origin, "/me", [bearer(pool.access_token())]).status == 200
        assert keys.requests == 1
    assert started == ["started", "stopped"]


@pytest.mark.parametrize("endpoint", [nobody_listens, nobody_answers, answers_junk])
def test_start_without_keys(
    endpoint: Callable[[threading.Event], Any], pool: LocalUserPool
) -> None:
    """The app starts and serves its open paths, however the key endpoint fails."""
    started: list[str] = []
    over = threading.Event()
    with endpoint(over) as url:
        app = app_for(Guard(pool.trust(jwks=url)), started)
        try:
            with serve(app, lifespan="on") as origin:
                answer = ask(origin, "/")
                assert (answer.status, answer.body) == (200, b"hello")
                assert ask(origin, "/me").status == 401
        finally:
            over.set()
    assert started == ["started", "stopped"]


def test_nothing_is_fetched_twice(pool: LocalUserPool) -> None:
    """Static keys are not fetched, and an app without a lifespan fetches at its first token."""
    with pool.serve() as keys:
        app = app_for(Guard(pool.trust()), [])
        with serve(app, lifespan="on") as origin:
            assert ask(origin, "/me", [bearer(pool.access_token())]).status == 200
        assert keys.requests == 0
        app = Starlette(
            routes=[Route("/", lambda request: PlainTextResponse(request.user.username))],
            middleware=[Middleware(CognitoMiddleware, guard=Guard(pool.trust(jwks=keys.url)))],
        )
        with serve(app, lifespan="off") as origin:
            for name in ("alice", "bob"):
                answer = ask(origin, "/", [bearer(pool.access_token(name))])
                assert (answer.status, answer.body) == (200, name.encode())
        assert keys.requests == 1
