"""Mangum: an ASGI app in a function keeps its own guard; nothing of ours is needed beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from cognito_guard import Guard
from cognito_guard.testing import LocalApiGateway, LocalUserPool
from example_apps.starlette_app.app import create_app

from ..needs import need
from .conftest import bearer

try:
    from mangum import Mangum
except ImportError:
    need(False, "mangum, from the group test")

WAYS: list[tuple[Any, str | None, str]] = [
    ("rest", "", "/"),
    ("rest", None, "/"),
    ("rest", "/v1", "/v1"),
    ("http", "", "/"),
    ("http", None, "/prod"),
    ("http", "/v1", "/v1"),
    ("http-1.0", "", "/"),
    ("function-url", "", "/"),
    ("load-balancer-multi-value", "", "/"),
]


@contextmanager
def served(app: Starlette, kind: Any, base_path: str | None, inner: str) -> Iterator[httpx.Client]:
    """The app behind that door, and a client of it."""

    def handler(event: Any, context: Any) -> Any:
        # Created here, because it asks for the loop of its thread, which Lambda has and pytest not.
        return Mangum(app, lifespan="off", api_gateway_base_path=inner)(event, context)

    stage = "prod" if base_path is None else None
    with (
        LocalApiGateway(handler, kind, stage=stage, base_path=base_path) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize(("kind", "base_path", "inner"), WAYS)
def test_stages_and_base_paths(
    kind: str, base_path: str | None, inner: str, guard: Guard, pool: LocalUserPool
) -> None:
    """The app's own paths, exempt ones among them, mean the same below a stage or a base path."""
    with served(create_app(guard), kind, base_path, inner) as client:
        assert client.get("/").json() == {"hello": "world"}  # exempt
        answer = client.get("/me", headers=[bearer(pool)])
        assert (answer.status_code, answer.json()["subject"]) == (200, pool.subject("ada"))
        for headers, status, reason in (
            ([], 401, "missing_credentials"),
            ([("Authorization", "Bearer x")], 401, "malformed_token"),
            ([bearer(pool, expires_in=-1)], 401, "token_expired"),
            ([bearer(pool), bearer(pool)], 400, "multiple_credentials"),
        ):
            answer = client.get("/me", headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)
        answer = client.get("/admin", headers=[bearer(pool)])
        assert (answer.status_code, answer.json()["reason"]) == (403, "missing_group")
