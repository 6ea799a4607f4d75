"""WebSockets of Channels on uvicorn and Daphne: who gets in, and what a consumer sees."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import AsyncMock, Mock

import pytest
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import path
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from cognito_guard import AccessDenied, ConfigurationError, Reason
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.channels import CognitoMiddleware
from example_apps.serving import serve

from ..needs import need
from .conftest import Configure, bearer

# isort: split
from .sockets import Consumer, make_application, ran

PATIENCE_SECONDS = 120
"""For a server that hangs: it may have to start first, on a busy machine."""


class Outcome(NamedTuple):
    """What became of a WebSocket that a client wanted to open."""

    status: int
    """Of the answer to the handshake; 101 where it was opened."""
    seen: dict[str, Any] | None = None
    """What the consumer, or the refusal, said."""
    headers: dict[str, str] = {}  # noqa: RUF012  # nobody changes it
    closed: tuple[int, str] | None = None
    """Code and reason, where the server closed it."""


def knock(origin: str, path: str = "/", **headers: str) -> Outcome:
    """Open a WebSocket with these headers, and hear what it says."""
    uri = origin.replace("http://", "ws://") + path
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with connect(
            uri, additional_headers=lines, proxy=None, open_timeout=PATIENCE_SECONDS
        ) as websocket:
            seen = json.loads(websocket.recv())
            if path != "/late":
                return Outcome(101, seen)
            with suppress(ConnectionClosed):
                websocket.recv()
            closed = (websocket.close_code or 0, websocket.close_reason or "")
            return Outcome(101, seen, closed=closed)
    except InvalidStatus as refused:
        body = bytes(refused.response.body or b"")
        # Daphne's own answer to a close before the opening is no JSON.
        problem = json.loads(body) if body.startswith(b"{") else None
        return Outcome(
            refused.response.status_code, problem, dict(refused.response.headers.raw_items())
        )


@pytest.fixture(autouse=True)
def _settings(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless", COOKIE="token")
    ran.clear()
    with override_settings(ALLOWED_HOSTS=["127.0.0.1"]):
        yield


@contextmanager
def daphne(pool: LocalUserPool, folder: Path) -> Iterator[str]:
    """The project of ``sockets`` on Daphne, in a process of its own."""
    need(find_spec("daphne") is not None, "Daphne: pip install daphne")
    # From a file: a fetch would have seconds, with all that is imported for it.
    keys = folder / "jwks.json"
    keys.write_text(json.dumps(pool.jwks()))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        environ = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": str(keys),
            "COGNITO_COOKIE": "token",
        }
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "daphne", "--fd", str(listener.fileno())),
                # Its own 5 s include all that is imported for the first caller.
                *("--websocket_connect_timeout", str(PATIENCE_SECONDS)),
                *("-v", "0", "tests.django.sockets:application"),
            ],
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def test_on_daphne(pool: LocalUserPool, tmp_path: Path) -> None:
    """Daphne has no HTTP response to a WebSocket, so it says 403; nothing is open behind it."""
    with daphne(pool, tmp_path) as origin:
        good = bearer(pool.access_token("alice"))
        assert knock(origin, **good).seen == {
            "subject": pool.subject("alice"),
            "user": "alice",
            "authenticated": True,
        }
        assert knock(origin).status == 403
        assert knock(origin, Authorization="Bearer junk").status == 403
        assert knock(origin, "/admins", **good).status == 403
        assert knock(origin, "/open").seen == {
            "subject": None,
            "user": "",
            "authenticated": False,
        }
        cookie = f"token={pool.access_token('alice')}"
        assert knock(origin, Cookie=cookie, Origin=origin).status == 101
        assert knock(origin, Cookie=cookie, Origin="https://evil.example").status == 403
        assert knock(origin, "/late", **good).closed == (3003, "")


def test_on_uvicorn(pool: LocalUserPool) -> None:
    """On uvicorn, the answer is the whole refusal, as over HTTP."""
    with serve(make_application(), log_level="critical") as origin:
        seen = knock(origin, **bearer(pool.access_token("alice"))).seen
        assert seen == {"subject": pool.subject("alice"), "user": "alice", "authenticated": True}
        assert knock(origin).seen == {"subject": None, "user": "", "authenticated": False}
        refused = knock(origin, Authorization="Bearer junk")
        assert refused.seen is not None
        assert (refused.status, refused.seen["reason"]) == (401, "malformed_token")
        assert {name.lower(): value for name, value in refused.headers.items()}.items() >= {
            "vary": "Authorization, Cookie",
            "cache-control": "no-store",
            "content-type": "application/problem+json",
        }.items()
        assert ran == ["/", "/"]


def test_required_and_exempt(configure: Configure, pool: LocalUserPool) -> None:
    """As over HTTP: without a credential only exempt paths open, and nobody looks at one there."""
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/open", "/static/*"])
    with serve(make_application(), log_level="critical") as origin:
        assert (refused := knock(origin)).status == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        for path in ("/open/", "/OPEN", "/static/../"):
            assert knock(origin, path).status == 401
        assert ran == []
        for path in ("/open", "/static/x"):
            assert knock(origin, path, **bearer(pool.access_token())).seen == {
                "subject": None,
                "user": "",
                "authenticated": False,
            }


def test_keys_unavailable(configure: Configure, pool: LocalUserPool) -> None:
    """While no key can be had, nothing opens, and the client is told when to come back."""
    configure(USERS="stateless", JWKS="http://127.0.0.1:1/jwks.json")
    with serve(make_application(), log_level="critical") as origin:
        refused = knock(origin, **bearer(pool.access_token()))
    assert (refused.status, ran) == (503, [])
    assert int(refused.headers["retry-after"]) >= 1


def test_an_expired_cookie_is_dropped(pool: LocalUserPool) -> None:
    """So that the next one opens."""
    expired = pool.access_token(expires_in=-1)
    with serve(make_application(), log_level="critical") as origin:
        refused = knock(origin, Cookie=f"token={expired}", Origin=origin)
    assert refused.status == 401
    assert refused.headers["set-cookie"].startswith("token=; ")


@pytest.mark.parametrize("where", ["https://evil.example", "null", "http://127.0.0.1", None])
def test_a_page_of_another_origin(where: str | None, pool: LocalUserPool) -> None:
    """A browser sends the cookie for any page. What it does not send by itself may come from
    anywhere."""
    foreign = {} if where is None else {"Origin": where}
    with serve(make_application(), log_level="critical") as origin:
        cookie = {"Cookie": f"token={pool.access_token('alice')}"}
        refused = knock(origin, **cookie, **foreign)
        assert refused.seen is not None
        assert (refused.status, refused.seen["reason"], ran) == (403, "check_failed", [])
        assert knock(origin, **cookie, Origin=origin).status == 101
        assert knock(origin, **bearer(pool.access_token()), **foreign).status == 101
        with override_settings(CSRF_TRUSTED_ORIGINS=["https://*.example"]):
            trusted = knock(origin, **cookie, Origin="https://shop.example")
            assert trusted.status == 101


def test_in_a_consumer(pool: LocalUserPool) -> None:
    """``enforce`` in a consumer is a refusal: of the handshake, or a close after it. A mistake is
    none."""
    with serve(make_application(), log_level="critical") as origin:
        alice = bearer(pool.access_token("alice"))
        ada = bearer(pool.access_token("ada", groups=["admins"]))
        refused = knock(origin, "/admins", **alice)
        assert refused.seen is not None
        assert (refused.status, refused.seen["reason"]) == (403, "missing_group")
        assert knock(origin, "/admins").status == 401
        assert knock(origin, "/admins", **ada).status == 101
        assert knock(origin, "/late", **alice).closed == (3003, "missing_group")
        assert knock(origin, "/late").closed == (3000, "missing_credentials")
        assert knock(origin, "/broken", **ada).status == 500


def test_inactive_users_and_the_hook(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """Who is switched off, or whom the hook refuses, opens nothing."""

    def hook(user: Any, identity: Any) -> None:
        if identity.username == "bob":
            raise AccessDenied(Reason.CHECK_FAILED, "Not bob.")

    configure(USER_HOOK=hook)
    with serve(make_application(), log_level="critical") as origin:
        alice = bearer(pool.access_token("alice"))
        assert knock(origin, **alice).seen == {
            "subject": pool.subject("alice"),
            "user": pool.subject("alice"),
            "authenticated": True,
        }
        User.objects.update(is_active=False)
        refused = knock(origin, **alice)
        assert refused.seen is not None
        assert (refused.status, refused.seen["reason"]) == (403, "check_failed")
        assert knock(origin, **bearer(pool.access_token("bob"))).status == 403
        assert len(ran) == 1


def _session_cookie(user: User) -> str:
    from importlib import import_module

    store: Any = import_module(django_settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{django_settings.SESSION_COOKIE_NAME}={store.session_key}"


@pytest.mark.parametrize("users", ["model", "stateless"])
@pytest.mark.parametrize("order", ["outside", "inside"])
def test_beside_the_sessions_of_channels(
    order: str, users: str, db: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Outside or inside of ``AuthMiddlewareStack``: the token's caller where there is a token, the
    session's user where there is none, and nobody without either."""
    configure(USERS=users)
    consumer: Any = Consumer.as_asgi()
    if order == "outside":
        app: Any = CognitoMiddleware(AuthMiddlewareStack(consumer))
    else:
        app = AuthMiddlewareStack(CognitoMiddleware(consumer))
    session = _session_cookie(User.objects.create_user("local"))
    with serve(AllowedHostsOriginValidator(app), log_level="critical") as origin:
        alice = bearer(pool.access_token("alice"))
        assert knock(origin, Origin=origin).seen == {
            "subject": None,
            "user": "",
            "authenticated": False,
        }
        local = {"subject": None, "user": "local", "authenticated": True}
        assert knock(origin, Origin=origin, Cookie=session).seen == local
        seen = knock(origin, Origin=origin, Cookie=session, **alice).seen
        assert seen is not None
        assert seen["subject"] == pool.subject("alice")
        assert seen["user"] == (pool.subject("alice") if users == "model" else "alice")
        assert knock(origin, Origin="https://evil.example", **alice).status == 403


