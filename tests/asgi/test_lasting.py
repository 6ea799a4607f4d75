"""Connections that stay open, and end with the token, the session or the right to be there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cognito_guard import ConfigurationError, Guard, Identity, InvalidToken, KeysUnavailable
from cognito_guard.login import LoginSessions
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires, stream_until_refused, until_refused
from example_apps.serving import serve

from ..login.conftest import no_fetch_outlives_its_test
from ..login.site import site
from ..login.test_refresh import records
from ..raw import bearer
from .conftest import Run
from .drive import scope
from .login_site import OWN, cookie_of

__all__ = ["no_fetch_outlives_its_test"]

OFTEN = 0.01


class Here:
    """An app, the clock that its guard lives by, and what has become of its connections."""

    def __init__(self, guard: Guard | None = None, login: LoginSessions | None = None) -> None:
        self.now = 1_800_000_000.0
        self.pool = LocalUserPool(clock=lambda: self.now)
        self.fault: Exception | None = None
        self.allowed = True
        self.guard = guard or Guard(self.pool.trust(checks=[self._check]), clock=lambda: self.now)
        self.login = login
        self.ended: list[str] = []

    def _check(self, identity: Identity) -> None:
        if self.fault is not None:
            raise self.fault

    def _allows(self, identity: Identity) -> bool:
        return self.allowed

    async def serve(self, websocket: WebSocket, lasting: Callable[[WebSocket], Any]) -> None:
        """Say back what is said, until it is over."""
        await websocket.accept()
        try:
            async with lasting(websocket):
                while (text := await websocket.receive_text()) != "leave":
                    await websocket.send_text(text)
        except WebSocketDisconnect:  # and no group of errors
            self.ended.append("gone")
            return
        self.ended.append(websocket.application_state.name)
        if websocket.application_state is WebSocketState.CONNECTED:
            await websocket.close(1000, "left")

    async def items(self) -> AsyncIterator[bytes]:
        """Two at once, and then nothing for long."""
        try:
            yield b"first"
            yield b"second"
            await anyio.sleep(3600)
        finally:
            self.ended.append("items")

    async def few(self) -> AsyncIterator[bytes]:
        """Two, and then no more."""
        yield b"first"
        yield b"second"

    def starlette(self) -> Any:
        """The app with Starlette."""

        @requires()
        async def live(websocket: WebSocket) -> None:
            await self.serve(websocket, lambda ws: until_refused(ws, self._allows, every=OFTEN))

        @requires()
        async def stream(request: Request) -> Response:
            items = self.few() if "few" in request.query_params else self.items()
            return StreamingResponse(
                stream_until_refused(request, items, self._allows, every=OFTEN)
            )

        guarded = Middleware(CognitoMiddleware, guard=self.guard, login=self.login)
        routes = [WebSocketRoute("/live", live), Route("/stream", stream)]
        return Starlette(routes=routes, middleware=[guarded])

    def fastapi(self) -> Any:
        """The app with FastAPI, without a middleware."""
        auth = CognitoAuth(self.guard, login=self.login).require(policy=self._allows)
        app = FastAPI()

        async def live(websocket: WebSocket, user: Annotated[Identity, Depends(auth)]) -> None:
            await self.serve(websocket, lambda ws: auth.until_refused(ws, every=OFTEN))

        async def stream(
            request: Request, user: Annotated[Identity, Depends(auth)]
        ) -> StreamingResponse:
            items = self.few() if "few" in request.query_params else self.items()
            return StreamingResponse(auth.stream_until_refused(request, items, every=OFTEN))

        for function in (live, stream):  # their annotations are texts, and `auth` is none of ours
            function.__annotations__["user"] = Annotated[Identity, Depends(auth)]
        app.websocket("/live")(live)
        app.get("/stream")(stream)
        return app


@pytest.fixture
def here() -> Here:
    """An app of one's own."""
    return Here()


Make = Callable[[Here], Any]
apps = pytest.mark.parametrize("make", [Here.starlette, Here.fastapi], ids=["starlette", "fastapi"])


@contextmanager
def opened(origin: str, token: str) -> Iterator[Any]:
    """A WebSocket that is open, and says something back."""
    uri = origin.replace("http://", "ws://") + "/live"
    headers = {"Authorization": f"Bearer {token}"}
    # Nobody is pinged: a busy machine may be slow to answer.
    with connect(
        uri, additional_headers=headers, proxy=None, open_timeout=60, ping_interval=None
    ) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
        yield websocket


def closed(websocket: Any) -> tuple[int, str]:
    """Code and reason, when the server has closed it."""
    with pytest.raises(ConnectionClosed):
        websocket.recv()
    return websocket.close_code, websocket.close_reason


def expire(here: Here) -> None:
    """The token's time is over."""
    here.now += 1


