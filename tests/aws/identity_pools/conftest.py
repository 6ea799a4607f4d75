"""An identity pool, and what asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cognito_guard.aws import CredentialExchange
from cognito_guard.testing import LocalUserPool

from .server import IDENTITY_POOL, IdentityServer

Make = Callable[..., CredentialExchange]


@pytest.fixture
def server() -> Iterator[IdentityServer]:
    """The identity pool."""
    with IdentityServer() as server:
        yield server


@pytest.fixture
def make(server: IdentityServer, pool: LocalUserPool) -> Iterator[Make]:
    """Makes an exchange with it."""
    made = []

    def make(**more: object) -> CredentialExchange:
        arguments = {"pool": pool.trust(), "url": server.url, **more}
        if arguments.get("flow") == "basic":
            arguments["sts_url"] = server.url
        made.append(CredentialExchange(IDENTITY_POOL, **arguments))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def exchange(make: Make) -> CredentialExchange:
    """One of them."""
    return make()


@pytest.fixture
def token(pool: LocalUserPool) -> str:
    """Ada's ID token."""
    return pool.id_token("ada")