@pytest.mark.parametrize("kind", ["http", "lifespan", "channel", "webtransport"])
def test_nothing_but_websockets(kind: str) -> None:
    """What it does not know how to guard, it does not pass on."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="ProtocolTypeRouter"):
        asyncio.run(CognitoMiddleware(inner)({"type": kind}, None, None))  # type: ignore[arg-type]


def test_what_is_wrong_with_the_project_is_no_refusal(pool: LocalUserPool) -> None:
    """An error of the app's own goes through."""

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        raise ConfigurationError("the project is wrong")

    scope = {"type": "websocket", "path": "/", "headers": [], "query_string": b""}
    with pytest.raises(ConfigurationError, match="the project is wrong"):
        asyncio.run(CognitoMiddleware(inner)(scope, None, None))  # type: ignore[arg-type]


def test_wrong_settings_stop_the_start(configure: Configure) -> None:
    """Not the first WebSocket finds out."""
    configure(CLIENT_IDS=[])
    with pytest.raises(ConfigurationError, match="CLIENT_IDS"):
        CognitoMiddleware(Consumer.as_asgi())


class Reader(Consumer):
    """Reads by itself what it requires."""

    required_groups = "admins"

    async def connect(self) -> None:
        """Nobody is let in."""
        assert self.required_groups


