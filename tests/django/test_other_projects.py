"""Projects that differ from the one of these tests: other users, other apps, nothing installed."""

from __future__ import annotations

import json

from .process import run


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
