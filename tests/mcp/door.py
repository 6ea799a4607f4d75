"""The example app of the HTTP contract as an MCP server: each of its paths is a tool.

A request for a path becomes a call of its tool, with all of its headers, and what the tool says
becomes the answer. So the table of the contract can be held against it.
"""

from __future__ import annotations

import json
from typing import Any

from mcp.server import MCPServer
from starlette.requests import Request
from starlette.responses import JSONResponse

from cognito_guard import Guard
from cognito_guard_mcp import (
    CognitoTokenVerifier,
    MCPMiddleware,
    current_identity,
    guarded_app,
    mcp_auth,
    requires,
)

__all__ = ["Door", "create_door"]

_OWN = (b"content-type", b"content-length", b"accept", b"transfer-encoding")


def create_door(guard: Guard) -> Door:
    """The tools, and what leads to them."""
    verifier = CognitoTokenVerifier(guard, unsafe_allow_unbound=True)
    server: MCPServer[Any] = MCPServer("contract", token_verifier=verifier, auth=mcp_auth(guard))

    @server.custom_route("/", methods=["GET"])
    async def home(request: Request) -> JSONResponse:
        return JSONResponse({"hello": "world"})

    @server.tool()
    async def me() -> str:
        user = current_identity()
        seen = {
            "subject": user.subject,
            "username": user.username,
            "groups": user.groups,
            "scopes": user.scopes,
            "roles": user.roles,
            "machine": user.is_machine,
        }
        return json.dumps(seen)

    @server.tool()
    @requires(scopes="orders/read")
    async def orders() -> str:
        return "{}"

    @server.tool()
    @requires(groups="admins")
    def admin() -> str:
        return "{}"

    @server.tool()
    @requires(roles="editor")
    async def editor() -> str:
        return "{}"

    @server.tool()
    @requires(mfa=True)
    async def refunds() -> str:
        return "{}"

    @server.tool()
    @requires(acr="urn:cognito:loa:3", max_age=300)
    async def payouts() -> str:
        return "{}"

    return Door(
        guarded_app(server, verifier, exempt=["/"], stateless_http=True, json_response=True)
    )


class Door:
    """Turns a GET for ``/orders`` into a call of the tool ``orders``."""

    def __init__(self, app: MCPMiddleware) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] == "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        called = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": scope["path"].strip("/"), "arguments": {}},
        }
        body = json.dumps(called).encode()
        headers = [pair for pair in scope["headers"] if pair[0].lower() not in _OWN]
        headers += [
            (b"content-type", b"application/json"),
            (b"accept", b"application/json, text/event-stream"),
            (b"content-length", str(len(body)).encode()),
        ]
        asked = {**scope, "method": "POST", "path": "/mcp", "headers": headers}
        sent: list[Any] = []

        async def give() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def take(message: Any) -> None:
            sent.append(message)

        await self.app(asked, give, take)
        start, content = sent[0], b"".join(each.get("body", b"") for each in sent[1:])
        if start["status"] == 200:
            result = json.loads(content)["result"]
            assert not result.get("isError"), result
            content = result["content"][0]["text"].encode()
            start = {**start, "headers": [(b"content-length", str(len(content)).encode())]}
        await send(start)
        await send({"type": "http.response.body", "body": content})
