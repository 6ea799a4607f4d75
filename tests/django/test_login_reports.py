"""What reports of errors show of a sign-in: no cookie, no code, no token, whatever fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django import VERSION
from django.contrib.auth import logout
from django.core import mail
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.log import AdminEmailHandler

from cognito_guard.login import MemorySessionStore
from example_apps.serving import serve
from example_apps.serving_wsgi import serve_wsgi

from ..engine.reports import shown_by, shown_now
from .login_site import (
    BINDING,
    SESSION,
    DjangoSite,
    Urls,
    aclient,
    asign_in,
    at_the_pool,
    client,
    login_site,
    sign_in,
)


class Accident(Exception):
    """What goes wrong in other people's code."""


def fail(*_: object) -> Any:
    """Somebody's code."""
    raise Accident


class MoreUrls:
    """With a page that fails."""

    urlpatterns = [*Urls.urlpatterns, path("fails", fail)]  # noqa: RUF012


@pytest.fixture
def here(db: str) -> Iterator[DjangoSite]:
    """The site."""
    with login_site(ROOT_URLCONF=MoreUrls) as one:
        yield one


def mailed(ask: Callable[[], int]) -> str:
    """What Django mails to its admins about a request that fails, as text and as HTML."""
    handler = AdminEmailHandler(include_html=True)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    mail.outbox = []
    try:
        with override_settings(
            ADMINS=["a@example.com"] if VERSION >= (6, 0) else [("a", "a@example.com")],
            EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        ):
            assert ask() == 500
    finally:
        logger.removeHandler(handler)
    sent: Any = mail.outbox
    pages = [page for one in sent for page, _ in one.alternatives]
    assert pages
    return "\n".join([*(f"{one.subject}\n{one.body}" for one in sent), *pages])


def test_mail_to_admins(here: DjangoSite) -> None:
    """Neither who is signed in nor who is about to be can be taken over by it."""
    browser = client(raise_request_exception=False)
    browser.get("/auth/login?prompt=login")
    sign_in(browser)
    told = mailed(lambda: browser.get("/fails?a=1").status_code)
    assert "/fails" in told
    for name in (SESSION, BINDING, "sessionid"):
        assert browser.cookies[name].value not in told
        assert name in told  # it was there, and is hidden


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_debug_page(here: DjangoSite, accept: str) -> None:
    """The same."""
    browser = client(raise_request_exception=False)
    sign_in(browser)
    with override_settings(DEBUG=True):
        told = browser.get("/fails", headers={"accept": accept}).content.decode()
    for name in (SESSION, BINDING, "sessionid"):
        assert browser.cookies[name].value not in told
        assert name in told


@pytest.mark.parametrize("serving", [serve_wsgi, serve], ids=["wsgi", "asgi"])
def test_mail_about_a_callback(db: str, serving: Any) -> None:
    """Its address holds the code and the state, which the server that runs the app may add to what
    Django knows of a request."""
    own = {"USERS": "stateless", "STAFF_GROUPS": ["admins"], "USER_HOOK": fail}
    with login_site(own, ALLOWED_HOSTS=["127.0.0.1", "localhost"]) as here:
        browser = client(raise_request_exception=False)
        back = at_the_pool(browser.get("/auth/login")["Location"])
        handler = get_asgi_application() if serving is serve else get_wsgi_application()
        more = {"log_level": "critical", "lifespan": "off"} if serving is serve else {}
        with serving(handler, **more) as origin:
            told = mailed(lambda: status_of(origin, back, browser))
        assert here.server.requests["token"] == 1
    assert "/auth/callback" in told
    for part in parse_qsl(urlsplit(back).query):
        assert part[1] not in told
        assert quote(part[1], safe="") not in told


def status_of(origin: str, where: str, browser: Any) -> int:
    """Go there with the browser's cookies, over a real connection."""
    connection = HTTPConnection(urlsplit(origin).netloc, timeout=60)
    cookie = "; ".join(f"{name}={one.value}" for name, one in browser.cookies.items())
    connection.request("GET", where, headers={"Cookie": cookie})
    status = connection.getresponse().status
    connection.close()
    return status


class Looking:
    """A store that looks at the frames that are under way while it runs."""

    live: ClassVar[list[tuple[str, str]]] = []

    def __init__(self) -> None:
        self.memory = MemorySessionStore()

    def look(self) -> MemorySessionStore:
        """See the class."""
        self.live.extend(shown_now())
        return self.memory

    def read(self, key: str) -> bytes | None:
        """As of a store."""
        return self.look().read(key)

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.look().add(key, value, seconds)

    def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.look().replace(key, old, new, seconds)

    def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        return self.look().remove(key, value)


class LookingWhileAwaited:
    """The same, to be awaited."""

    def __init__(self) -> None:
        self.store = Looking()

    async def read(self, key: str) -> bytes | None:
        """As of a store."""
        return self.store.read(key)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.store.add(key, value, seconds)

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        return self.store.replace(key, old, new, seconds)

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        return self.store.remove(key, value)


async def visit(store: type, where: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Sign in and go to these places: what is shown meanwhile, and what must not be."""
    browser = aclient()
    started = await browser.get("/auth/login?next=/me")
    back = at_the_pool(started["Location"])
    await browser.get(back)
    secrets = [value for _, value in parse_qsl(urlsplit(back).query)]
    secrets += [browser.cookies[name].value for name in (SESSION, BINDING)]
    for one in where:
        method = browser.get if one.startswith(("/me", "/ame", "/auth/login")) else browser.post
        await method(one)
    return Looking.live, secrets


@pytest.mark.parametrize("store", [Looking, LookingWhileAwaited])
@pytest.mark.parametrize(
    "where", ["/me", "/ame", "/auth/login", "/auth/logout", "/admin/logout/", "/open/out"]
)
def test_frames_while_the_store_runs(db: str, store: type, where: str) -> None:
    """A store's code may fail, or be looked at while it runs."""
    Looking.live.clear()
    urls = type("Out", (), {"urlpatterns": [*Urls.urlpatterns, path("open/out", out)]})
    with login_site({"LOGIN_STORE": store}, ROOT_URLCONF=urls):
        live, secrets = asyncio.run(visit(store, [where]))
    assert live
    for place, said in live:
        for secret in secrets:
            assert secret not in said, place


def out(request: Any) -> HttpResponse:
    """Signs out as Django does."""
    logout(request)
    return HttpResponse()


@pytest.mark.parametrize("where", ["/me", "/ame"])
def test_frames_of_a_hook_that_fails(here: DjangoSite, where: str) -> None:
    """Nor does the traceback of a hook's error show whose session it was."""

    async def visit() -> BaseException:
        browser = aclient()
        await asign_in(browser)
        secrets.append(browser.cookies[SESSION].value)
        with (
            override_settings(COGNITO_GUARD=here.settings(USER_HOOK=fail)),
            pytest.raises(Accident) as caught,
        ):
            await browser.get(where)
        return caught.value

    secrets: list[str] = []
    shown = list(shown_by(asyncio.run(visit())))
    assert shown
    for place, said in shown:
        assert secrets[0] not in said, place
