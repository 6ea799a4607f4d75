"""A page of one caller is given to no other one and to nobody, wherever a cache stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.decorators import login_required as djangos_login_required
from django.core.cache import cache
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page
from django.views.decorators.vary import vary_on_cookie, vary_on_headers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.views import APIView

from cognito_guard import Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.requests.caches import tell_caches
from cognito_guard_django.rest_framework import CognitoAuthentication

from .conftest import Configure, bearer
from .login_site import SESSION, client, login_site, sign_in
from .login_site import Urls as LoginUrls
from .login_site import me as who
from .project import MIDDLEWARE

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
STORE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"


def plain(request: Any) -> HttpResponse:
    """Says who asks."""
    return HttpResponse(getattr(request.identity, "subject", "nobody"))


async def aplain(request: Any) -> HttpResponse:
    """The same."""
    return plain(request)


class Mixed(CognitoRequiredMixin, View):
    """The same, for callers."""

    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


class AMixed(CognitoRequiredMixin, View):
    """The same, async."""

    async def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


@method_decorator(cache_page(60), name="dispatch")
class CachedMixed(CognitoRequiredMixin, View):
    """The same, with the cache between the guard and the page."""

    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


class CachedMethod(CognitoRequiredMixin, View):
    """The same, around one method."""

    @method_decorator(cache_page(60))
    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


class ACachedMethod(CognitoRequiredMixin, View):
    """The same, async."""

    @method_decorator(cache_page(60))
    async def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


@method_decorator(cognito_required, name="dispatch")
@method_decorator(cache_page(60), name="dispatch")
class BothDecorated(View):
    """The same, with the guard as a decorator."""

    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return plain(request)


class CachedRest(APIView):
    """The same in REST framework, for everybody."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (AllowAny,)

    @method_decorator(cache_page(60))
    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return HttpResponse(getattr(request.auth, "subject", "nobody"))


