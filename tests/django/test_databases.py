"""Users, groups and who is who are in one database, or a check and an error say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.db import connections
from django.test import override_settings

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure
from .process import run


class Router:
    """Sends some models to another database."""

    def __init__(self, *models: Any, alias: str = "mariadb") -> None:
        self._models = models
        self._alias = alias

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        """The other one."""
        return self._alias if model in self._models else None


@pytest.mark.parametrize(
    ("models", "groups", "wanted"),
    [
        ((), "mirror", None),
        ((User,), "ignore", "auth.User is written to 'mariadb', and cognito_guard_django."),
        ((User,), "mirror", "auth.User"),
        ((CognitoUserLink,), "ignore", "auth.User is written to 'default'"),
        ((Group,), "ignore", None),
        ((Group,), "mirror", "auth.Group is written to 'mariadb'"),
        ((User.groups.through,), {"a": "b"}, "auth.User_groups is written to 'mariadb'"),
        ((User, CognitoUserLink), "ignore", None),
    ],
)
def test_apart(
    models: Any, groups: Any, wanted: str | None, configure: Configure, pool: LocalUserPool
) -> None:
    """What would be in two databases is named by the check, and where a caller comes."""
    configure(GROUPS=groups)
    settings = current()
    identity = settings.guard.verify(pool.access_token())
    with override_settings(DATABASE_ROUTERS=[Router(*models)]):
        said = [one for one in run_checks() if one.id == "cognito_guard.E024"]
        assert len(said) == (wanted is not None)
        if wanted is not None:
            assert wanted in said[0].msg
            assert "one database" in str(said[0].hint)
            with pytest.raises(ConfigurationError, match=wanted.partition(" ")[0]):
                provision(identity, settings)


def test_two_names_of_one_database(
    db: str, configure: Configure, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Are one database."""
    configure()
    settings = current()
    monkeypatch.setattr(
        connections["mariadb"], "settings_dict", connections["default"].settings_dict
    )
    with override_settings(DATABASE_ROUTERS=[Router(User)]):
        assert provision(settings.guard.verify(pool.access_token()), settings).pk


PROJECT = """
import django
class Auth:  # the example of Django's documentation
    def db_for_read(self, model, **hints):
        return "people" if model._meta.app_label in APPS else None
    db_for_write = db_for_read
    def allow_relation(self, one, other, **hints):
        return True
    def allow_migrate(self, db, app_label, **hints):
        return (db == "people") == (app_label in APPS)
SQLITE = "django.db.backends.sqlite3"
settings.configure(
    COGNITO_GUARD=COGNITO,
    ALLOWED_HOSTS=["testserver"],
    DATABASES={name: {"ENGINE": SQLITE, "NAME": name} for name in ("default", "people")},
    DATABASE_ROUTERS=[Auth()],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "cognito_guard_django"],
    MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
    ROOT_URLCONF=__name__,
)
django.setup()
from django.core.management import call_command
from django.core.checks import run_checks
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import path
for name in ("default", "people"):
    call_command("migrate", database=name, verbosity=0, skip_checks=True)
urlpatterns = [path("", lambda request: HttpResponse(str(request.user.pk)))]
print([one.id for one in run_checks() if one.id.startswith("cognito_guard.E")])
for _ in range(2):
    client = Client(raise_request_exception=False)
    answer = client.get("/", headers={"Authorization": "Bearer " + pool.access_token("alice")})
    print(answer.status_code, answer.exc_info[0].__name__ if answer.status_code == 500 else "")
connections.close_all()
"""


@pytest.mark.parametrize(
    ("apps", "wanted"),
    [
        (["auth", "contenttypes"], ["['cognito_guard.E024']", *["500 ConfigurationError"] * 2]),
        (["auth", "contenttypes", "cognito_guard_django"], ["[]", "200 ", "200 "]),
    ],
)
def test_a_router_for_users(apps: list[str], wanted: list[str], tmp_path: Path) -> None:
    """With the app that belongs to users, it works."""
    assert run(f"APPS = {apps!r}\n{PROJECT}", tmp_path).splitlines() == wanted
