"""answer_metadata: the protected resource metadata (RFC 9728), in the form of each door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalApiGateway, LocalUserPool
from cognito_guard_lambda import answer_metadata

from .conftest import MAKE

PATH = "/.well-known/oauth-protected-resource/v1"


@pytest.mark.parametrize("kind", ["rest", "http", "http-1.0", "function-url", "load-balancer"])
def test_each_door(kind: Any, pool: LocalUserPool) -> None:
    """For anybody, and for that path of the origin alone."""
    guard = Guard(pool.trust(), resource="https://api.example.com/v1")
    gateway = LocalApiGateway(print, kind)
    for method in ("GET", "HEAD"):
        answer = answer_metadata(guard, gateway.event(PATH, method=method))
        assert answer is not None
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"])["resource"] == guard.resource
        assert "Content-Length" not in answer["headers"]
    assert answer_metadata(guard, gateway.event("/v1")) is None
    assert answer_metadata(Guard(pool.trust()), gateway.event(PATH)) is None
    below = LocalApiGateway(print, kind, base_path="/below")
    assert answer_metadata(guard, below.event(PATH)) is None


def test_doors_without_paths(pool: LocalUserPool) -> None:
    """A WebSocket and a resolver have none; what is no request is an error."""
    guard = Guard(pool.trust(), resource="https://api.example.com/v1")
    for kind in ("websocket", "appsync"):
        assert answer_metadata(guard, MAKE[kind]([])) is None
    assert answer_metadata(guard, {**MAKE["http"]([]), "rawPath": None}) is None
    with pytest.raises(ConfigurationError):
        answer_metadata(guard, {})
