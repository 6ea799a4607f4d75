"""How a Django project with cognito_guard is tested: with a local user pool, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cognito_guard.testing import LocalUserPool

from ..serving_django import serve_django


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A user pool that signs real tokens, without AWS."""
    return LocalUserPool()


@pytest.fixture(scope="module")
def origin(pool: LocalUserPool) -> Iterator[str]:
    """Where the project listens, which trusts that pool, on a real server."""
    with pool.serve() as keys:
        environ = {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }
        with serve_django(environ) as origin:
            yield origin


@pytest.fixture(params=["", "/rest"], ids=["django", "rest framework"])
def client(origin: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Talks to the plain views, and to those of REST framework."""
    with httpx.Client(base_url=origin + request.param, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def browser(origin: str) -> Iterator[httpx.Client]:
    """Keeps cookies."""
    with httpx.Client(base_url=origin, trust_env=False, timeout=60) as client:
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


def test_the_admin_is_for_admins(browser: httpx.Client, pool: LocalUserPool) -> None:
    """Django's admin asks for a login, and an admin of the user pool signs in with their token."""
    assert browser.get("/site-admin/").status_code == 302
    assert browser.post("/sign-in", headers=bearer(pool.access_token("al"))).status_code == 200
    assert browser.get("/site-admin/").status_code == 302
    browser.cookies.clear()
    admin = pool.access_token("ada", groups=["admins"])
    assert browser.post("/sign-in", headers=bearer(admin)).json() == {"user": pool.subject("ada")}
    page = browser.get("/site-admin/cognito_guard_django/cognitouserlink/")
    assert pool.subject("ada") in page.text
    assert browser.get("/me").status_code == 401  # a session is no token
