"""Every adapter serves the protected resource metadata (RFC 9728), and the same to everybody."""

from __future__ import annotations

import pytest

from cognito_guard.testing import LocalUserPool

from ..raw import Answer, ask, bearer
from .adapters import Adapter
from .conftest import RESOURCE, Origin

PATH = "/.well-known/oauth-protected-resource/orders"
FROM_A_PAGE = b"Origin: https://inspector.example"


def check(answer: Answer, pool: LocalUserPool) -> None:
    """Hold an answer against what was configured."""
    assert answer.status == 200
    assert answer.all("Content-Type") == ["application/json"]
    assert answer.all("Access-Control-Allow-Origin") == ["*"]
    assert answer.all("Cache-Control") == ["public, max-age=3600"]
    assert answer.all("WWW-Authenticate") == answer.all("Set-Cookie") == []
    assert answer.json == {
        "resource": RESOURCE["COGNITO_RESOURCE"],
        "authorization_servers": [pool.issuer],
        "scopes_supported": ["openid", "orders/read"],
        "bearer_methods_supported": ["header"],
    }


def test_anybody_may_read_it(adapter: Adapter, origin: Origin, pool: LocalUserPool) -> None:
    """Without a credential, and with one that is refused everywhere else."""
    where = origin(adapter, "resource")
    for lines in ([], [FROM_A_PAGE], [bearer("not-a-token")], [b"Authorization: Bearer"] * 2):
        check(ask(where, PATH, lines), pool)
    head = ask(where, PATH, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.all("Content-Length") == [str(len(ask(where, PATH).body))]


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded"])
def test_no_header_is_in_it(
    adapter: Adapter, name: str, origin: Origin, pool: LocalUserPool
) -> None:
    """It is the configured one under any host that is claimed, and so are the challenges."""
    where, said = origin(adapter, "resource"), "host=evil.example" * (name == "Forwarded")
    host = b"evil.example" if name == "Host" else None
    lines = [] if host else [f"{name}: {said or 'evil.example'}".encode()]
    check(ask(where, PATH, lines, host=host), pool)
    refusal = ask(where, "/me", lines, host=host)
    url = f"https://api.example.com{PATH}"
    assert refusal.all(adapter.challenge) == [f'Bearer resource_metadata="{url}"']


def test_a_preflight(adapter: Adapter, origin: Origin) -> None:
    """A page of any origin may ask with headers of its own."""
    asking = [
        FROM_A_PAGE,
        b"Access-Control-Request-Method: GET",
        b"Access-Control-Request-Headers: mcp-protocol-version",
    ]
    answer = ask(origin(adapter, "resource"), PATH, asking, method="OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("Access-Control-Allow-Origin") == ["*"]
    assert answer.all("Access-Control-Allow-Methods") == ["GET, HEAD"]
    assert answer.all("Access-Control-Allow-Headers") == ["*"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods(adapter: Adapter, method: str, origin: Origin) -> None:
    """Nobody writes it."""
    answer = ask(origin(adapter, "resource"), PATH, [b"Content-Length: 0"], method=method)
    assert (answer.status, answer.all("Allow")) == (405, ["GET, HEAD, OPTIONS"])


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-protected-resource",
        f"{PATH}/",
        f"{PATH}/x",
        f"/x{PATH}",
        PATH.upper(),
    ],
)
def test_other_paths(adapter: Adapter, path: str, origin: Origin) -> None:
    """A path that only looks like it is one of the app's: guarded, or not there."""
    assert ask(origin(adapter, "resource"), path).status in (401, 404)


def test_nothing_is_served_without_a_resource(adapter: Adapter, origin: Origin) -> None:
    """The path is the app's own."""
    assert ask(origin(adapter, "plain"), PATH).status in (401, 404)
