"""Many callers at once: nobody is ever answered as somebody else."""

from __future__ import annotations

import asyncio

import httpx

from cognito_guard.testing import LocalUserPool

from .adapters import Adapter
from .conftest import Origin

CALLERS = 64
ROUNDS = 4


def test_each_answer_belongs_to_its_caller(
    adapter: Adapter, origin: Origin, pool: LocalUserPool
) -> None:
    """64 clients with their own tokens, bad ones among them, each get their own answer."""
    where = origin(adapter, "plain")
    callers = [_caller(pool, number) for number in range(CALLERS)]

    async def call(
        client: httpx.AsyncClient, start: asyncio.Barrier, token: str, wanted: object
    ) -> None:
        for _ in range(ROUNDS):
            await start.wait()
            answer = await client.get(f"{where}/me", headers={"Authorization": f"Bearer {token}"})
            body = answer.json()
            got = body["subject"] if answer.status_code == 200 else adapter.problem(body)["reason"]
            assert (answer.status_code, got) == wanted

    async def main() -> None:
        start = asyncio.Barrier(CALLERS)
        # No connection is used twice: a busy machine may let one rest until its server closes it,
        # in the very moment in which it is used again.
        limits = httpx.Limits(max_connections=CALLERS, max_keepalive_connections=0)
        async with (
            httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client,
            asyncio.TaskGroup() as tasks,
        ):
            for token, wanted in callers:
                tasks.create_task(call(client, start, token, wanted))

    asyncio.run(main())


def _caller(pool: LocalUserPool, number: int) -> tuple[str, tuple[int, str]]:
    """A token and what comes of it; every fourth is a bad one."""
    name = f"user-{number}"
    match number % 8:
        case 3:
            return pool.access_token(name, expires_in=-1), (401, "token_expired")
        case 7:
            return pool.id_token(name), (401, "wrong_token_use")
        case _:
            return pool.access_token(name), (200, pool.subject(name))
