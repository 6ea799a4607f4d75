"""Middlewares that nobody can look into, around ours and behind it: what is right starts, and what
is wrong does not.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool

from .conftest import Configure, bearer
from .process import run

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
THEIRS = "django.contrib.auth.middleware.AuthenticationMiddleware"
HERE = "tests.django.opaque"
KINDS = [f"{HERE}.{name}" for name in ("Slotted", "Listed", "closure", "default", "OfTheClass")]


def view(request: Any) -> HttpResponse:
    """What a view sees."""
    return HttpResponse(getattr(getattr(request, "identity", None), "subject", "nobody"))


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _urls() -> Any:
    with override_settings(
        ROOT_URLCONF=Urls(urlpatterns=[path("", view), path("theirs", view)]),
    ):
        yield


@pytest.fixture(params=[get_wsgi_application, get_asgi_application], ids=["wsgi", "asgi"])
def start(request: pytest.FixtureRequest) -> Any:
    """Starts the project as a server does."""
    return request.param


def ask(where: str = "/", token: str | None = None) -> list[Any]:
    """The answers under WSGI and ASGI."""
    headers = None if token is None else bearer(token)
    return [
        Client().get(where, headers=headers),
        async_to_sync(AsyncClient().get)(where, headers=headers),
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("around", [True, False])
def test_what_is_right(
    kind: str, around: bool, start: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """Starts, asks for a credential, and has the last word before the view."""
    configure(USERS="stateless", REQUIRED=True)
    order = [kind, OURS] if around else [OURS, kind]
    with override_settings(MIDDLEWARE=[SESSIONS, THEIRS, *order, f"{HERE}.Changing"]):
        start()
        assert [answer.status_code for answer in ask()] == [401, 401]
        for answer in ask(token=pool.access_token(sub="joe")):
            assert answer.content == b"joe"


@pytest.mark.parametrize("between", [[], *([kind] for kind in KINDS)])
@pytest.mark.parametrize("theirs", [THEIRS, f"{HERE}.their_slot"])
def test_a_wrong_order(between: list[str], theirs: str, start: Any, configure: Configure) -> None:
    """Does not start, whoever stands between the two."""
    configure(USERS="stateless")
    with override_settings(MIDDLEWARE=[SESSIONS, OURS, *between, theirs]):
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="move CognitoMiddleware behind"):
                start()


@pytest.mark.parametrize("kind", KINDS)
def test_twice(kind: str, start: Any, configure: Configure) -> None:
    """Two of ours are one too many, whoever stands between them."""
    configure(USERS="stateless")
    order = override_settings(MIDDLEWARE=[OURS, kind, OURS])
    with order, pytest.raises(ConfigurationError, match="twice"):
        start()


@pytest.mark.parametrize("required", [True, False])
def test_hidden(required: bool, start: Any, configure: Configure) -> None:
    """Ours is not taken for a missing one where somebody hides it."""
    configure(USERS="stateless", REQUIRED=required)
    order = override_settings(MIDDLEWARE=[f"{HERE}.Listed", f"{HERE}.our_slot"])
    with order, pytest.raises(ConfigurationError, match="subclass"):
        start()


@pytest.mark.parametrize("kind", KINDS)
def test_missing(kind: str, start: Any, configure: Configure) -> None:
    """Nobody asks."""
    configure(USERS="stateless", REQUIRED=True)
    with override_settings(MIDDLEWARE=[kind]), pytest.raises(ConfigurationError, match="add"):
        start()


def test_beside_ours(start: Any, configure: Configure, pool: LocalUserPool) -> None:
    """What comes in the place of ours for other paths does not come after it."""
    configure(USERS="stateless")
    with override_settings(MIDDLEWARE=[SESSIONS, f"{HERE}.Either"]):
        start()
        assert ask(token=pool.access_token(sub="joe"))[0].content == b"joe"


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("order", [[OURS, f"{HERE}.NotUsed"], [OURS, f"{HERE}.OursNotUsed"]])
def test_made_and_not_used(order: list[str], debug: bool, start: Any, configure: Configure) -> None:
    """What Django leaves out is not there."""
    configure(USERS="stateless", REQUIRED=True)
    with override_settings(MIDDLEWARE=order, DEBUG=debug):
        start()
        assert ask()[0].status_code == 401


def test_made_late(configure: Configure, pool: LocalUserPool) -> None:
    """One that comes with a request has the last word as well."""
    configure(USERS="stateless")
    with override_settings(MIDDLEWARE=[f"{HERE}.Late", f"{HERE}.Changing"]):
        for answer in ask(token=pool.access_token(sub="joe")):
            assert answer.content == b"joe"


FIRST = """
import django, sys
settings.configure(
    COGNITO_GUARD={**COGNITO, "USERS": "stateless", "REQUIRED": True},
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=[],
    MIDDLEWARE=ORDER,
    ROOT_URLCONF=__name__,
)
django.setup()
class Slotted:
    __slots__ = ("get_response",)
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
class Changing:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        return self.get_response(request)
    def process_view(self, request, *_):
        request.identity = "somebody"
from django.http import HttpResponse
from django.test import Client
from django.urls import path
urlpatterns = [path("", lambda request: HttpResponse(request.identity.subject))]
assert "cognito_guard_django" not in sys.modules
for headers in ({}, {"Authorization": "Bearer " + pool.access_token(sub="joe")}):
    answer = Client().get("/", headers=headers)
    print(answer.status_code, answer.content.decode()[:3] if headers else "")
"""


@pytest.mark.parametrize("around", [True, False])
def test_ours_is_there_with_the_server_only(around: bool) -> None:
    """A project that has nothing but the middleware in its settings starts, too."""
    order = ["__main__.Slotted", OURS] if around else [OURS, "__main__.Slotted"]
    code = f"ORDER = {[*order, '__main__.Changing']!r}\n{FIRST}"
    assert run(code).splitlines() == ["401 ", "200 joe"]
