"""Whole apps under trio and asyncio, called by a client that is not ours, with fetched keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from example_apps.fastapi_app.app import create_app as create_fastapi_app
from example_apps.starlette_app.app import create_app as create_starlette_app

from .conftest import Run


@pytest.mark.parametrize("create_app", [create_starlette_app, create_fastapi_app])
def test_first_requests_at_once(
    create_app: Callable[[Guard], Any], pool: LocalUserPool, run: Run
) -> None:
    """Fifty first requests wait for one fetch of the keys, and each is answered as its caller."""
    answers: dict[int, tuple[int, Any]] = {}

    async def main() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:

            async def call(number: int) -> None:
                token = pool.access_token(f"user-{number}", groups=["admins"])
                headers = {"Authorization": f"Bearer {token}"}
                # A sync endpoint in its thread for some, an async one for the others.
                path, field = ("/admin", "admin") if number % 2 else ("/me", "subject")
                answer = await client.get(path, headers=headers)
                answers[number] = (answer.status_code, answer.json()[field])

            async with anyio.create_task_group() as tasks:
                for number in range(50):
                    tasks.start_soon(call, number)

    with pool.serve() as keys:
        app = create_app(Guard(pool.trust(jwks=keys.url)))
        run(main)
        assert keys.requests == 1
    assert answers == {number: (200, pool.subject(f"user-{number}")) for number in range(50)}
