"""``requires`` on tools, ``current_identity``, and what the middleware answers."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.shared.exceptions import MCPError
from starlette.responses import PlainTextResponse

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Guard,
    Identity,
    RevocationsUnavailable,
    enforce,
    require_groups,
    require_scopes,
)
from cognito_guard_mcp import (
    CognitoTokenVerifier,
    MCPMiddleware,
    current_identity,
    guarded_app,
    mcp_auth,
    requires,
)
from cognito_guard_mcp.tools import ASKED

from ..asgi.drive import http, scope, websocket
from ..raw import Answer, ask, bearer
from .clients import connected, text_of
from .conftest import PLACE, create_app, create_server, running

MODES: dict[str, dict[str, bool]] = {
    "a session, as a stream": {},
    "a session, as JSON": {"json_response": True},
    "no session, as a stream": {"stateless_http": True},
    "no session, as JSON": {"stateless_http": True, "json_response": True},
}


@pytest.fixture(scope="module", params=MODES)
def server(request: pytest.FixtureRequest, mcp_pool: Any) -> Iterator[str]:
    """The address of a server in each of the ways in which the SDK answers."""
    with running(mcp_pool, **MODES[request.param]) as place:
        yield place


def token(pool: Any, place: str, username: str = "alice", **more: Any) -> str:
    """The header of a caller's requests."""
    issued = pool.access_token(username, claims={"aud": place}, **more)
    return f"Bearer {issued}"


def call(place: str, authorization: str, tool: str, **arguments: Any) -> str:
    """What a tool says to a caller with a fixed token."""

    async def run() -> str:
        async with connected(place, Authorization=authorization) as session:
            return text_of(await session.call_tool(tool, arguments))

    return asyncio.run(run())


def test_who_may(server: str, mcp_pool: Any) -> None:
    """Scopes and groups decide about each tool by itself."""
    ada = token(mcp_pool, server, "ada", groups=["admins"], scopes=["orders/write"])
    assert call(server, ada, "whoami") == "ada"
    assert call(server, ada, "refund", order="7") == "7 refunded for ada"
    assert call(server, ada, "close_shop") == "closed by ada"


def test_who_may_not(server: str, mcp_pool: Any) -> None:
    """The tool does not run, and the client is told by HTTP (MCP, "Scope Challenge Handling")."""
    alice = token(mcp_pool, server, scopes=["orders/read"])
    for tool, arguments in (("refund", {"order": "7"}), ("close_shop", {})):
        with pytest.raises(BaseException) as caught:  # groups of the SDK's errors
            call(server, alice, tool, **arguments)
        assert not isinstance(caught.value, AssertionError)


