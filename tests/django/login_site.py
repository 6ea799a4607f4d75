"""A Django site that signs its users in at a local pool, and a browser before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool, PoolServer
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.admin import CognitoAdminSite

from .project import MIDDLEWARE

ORIGIN = "http://localhost"
CLIENT = LocalClient(
    "web",
    "aSecretOfTheClient",
    callback_urls=[f"{ORIGIN}/auth/callback"],
    logout_urls=[f"{ORIGIN}/"],
)
SESSION, BINDING = "cognito_session_token", "cognito_login_token"


def me(request: Any) -> JsonResponse:
    """Who everybody thinks it is."""
    return JsonResponse(
        {
            "user": request.user.get_username() if request.user.is_authenticated else None,
            "identity": None if request.identity is None else request.identity.username,
            "session": request.login_session is not None,
            "cart": request.session.get("cart"),
        }
    )


async def ame(request: Any) -> JsonResponse:
    """The same, async."""
    user = await request.auser()
    return JsonResponse(
        {
            "user": user.get_username() if user.is_authenticated else None,
            "identity": None if request.identity is None else request.identity.username,
            "session": request.login_session is not None,
            "cart": await request.session.aget("cart"),
        }
    )


def fill(request: HttpRequest) -> HttpResponse:
    """Put something into Django's session."""
    request.session["cart"] = ["a book"]
    return HttpResponse()


def change(request: HttpRequest) -> HttpResponse:
    """Changes something."""
    return HttpResponse("changed")


site = CognitoAdminSite(name="admin")


class Urls:
    """A module of URLs."""

    urlpatterns = [  # noqa: RUF012
        path("auth/", include("cognito_guard_django.login.urls")),
        path("me", me),
        path("ame", ame),
        path("open/me", me),
        path("open/ame", ame),
        path("fill", fill),
        path("page", login_required(me)),
        path("people", permission_required("auth.view_user", raise_exception=True)(me)),
        path("api", cognito_required(me)),
        path("change", change),
        path("change-exempt", csrf_exempt(change)),
        path("admin/", site.urls),
    ]


class DjangoSite:
    """The site, with what it stands on."""

    def __init__(self, pool: LocalUserPool, server: PoolServer) -> None:
        self.pool = pool
        self.server = server

    def settings(self, **own: Any) -> dict[str, Any]:
        """``COGNITO_GUARD``."""
        return {
            "GUARD": Guard(self.server.trust()),
            "LOGIN_DOMAIN": self.server.domain,
            "LOGIN_CLIENT_ID": CLIENT.client_id,
            "LOGIN_CLIENT_SECRET": CLIENT.secret,
            "LOGIN_REDIRECT_URI": CLIENT.callback_urls[0],
            "LOGIN_LOGOUT_URI": CLIENT.logout_urls[0],
            "EXEMPT": ["/open/*"],
            "STAFF_GROUPS": ["admins"],
            "SUPERUSER_GROUPS": ["admins"],
            **own,
        }


@contextmanager
def login_site(own: dict[str, Any] | None = None, **settings: Any) -> Iterator[DjangoSite]:
    """The site with these settings, ``own`` in ``COGNITO_GUARD``, open for as long as the block
    lasts."""
    cache.clear()
    pool = LocalUserPool(users=[LocalUser("alice"), LocalUser("ada", groups=["admins"])])
    with pool.listen(CLIENT) as server:
        one = DjangoSite(pool, server)
        with override_settings(
            **{
                "ALLOWED_HOSTS": ["localhost"],
                "COGNITO_GUARD": one.settings(**(own or {})),
                "LOGIN_URL": "cognito_login",
                "MIDDLEWARE": MIDDLEWARE,
                "ROOT_URLCONF": Urls,
                "SECRET_KEY": "a secret of Django's, long enough for that",
                "SESSION_ENGINE": "django.contrib.sessions.backends.db",
                **settings,
            }
        ):
            Session.objects.all().delete()
            yield one
            Session.objects.all().delete()


def client(**options: Any) -> Client:
    """A browser."""
    return Client(headers={"host": "localhost"}, **options)


def aclient(**options: Any) -> AsyncClient:
    """A browser, before the site under ASGI."""
    return AsyncClient(headers={"host": "localhost"}, **options)


def local(url: str) -> str:
    """The path and query of an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def at_the_pool(url: str, username: str = "alice") -> str:
    """Sign in on the pool's page: the path that leads back."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=60)
    connection.request("GET", local(url))
    answer = connection.getresponse()
    answer.read()
    page = str(answer.headers["Location"])
    connection.request("GET", local(page))
    answer = connection.getresponse()
    found = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.read().decode()
    )
    fields = {name: unescape(value) for name, value in found}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": f"http://{parts.netloc}",
        "Cookie": "; ".join(
            line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or []
        ),
    }
    connection.request("POST", local(page), urlencode({**fields, "username": username}), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status in (302, 303), text
    return local(str(answer.headers["Location"]))


def sign_in(browser: Client, page: str = "/me", username: str = "alice", **query: str) -> Any:
    """Ask to be signed in, sign in, come back. What the callback answers."""
    started = browser.get("/auth/login", {"next": page, **query})
    return browser.get(at_the_pool(started["Location"], username))


async def asign_in(browser: AsyncClient, page: str = "/ame", username: str = "alice") -> Any:
    """The same under ASGI."""
    started = await browser.get("/auth/login", {"next": page})
    return await browser.get(at_the_pool(started["Location"], username))
