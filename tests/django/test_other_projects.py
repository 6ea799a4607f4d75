"""Projects that differ from the one of these tests: other users, other apps, nothing installed."""

from __future__ import annotations

import json
from pathlib import Path

from .process import run

MODELS = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

class Person(AbstractBaseUser):
    email = models.EmailField(unique=True, max_length=40)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"
"""


def test_users_whose_name_is_their_email_address(tmp_path: Path) -> None:
    """A user model without names and groups: users are made and found, and nobody is taken over."""
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "__init__.py").touch()
    (tmp_path / "people" / "models.py").write_text(MODELS)
    seen = run(
        """
        import django
        settings.configure(
            COGNITO_GUARD=COGNITO,
            AUTH_USER_MODEL="people.Person",
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                            "cognito_guard_django", "people"],
        )
        django.setup()
        from django.core.management import call_command
        from django.db import connection
        call_command("migrate", run_syncdb=True, verbosity=0)
        from people.models import Person
        from cognito_guard_django.settings import current
        from cognito_guard_django.users import provision
        local = Person.objects.create(email="alice@example.com")
        identity = current().guard.verify(pool.id_token("alice", given_name="Alice"))
        users = [provision(identity, current()) for _ in range(2)]
        print(users[0] == users[1], users[0] == local, Person.objects.count())
        print(users[0].email == pool.subject("alice"))
        long = [provision(current().guard.verify(pool.id_token(sub="s" * 41)), current())
                for _ in range(2)]
        print(long[0] == long[1], len(long[0].email))
        connection.close()
        """,
        tmp_path,
    )
    assert seen.splitlines() == ["True False 2", "True", "True 40"]


def test_without_sessions_users_and_apps() -> None:
    """Stateless users need neither ``django.contrib.auth`` nor the app nor a database."""
    seen = run("""
    import django, sys
    from django.http import JsonResponse
    from django.urls import path
    def me(request):
        user = request.user
        return JsonResponse({"user": user.get_username(), "is": user.is_authenticated})
    settings.configure(
        COGNITO_GUARD={**COGNITO, "USERS": "stateless"},
        ALLOWED_HOSTS=["testserver"],
        MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
        ROOT_URLCONF=__name__,
    )
    urlpatterns = [path("", me)]
    django.setup()
    from django.test import Client
    good = {"Authorization": "Bearer " + pool.access_token("alice")}
    print(Client().get("/").content.decode())
    print(Client().get("/", headers=good).content.decode())
    print("django.contrib.auth.models" in sys.modules, "rest_framework" in sys.modules)
    """)
    nobody, alice, loaded = seen.splitlines()
    assert json.loads(nobody) == {"user": "", "is": False}
    assert json.loads(alice) == {"user": "alice", "is": True}
    assert loaded == "False False"


REST = """
    import django
    settings.configure(
        COGNITO_GUARD=COGNITO,
        DATABASES={},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                        "cognito_guard_django", "rest_framework", *EXTRA],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES":
                ["cognito_guard_django.rest_framework.CognitoAuthentication"],
            "DEFAULT_PERMISSION_CLASSES":
                ["cognito_guard_django.rest_framework.CognitoPermission"],
            "EXCEPTION_HANDLER": "cognito_guard_django.rest_framework.exception_handler",
            "DEFAULT_SCHEMA_CLASS": SCHEMA,
        },
        ROOT_URLCONF=__name__,
    )
    django.setup()
    from rest_framework.views import APIView
    from rest_framework.response import Response
    from django.urls import path
    class Orders(APIView):
        required_scopes = "orders/read"
        def get(self, request) -> dict[str, str]:
            return Response({})
    urlpatterns = [path("orders", Orders.as_view())]
"""


def test_the_openapi_document() -> None:
    """Where drf-spectacular is installed, its document shows the scheme and who needs it."""
    seen = run(
        "EXTRA, SCHEMA = ['drf_spectacular'], 'drf_spectacular.openapi.AutoSchema'\n"
        + REST.replace("\n    ", "\n")
        + """
import json
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.drainage import GENERATOR_STATS
with GENERATOR_STATS.silence():
    print(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
"""
    )
    document = json.loads(seen)
    assert document["components"]["securitySchemes"] == {
        "Cognito": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    assert document["paths"]["/orders"]["get"]["security"] == [{"Cognito": []}]


def test_without_drf_spectacular() -> None:
    """Nothing breaks where it is not installed."""
    seen = run(
        "import sys; sys.modules['drf_spectacular'] = None\n"
        "EXTRA, SCHEMA = [], 'rest_framework.schemas.openapi.AutoSchema'\n"
        + REST.replace("\n    ", "\n")
        + """
from rest_framework.test import APIRequestFactory
answer = Orders.as_view()(APIRequestFactory().get("/"))
print(answer.status_code, answer["WWW-Authenticate"])
"""
    )
    assert seen == "401 Bearer\n"
