"""What the tests of the proxy share: an app that says what it was sent, and a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cognito_guard.testing import LocalLoadBalancer, LocalUser, LocalUserPool
from example_apps.serving import serve

from .browser import Browser

ADA = LocalUser(
    "ada",
    groups=["admins", "a<b>"],
    role="editor",
    email="ada@lovelace.example",
    claims={"name": "Ada Lovelace"},
)
ODD = LocalUser('"><script>alert(1)</script>&')


@pytest.fixture(scope="package")
def pool() -> LocalUserPool:
    """A pool with three users, one of them with an odd name."""
    return LocalUserPool(users=[LocalUser("alice"), ADA, ODD])


@pytest.fixture(scope="package")
def balancer(pool: LocalUserPool) -> LocalLoadBalancer:
    """Signs in the users of ``pool``."""
    return LocalLoadBalancer(pool)


@pytest.fixture(scope="package")
def echo() -> Iterator[str]:
    """Where an app listens that answers with what it was sent, on uvicorn."""
    with serve(_echo) as origin:
        yield origin


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Keeps cookies, and follows no redirect by itself."""
    with Browser() as browser:
        yield browser


async def _echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    sent = {
        "method": scope["method"],
        "target": (scope["raw_path"] + b"?" + scope["query_string"]).decode("ascii"),
        "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
        "body": body.decode("latin-1"),
    }
    headers = [(b"content-type", b"application/json"), (b"set-cookie", b"a=1; Path=/")]
    headers.append((b"set-cookie", b"b=2; Path=/"))
    await send({"type": "http.response.start", "status": 203, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(sent).encode("ascii")})