def revoke(here: Here) -> None:
    """A check of the pool's refuses, as a deny-list does."""
    here.fault = InvalidToken("revoked", "The user has signed out.")


def demote(here: Here) -> None:
    """The policy refuses."""
    here.allowed = False


def lose_keys(here: Here) -> None:
    """Nobody can say."""
    here.fault = KeysUnavailable()


ENDINGS = pytest.mark.parametrize(
    ("end", "close"),
    [
        (expire, (1008, "token_expired")),
        (revoke, (1008, "revoked")),
        (demote, (1008, "check_failed")),
        (lose_keys, (1013, "keys_unavailable")),
    ],
    ids=["expired", "revoked", "demoted", "no keys"],
)


@apps
@ENDINGS
def test_a_websocket_ends(
    make: Make, end: Callable[[Here], None], close: tuple[int, str], here: Here
) -> None:
    """On a real server: it stays open while the caller may, and ends when he may no more."""
    with (
        serve(make(here), log_level="critical") as origin,
        opened(origin, here.pool.access_token()) as websocket,
    ):
        here.now += 3599
        websocket.send("still there")
        assert websocket.recv() == "still there"
        end(here)
        assert closed(websocket) == close


@apps
@ENDINGS
def test_a_stream_ends(
    make: Make, end: Callable[[Here], None], close: tuple[int, str], here: Here
) -> None:
    """What is streamed ends as well, as a whole answer, and what made it is closed."""
    with serve(make(here), log_level="critical") as origin:
        headers = {"Authorization": f"Bearer {here.pool.access_token()}"}
        with httpx.stream("GET", f"{origin}/stream", headers=headers, timeout=60) as answer:
            parts = answer.iter_raw()
            got = next(parts)
            here.now += 3599
            assert here.ended == []
            end(here)
            assert got + b"".join(parts) in (b"first", b"firstsecond")
        assert here.ended == ["items"]


@apps
def test_whole_streams(make: Make, here: Here) -> None:
    """Nothing is lost of what comes to its end in time."""
    with serve(make(here), log_level="critical") as origin:
        headers = {"Authorization": f"Bearer {here.pool.access_token()}"}
        assert (
            httpx.get(f"{origin}/stream?few", headers=headers, timeout=60).content == b"firstsecond"
        )


@apps
def test_those_who_leave(make: Make, here: Here) -> None:
    """An app that has enough goes on after the block, and a client that has gone is no error."""
    with serve(make(here), log_level="critical") as origin:
        token = here.pool.access_token()
        with opened(origin, token) as websocket:
            websocket.send("leave")
            assert closed(websocket) == (1000, "left")
        with opened(origin, token):
            pass
        with opened(origin, token):
            here.allowed = False
    assert here.ended[0] == "CONNECTED"


class Client:
    """A client that a test plays by hand, under either event loop."""

    def __init__(self, app: Any, path: str, *lines: bytes) -> None:
        self.app = app
        self.path = path
        self.lines = lines
        self.sent: list[Any] = []

    async def play(self, play: Callable[[Any], Any]) -> None:
        """Open a WebSocket. ``play`` says what comes, once it is accepted."""
        accepted, self.said = anyio.Event(), anyio.Event()
        say, incoming = anyio.create_memory_object_stream[Any](10)

        async def send(message: Any) -> None:
            self.sent.append(message)
            if message["type"] == "websocket.accept":
                accepted.set()
            if message["type"] == "websocket.send":
                self.said.set()

        async def act() -> None:
            await accepted.wait()
            await play(say)

        say.send_nowait({"type": "websocket.connect"})
        with say, incoming:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(act)
                await self.app(scope("websocket", self.path, self.lines), incoming.receive, send)
                tasks.cancel_scope.cancel()

    @property
    def close(self) -> tuple[int, str]:
        """How it was closed."""
        assert [message["type"] for message in self.sent] == ["websocket.accept", "websocket.close"]
        return self.sent[-1]["code"], self.sent[-1]["reason"]


@apps
def test_under_both_loops(make: Make, here: Here, run: Run) -> None:
    """Under asyncio and trio alike."""
    client = Client(make(here), "/live", bearer(here.pool.access_token()))

    async def play(say: Any) -> None:
        here.now += 3600
        await anyio.sleep(3600)

    run(lambda: client.play(play))
    assert client.close == (1008, "token_expired")
    assert here.ended == ["DISCONNECTED"]


@apps
def test_a_client_that_has_gone(make: Make, here: Here, run: Run) -> None:
    """What the app makes of it comes out as it is, and in no group of errors."""
    client = Client(make(here), "/live", bearer(here.pool.access_token()))

    async def play(say: Any) -> None:
        await say.send({"type": "websocket.disconnect", "code": 1001})
        await anyio.sleep(3600)

    run(lambda: client.play(play))
    assert [message["type"] for message in client.sent] == ["websocket.accept"]
    assert here.ended == ["gone"]


