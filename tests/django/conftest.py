"""What the Django tests share: the project, its database, settings and clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

import pytest
from django.test import override_settings

from cognito_guard.testing import LocalUserPool

from ..needs import need
from ..patience import answers_may_take_their_time
from .project import chosen, set_up

set_up()

from django.contrib.auth.models import Group, User  # noqa: E402  # not before the project is set up
from django.contrib.sessions.models import Session  # noqa: E402
from django.db import OperationalError, connections  # noqa: E402
from django.utils import translation  # noqa: E402

__all__ = ["answers_may_take_their_time"]

Configure = Callable[..., dict[str, Any]]


@pytest.fixture
def configure(pool: LocalUserPool) -> Iterator[Configure]:
    """Sets ``COGNITO_GUARD`` for the test: the pool, and what it is called with."""
    with ExitStack() as overrides:

        def apply(**own: Any) -> dict[str, Any]:
            values = {
                "USER_POOL_ID": pool.user_pool_id,
                "CLIENT_IDS": [pool.client_id],
                "TOKEN_USE": "any",
                "JWKS": pool.jwks(),
                **own,
            }
            overrides.enter_context(override_settings(COGNITO_GUARD=values))
            return values

        apply()
        yield apply


@pytest.fixture(autouse=True)
def no_language_stays() -> Iterator[None]:
    """What ``LocaleMiddleware`` turns on belongs to a thread, and so would outlive its test."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def _sqlite() -> Iterator[str]:
    yield from database("default")


@pytest.fixture
def db(_sqlite: str) -> Iterator[str]:
    """An empty SQLite database, in a file."""
    yield from emptied(_sqlite)


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    need(find_spec("psycopg") is not None, "psycopg: pip install 'psycopg[binary]'")
    try:
        connections["postgres"].ensure_connection()
    except OperationalError:
        need(False, "PostgreSQL on 127.0.0.1:5432 that trusts the user postgres")
    yield from database("postgres")


@pytest.fixture(scope="session")
def _mariadb() -> Iterator[str]:
    try:
        connections["mariadb"].ensure_connection()
    except OperationalError:
        need(False, "MariaDB on 127.0.0.1:3306 that lets in root without a password")
    yield from database("mariadb")


@pytest.fixture(params=["db", "_postgres", "_mariadb"], ids=["sqlite", "postgresql", "mariadb"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind."""
    alias: str = request.getfixturevalue(request.param)
    if alias == "default":
        yield alias
    else:
        yield from emptied(alias)


def database(alias: str) -> Iterator[str]:
    """A database of its own for the whole run, with all tables."""
    connection = connections[alias]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    yield alias
    connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    connection.close()


def emptied(alias: str) -> Iterator[str]:
    """The same for one test, which leaves it empty."""
    chosen.alias = alias
    yield alias
    User.objects.using(alias).all().delete()
    Group.objects.using(alias).all().delete()
    Session.objects.using(alias).all().delete()
    chosen.alias = "default"
    connections.close_all()


def bearer(token: str) -> dict[str, str]:
    """The header of a request that carries a token."""
    return {"Authorization": f"Bearer {token}"}
