"""What the Flask tests share: an extension with a guard, an app that has it, and callers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard

Headers = dict[str, str]
As = Callable[..., Headers]


@pytest.fixture
def cognito(guard: Guard) -> CognitoGuard:
    """The extension, with the guard that trusts ``pool``."""
    return CognitoGuard(guard=guard)


@pytest.fixture
def app(cognito: CognitoGuard) -> Flask:
    """An app that has the extension, and no route yet."""
    app = Flask(__name__)
    cognito.init_app(app)
    return app


def bearer(token: str) -> Headers:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def as_user(pool: LocalUserPool) -> As:
    """``as_user("ada", groups=["admins"])``: the headers of that caller's requests."""
    return lambda *args, **claims: bearer(pool.access_token(*args, **claims))
