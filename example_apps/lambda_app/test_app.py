"""How functions are tested: with a local user pool and a local API Gateway, over HTTP."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalApiGateway, LocalAuthorizer, LocalUserPool

from .app import create_app

TEMPLATE = Path(__file__).parent / "template.yaml"


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A user pool that signs real tokens, without AWS."""
    return LocalUserPool()


@pytest.fixture(scope="module")
def client(pool: LocalUserPool) -> Iterator[httpx.Client]:
    """Talks to the functions, which trust that pool, through an HTTP API."""
    with (
        LocalApiGateway(create_app(Guard(pool.trust())), "http") as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as client,
    ):
        yield client


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def test_anybody_may_see_the_home_page(client: httpx.Client) -> None:
    """No token is needed."""
    assert client.get("/").json() == {"hello": "world"}
    assert client.get("/none").status_code == 404


def test_me(client: httpx.Client, pool: LocalUserPool) -> None:
    """A caller with a good token learns who it is; nobody learns nothing."""
    token = pool.access_token("alice", groups=["admins"])
    assert client.get("/me", headers=bearer(token)).json()["subject"] == pool.subject("alice")
    answer = client.get("/me")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["reason"] == "missing_credentials"


def test_admin_needs_a_group(client: httpx.Client, pool: LocalUserPool) -> None:
    """Admins get in, others do not."""
    admin = pool.access_token("ada", groups=["admins"])
    assert client.get("/admin", headers=bearer(admin)).json() == {"admin": pool.subject("ada")}
    answer = client.get("/admin", headers=bearer(pool.access_token()))
    assert (answer.status_code, answer.json()["reason"]) == (403, "missing_group")


@pytest.fixture
def deployed(
    pool: LocalUserPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[ModuleType, ModuleType]:
    """The modules that Lambda loads, with the environment of the template."""
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(pool.jwks()))
    monkeypatch.setenv("COGNITO_USER_POOL_ID", pool.user_pool_id)
    monkeypatch.setenv("COGNITO_CLIENT_IDS", pool.client_id)
    monkeypatch.setenv("COGNITO_JWKS", str(keys))
    names = [f"{__package__}.{name}" for name in ("function", "reports")]
    for name in names:
        sys.modules.pop(name, None)
    function, reports = map(import_module, names)
    return function, reports


def test_what_lambda_calls(deployed: tuple[ModuleType, ModuleType], pool: LocalUserPool) -> None:
    """Each handler of the template is there and works, the one behind the authorizer too."""
    function, reports = deployed
    for name in re.findall(r"Handler: example_apps\.lambda_app\.(\S+)", TEMPLATE.read_text()):
        module, _, attribute = name.partition(".")
        assert callable(getattr({"function": function, "reports": reports}[module], attribute))
    event = LocalApiGateway(print).event("/me", bearer(pool.access_token("ada")).items())
    assert function.handler(event, None)["statusCode"] == 200
    authorizer = LocalAuthorizer(function.authorizer, "TOKEN")  # kept by the token, for 300 s
    with (
        LocalApiGateway({"GET /reports": reports.handler}, "rest", authorizer=authorizer) as api,
        httpx.Client(base_url=api.url, trust_env=False, timeout=60) as client,
    ):
        assert client.get("/reports").status_code == 401
        assert client.get("/reports", headers=bearer(pool.id_token())).status_code == 401
        admin = bearer(pool.access_token("ada", groups=["admins"]))
        assert client.get("/reports", headers=admin).json()["for"] == pool.subject("ada")
        answer = client.get("/reports", headers=bearer(pool.access_token("eve")))
        assert (answer.status_code, answer.json()["reason"]) == (403, "missing_group")


def test_the_template() -> None:
    """cfn-lint, which is AWS's, finds nothing wrong with it."""
    api = pytest.importorskip("cfnlint.api", reason="needs cfn-lint, from the group test")
    assert [str(found) for found in api.lint_file(TEMPLATE)] == []
