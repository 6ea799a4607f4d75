"""A Socket.IO server whose ``connect`` handler asks the guard: real server, real client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as NotConnected
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    KeysUnavailable,
    Reason,
    enforce,
    require_groups,
)
from cognito_guard.events import Event, RequestRefused
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.socketio import refuses
from example_apps.serving import serve


def _app(guard: Guard, *, sync: bool) -> Any:
    sio = socketio.AsyncServer(async_mode="asgi", always_connect=False)

    def check(auth: Any) -> Any:
        if not isinstance(auth, dict) or "token" not in auth:
            raise guard.missing_credentials()
        if auth["token"] == "outage":
            raise KeysUnavailable(7)
        return guard.verify(auth["token"])

    if sync:

        @sio.event
        @refuses
        def connect(sid: str, environ: Any, auth: Any) -> None:
            enforce(require_groups("admins"), check(auth))

    else:

        @sio.on("connect")
        @refuses
        async def handler(sid: str, environ: Any, auth: Any) -> None:
            identity = check(auth)
            enforce(require_groups("admins"), identity)
            await sio.save_session(sid, {"name": identity.display_name})

    @sio.event
    async def name(sid: str) -> Any:
        return "sync" if sync else (await sio.get_session(sid))["name"]

    return socketio.ASGIApp(sio)


@pytest.fixture(params=[False, True], ids=["async", "sync"])
def origin(guard: Guard, request: pytest.FixtureRequest) -> Iterator[str]:
    """Serves it."""
    with serve(_app(guard, sync=request.param)) as found:
        yield found


async def _connect(origin: str, auth: Any, **more: Any) -> tuple[Any, Any]:
    """What the client is told: a refusal, or a name."""
    told: list[Any] = []
    async with aiohttp.ClientSession() as session:
        client = socketio.AsyncClient(reconnection=False, http_session=session)
        client.on("connect_error", told.append)
        try:
            # A second is the default, and a busy machine may take longer for an answer.
            await client.connect(
                origin, auth=auth, transports=["websocket"], wait_timeout=60, **more
            )
        except NotConnected:
            return (told[0] if told else None), None
        try:
            return None, await client.call("name")
        finally:
            await client.disconnect()


def test_connect(origin: str, pool: LocalUserPool, caplog: pytest.LogCaptureFixture) -> None:
    """A caller gets in; others are told the reason, and no traceback is logged."""
    with caplog.at_level(logging.WARNING):
        ada = {"token": pool.access_token("ada", groups=["admins"])}
        refused, name = asyncio.run(_connect(origin, ada))
        assert refused is None
        assert name in ("ada", "sync")
        for auth, reason in (
            (None, "missing_credentials"),
            ({"token": pool.access_token("bob")}, "missing_group"),
            ({"token": pool.access_token(expires_in=-1)}, "token_expired"),
            ({"token": "junk"}, "malformed_token"),
            ({"token": "outage"}, "keys_unavailable"),
        ):
            refused, name = asyncio.run(_connect(origin, auth))
            assert name is None
            assert refused["message"] == reason
            assert refused["data"]["reason"] == reason
            assert refused["data"]["detail"]
            assert refused["data"].get("retry_after") == (
                7 if auth == {"token": "outage"} else None
            )
    assert [record for record in caplog.records if record.exc_info] == []


def test_behind_the_middleware(guard: Guard, pool: LocalUserPool) -> None:
    """With the token in a header, the middleware refuses the handshake before Socket.IO sees it,
    and the handler finds the identity in the scope."""
    sio = socketio.AsyncServer(async_mode="asgi")
    names: dict[str, str] = {}

    @sio.event
    @refuses
    async def connect(sid: str, environ: Any, auth: Any) -> None:
        identity = environ["asgi.scope"]["user"]
        enforce(require_groups("admins"), identity)
        names[sid] = identity.display_name

    @sio.event
    async def name(sid: str) -> str:
        return names[sid]

    app = Starlette(
        routes=[Mount("/socket.io", socketio.ASGIApp(sio, socketio_path=""))],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
    with serve(app, log_level="critical") as origin:

        def headers(token: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {token}"}

        ada, bob = pool.access_token("ada", groups=["admins"]), pool.access_token("bob")
        assert asyncio.run(_connect(origin, None, headers=headers(ada))) == (None, "ada")
        refused, _ = asyncio.run(_connect(origin, None, headers=headers(bob)))
        assert refused["message"] == "missing_group"
        refused, name_ = asyncio.run(_connect(origin, None))
        assert name_ is None
        assert "missing_group" not in str(refused)


def test_other_errors_and_handlers(guard: Guard) -> None:
    """Other errors stay what they are, and only functions are taken."""

    @refuses
    def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        broken()
    for wrong in (object(), None, AccessDenied):
        with pytest.raises(ConfigurationError, match="goes on the connect handler"):
            refuses(wrong)  # type: ignore[type-var,call-overload]
    with pytest.raises(ConfigurationError, match="goes on the connect handler"):
        refuses(guard=guard)(None)  # type: ignore[type-var]
    for arguments in ((lambda: None, guard), (None, object())):
        with pytest.raises(ConfigurationError, match="write @refuses"):
            refuses(arguments[0], guard=arguments[1])  # type: ignore[call-overload]


def test_a_plain_function_around_an_async_handler() -> None:
    """What it returns is awaited by the server, and refuses as the handler does."""

    async def handler(sid: str) -> str:
        if sid == "bad":
            raise AccessDenied(Reason.CHECK_FAILED, "no")
        return sid

    guarded = refuses(lambda sid: handler(sid))
    assert asyncio.run(guarded("good")) == "good"
    with pytest.raises(socketio.exceptions.ConnectionRefusedError):
        asyncio.run(guarded("bad"))


ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/socket.io/", "HTTP_COOKIE": "a=b"}


async def _async_handler(sid: str, environ: Any) -> None:
    raise AccessDenied(Reason.MISSING_GROUP, "no")


def _sync_handler(sid: str, environ: Any) -> None:
    raise AccessDenied(Reason.MISSING_GROUP, "no")


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of refusals. Others speak there too, such as an earlier test's keys."""
    return [text for text in caplog.messages if text.startswith("refused")]


@pytest.mark.parametrize(
    "handler",
    [_async_handler, _sync_handler, lambda sid, environ: _async_handler(sid, environ)],
    ids=["async", "sync", "later"],
)
def test_guard_is_told(pool: LocalUserPool, handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    """With a guard, a refusal is in the log, with its path, and in the metrics. Without, in
    neither."""
    guard = Guard(pool.trust())  # its own: a guard logs ten of a kind in a minute
    told: list[Event] = []
    guard.add_listener(told.append)

    async def refused(refusing: Any, environ: Any) -> None:
        with pytest.raises(socketio.exceptions.ConnectionRefusedError, match="missing_group"):
            await refusing("1", environ)  # a plain function raises before there is an answer

    for environ in (ENVIRON, {}):
        asyncio.run(refused(refuses(guard=guard)(handler), environ))
    assert told == [RequestRefused("missing_group", 403)] * 2
    texts = ["refused with 403: missing_group (GET /socket.io/)", "refused with 403: missing_group"]
    assert refusals(caplog) == texts
    asyncio.run(refused(refuses(handler), ENVIRON))
    assert (len(told), refusals(caplog)) == (2, texts)
