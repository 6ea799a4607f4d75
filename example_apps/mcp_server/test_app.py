"""The server, with the SDK's own client, from nothing to a tool that needs more."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

from .running import Running, serve_mcp


class Storage:
    """What the client keeps, in memory."""

    tokens: Any = None
    client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


@asynccontextmanager
async def connected(server: Running, username: str) -> AsyncIterator[ClientSession]:
    """A client whose user signs in when a page is shown."""
    back: list[str] = []

    async def show(url: str) -> None:
        back.append(server.pool.sign_in(url, username))

    async def come_back() -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(back[-1]).query)
        return AuthorizationCodeResult(code=query["code"][0], state=query["state"][0])

    auth = OAuthClientProvider(
        server.url,
        OAuthClientMetadata(
            client_name="a test",
            redirect_uris=["http://localhost:3030/callback"],  # type: ignore[list-item]
            token_endpoint_auth_method="none",
        ),
        Storage(),
        show,
        come_back,
    )
    async with (
        httpx2.AsyncClient(auth=auth, timeout=60, trust_env=False) as http,
        streamable_http_client(server.url, http_client=http) as (read, write),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def test_tools() -> None:
    async def run(server: Running) -> None:
        async with connected(server, "ada") as session:
            tools = {tool.name for tool in (await session.list_tools()).tools}
            assert tools == {"whoami", "refund", "list_orders"}
            for tool, arguments, said in (
                ("whoami", {}, "ada"),
                ("refund", {"order": "7"}, "a kettle was refunded"),
                ("list_orders", {}, "a kettle"),
            ):
                result = await session.call_tool(tool, arguments)
                assert result.content[0].text == said  # type: ignore[union-attr]

    with serve_mcp() as server:
        asyncio.run(run(server))


# Some ways to start a test run leave SIGINT ignored, and children inherit that.
_INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("example_apps.mcp_server", run_name="__main__", alter_sys=True)
"""


def test_the_command() -> None:
    """``python -m example_apps.mcp_server`` serves until it is interrupted."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _INTERRUPTIBLE, "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[4].rstrip(",")
            answer = httpx.post(url, trust_env=False, timeout=60)
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    assert answer.status_code == 401
    assert "resource_metadata" in answer.headers["WWW-Authenticate"]
