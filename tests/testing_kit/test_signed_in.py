"""The pytest plugin signs users in, brings a load balancer and a clock, and shares its keys."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cognito_guard_pytest.sharing import folder_of_run, shared

from .test_pytest_plugin import run

GUARD = """
import pytest
from cognito_guard import Guard

@pytest.fixture
def guard(cognito_pool):
    return Guard(cognito_pool.trust(token_use="any"), clock=cognito_pool.clock)
"""

STARLETTE = f"""{GUARD}
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires

@requires(groups="admins")
async def admin(request):
    return PlainTextResponse(request.user.username + request.headers.get("x-more", ""))

@pytest.fixture
def client(cognito_client, guard):
    middleware = [Middleware(CognitoMiddleware, guard=guard)]
    app = Starlette(routes=[Route("/admin", admin)], middleware=middleware)
    return cognito_client.starlette(app, headers={{"x-more": "!"}})

@pytest.mark.cognito_user("ada", groups=["admins"])
def test_admin(client):
    assert client.get("/admin").text == "ada!"

@pytest.mark.cognito_user("ada", groups=["admins"], token_use="id")
def test_id_token(client):
    assert client.get("/admin").text == "ada!"

def test_alice(client):
    assert client.get("/admin").json()["reason"] == "missing_group"
"""

FASTAPI = f"""{GUARD}
from typing import Annotated
from fastapi import Depends, FastAPI
from cognito_guard import Identity
from cognito_guard_asgi.fastapi import CognitoAuth

@pytest.fixture
def app(guard):
    app, auth = FastAPI(), CognitoAuth(guard)
    admin = Depends(auth.require(groups="admins"))

    @app.get("/admin")
    async def _(user=admin):
        return user.username
    return app

@pytest.mark.cognito_user("ada", groups=["admins"])
def test_admin(app, cognito_client):
    assert cognito_client.fastapi(app).get("/admin").json() == "ada"
    assert cognito_client.as_user("bob").fastapi(app).get("/admin").status_code == 403
"""

FLASK = f"""{GUARD}
from flask import Flask
from cognito_guard_flask import CognitoGuard, current_identity

@pytest.fixture
def app(guard):
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)

    @app.get("/admin")
    @cognito.required(groups="admins")
    def admin():
        return current_identity.username
    return app

@pytest.mark.cognito_user("ada", groups=["admins"])
def test_admin(app, cognito_client):
    assert cognito_client.flask(app).get("/admin").text == "ada"
    assert cognito_client.as_user("bob").flask(app).get("/admin").status_code == 403
    assert app.test_client().get("/admin").status_code == 401
"""

_MIDDLEWARE = 'MIDDLEWARE = ["cognito_guard_django.middleware.CognitoMiddleware"]'
DJANGO = """
import pytest
import django
MIDDLEWARE = ["cognito_guard_django.middleware.CognitoMiddleware"]
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from cognito_guard_django.decorators import cognito_required

@pytest.fixture(scope="session", autouse=True)
def site(cognito_pool):
    settings.configure(
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "cognito_guard_django",
        ],
        MIDDLEWARE=MIDDLEWARE,
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["testserver"],
        COGNITO_GUARD={
            "USER_POOL_ID": cognito_pool.user_pool_id,
            "CLIENT_IDS": [cognito_pool.client_id],
            "JWKS": cognito_pool.jwks(),
            "USERS": "stateless",
        },
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [
                "cognito_guard_django.rest_framework.CognitoAuthentication"
            ],
            "DEFAULT_PERMISSION_CLASSES": [
                "cognito_guard_django.rest_framework.CognitoPermission"
            ],
            "UNAUTHENTICATED_USER": None,
        },
    )
    django.setup()

@cognito_required(groups="admins")
def admin(request):
    return HttpResponse(request.identity.username)

urlpatterns = [path("admin", admin)]

@pytest.mark.cognito_user("ada", groups=["admins"])
def test_admin(cognito_client):
    assert cognito_client.django().get("/admin").content == b"ada"
    bob = cognito_client.as_user("bob").django()
    assert bob.get("/admin").status_code == 403
"""

_GUARDED = """@cognito_required(groups="admins")
def admin(request):
    return HttpResponse(request.identity.username)

urlpatterns = [path("admin", admin)]
"""
REST_FRAMEWORK = (
    DJANGO.replace(
        _GUARDED,
        """
@pytest.fixture(scope="session", autouse=True)
def urls(site):
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class Admin(APIView):
        required_groups = "admins"

        def get(self, request):
            return Response(request.auth.username)

    urlpatterns.append(path("admin", Admin.as_view()))

