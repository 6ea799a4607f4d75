"""What a developer has exported for another app reaches none of the processes that are started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cognito_guard.testing import LocalUserPool

from .demo import sign_out
from .demo.stage import Stage
from .serving_django import PROJECT, _empty_database, serve_django

SITE = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That of a Django project whose settings are exported, as are those of a guard."""
    path = tmp_path / "production.sqlite3"
    (tmp_path / "my_site.py").write_text(SITE.format(database=str(path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "my_site")
    monkeypatch.setenv("COGNITO_TOKEN_USE", "id")
    monkeypatch.setenv("COGNITO_USER_POOL", "a name that a guard refuses")
    return path


@pytest.fixture
def pool() -> LocalUserPool:
    """A pool of its own."""
    return LocalUserPool()


@pytest.fixture
def settings(pool: LocalUserPool) -> Iterator[dict[str, str]]:
    """Those of a guard that trusts it."""
    with pool.serve() as keys:
        yield {
            "COGNITO_USER_POOL_ID": pool.user_pool_id,
            "COGNITO_CLIENT_IDS": pool.client_id,
            "COGNITO_JWKS": keys.url,
        }


def test_no_other_database(database: Path) -> None:
    """The tables of the example are made in a database of its own, not in the developer's."""
    assert _empty_database.__wrapped__(PROJECT)
    assert not database.exists()


def test_django(database: Path, settings: dict[str, str], pool: LocalUserPool) -> None:
    """It is the example that runs, with the settings that it was given and no others."""
    with serve_django(settings) as origin:
        headers = {"Authorization": f"Bearer {pool.access_token()}"}
        answer = httpx.get(f"{origin}/me", headers=headers, trust_env=False, timeout=60)
    assert (answer.status_code, database.exists()) == (200, False)


def test_sign_out(database: Path, settings: dict[str, str], pool: LocalUserPool) -> None:
    """The two processes of the demo's sign-out answer as documented."""
    with Stage() as stage:
        row = next(iter(sign_out.rows(stage, settings, pool)))
        assert row.ask["Starlette"]() == row.expected