def post(place: str, tool: str, *lines: bytes, host: bytes | None = None) -> Answer:
    """A bare call of a tool, without a session."""
    where = urlsplit(place)
    asked = {"name": tool, "arguments": {"order": "7"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    raw = json.dumps(body).encode()
    own = [
        b"Content-Type: application/json",
        b"Accept: application/json, text/event-stream",
        f"Content-Length: {len(raw)}".encode(),
    ]
    address = f"http://{where.netloc}"
    return ask(address, where.path, [*own, *lines], method="POST", body=raw, host=host)


@pytest.fixture(scope="module", params=[False, True], ids=["as a stream", "as JSON"])
def bare(request: pytest.FixtureRequest, mcp_pool: Any) -> Iterator[str]:
    """The address of a server that keeps no sessions."""
    with running(mcp_pool, stateless_http=True, json_response=request.param) as place:
        yield place


@pytest.mark.parametrize("version", [b"2025-06-18", b"2025-11-25", None], ids=str)
def test_the_refusals_of_tools(bare: str, mcp_pool: Any, version: bytes | None) -> None:
    """Status and challenge are those of the contract, and nothing of the SDK's answer is left."""
    alice = f"Authorization: {token(mcp_pool, bare, scopes=['orders/read'])}".encode()
    said = [] if version is None else [b"MCP-Protocol-Version: " + version]
    answer = post(bare, "refund", alice, *said)
    metadata = bare.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")
    assert answer.status == 403
    assert answer.all("WWW-Authenticate") == [
        f'Bearer error="insufficient_scope", scope="orders/write", resource_metadata="{metadata}"'
    ]
    assert answer.all("Content-Type") == ["application/problem+json"]
    assert answer.json["reason"] == "missing_scope"
    answer = post(bare, "close_shop", alice, *said)
    assert (answer.status, answer.json["reason"]) == (403, "missing_group")
    assert b"alice" in post(bare, "whoami", alice, *said).body


def unknown(identity: Identity) -> None:
    """A check that cannot be made now."""
    raise RevocationsUnavailable


def create_deciding(guard: Guard) -> MCPMiddleware:
    """Tools that decide themselves who may, or cannot tell."""
    verifier = CognitoTokenVerifier(guard)
    server: MCPServer[Any] = MCPServer("orders", token_verifier=verifier, auth=mcp_auth(guard))

    @server.tool()
    @requires
    async def decides() -> str:
        enforce(require_scopes("orders/write"), current_identity())
        return "decided"

    @server.tool()
    @requires
    def decides_in_a_thread() -> str:
        enforce(require_groups("admins"), current_identity())
        return "decided"

    @server.tool()
    @requires(policy=unknown)
    async def cannot_tell() -> str:
        return "told"

    return guarded_app(server, verifier, stateless_http=True)


@pytest.mark.parametrize(
    ("tool", "status", "reason"),
    [
        ("decides", 403, "missing_scope"),
        ("decides_in_a_thread", 403, "missing_group"),
        ("cannot_tell", 503, "revocations_unavailable"),
    ],
)
def test_tools_that_decide(mcp_pool: Any, tool: str, status: int, reason: str) -> None:
    """What a guarded tool raises, or its policy, is answered as everywhere."""
    with running(mcp_pool, create_deciding) as place:
        alice = f"Authorization: {token(mcp_pool, place, scopes=['orders/read'])}".encode()
        answer = post(place, tool, alice)
        able = token(mcp_pool, place, groups=["admins"], scopes=["orders/write"])
        allowed = post(place, tool, f"Authorization: {able}".encode())
    assert (answer.status, answer.json["reason"]) == (status, reason)
    assert bool(answer.all("Retry-After")) == (status == 503)
    assert (b"decided" in allowed.body) == (status == 403)


def test_under_its_own_name(mcp_guard: Guard, mcp_pool: Any) -> None:
    """Behind a proxy, requests name the host of the resource. A local server takes no other."""
    line = f"Authorization: {token(mcp_pool, PLACE)}".encode()
    with running(mcp_pool, lambda _: create_app(mcp_guard, stateless_http=True)) as place:
        answer = post(place, "whoami", line, host=urlsplit(PLACE).netloc.encode())
    assert (answer.status, b"alice" in answer.body) == (200, True)
    with running(mcp_pool, stateless_http=True) as place:
        local = f"Authorization: {token(mcp_pool, place)}".encode()
        assert post(place, "whoami", local).status == 200
        assert post(place, "whoami", local, host=b"mcp.example.com").status == 421


def test_another_resource(bare: str, mcp_pool: Any) -> None:
    """A token for another server, or for none, is refused with its reason."""
    for more in ({"claims": {"aud": "https://other.example/mcp"}}, {}):
        line = bearer(mcp_pool.access_token("alice", **more))
        answer = post(bare, "whoami", line)
        assert (answer.status, answer.json["reason"]) == (401, "wrong_resource")


def test_the_metadata(bare: str, mcp_pool: Any) -> None:
    """It is the guard's, with the scopes that clients are to ask for."""
    where = f"http://{urlsplit(bare).netloc}"
    answer = ask(where, "/.well-known/oauth-protected-resource/mcp", host=b"evil.example")
    assert answer.json == {
        "resource": bare,
        "authorization_servers": [mcp_pool.issuer],
        "scopes_supported": ["openid", "orders/read"],
        "bearer_methods_supported": ["header"],
    }


def test_scopes_of_every_request(mcp_guard: Guard, mcp_pool: Any) -> None:
    """What the whole server requires is asked for before the SDK looks."""
    app = create_app(mcp_guard, required_scopes=["orders/read"])
    line = f"Authorization: {token(mcp_pool, PLACE, scopes=['openid'])}".encode()
    answer = asyncio.run(http(app, "/mcp", [line], method="POST"))
    assert (answer.status, answer.json["reason"]) == (403, "missing_scope")
    assert 'scope="orders/read"' in answer.all("WWW-Authenticate")[0]


class Changing(httpx2.Auth):
    """A caller whose token changes."""

    def __init__(self) -> None:
        self.now = ""

    def auth_flow(self, request: Any) -> Any:
        request.headers["Authorization"] = self.now
        yield request


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "let in"])
def test_an_answer_in_pieces(mcp_guard: Guard, mcp_pool: Any, refused: bool) -> None:
    """What begins without content waits, and what comes after a refusal is dropped."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        asked = ASKED.get()
        if refused and asked is not None:
            asked.refusal = AccessDenied("missing_group", "No.")
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two", "more_body": False})

    guarded = MCPMiddleware(app, verifier=CognitoTokenVerifier(mcp_guard))
    line = f"Authorization: {token(mcp_pool, PLACE)}".encode()
    answer = asyncio.run(http(guarded, "/mcp", [line], method="POST"))
    if refused:
        assert (answer.status, answer.json["reason"]) == (403, "missing_group")
    else:
        assert (answer.status, answer.body) == (200, b"onetwo")
    assert ASKED.get() is None


def test_a_session_is_its_callers(mcp_pool: Any) -> None:
    """A token that is newer is taken as it is, and another user's finds no session."""

    async def run(place: str) -> None:
        auth = Changing()
        alice = auth.now = token(mcp_pool, place, scopes=["orders/read"])
        async with connected(place, auth) as session:
            assert text_of(await session.call_tool("whoami")) == "alice"
            auth.now = token(mcp_pool, place, scopes=["orders/write"])
            said = text_of(await session.call_tool("refund", {"order": "7"}))
            assert said == "7 refunded for alice"
            auth.now = token(mcp_pool, place, "ada", scopes=["orders/write"])
            with pytest.raises(MCPError):
                await session.call_tool("whoami")
            auth.now = alice

    with running(mcp_pool) as place:
        asyncio.run(run(place))


