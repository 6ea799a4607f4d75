"""The chain of middlewares: a wrong one does not start, under WSGI, under ASGI, and in tests."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import AsyncClient, Client, override_settings

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool

from . import project, views
from .conftest import Configure, bearer
from .process import run

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
THEIRS = "django.contrib.auth.middleware.AuthenticationMiddleware"
REMOTE = "django.contrib.auth.middleware.RemoteUserMiddleware"
PERSISTENT = "django.contrib.auth.middleware.PersistentRemoteUserMiddleware"
LOGIN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
HERE = "tests.django.others"


def _client() -> None:
    Client().get("/nowhere")


def _async_client() -> None:
    async_to_sync(AsyncClient().get)("/nowhere")


@pytest.fixture(
    params=[get_wsgi_application, get_asgi_application, _client, _async_client],
    ids=["wsgi", "asgi", "client", "async client"],
)
def start(request: pytest.FixtureRequest) -> Any:
    """Starts the project as a server or a test does."""
    return request.param


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")
    views.calls.clear()


@pytest.mark.parametrize(
    "order",
    [
        [SESSIONS, OURS, THEIRS],
        [SESSIONS, OURS, f"{HERE}.plain", THEIRS],
        [SESSIONS, f"{HERE}.OurKind", THEIRS],
        [SESSIONS, OURS, f"{HERE}.TheirKind"],
        [SESSIONS, f"{HERE}.our_function", THEIRS],
        [SESSIONS, f"{HERE}.our_closure", f"{HERE}.bound", THEIRS],
        [SESSIONS, f"{HERE}.OurHolder", f"{HERE}.their_function"],
        [SESSIONS, THEIRS, OURS, REMOTE],
        [SESSIONS, THEIRS, OURS, PERSISTENT],
    ],
)
@pytest.mark.parametrize("required", [False, True])
def test_another_user_behind_it(
    order: list[str], required: bool, start: Any, configure: Configure
) -> None:
    """What would put another user in the place of the token's may not stand behind ours, whoever
    has wrapped it."""
    configure(USERS="stateless", REQUIRED=required)
    with override_settings(MIDDLEWARE=order):
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="move CognitoMiddleware behind"):
                start()


@pytest.mark.parametrize(
    "order", [[OURS, OURS], [f"{HERE}.OurKind", OURS], [OURS, f"{HERE}.our_closure"]]
)
def test_twice(order: list[str], start: Any) -> None:
    """One decision is enough, and two may differ."""
    with override_settings(MIDDLEWARE=order), pytest.raises(ConfigurationError, match="twice"):
        start()


@pytest.mark.parametrize("order", [[], [SESSIONS, THEIRS], [f"{HERE}.plain", f"{HERE}.lazy"]])
def test_required_and_forgotten(order: list[str], start: Any, configure: Configure) -> None:
    """Where a credential is required, somebody must ask for it."""
    configure(USERS="stateless", REQUIRED=True)
    forgotten = override_settings(MIDDLEWARE=order)
    with forgotten, pytest.raises(ConfigurationError, match=f"add '{OURS}' to MIDDLEWARE"):
        start()
    configure(USERS="stateless", REQUIRED="yes")
    with override_settings(MIDDLEWARE=order), pytest.raises(ConfigurationError):
        start()


def test_a_client_does_not_go_on(configure: Configure) -> None:
    """Whoever has caught the error once gets it again."""
    configure(USERS="stateless", REQUIRED=True)
    client = Client()
    with override_settings(MIDDLEWARE=[]):
        for _ in range(3):
            with pytest.raises(ConfigurationError):
                client.get("/me")
    assert views.calls == []


@pytest.mark.parametrize(
    "order",
    [
        project.MIDDLEWARE,
        [SESSIONS, THEIRS, LOGIN, OURS],
        [SESSIONS, THEIRS, OURS, LOGIN],
        [SESSIONS, f"{HERE}.TheirKind", f"{HERE}.OurKind"],
        [SESSIONS, f"{HERE}.their_function", f"{HERE}.our_function"],
        [SESSIONS, THEIRS, REMOTE, f"{HERE}.plain", f"{HERE}.bound", f"{HERE}.our_function"],
        [SESSIONS, THEIRS, f"{HERE}.Instrument"],
        [OURS],
    ],
)
def test_good_orders(
    order: list[str], start: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """Whatever the wrapping, where ours comes after, it starts, and asks for a credential."""
    configure(USERS="stateless", REQUIRED=True)
    with override_settings(MIDDLEWARE=order):
        start()
        assert Client().get("/bare").status_code == 401
        token = pool.access_token("alice")
        assert Client().get("/bare", headers=bearer(token)).json()["user"] == "alice"


@pytest.mark.parametrize("wrapper", ["our_closure", "OurHolder"])
@pytest.mark.parametrize("required", [False, True])
def test_hidden(wrapper: str, required: bool, start: Any, configure: Configure) -> None:
    """What keeps Django from asking ours before a view, too, may pass requests by it as well."""
    configure(USERS="stateless", REQUIRED=required)
    with override_settings(MIDDLEWARE=[f"{HERE}.plain", f"{HERE}.{wrapper}"]):
        for _ in range(2):
            with pytest.raises(ConfigurationError, match="subclass"):
                start()


def test_nothing_is_required_of_those_who_ask_themselves(start: Any) -> None:
    """Without ``REQUIRED``, REST framework may do without the middleware."""
    with override_settings(MIDDLEWARE=[], COGNITO_GUARD={"nonsense": 1}):
        start()


def _ask(path: str, order: list[str], token: str) -> Any:
    with override_settings(MIDDLEWARE=order):
        return Client().get(path, headers=bearer(token))


@pytest.mark.parametrize("order", [[OURS, f"{HERE}.impostor"], [f"{HERE}.our_function"]])
def test_another_user_at_the_last_moment(order: list[str], pool: LocalUserPool) -> None:
    """What nobody can see in the chain is seen when a token's request reaches a view."""
    order = [*order, f"{HERE}.impostor"]
    with pytest.raises(ConfigurationError, match="has replaced the user"):
        _ask("/me", order, pool.access_token())
    assert views.calls == []
    with override_settings(MIDDLEWARE=order):
        # Nobody's word stands against theirs.
        assert Client().get("/me").json()["user"] == "somebody"


