"""The SDK's own client connects from nothing: 401, metadata, registration, sign-in, tools."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from .clients import CALLBACK, Person, Storage, connected, sign_in_of, text_of
from .conftest import running


@pytest.fixture(scope="module")
def server(mcp_pool: Any) -> Iterator[str]:
    """The address of a server that runs."""
    with running(mcp_pool) as place:
        yield place


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post", None])
def test_from_nothing(server: str, mcp_pool: Any, method: str | None) -> None:
    """The client registers itself, a person signs in once, and each further scope is asked for
    when a tool needs it."""
    person, storage = Person(mcp_pool, "alice"), Storage()
    auth = sign_in_of(server, person, storage, method=method)

    async def run() -> None:
        async with connected(server, auth) as session:
            assert text_of(await session.call_tool("whoami")) == "alice"
            assert len(person.asked) == 1
            said = text_of(await session.call_tool("refund", {"order": "7"}))
            assert said == "7 refunded for alice"
            assert text_of(await session.call_tool("whoami")) == "alice"

    asyncio.run(run())
    first, second = person.asked
    assert first["scope"] == ["openid orders/read"]
    assert first["resource"] == second["resource"] == [server]
    assert set(second["scope"][0].split()) == {"openid", "orders/read", "orders/write"}
    assert first["client_id"] == second["client_id"] == [storage.client.client_id]


def test_by_metadata_document(server: str, mcp_pool: Any) -> None:
    """A client that is the URL of its metadata does not register."""
    url = "https://client.example/metadata.json"
    document = {"client_id": url, "client_name": "a test", "redirect_uris": [CALLBACK]}
    mcp_pool.publish(document, scopes=["openid", "orders/read"])
    person, storage = Person(mcp_pool, "alice"), Storage()
    before = mcp_pool.requests["register"]
    auth = sign_in_of(server, person, storage, client_metadata_url=url)

    async def run() -> None:
        async with connected(server, auth) as session:
            assert text_of(await session.call_tool("whoami")) == "alice"

    asyncio.run(run())
    assert person.asked[0]["client_id"] == [url]
    assert mcp_pool.requests["register"] == before