def test_without_http(mcp_guard: Guard) -> None:
    """Nobody is known there: what needs a caller is refused, and says why."""
    server, _ = create_server(mcp_guard)

    async def run() -> None:
        async with Client(server) as client:
            with pytest.raises(MCPError, match="without an access token"):
                await client.call_tool("refund", {"order": "7"})
            assert (await client.call_tool("whoami")).is_error

    asyncio.run(run())
    with pytest.raises(RuntimeError, match="CognitoTokenVerifier"):
        current_identity()


def open_one() -> str:
    """A function that a guard is put around, too late."""
    return "open"


def lost_tool(server: MCPServer[Any]) -> None:
    """The decorator of the server below ours."""
    requires(scopes="orders/write")(server.tool()(open_one))


def lost_prompt(server: MCPServer[Any]) -> None:
    """The same for a prompt."""
    requires(server.prompt()(open_one))


def lost_resource(server: MCPServer[Any]) -> None:
    """The same for a resource."""
    requires(server.resource("data://lost")(open_one))


def lost_template(server: MCPServer[Any]) -> None:
    """The same for a template of resources."""

    def one(name: str) -> str:
        return name

    requires(server.resource("data://{name}")(one))


def lost_completion(server: MCPServer[Any]) -> None:
    """The same for what completes the arguments of prompts."""

    async def complete(ref: Any, argument: Any, context: Any) -> None:
        return None

    requires(server.completion()(complete))


