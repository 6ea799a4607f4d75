"""WebSockets of Channels that stay open, and end when their caller would not be let in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from channels.generic.websocket import AsyncWebsocketConsumer
from django.test import override_settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cognito_guard import ConfigurationError, Guard, Identity, InvalidToken, KeysUnavailable
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.channels import CognitoMiddleware
from example_apps.serving import serve

from .test_channels import PATIENCE_SECONDS


class Here:
    """A pool, the clock that the guard lives by, and what has become of the consumers."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.fault: Exception | None = None
        self.ended: list[Any] = []
        self.loop: asyncio.AbstractEventLoop
        self.pool = LocalUserPool(clock=lambda: self.now)
        trusted = self.pool.trust(checks=[self._check])
        guard = Guard(trusted, clock=lambda: self.now)
        self.settings = {"USERS": "stateless", "GUARD": guard}

    def _check(self, identity: Identity) -> None:
        if self.fault is not None:
            raise self.fault

    def app(self, **more: Any) -> Any:
        """A consumer that says back what is said, or is busy."""
        here = self

        class Echo(AsyncWebsocketConsumer):
            async def receive(self, text_data: Any = None, bytes_data: Any = None) -> None:
                here.loop = asyncio.get_running_loop()
                await self.send(text_data)
                if text_data == "busy":
                    await here.closed.wait()
                    await self.send("nobody hears it")

            async def disconnect(self, code: int) -> None:
                here.ended.append(code)

        self.closed = asyncio.Event()  # of the server's thread
        return CognitoMiddleware(Echo.as_asgi(), **more)  # type: ignore[arg-type]


@pytest.fixture
def here() -> Iterator[Here]:
    """A project of one's own."""
    one = Here()
    with override_settings(ALLOWED_HOSTS=["127.0.0.1"], COGNITO_GUARD=one.settings):
        yield one


@contextmanager
def opened(app: Any, token: str | None) -> Iterator[Any]:
    """A WebSocket that is open on a real server, and says something back."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with serve(app, log_level="critical") as origin:
        uri = origin.replace("http://", "ws://")
        with connect(
            uri, additional_headers=headers, proxy=None, open_timeout=PATIENCE_SECONDS
        ) as websocket:
            websocket.send("hello")
            assert websocket.recv() == "hello"
            yield websocket


def closed(websocket: Any) -> tuple[int, str]:
    """Code and reason, when the server has closed it."""
    with pytest.raises(ConnectionClosed):
        websocket.recv()
    return websocket.close_code, websocket.close_reason


def test_the_tokens_end(here: Here) -> None:
    """It stays open until then, and the consumer is told."""
    with opened(here.app(recheck=0.01), here.pool.access_token()) as websocket:
        here.now += 3599
        websocket.send("still there")
        assert websocket.recv() == "still there"
        here.now += 1
        assert closed(websocket) == (3000, "token_expired")
    assert here.ended == [1008]


@pytest.mark.parametrize(
    ("fault", "close"),
    [
        (InvalidToken("revoked", "Out."), (3000, "revoked")),
        (KeysUnavailable(), (3003, "keys_unavailable")),
    ],
    ids=["revoked", "no keys"],
)
def test_refused(fault: Exception, close: tuple[int, str], here: Here) -> None:
    """Whatever the guard refuses ends it, also while the consumer is busy."""
    with opened(here.app(recheck=0.01), here.pool.access_token()) as websocket:
        websocket.send("busy")
        assert websocket.recv() == "busy"
        here.fault = fault
        assert closed(websocket) == close
        here.loop.call_soon_threadsafe(here.closed.set)


def test_without(here: Here) -> None:
    """Nobody asks where nobody has said so, and nothing is asked about nobody."""
    with opened(here.app(), here.pool.access_token()) as websocket:
        here.now += 36_000
        websocket.send("still there")
        assert websocket.recv() == "still there"
    with opened(here.app(recheck=0.01), None) as websocket:
        websocket.send("nobody")
        assert websocket.recv() == "nobody"


def test_a_mistake_of_the_projects(here: Here) -> None:
    """What is no refusal is an error of the server's."""
    with opened(here.app(recheck=0.01), here.pool.access_token()) as websocket:
        here.fault = ZeroDivisionError()
        assert closed(websocket)[0] == 1011


def test_a_mistake_while_the_consumer_only_sends(here: Here) -> None:
    """It ends as well: nobody would see any more that the token has expired."""
    sent: list[Any] = []
    closing = asyncio.Event()

    async def push(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        here.fault = OSError("The database is away, once.")
        await closing.wait()
        await send({"type": "websocket.send", "text": "nobody hears it"})

    async def main() -> None:
        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "websocket.close":
                closing.set()

        token = here.pool.access_token().encode()
        scope = {
            "type": "websocket",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + token)],
        }
        app = CognitoMiddleware(push, recheck=0.01)
        with pytest.raises(OSError, match="once"):
            await asyncio.wait_for(app(scope, asyncio.Queue().get, send), PATIENCE_SECONDS)

    asyncio.run(main())
    assert sent == [
        {"type": "websocket.accept"},
        {"type": "websocket.close", "code": 1011},
    ]


def test_closed_by_the_consumer(here: Here) -> None:
    """What is closed already is not closed once more, and no task stays behind."""
    sent: list[Any] = []
    app = here.app(recheck=0.01)
    token = here.pool.access_token().encode()

    async def main() -> set[Any]:
        arriving: asyncio.Queue[Any] = asyncio.Queue()
        arriving.put_nowait({"type": "websocket.connect"})

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if message["type"] == "websocket.accept":
                arriving.put_nowait({"type": "websocket.disconnect", "code": 1001})

        scope = {
            "type": "websocket",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + token)],
        }
        await app(scope, arriving.get, send)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
    assert sent == ["websocket.accept"]
    assert here.ended == [1001]


@pytest.mark.parametrize("recheck", [0, -1, True, "30", 3601], ids=repr)
def test_wrong_times(recheck: Any, here: Here) -> None:
    """How often is a number of seconds."""
    with pytest.raises(ConfigurationError, match="every must be a number of seconds"):
        here.app(recheck=recheck)
