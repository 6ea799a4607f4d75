"""``REQUIRED`` is never ignored, whatever part of ours a project uses, and whenever."""

from __future__ import annotations

import pytest

from .process import run

PROJECT = """
import types, sys, django
from django.http import HttpResponse
urls = types.ModuleType("urls"); sys.modules["urls"] = urls
settings.configure(
    COGNITO_GUARD={**COGNITO, "USERS": "stateless", "REQUIRED": @REQUIRED},
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    MIDDLEWARE=@ORDER,
    ROOT_URLCONF="urls",
)
django.setup()
from cognito_guard import ConfigurationError
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import path
plain = path("plain", lambda request: HttpResponse("open"))
urls.urlpatterns = [plain]

def use():
    @USE

def start():
    kept.append(@START())

def ask():
    print(Client(raise_request_exception=False).get("/plain").content.decode())

kept = []
try:
    @FIRST()
    @SECOND()
    ask()
except ConfigurationError as error:
    print(str(error).partition(":")[0])
try:
    @USE
except ConfigurationError as error:
    print("again")
"""
USES = {
    "REST framework": "import cognito_guard_django.rest_framework",
    "decorators": "import cognito_guard_django.decorators",
    "mixins": "import cognito_guard_django.mixins",
    "get_guard": "import cognito_guard_django; cognito_guard_django.get_guard()",
    "WebSockets": "import cognito_guard_django.channels as c; c.CognitoMiddleware(None)",
}
MISSING = "COGNITO_GUARD['REQUIRED'] is set, but nothing would require a credential"


def _run(
    use: str, *, first: str, order: str = "[]", start: str = "wsgi", required: bool = True
) -> list[str]:
    names = {
        "@FIRST": first,
        "@SECOND": "use" if first == "start" else "start",
        "@START": f"get_{start}_application",
        "@USE": use,
        "@ORDER": order,
    }
    code = PROJECT.replace("@REQUIRED}", f"{required}}}")
    for name, value in names.items():
        code = code.replace(name, value)
    return run(code).splitlines()


@pytest.mark.parametrize("start", ["wsgi", "asgi"])
@pytest.mark.parametrize("use", USES)
def test_used_and_then_started(use: str, start: str) -> None:
    """No server starts without the middleware, once any part of ours is there."""
    assert _run(USES[use], first="use", start=start)[:1] == [MISSING]


@pytest.mark.parametrize("use", USES)
def test_started_and_then_used(use: str) -> None:
    """Whatever comes later than the server finds that out, each time."""
    assert _run(USES[use], first="start") == [MISSING, "again"]


@pytest.mark.parametrize("first", ["use", "start"])
def test_what_is_well(first: str) -> None:
    """Without ``REQUIRED``, and with the middleware, nothing is in the way."""
    assert _run(USES["get_guard"], first=first, required=False) == ["open"]
    ours = "['cognito_guard_django.middleware.CognitoMiddleware']"
    (answer,) = _run(USES["get_guard"], first=first, order=ours)
    assert "missing_credentials" in answer


def test_no_server() -> None:
    """A command without a server may ask for the guard."""
    code = PROJECT.replace("@REQUIRED}", "True}").replace("@ORDER", "[]").replace("@START", "print")
    code = (
        code.replace("@FIRST", "use").replace("@SECOND()", "print('done')").replace("    ask()", "")
    )
    assert run(code.replace("@USE", USES["get_guard"])).splitlines() == ["done"]