urlpatterns = []
""",
    )
    .replace(_MIDDLEWARE, "MIDDLEWARE = []")
    .replace(".content == b", ".json() == ")
    .replace(".django()", ".rest_framework()")
)


@pytest.mark.parametrize(
    ("test", "passed"),
    [
        pytest.param(STARLETTE, 3, id="Starlette"),
        pytest.param(FASTAPI, 1, id="FastAPI"),
        pytest.param(FLASK, 1, id="Flask"),
        pytest.param(DJANGO, 1, id="Django"),
        pytest.param(REST_FRAMEWORK, 1, id="REST framework"),
    ],
)
def test_a_client_sends_the_token_of_the_user(tmp_path: Path, test: str, passed: int) -> None:
    """The marker says who is signed in, and one line is a client of that user."""
    done = run(tmp_path, test)

    assert done.returncode == 0, done.stdout
    assert f"{passed} passed" in done.stdout


def test_the_token_is_in_no_report(tmp_path: Path) -> None:
    """A failing test shows its fixtures, and not their tokens."""
    done = run(
        tmp_path, "def test_it(cognito_client):\n    assert not cognito_client\n", "--showlocals"
    )

    assert done.returncode == 1
    assert "username='alice'" in done.stdout
    assert "eyJ" not in done.stdout


def test_a_load_balancer_in_front_of_the_pool(tmp_path: Path) -> None:
    """It signs in the users of the pool, whose access tokens are beside its own."""
    test = """
from cognito_guard import Guard

def test_it(cognito_alb, cognito_pool):
    guard = Guard(cognito_alb.trust(user_pool=cognito_pool.trust()))
    headers = cognito_alb.headers("ada", groups=["admins"])
    identity = guard.authenticate(lambda name: [headers[name]] if name in headers else [])
    assert identity.groups == ("admins",)
"""
    done = run(tmp_path, test)

    assert done.returncode == 0, done.stdout


def test_a_clock_for_the_pool_and_the_guard(tmp_path: Path) -> None:
    """It stands still in a test that asks for it, moves when told, and goes on after the test."""
    test = f"""{GUARD}
from cognito_guard import InvalidToken

def test_it(cognito_clock, cognito_client, guard):
    cognito_clock.advance(3599)
    assert guard.verify(cognito_client.token).username == "alice"
    cognito_clock.advance(1)
    with pytest.raises(InvalidToken, match="token_expired"):
        guard.verify(cognito_client.token)

def test_afterwards(cognito_pool):
    assert repr(cognito_pool.clock) == "<LocalClock>"
"""
    done = run(tmp_path, test)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("test", "says"),
    [
        pytest.param(
            "@pytest.mark.cognito_user('ada')\ndef test_it(): pass",
            "does not use cognito_client",
            id="a marker alone",
        ),
        pytest.param(
            "@pytest.mark.cognito_user('ada', token_use='any')\ndef test_it(cognito_client): pass",
            'token_use is "access" or "id"',
            id="another kind of token",
        ),
        pytest.param(
            "@pytest.fixture(scope='session')\ndef cognito_pool():\n"
            "    from cognito_guard.testing import LocalUserPool\n    return LocalUserPool()\n"
            "def test_it(cognito_clock): pass",
            "needs a cognito_pool with clock=LocalClock()",
            id="a clock that would move nothing",
        ),
    ],
)
def test_what_would_do_nothing_is_an_error(tmp_path: Path, test: str, says: str) -> None:
    """Nobody believes in a user who is not signed in, or in a clock that does not move."""
    done = run(tmp_path, f"import pytest\n{test}\n")

    assert done.returncode != 0
    assert says in done.stdout + done.stderr


def test_workers_share_their_keys(tmp_path: Path) -> None:
    """Each worker of pytest-xdist verifies what the others have signed."""
    pytest.importorskip("xdist")
    test = """
from pathlib import Path

def test_it(cognito_pool, cognito_alb, worker_id):
    kids = [cognito_pool.kid("access"), cognito_pool.kid("id"), *cognito_alb.keys()]
    Path(worker_id).write_text(repr((kids, cognito_pool.jwks(), cognito_alb.keys())))
"""
    done = run(tmp_path, test, "-p", "xdist", "--dist", "each", "--tx", "2*popen")

    assert done.returncode == 0, done.stdout
    assert (tmp_path / "gw0").read_text() == (tmp_path / "gw1").read_text()


def test_shared_is_what_was_first(tmp_path: Path) -> None:
    """Who comes late, even while somebody else is writing, has what is there; nobody else may read
    it."""
    late: list[str] = []

    def first() -> str:
        late.append(shared(tmp_path, "keys", lambda: "the other one's"))
        return "ours"

    assert shared(tmp_path, "keys", first) == "the other one's"
    assert late == ["the other one's"]
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_process_shares_with_nobody(pytestconfig: pytest.Config) -> None:
    """Without workers no key is written anywhere."""
    if not hasattr(pytestconfig, "workerinput"):
        assert folder_of_run(pytestconfig) is None
    assert shared(None, "keys", lambda: "ours") == "ours"
