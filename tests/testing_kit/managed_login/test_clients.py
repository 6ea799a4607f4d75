"""LocalClient: what Cognito would not take as an app client."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard.testing import LocalClient


@pytest.mark.parametrize(
    "settings",
    [
        {"client_id": ""},
        {"client_id": "a b"},
        {"client_id": "a" * 129},
        {"secret": ""},
        {"secret": "a:b"},
        {"secret": "a" * 65},
        {"callback_urls": "http://localhost/"},
        {"callback_urls": ["/callback"]},
        {"callback_urls": ["http://app.example/"]},
        {"callback_urls": ["https://app.example/#a"]},
        {"callback_urls": ["https://app.example/ "]},
        {"callback_urls": ["https://app.example/\r\nX: y"]},
        {"callback_urls": ["https://\xe4.example/"]},
        {"logout_urls": ["http://app.example/"]},
        {"scopes": "openid"},
        {"scopes": []},
        {"scopes": ["openid", "offline_access"]},
        {"machine": True, "scopes": ["orders/read"]},
        {"machine": True, "secret": "a", "scopes": ["openid"]},
        {"rotation_grace": -1},
        {"rotation_grace": 61},
    ],
)
def test_refused(settings: dict[str, Any]) -> None:
    """Where it is written, not where it is first used."""
    with pytest.raises(ValueError, match=r"."):
        LocalClient(**{"client_id": "web", **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"callback_urls": ["https://app.example/a?b=c", "myapp://callback"]},
        {"callback_urls": ["http://localhost:8000/", "http://127.0.0.1/", "http://[::1]:1/"]},
        {"rotation_grace": 0},
        {"rotation_grace": 60},
        {"client_id": "a+_1", "secret": "a" * 64},
        {"machine": True, "secret": "a", "scopes": ["orders/read"]},
    ],
)
def test_good(settings: dict[str, Any]) -> None:
    """The rules above do not refuse more than they should."""
    client = LocalClient(**{"client_id": "web", **settings})
    assert "secret" not in repr(client).replace("refresh_seconds", "")
