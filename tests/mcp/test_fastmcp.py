"""FastMCP: the same guard, and its own client, from nothing. ``make fastmcp`` runs this."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

fastmcp = pytest.importorskip(
    "fastmcp", reason="FastMCP has an environment of its own: make fastmcp"
)

from fastmcp import Client, FastMCP  # noqa: E402  # not where there is none
from fastmcp.client.auth import OAuth  # noqa: E402

from cognito_guard import ConfigurationError, Guard  # noqa: E402
from cognito_guard.testing import Fault  # noqa: E402
from cognito_guard_mcp import current_identity, requires  # noqa: E402
from cognito_guard_mcp.fastmcp import CognitoVerifier, guarded_app  # noqa: E402

from ..raw import ask, bearer  # noqa: E402
from .clients import Person  # noqa: E402
from .conftest import PLACE, running  # noqa: E402


def create_server(guard: Guard) -> FastMCP[Any]:
    """Two tools, one of them for a scope."""
    server: FastMCP[Any] = FastMCP("orders", auth=CognitoVerifier(guard))

    @server.tool
    async def whoami() -> str:
        return str(current_identity().username)

    @server.tool
    @requires(scopes="orders/write")
    def refund(order: str) -> str:
        return f"{order} refunded for {current_identity().username}"

    return server


@pytest.fixture(scope="module")
def server(mcp_pool: Any) -> Iterator[str]:
    """The address of a server that runs."""
    with running(mcp_pool, lambda guard: guarded_app(create_server(guard))) as place:
        yield place


class Browser(OAuth):
    """FastMCP's own sign-in, with a browser that is none."""

    def __init__(self, place: str, person: Person) -> None:
        super().__init__(place, client_name="a test", callback_port=3031)
        self._person = person
        self.context.redirect_handler = person.show
        self.context.callback_handler = person.come_back


@pytest.mark.filterwarnings("ignore:Using in-memory token storage")
def test_from_nothing(server: str, mcp_pool: Any) -> None:
    """Its client registers itself, signs in, and asks for more when a tool needs it."""
    person = Person(mcp_pool, "alice")

    async def run() -> None:
        async with Client(server, auth=Browser(server, person)) as client:
            assert (await client.call_tool("whoami")).data == "alice"
            said = await client.call_tool("refund", {"order": "7"})
            assert said.data == "7 refunded for alice"

    asyncio.run(run())
    first, second = person.asked
    assert first["scope"] == ["openid orders/read"]
    assert first["resource"] == [server]
    assert "orders/write" in second["scope"][0].split()


def test_refusals(server: str, mcp_pool: Any) -> None:
    """They say why, as everywhere."""
    where, path = server.removesuffix("/mcp"), "/mcp"
    nothing = ask(where, path, [b"Content-Length: 0"], method="POST")
    assert (nothing.status, nothing.json["reason"]) == (401, "missing_credentials")
    other = bearer(mcp_pool.access_token(claims={"aud": "https://other.example"}))
    refused = ask(where, path, [other, b"Content-Length: 0"], method="POST")
    assert (refused.status, refused.json["reason"]) == (401, "wrong_resource")


def test_no_keys(mcp_pool: Any) -> None:
    """An outage is none of the caller's, with the middleware or without."""
    guard = Guard(
        mcp_pool.trust(jwks=f"{mcp_pool.issuer}/jwks.json", client_ids=["a"]), resource=PLACE
    )
    token = mcp_pool.access_token(client_id="a", claims={"aud": PLACE})
    with mcp_pool.failing(Fault.SERVER_ERROR), pytest.raises(RuntimeError, match="keys"):
        asyncio.run(CognitoVerifier(guard).verify_token(token))


def lost_tool(server: FastMCP[Any]) -> None:
    """The decorator of the server below ours."""

    def lost() -> str:
        return "open"

    requires(scopes="orders/write")(server.tool(lost) and lost)


def lost_route(server: FastMCP[Any]) -> None:
    """The same for a route that is none of MCP's."""

    async def lost(request: Any) -> Any:
        return None

    requires(server.custom_route("/export", ["GET"])(lost) and lost)


def lost_completion(server: FastMCP[Any]) -> None:
    """The same for what completes the arguments of prompts."""

    async def lost(ref: Any, argument: Any, context: Any) -> None:
        return None

    requires(server.completion(lost) and lost)


def itself(server: FastMCP[Any], other: FastMCP[Any]) -> FastMCP[Any]:
    """No mount at all."""
    return server


def mounted(server: FastMCP[Any], other: FastMCP[Any]) -> FastMCP[Any]:
    """Below the server, with names of its own."""
    server.mount(other, namespace="other", tool_names={"lost": "found"})
    return other


def mounted_deeper(server: FastMCP[Any], other: FastMCP[Any]) -> FastMCP[Any]:
    """Below a server that is mounted itself."""
    between: FastMCP[Any] = FastMCP("between")
    between.mount(other)
    server.mount(between)
    return other


@pytest.mark.parametrize("place", [itself, mounted, mounted_deeper])
@pytest.mark.parametrize("lose", [lost_tool, lost_route, lost_completion])
def test_a_lost_guard(mcp_guard: Guard, lose: Any, place: Any) -> None:
    """What is registered without the guard that was put around it stops the start."""
    server = create_server(mcp_guard)
    lose(place(server, FastMCP("other")))
    app = guarded_app(server)

    async def start() -> None:
        await app({"type": "lifespan"}, None, None)

    with pytest.raises(ConfigurationError, match="guards nothing"):
        asyncio.run(start())


def test_another_verifier() -> None:
    """A server with somebody else's verifier is not guarded by ours."""
    with pytest.raises(ConfigurationError, match="CognitoVerifier"):
        guarded_app(FastMCP("orders"))