class RestOfCallers(APIView):
    """The same, for callers."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Any) -> HttpResponse:
        """See ``plain``."""
        return HttpResponse(request.auth.subject)


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


URLS = Urls(
    urlpatterns=[
        path("plain", plain),
        path("aplain", aplain),
        path("mixed", Mixed.as_view()),
        path("amixed", AMixed.as_view()),
        path("cached-mixed", cache_page(60)(Mixed.as_view())),
        path("cached-decorated", cache_page(60)(cognito_required(plain))),
        path("cached-plain", cache_page(60)(plain)),
        path("cached-inside", cognito_required(cache_page(60)(plain))),
        path("acached-inside", cognito_required(cache_page(60)(aplain))),
        path("cached-dispatch", CachedMixed.as_view()),
        path("cached-method", CachedMethod.as_view()),
        path("acached-method", ACachedMethod.as_view()),
        path("cached-both", BothDecorated.as_view()),
        path("cached-rest", CachedRest.as_view()),
        path("cached-around-rest", cache_page(60)(RestOfCallers.as_view())),
        path(
            "cached-told", cache_page(60)(vary_on_headers("Authorization")(vary_on_cookie(plain)))
        ),
    ]
)


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.clear()
    with override_settings(ROOT_URLCONF=URLS, MIDDLEWARE=[OURS]):
        yield
    cache.clear()


def _ask(where: str, carrier: str, token: str | None) -> Any:
    client = Client()
    if token is None:
        return client.get(where)
    if carrier == "cookie":
        client.cookies["tok"] = token
        return client.get(where)
    headers = bearer(token) if carrier == "header" else {"X-Token": token}
    return client.get(where, headers=headers)


CACHED = [
    ("/cached-mixed", [OURS]),
    ("/cached-decorated", [OURS]),
    ("/cached-told", [OURS]),
    ("/cached-plain", [OURS]),
    ("/cached-inside", [OURS]),
    ("/acached-inside", [OURS]),
    ("/cached-dispatch", [OURS]),
    ("/cached-method", [OURS]),
    ("/acached-method", [OURS]),
    ("/cached-both", [OURS]),
    ("/cached-rest", [OURS]),
    ("/cached-rest", []),
    ("/plain", [OURS, STORE, FETCH]),
    *((where, [STORE, OURS, FETCH]) for where in ("/plain", "/mixed")),
]


@pytest.mark.parametrize("carrier", ["header", "cookie", "own header"])
@pytest.mark.parametrize(("where", "order"), CACHED)
@pytest.mark.parametrize("turn", [0, 1, 2])
def test_cached(
    where: str,
    order: list[str],
    carrier: str,
    turn: int,
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """Each caller gets his own page, whoever was first, and nobody gets none of theirs."""
    own = {"TOKEN_HEADER": "X-Token"} if carrier == "own header" else {"COOKIE": "tok"}
    configure(USERS="stateless", **own)
    callers: list[tuple[str, str | None]] = [("nobody", None)]
    callers += [(name, pool.access_token(sub=name)) for name in ("joe", "ann")]
    with override_settings(MIDDLEWARE=order):
        for _ in range(2):
            for name, token in callers[turn:] + callers[:turn]:
                answer = _ask(where, carrier, token)
                if token is not None or answer.status_code == 200:
                    assert answer.content.decode() == name


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ("/cached-method", [OURS]),
        ("/cached-inside", [OURS]),
        ("/cached-decorated", [OURS]),
        ("/cached-rest", []),
        ("/plain", [STORE, OURS, FETCH]),
    ],
)
def test_cached_behind_a_load_balancer(where: str, order: list[str]) -> None:
    """What a load balancer adds tells its users apart, inside of the guard and around it."""
    alb = LocalLoadBalancer()
    with (
        override_settings(MIDDLEWARE=order),
        override_settings(COGNITO_GUARD={"GUARD": Guard(alb.trust()), "USERS": "stateless"}),
    ):
        pages: dict[str, set[bytes]] = {"joe": set(), "ann": set()}
        for name in ("joe", "ann", "joe", "ann"):
            headers = {key: str(value) for key, value in alb.headers(name).items()}
            answer = Client().get(where, headers=headers)
            assert answer.status_code == 200
            pages[name].add(answer.content)
        assert len(pages["joe"]) == len(pages["ann"]) == 1
        assert pages["joe"] != pages["ann"]


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ("/mixed", [OURS]),
        ("/mixed", [STORE, OURS, FETCH]),
        ("/mixed", [STORE, FETCH, OURS]),
        ("/cached-mixed", [STORE, FETCH, OURS]),
        ("/cached-decorated", [OURS]),
        ("/cached-around-rest", []),
        ("/cached-around-rest", [OURS]),
        ("/cached-around-rest", [STORE, FETCH, OURS]),
    ],
)
def test_no_page_outlives_its_token(where: str, order: list[str], pool: LocalUserPool) -> None:
    """Also where the cache is asked before the guard."""
    now = time.time()
    guard = Guard(pool.trust(), clock=lambda: now)
    token = pool.access_token(sub="joe")
    with (
        override_settings(MIDDLEWARE=order),
        override_settings(COGNITO_GUARD={"GUARD": guard, "USERS": "stateless"}),
    ):
        for _ in range(2):
            assert _ask(where, "header", token).content == b"joe"
        now += 7 * 86400
        assert _ask(where, "header", token).status_code == 401


class LoginPages:
    """Pages of a site with sign-in, each with a cache around its guard."""

    urlpatterns = (
        *LoginUrls.urlpatterns,
        path("around-page", cache_page(60)(login_required(who))),
        path("around-api", cache_page(60)(cognito_required(who))),
        path("around-djangos", cache_page(60)(djangos_login_required(who))),
    )


@pytest.mark.parametrize(
    "middleware",
    [MIDDLEWARE, [STORE, *MIDDLEWARE, FETCH], [*MIDDLEWARE, STORE, FETCH]],
    ids=["around the view", "around the site", "behind ours"],
)
@pytest.mark.parametrize(
    "where", ["/around-page", "/around-api", "/around-djangos", "/page", "/api"]
)
def test_no_page_outlives_its_session(where: str, middleware: list[str], db: str) -> None:
    """A copy of the cookie finds nothing after the sign-out, whatever was cached until then."""
    with login_site(ROOT_URLCONF=LoginPages, MIDDLEWARE=middleware):
        browser, thief = client(), client()
        sign_in(browser)
        thief.cookies = browser.cookies.copy()
        for _ in range(2):
            assert browser.get(where).json()["identity"] == "alice"
        assert SESSION in thief.cookies
        browser.post("/auth/logout", headers={"sec-fetch-site": "same-origin"})
        assert thief.get(where).status_code in (302, 401)


def test_a_page_is_kept_for_as_long_as_its_session(db: str) -> None:
    """It is made once for whoever has signed in."""
    asked = []

    def page(request: Any) -> HttpResponse:
        asked.append(request.identity.username)
        return HttpResponse()

    cached = path("cached", cache_page(60)(cognito_required(page)))
    with login_site(ROOT_URLCONF=Urls(urlpatterns=[*LoginUrls.urlpatterns, cached])):
        for name in ("alice", "ada"):
            browser = client()
            sign_in(browser, username=name)
            for _ in range(2):
                assert browser.get("/cached").status_code == 200
    assert asked == ["alice", "ada"]


def test_a_cached_page_that_nobody_looked_at(configure: Configure, pool: LocalUserPool) -> None:
    """Is the same for all, and kept once."""
    configure(USERS="stateless", COOKIE="tok", EXEMPT=["/cached-plain"])
    for token in (None, pool.access_token()):
        answer = _ask("/cached-plain", "cookie", token)
        assert "Vary" not in answer.headers
    with override_settings(MIDDLEWARE=[]):
        tell_caches()  # once more changes nothing
        assert _ask("/cached-plain", "cookie", None).content == b"nobody"


@pytest.mark.parametrize(
    ("cookie", "vary"), [({}, "Authorization"), ({"COOKIE": "tok"}, "Authorization, Cookie")]
)
@pytest.mark.parametrize("where", ["/plain", "/aplain", "/mixed", "/amixed", "/nowhere"])
@pytest.mark.parametrize("known", [True, False])
def test_vary(
    where: str,
    known: bool,
    cookie: dict[str, Any],
    vary: str,
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """Every response that the middleware has looked at names what it depends on, sync and async,
    with and without a caller."""
    configure(USERS="stateless", **cookie)
    headers = bearer(pool.access_token()) if known else {}

    async def main() -> Any:
        return await AsyncClient().get(where, headers=headers)

    for answer in (Client().get(where, headers=headers), asyncio.run(main())):
        assert answer.headers["Vary"] == vary


def test_nobody_looked(configure: Configure) -> None:
    """An exempt page is the same for all."""
    configure(USERS="stateless", EXEMPT=["/plain"])
    assert "Vary" not in Client().get("/plain").headers