def lost_route(server: MCPServer[Any]) -> None:
    """The same for a route that is none of MCP's."""

    async def export(request: Any) -> Any:
        return None

    requires(server.custom_route("/export", ["GET"])(export))


def says_what_it_wraps(function: Any) -> Any:
    """A decorator of somebody's, between ours and the server's."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


def says_nothing(function: Any) -> Any:
    """Another one, which leaves that out."""

    def wrapper(name: str = "") -> Any:
        return function(name) if name else function()

    return wrapper


def lost_above_another(server: MCPServer[Any]) -> None:
    """A third decorator in between."""

    def one() -> str:
        return "open"

    requires(says_what_it_wraps(server.tool()(one)))


def lost_above_a_silent_one(server: MCPServer[Any]) -> None:
    """One that does not say what it wraps."""

    def one(name: str) -> str:
        return name

    requires(says_nothing(server.resource("data://{name}")(one)))


def lost_method(server: MCPServer[Any]) -> None:
    """The method of an object is registered before the class has the guard."""

    class Orders:
        def pay_back(self) -> str:
            return "open"

    server.add_tool(Orders().pay_back)
    requires(Orders.pay_back)


@pytest.mark.parametrize(
    "lose",
    [
        *[lost_tool, lost_prompt, lost_resource, lost_template, lost_completion, lost_route],
        *[lost_above_another, lost_above_a_silent_one, lost_method],
    ],
)
def test_a_lost_guard(mcp_guard: Guard, lose: Any) -> None:
    """A guard that guards nothing stops the start, and each request where it comes later."""
    server, verifier = create_server(mcp_guard)
    app = guarded_app(server, verifier, exempt=["/export"])
    lose(server)

    async def start() -> None:
        await app({"type": "lifespan"}, None, None)

    with pytest.raises(ConfigurationError, match="guards nothing"):
        asyncio.run(start())
    for path in ("/mcp", "/export"):
        with pytest.raises(ConfigurationError, match="guards nothing"):
            asyncio.run(http(app, path, method="POST"))


def cached(server: MCPServer[Any]) -> None:
    """By their arguments."""
    server.tool()(functools.cache(requires(says_nothing(open_one))))


def cached_within(server: MCPServer[Any]) -> None:
    """The same below another decorator."""
    inner = functools.lru_cache(requires(says_nothing(open_one)))
    server.tool()(says_what_it_wraps(inner))


@pytest.mark.parametrize("register", [cached, cached_within])
def test_a_cache_above_a_guard(mcp_guard: Guard, register: Any) -> None:
    """It would give to anybody what it has from one caller."""
    server, verifier = create_server(mcp_guard)
    app = guarded_app(server, verifier)
    register(server)
    with pytest.raises(ConfigurationError, match="the cache above"):
        asyncio.run(http(app, "/mcp", method="POST"))


class Orders:
    """Tools of an object."""

    @requires(groups="admins")
    def close(self) -> str:
        """Of an instance."""
        return "closed"

    @classmethod
    @requires(groups="admins")
    def count(cls) -> str:
        """Of the class."""
        return "none"


def methods(server: MCPServer[Any]) -> None:
    """Guarded ones."""
    server.add_tool(Orders().close)
    server.add_tool(Orders.count)


def wrapped_guards(server: MCPServer[Any]) -> None:
    """Below the decorators of others."""
    server.add_tool(says_what_it_wraps(requires(open_one)), name="one")
    server.add_tool(says_nothing(requires(lambda name: name)), name="other")
    server.add_tool(requires(says_what_it_wraps(functools.cache(open_one))), name="third")


def helpers(server: MCPServer[Any]) -> None:
    """What a guarded function makes use of, and an open one too."""

    def one() -> str:
        return "open"

    def with_one(how: Any, then: Any) -> Any:
        return lambda: then(how())

    server.add_tool(requires(with_one(one, str)), name="guarded")
    server.add_tool(one, name="open")
    server.add_tool(lambda: one(), name="open, too")


@pytest.mark.parametrize("register", [methods, wrapped_guards, helpers])
def test_a_guard_in_its_place(mcp_guard: Guard, register: Any) -> None:
    """Guards that are on the way are found, whatever is around them."""
    server, verifier = create_server(mcp_guard)
    app = guarded_app(server, verifier)
    register(server)
    assert asyncio.run(http(app, "/mcp", method="POST")).status == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_route_of_ones_own(
    mcp_guard: Guard, mcp_pool: Any, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal there is one as well, and nothing comes out of the app."""
    server, verifier = create_server(mcp_guard)

    @server.custom_route("/export", ["GET", "POST"])
    @requires(groups="admins")
    async def export(request: Any) -> Any:
        return PlainTextResponse("all")

    @server.custom_route("/fault", ["GET", "POST"])
    @requires
    async def fault(request: Any) -> Any:
        raise MCPError(0, "Its own.")

    app = guarded_app(server, verifier)

    def ask(path: str, **more: Any) -> Answer:
        line = f"Authorization: {token(mcp_pool, PLACE, 'ada', **more)}".encode()
        return asyncio.run(http(app, path, [line], method=method))

    refused = ask("/export", groups=[])
    assert (refused.status, refused.json["reason"]) == (403, "missing_group")
    assert ask("/export", groups=["admins"]).body == b"all"
    with pytest.raises(MCPError, match="Its own"):
        ask("/fault")

    # On an exempt path, the guard alone asks.
    app = guarded_app(server, verifier, exempt=["/export"])
    nobody = asyncio.run(http(app, "/export", method=method))
    assert (nobody.status, nobody.json["reason"]) == (401, "missing_credentials")
    assert nobody.all("WWW-Authenticate") == asyncio.run(http(app, "/mcp")).all("WWW-Authenticate")
    assert ask("/export", groups=[]).status == 403
    assert ask("/export", groups=["admins"]).body == b"all"


