"""The SDK's own client, with a browser that signs in at the local pool."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

CALLBACK = "http://localhost:3030/callback"


class Storage:
    """Keeps what the client has got, and starts with nothing."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


class Person:
    """Signs in when the client shows a page, and notes how often."""

    def __init__(self, pool: Any, username: str) -> None:
        self.pool = pool
        self.username = username
        self.asked: list[dict[str, list[str]]] = []
        self._back = ""

    async def show(self, url: str) -> None:
        self.asked.append(parse_qs(urlsplit(url).query))
        self._back = self.pool.sign_in(url, self.username)

    async def come_back(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(self._back).query)
        return AuthorizationCodeResult(code=query["code"][0], state=query["state"][0])


def sign_in_of(place: str, person: Person, storage: Storage, **more: Any) -> OAuthClientProvider:
    """What the SDK's client signs in with."""
    return OAuthClientProvider(
        server_url=place,
        client_metadata=OAuthClientMetadata(
            client_name="a test",
            redirect_uris=[CALLBACK],
            token_endpoint_auth_method=more.pop("method", "none"),
        ),
        storage=storage,
        redirect_handler=person.show,
        callback_handler=person.come_back,
        **more,
    )


@asynccontextmanager
async def connected(place: str, auth: Any = None, **headers: str) -> AsyncIterator[ClientSession]:
    """A session of the SDK's client."""
    async with (
        httpx2.AsyncClient(auth=auth, headers=headers, timeout=60, trust_env=False) as http,
        streamable_http_client(place, http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        await session.initialize()
        yield session


def text_of(result: Any) -> str:
    """What a tool said."""
    assert not result.is_error, result
    said: str = result.content[0].text
    return said
