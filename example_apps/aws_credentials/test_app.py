"""The API, against AWS on this machine: moto, and a test evaluator of policies in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cognito_guard import Guard
from tests.needs import need

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")

from cognito_guard.revocation import MemoryRevocationList  # noqa: E402
from cognito_guard_boto3 import IdentityPool  # noqa: E402

from ..local_aws import LocalAws  # noqa: E402
from ..local_aws.account import Account  # noqa: E402
from .app import create_app  # noqa: E402


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with LocalAws() as aws:
        account = Account.create(aws)
        for username in ("ada", "bob"):
            account.sign_up(username)
        yield account
        account.close()


@pytest.fixture
def client(account: Account) -> Iterator[FlaskClient]:
    pool = account.trust()
    guard = Guard(pool, revocations=MemoryRevocationList())
    identity_pool = IdentityPool(
        account.identity_pool_id, pool, url=account.aws.origin, revocations=guard.revocations
    )
    app = create_app(guard, identity_pool, account.bucket, account.aws.origin)
    app.config["guard"] = guard
    yield app.test_client()
    identity_pool.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def json_of(answer: TestResponse) -> Any:
    return answer.json


def test_notes_of_ones_own(account: Account, client: FlaskClient) -> None:
    ada, bob = bearer(account.sign_in("ada")), bearer(account.sign_in("bob"))
    written = client.put("/notes/plan", data="a hundred cards", headers=ada)
    assert written.status_code == 201
    assert client.get("/notes", headers=ada).json == ["plan"]
    assert client.get("/notes/plan", headers=ada).json == {"text": "a hundred cards"}
    assert client.get("/notes", headers=bob).json == []
    assert client.get("/notes/plan", headers=bob).status_code == 404

    # The slip in this app that lets a caller say whose notes to read. IAM knows better.
    slip = f"?of={json_of(written)['owner']}"
    for answer in (
        client.get(f"/notes/plan{slip}", headers=bob),
        client.get(f"/notes{slip}", headers=bob),
        client.put(f"/notes/plan{slip}", data="mine", headers=bob),
    ):
        assert (answer.status_code, answer.json) == (403, {"code": "AccessDenied"})
    assert client.get(f"/notes/plan{slip}", headers=ada).json == {"text": "a hundred cards"}


def test_nobody_and_who_has_signed_out(account: Account, client: FlaskClient) -> None:
    assert client.get("/notes").status_code == 401
    token = account.sign_in("ada")
    guard = client.application.config["guard"]
    assert client.get("/notes", headers=bearer(token)).status_code == 200
    guard.sign_out_user(guard.verify(token).subject)
    assert json_of(client.get("/notes", headers=bearer(token)))["reason"] == "revoked"