def test_the_same_user_in_other_clothes(pool: LocalUserPool) -> None:
    """A middleware may wrap the user, or fetch him again."""
    seen = _ask("/me", [OURS, f"{HERE}.lazy"], pool.access_token("alice")).json()
    assert (seen["user"], seen["kind"]) == ("alice", "SimpleLazyObject")


def test_a_request_of_somebody_elses_making(configure: Configure, pool: LocalUserPool) -> None:
    """One that never came by is decided about before a view sees it."""
    configure(USERS="stateless", REQUIRED=True, EXEMPT=["/mixed"])
    order = [OURS, f"{HERE}.other_request"]
    seen = _ask("/me", order, pool.access_token("alice")).json()
    assert seen["user"] == "alice"
    with override_settings(MIDDLEWARE=["tests.django.others.plain", *order]):
        assert Client().get("/mixed").status_code == 401


PROJECT = """
import django
settings.configure(
    COGNITO_GUARD={**COGNITO, "USERS": "stateless", "REQUIRED": True},
    ALLOWED_HOSTS=["testserver"],
    INSTALLED_APPS=["cognito_guard_django", "django.contrib.auth",
                    "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=ORDER,
    ROOT_URLCONF=__name__,
)
urlpatterns = []
from cognito_guard import ConfigurationError
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.core.servers.basehttp import get_internal_wsgi_application
for start in (get_wsgi_application, get_asgi_application, get_internal_wsgi_application):
    try:
        start()
    except ConfigurationError as error:
        print(str(error).partition(":")[0])
    else:
        print("started")
"""


@pytest.mark.parametrize(
    ("order", "wanted"),
    [
        ([], "COGNITO_GUARD['REQUIRED'] is set, but nothing would require a credential"),
        ([SESSIONS, OURS, THEIRS], "MIDDLEWARE"),
        ([SESSIONS, THEIRS, OURS], "started"),
    ],
)
def test_in_a_process_of_its_own(order: list[str], wanted: str) -> None:
    """What gunicorn, uvicorn and ``runserver`` call when they start."""
    assert run(f"ORDER = {order!r}\n" + PROJECT).splitlines() == [wanted] * 3