def test_headers_that_can_be_read_once(mcp_guard: Guard, mcp_pool: Any) -> None:
    """The app finds all of them, and the guard a second token."""
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope["headers"])
        await PlainTextResponse("all")(scope, receive, send)

    guarded = MCPMiddleware(app, verifier=CognitoTokenVerifier(mcp_guard))
    line = (b"authorization", token(mcp_pool, PLACE).encode())

    def ask(*headers: Any) -> int:
        return asyncio.run(http(guarded, "/mcp", headers=iter(headers))).status

    assert ask(line, (b"x-a", b"1")) == 200
    assert found == [[(b"x-a", b"1"), line]]
    assert ask(line, line) == 400


async def agen() -> Any:
    """An async generator."""
    yield


def test_what_takes_no_guard() -> None:
    """Only functions that give an answer, and only requirements that require something."""

    def gen() -> Any:
        yield

    for one in (gen, agen, object(), int, len, None):
        with pytest.raises(ConfigurationError, match="requires"):
            requires(one)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError):
        requires(scopes=[])


def test_what_is_not_http(mcp_guard: Guard) -> None:
    """Nothing passes that is not looked at."""
    app = create_app(mcp_guard)
    (closed,) = asyncio.run(websocket(app, "/mcp"))
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)

    async def run() -> None:
        await app(scope("other", "/mcp"), None, None)

    with pytest.raises(ConfigurationError, match="does not know"):
        asyncio.run(run())


@pytest.mark.parametrize(("path", "root"), [("/health", ""), ("/api/health", "/api")])
def test_exempt(mcp_guard: Guard, path: str, root: str) -> None:
    """Routes of one's own may be open, and are not by themselves."""
    server, verifier = create_server(mcp_guard)

    @server.custom_route("/health", methods=["GET"])
    async def health(request: Any) -> Any:
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("well")

    for exempt, status in ((["/health"], 200), ([], 401)):
        app = guarded_app(server, verifier, exempt=exempt)
        answer = asyncio.run(http(app, path, root_path=root))
        assert answer.status == status
