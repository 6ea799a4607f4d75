"""Events of each kind, as the local API Gateway makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from cognito_guard.testing import LocalApiGateway, LocalUserPool

from .. import ports

Headers = Iterable[tuple[str, str]]
MakeEvent = Callable[[Headers], dict[str, Any]]


def appsync(headers: Headers) -> dict[str, Any]:
    """The event of a direct Lambda resolver (AppSync developer guide, "Resolver context")."""
    return {
        "arguments": {},
        "identity": {"sub": "nobody", "username": "nobody", "groups": ["admins"]},
        "source": None,
        "request": {"headers": {name.lower(): value for name, value in headers}},
        "prev": None,
        "info": {"fieldName": "orders", "parentTypeName": "Query", "variables": {}},
        "stash": {},
    }


def _http(kind: Any) -> MakeEvent:
    gateway = LocalApiGateway(print, kind)
    return lambda headers: gateway.event("/me", headers)


MAKE: dict[str, MakeEvent] = {
    "rest": _http("rest"),
    "http": _http("http"),
    "http-1.0": _http("http-1.0"),
    "function-url": _http("function-url"),
    "load-balancer": _http("load-balancer"),
    "load-balancer-multi-value": _http("load-balancer-multi-value"),
    "websocket": LocalApiGateway(print).connect_event,
    "appsync": appsync,
}
"""What makes the events of each kind."""

DOUBLED = [kind for kind in MAKE if kind not in ("load-balancer", "appsync")]
"""Those whose events tell of a header that comes twice."""


@pytest.fixture(params=MAKE)
def kind(request: pytest.FixtureRequest) -> str:
    """One kind after the other."""
    found: str = request.param
    return found


@pytest.fixture
def make(kind: str) -> MakeEvent:
    """Makes an event of that kind with these headers."""
    return MAKE[kind]


def bearer(pool: LocalUserPool, **arguments: Any) -> tuple[str, str]:
    """The header that carries a good token."""
    return ("Authorization", f"Bearer {pool.access_token('ada', **arguments)}")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine where connections are refused."""
    with ports.closed_port() as port:
        yield port
