"""Where the routes of sign-in are: in which language, behind which view, in which transaction."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.db import connections
from django.http import HttpResponse
from django.urls import include, path
from django.views import View
from django.views.decorators.cache import never_cache

from cognito_guard import ConfigurationError
from cognito_guard_django.login import views
from cognito_guard_django.login.checks import check_login
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.login.mixins import LoginRequiredMixin

from .login_site import Urls, client, login_site, me, sign_in
from .project import MIDDLEWARE

LOCALE = "django.middleware.locale.LocaleMiddleware"
BEFORE = [MIDDLEWARE[0], LOCALE, *MIDDLEWARE[1:]]
BEHIND = [*MIDDLEWARE, LOCALE]


class TranslatedUrls:
    """Each URL begins with a language."""

    urlpatterns = i18n_patterns(*Urls.urlpatterns)


class PartlyTranslatedUrls:
    """Only those of other languages do."""

    urlpatterns = i18n_patterns(*Urls.urlpatterns, prefix_default_language=False)


@pytest.mark.parametrize("order", [BEFORE, BEHIND], ids=["before", "behind"])
@pytest.mark.parametrize("language", ["/en", "/de"])
@pytest.mark.parametrize(
    ("urls", "callback"),
    [
        (TranslatedUrls, "/en/auth/callback"),
        (TranslatedUrls, "/de/auth/callback"),
        (PartlyTranslatedUrls, "/auth/callback"),
        (PartlyTranslatedUrls, "/de/auth/callback"),
    ],
)
def test_languages(db: str, order: list[str], language: str, urls: type, callback: str) -> None:
    """Whoever reads the site in one comes back in that of the callback, and goes on in the own
    one."""
    if urls is PartlyTranslatedUrls:
        language = language.removeprefix("/en")
    with login_site(
        {"LOGIN_REDIRECT_URI": f"http://localhost{callback}", "REQUIRED": True},
        LANGUAGES=[("en", "English"), ("de", "German")],
        LANGUAGE_CODE="en",
        MIDDLEWARE=order,
        ROOT_URLCONF=urls,
        USE_I18N=True,
    ) as here:
        assert [one for one in check_login(None) if one.id == "cognito_guard.E032"] == []
        browser = client()
        started = browser.get(f"{language}/auth/login", {"next": f"{language}/me"})
        assert started["Location"].startswith(here.server.domain)
        assert browser.get(f"{language}/me").status_code == 401
        assert browser.get(f"{callback}?code=a&state=b").status_code == 400
        assert browser.post(f"{language}/auth/logout").status_code == 303


def test_callback_in_no_language(db: str) -> None:
    """Where none of them leads to the address, it is said so."""
    with login_site(
        {"LOGIN_REDIRECT_URI": "http://localhost/fr/auth/callback"},
        LANGUAGES=[("en", "English"), ("de", "German")],
        LANGUAGE_CODE="en",
        MIDDLEWARE=BEFORE,
        ROOT_URLCONF=TranslatedUrls,
        USE_I18N=True,
    ):
        assert "cognito_guard.E032" in {one.id for one in check_login(None)}
        with pytest.raises(ConfigurationError, match="/fr/auth/callback"):
            client().get("/en/auth/login")


def secret(request: Any, name: str) -> HttpResponse:
    """A view that is not for everybody."""
    return HttpResponse("secret")


SHADOWS = [
    [path("auth/<str:name>", secret)],
    [path("auth/login", secret, {"name": "login"})],
    [path("<path:name>", secret)],
]


@pytest.mark.parametrize("shadow", SHADOWS)
def test_view_that_stands_before_ours(db: str, shadow: list[Any]) -> None:
    """It is guarded as any other, at the same address."""
    urls = type("Shadowed", (), {"urlpatterns": [*shadow, *Urls.urlpatterns]})
    with login_site({"REQUIRED": True}, ROOT_URLCONF=urls) as here:
        reply = client().get("/auth/login")
        assert (reply.status_code, reply.json()["reason"]) == (401, "missing_credentials")
        token = here.server.access_token("alice", client_id="web")
        headers = {"authorization": f"Bearer {token}"}
        assert client().get("/auth/login", headers=headers).content == b"secret"
    with login_site({"REQUIRED": True, "EXEMPT": ["/auth/*"]}, ROOT_URLCONF=urls):
        assert client().get("/auth/login").content == b"secret"


def test_ours_in_the_clothes_of_others(db: str) -> None:
    """What a decorator makes of a view of ours is one still."""
    patterns = [
        path("auth/login", never_cache(views.sign_in), name="cognito_login"),
        path("auth/", include("cognito_guard_django.login.urls")),
        path("me", me),
    ]
    with login_site(
        {"REQUIRED": True}, ROOT_URLCONF=type("Wrapped", (), {"urlpatterns": patterns})
    ):
        browser = client()
        assert sign_in(browser).status_code == 303
        assert browser.get("/me").json()["identity"] == "alice"


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("where", ["/open/page", "/open/class", "/admin/"])
def test_page_at_an_exempt_path(db: str, where: str, signed_in: bool) -> None:
    """Nobody is signed in there, so it would lead to the sign-in and back for ever."""

    class Page(LoginRequiredMixin, View):
        """A page of a class."""

        def get(self, request: Any) -> Any:
            """See the class."""
            return me(request)

    patterns = [
        path("open/page", login_required(me)),
        path("open/class", Page.as_view()),
        *Urls.urlpatterns,
    ]
    with login_site(
        {"EXEMPT": ["/open/*", "/admin/*"]},
        ROOT_URLCONF=type("Open", (), {"urlpatterns": patterns}),
    ):
        browser = client()
        if signed_in:
            sign_in(browser)
        with pytest.raises(ConfigurationError, match="take the path out of EXEMPT"):
            browser.get(where, headers={"accept": "text/html"}, follow=True)
        if where != "/admin/":
            assert browser.get(where).status_code == 401


@pytest.mark.parametrize("where", ["/auth/login", "/auth/callback", "/auth/logout", "/admin/"])
def test_no_transaction_of_any_database(
    db: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever keeps the sessions: what a route has done stays done."""
    seen: list[bool] = []
    asked = views.login_or_error

    def look() -> Any:
        seen.extend(connections[alias].in_atomic_block for alias in ("default", "postgres"))
        return asked()

    monkeypatch.setattr(views, "login_or_error", look)
    settings = connections["postgres"].settings_dict
    with login_site():
        monkeypatch.setitem(settings, "ATOMIC_REQUESTS", True)
        browser = client()
        if where == "/auth/logout":
            browser.post(where)
        elif where == "/admin/":
            browser.post("/admin/logout/")
        else:
            browser.get(where)
    assert seen == [False, False]