def _unread() -> Any:
    return type("Unread", (Consumer,), {"required_groups": "admins"}).as_asgi()


def _by_as_asgi() -> Any:
    return type("Unread", (Consumer,), {"required_policy": None}).as_asgi(required_policy=print)


@pytest.mark.parametrize("make", [_unread, _by_as_asgi])
def test_a_requirement_of_a_consumer(make: Any) -> None:
    """Nobody reads it, whatever stands between: it stops the start."""
    others = path("other", Consumer.as_asgi())
    routed = URLRouter([others, path("", URLRouter([path("", make())]))])
    for inner in (make(), routed, AuthMiddlewareStack(routed)):
        with pytest.raises(ConfigurationError, match="of Unread is a requirement"):
            CognitoMiddleware(inner)
    CognitoMiddleware(AuthMiddlewareStack(URLRouter([others, path("", Reader.as_asgi())])))


class _Itself:
    """An app that is its own inner one, and whose routes are no list."""

    def __init__(self) -> None:
        self.inner = self

    def routes(self) -> Any:
        """Whatever it has."""
        raise AssertionError


@pytest.mark.parametrize("app", [AsyncMock(), Mock(), _Itself()], ids=["async", "mock", "itself"])
def test_an_app_of_another_kind(app: Any) -> None:
    """It is not taken for one of Channels'."""
    CognitoMiddleware(app)