@apps
def test_a_mistake_of_the_apps(make: Make, here: Here, run: Run) -> None:
    """A check that fails is no refusal, and comes out of the block."""
    client = Client(make(here), "/live", bearer(here.pool.access_token()))

    async def play(say: Any) -> None:
        here.fault = ZeroDivisionError()
        await anyio.sleep(3600)

    with pytest.raises(ExceptionGroup) as caught:  # this client's
        run(lambda: client.play(play))
    assert "ZeroDivisionError" in repr(caught.value)
    assert [message["type"] for message in client.sent] == ["websocket.accept"]


@apps
def test_ended_from_outside(make: Make, here: Here, run: Run) -> None:
    """A server that ends the task is obeyed, and nothing is closed in its place."""
    client = Client(make(here), "/live", bearer(here.pool.access_token()))

    async def main() -> None:
        with anyio.CancelScope() as whole:

            async def play(say: Any) -> None:
                whole.cancel()

            await client.play(play)
            raise AssertionError

    run(main)
    assert [message["type"] for message in client.sent] == ["websocket.accept"]


@apps
def test_a_login_session(make: Make, run: Run) -> None:
    """A session goes on with new tokens, and what ends it ends the connection."""
    with site() as signing_in:
        browser = signing_in.browser()
        browser.sign_in()
        (cookies,) = browser.headers("cookie")
        here = Here(signing_in.guard, signing_in.sessions)
        client = Client(make(here), "/live", f"Cookie: {cookies}".encode(), OWN)

        async def play(say: Any) -> None:
            signing_in.clock.now += 3600  # the first tokens are over
            await say.send({"type": "websocket.receive", "text": "still there"})
            await client.said.wait()
            await signing_in.sessions.aend(browser.session_id)
            await anyio.sleep(3600)

        run(lambda: client.play(play))
    accept, echo, close = client.sent
    assert (accept["type"], echo["text"]) == ("websocket.accept", "still there")
    assert (close["code"], close["reason"]) == (1008, "missing_credentials")


@apps
def test_no_sign_of_life(make: Make, run: Run) -> None:
    """Asking keeps no session alive: eight hours after the last request it is over, with new tokens
    or not, and so is the connection."""
    with site() as signing_in:
        browser = signing_in.browser()
        browser.sign_in()
        (cookies,) = browser.headers("cookie")
        here = Here(signing_in.guard, signing_in.sessions)
        client = Client(make(here), "/live", f"Cookie: {cookies}".encode(), OWN)
        begun = records(signing_in, browser)[0]

        async def play(say: Any) -> None:
            signing_in.clock.now += 3600
            while (now := records(signing_in, browser)[0]).access == begun.access:  # noqa: ASYNC110
                await anyio.sleep(OFTEN)
            assert now.touched_at == begun.touched_at
            signing_in.clock.now += 7 * 3600
            await anyio.sleep(3600)

        run(lambda: client.play(play))
        assert browser.username() is None
    assert client.close == (1008, "missing_credentials")


@apps
def test_a_store_that_is_down(make: Make, run: Run) -> None:
    """Whoever cannot be looked up is sent away, to come back later."""
    with site() as signing_in:
        here = Here(signing_in.guard, signing_in.sessions)
        client = Client(make(here), "/live", cookie_of(signing_in), OWN)

        async def play(say: Any) -> None:
            def fail(operation: str, key: str) -> None:
                raise ConnectionError

            signing_in.store.before = fail
            await anyio.sleep(3600)

        run(lambda: client.play(play))
    assert client.close == (1013, "sessions_unavailable")


@pytest.mark.parametrize("every", [0, -1, 3601, True, "30", None, float("nan")], ids=repr)
def test_wrong_times(every: Any, here: Here) -> None:
    """How often is a number of seconds."""
    auth = CognitoAuth(here.guard)
    websocket = WebSocket(scope("websocket", "/"), None, None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="every must be"):
        auth.until_refused(websocket, every=every)
    with pytest.raises(ConfigurationError, match="every must be"):
        auth.stream_until_refused(websocket, here.items(), every=every)


def test_wrong_arguments(here: Here) -> None:
    """Something else than a WebSocket or an async iterable; no middleware; no policy."""
    auth = CognitoAuth(here.guard)
    request: Any = Request(scope("http", "/"))
    websocket = WebSocket(scope("websocket", "/"), None, None)  # type: ignore[arg-type]
    several: Any = [b"x"]
    with pytest.raises(ConfigurationError, match="takes the WebSocket"):
        auth.until_refused(request)
    with pytest.raises(ConfigurationError, match="takes an async iterable"):
        auth.stream_until_refused(request, several)
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        until_refused(websocket)
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        stream_until_refused(request, here.items())
