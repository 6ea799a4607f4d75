"""What the tests of the command share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cognito_guard.testing import LocalUserPool

from ..patience import answers_may_take_their_time

__all__ = ["answers_may_take_their_time"]


@pytest.fixture(scope="session")
def jwks(pool: LocalUserPool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the keys of ``pool``."""
    path = tmp_path_factory.mktemp("keys") / "jwks.json"
    path.write_text(json.dumps(pool.jwks()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trust(pool: LocalUserPool, jwks: Path) -> tuple[str, ...]:
    """``verify`` with the options that accept the access tokens of ``pool``."""
    return (
        "verify",
        *("--user-pool-id", pool.user_pool_id),
        *("--client-id", pool.client_id),
        *("--jwks", str(jwks)),
    )
