"""How an app behind CognitoMiddleware is tested: with a local user pool, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool

from ..serving import serve
from .app import create_app


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A user pool that signs real tokens, without AWS."""
    return LocalUserPool()


@pytest.fixture(scope="module")
def client(pool: LocalUserPool) -> Iterator[httpx.Client]:
    """Talks to the app, which trusts that pool, on a real server."""
    app = create_app(Guard(pool.trust()))
    # uvicorn logs an error for each refused WebSocket, though the answer is right.
    with (
        serve(app, log_level="critical") as origin,
        httpx.Client(base_url=origin, trust_env=False, timeout=60) as client,
    ):
        yield client


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_anybody_may_see_the_home_page(client: httpx.Client) -> None:
    """No token is needed."""
    assert client.get("/").json() == {"hello": "world"}


def test_me(client: httpx.Client, pool: LocalUserPool) -> None:
    """A caller with a valid token gets their own identity."""
    token = pool.access_token("alice", groups=["admins"], scopes=["openid"], role="editor")
    assert client.get("/me", headers=bearer(token)).json() == {
        "subject": pool.subject("alice"),
        "username": "alice",
        "groups": ["admins"],
        "scopes": ["openid"],
        "roles": ["editor"],
        "machine": False,
    }


def test_me_without_a_token(client: httpx.Client) -> None:
    """Nobody learns nothing, and is told what to bring."""
    answer = client.get("/me")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["reason"] == "missing_credentials"


def test_an_id_token_by_mistake(client: httpx.Client, pool: LocalUserPool) -> None:
    """The usual mistake is refused, and explained."""
    answer = client.get("/me", headers=bearer(pool.id_token()))
    assert answer.status_code == 401
    assert answer.json()["detail"] == "This is an ID token; this API accepts access tokens."


def test_orders_need_a_scope(client: httpx.Client, pool: LocalUserPool) -> None:
    """A machine with the scope gets in, a user without it does not."""
    machine = pool.machine_token(scopes=["orders/read"])
    assert client.get("/orders", headers=bearer(machine)).status_code == 200
    answer = client.get("/orders", headers=bearer(pool.access_token(groups=["admins"])))
    assert (answer.status_code, answer.json()["reason"]) == (403, "missing_scope")


def test_admin_needs_a_group(client: httpx.Client, pool: LocalUserPool) -> None:
    """Admins get in, others do not."""
    admin = pool.access_token("ada", groups=["admins"])
    assert client.get("/admin", headers=bearer(admin)).json() == {"admin": pool.subject("ada")}
    answer = client.get("/admin", headers=bearer(pool.access_token(groups=["readers"])))
    assert (answer.status_code, answer.json()["reason"]) == (403, "missing_group")


def test_editor_needs_a_role(client: httpx.Client, pool: LocalUserPool) -> None:
    """Editors get in, others do not."""
    editor = pool.access_token("eve", role="editor")
    assert client.get("/editor", headers=bearer(editor)).json() == {"editor": pool.subject("eve")}
    answer = client.get("/editor", headers=bearer(pool.access_token(role="reader")))
    assert (answer.status_code, answer.json()["reason"]) == (403, "missing_role")


def test_websocket(client: httpx.Client, pool: LocalUserPool) -> None:
    """An admin is heard; others are refused before the WebSocket opens."""
    url = str(client.base_url.join("/ws")).replace("http", "ws", 1)
    admin = pool.access_token("ada", groups=["admins"])
    with connect(url, additional_headers=bearer(admin), proxy=None, open_timeout=60) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "ada: hello"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers=bearer(pool.access_token()), proxy=None, open_timeout=60)
    assert refused.value.response.status_code == 403
