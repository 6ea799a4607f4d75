"""What ``manage.py check`` and the start of a server say about sign-in."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import include, path

from cognito_guard import ConfigurationError, Guard
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.testing import LocalUserPool
from cognito_guard_django import get_guard
from cognito_guard_django.login.checks import check_login
from cognito_guard_django.login.configured import configured
from cognito_guard_django.middleware import CognitoMiddleware

from .login_site import Urls
from .project import MIDDLEWARE

POOL = LocalUserPool()
SETTINGS: dict[str, Any] = {
    "USER_POOL_ID": POOL.user_pool_id,
    "CLIENT_IDS": [POOL.client_id],
    "JWKS": POOL.jwks(),
    "LOGIN_DOMAIN": "https://example.auth.eu-west-1.amazoncognito.com",
    "LOGIN_CLIENT_ID": POOL.client_id,
    "LOGIN_REDIRECT_URI": "https://app.example/auth/callback",
    "LOGIN_LOGOUT_URI": "https://app.example/",
}
SECRET = "a secret of Django's, long enough for that"


def found(own: dict[str, Any] | None = None, **settings: Any) -> list[tuple[str, str]]:
    """Ids and texts."""
    raw = {name: value for name, value in {**SETTINGS, **(own or {})}.items() if value is not None}
    with override_settings(
        **{
            "COGNITO_GUARD": raw,
            "LOGIN_URL": "cognito_login",
            "MIDDLEWARE": MIDDLEWARE,
            "ROOT_URLCONF": Urls,
            "SECRET_KEY": SECRET,
            "SESSION_ENGINE": "django.contrib.sessions.backends.db",
            **settings,
        }
    ):
        return [
            (str(one.id).removeprefix("cognito_guard."), str(one.msg)) for one in check_login(None)
        ]


def test_nothing_wrong() -> None:
    """Of settings that are good, under any prefix of a server's."""
    assert found() == []
    assert found({"LOGIN_REDIRECT_URI": "https://app.example/app/auth/callback"}) == []
    assert found(LOGIN_URL="/auth/login") == []
    assert found(SECRET_KEY_FALLBACKS=["short", SECRET[::-1]]) == []
    assert found({"LOGIN_SECRETS": [SECRET[::-1]]}, SECRET_KEY="short") == []
    assert found(ROOT_URLCONF=None) == []


def test_no_sign_in() -> None:
    """Nothing is said where there is none, or where nothing can be read."""
    bare = {name: None for name in SETTINGS if name.startswith("LOGIN")}
    assert found(bare, MIDDLEWARE=[]) == []
    assert found({"USER_POOL_ID": "x"}, MIDDLEWARE=[]) == []


@pytest.mark.parametrize(
    ("own", "settings", "code", "said"),
    [
        ({"LOGIN_DOMAIN": None}, {}, "E030", "COGNITO_GUARD['LOGIN_DOMAIN']: is missing."),
        ({"LOGIN_DOMAIN": "http://x"}, {}, "E030", "COGNITO_GUARD['LOGIN_DOMAIN']: "),
        ({"LOGIN_DOMIAN": "x"}, {}, "E030", "is unknown; did you mean LOGIN_DOMAIN?"),
        ({"LOGIN_XYZQW": "x"}, {}, "E030", "known are "),
        ({"LOGIN_CLIENT_ID": "other"}, {}, "E030", "COGNITO_GUARD['LOGIN_CLIENT_ID']: "),
        ({"LOGIN_SCOPES": ["email"]}, {}, "E030", "COGNITO_GUARD['LOGIN_SCOPES']: "),
        ({"LOGIN_IDLE_SECONDS": 10**6}, {}, "E030", "COGNITO_GUARD['LOGIN_IDLE_SECONDS']: "),
        (
            {},
            {"SECRET_KEY": "short"},
            "E030",
            "COGNITO_GUARD['LOGIN_SECRETS'], which SECRET_KEY stands for: ",
        ),
        ({}, {"SECRET_KEY_FALLBACKS": SECRET}, "E030", "SECRET_KEY_FALLBACKS: must be a list"),
        (
            {},
            {"SECRET_KEY_FALLBACKS": [None]},
            "E030",
            "COGNITO_GUARD['LOGIN_SECRETS'], which SECRET_KEY stands for: ",
        ),
        ({"LOGIN_SECRETS": ["short"]}, {}, "E030", "COGNITO_GUARD['LOGIN_SECRETS']: "),
        ({"LOGIN_STORE": "no.such"}, {}, "E031", "COGNITO_GUARD['LOGIN_STORE']: "),
        ({"LOGIN_STORE": object}, {}, "E031", "must have read, add"),
        (
            {},
            {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"},
            "E031",
            "everything would be in the browser",
        ),
        ({"LOGIN": "no.such"}, {}, "E030", "would not be looked at"),
        ({}, {"ROOT_URLCONF": type("None_", (), {"urlpatterns": []})}, "E032", "are missing"),
        (
            {"LOGIN_REDIRECT_URI": "https://app.example/callback"},
            {},
            "E032",
            "its path is /callback, and the URL 'cognito_callback' is /auth/callback",
        ),
        ({}, {"MIDDLEWARE": MIDDLEWARE[:3]}, "E033", "without CognitoMiddleware"),
        ({}, {"MIDDLEWARE": MIDDLEWARE[1:]}, "E033", "SessionMiddleware is missing"),
        (
            {},
            {"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]},
            "E034",
            "with CognitoBackend",
        ),
        ({}, {"MIDDLEWARE": [MIDDLEWARE[0], *MIDDLEWARE[2:]]}, "W030", "check of forms"),
        ({}, {"LOGIN_URL": "/accounts/login/"}, "W031", "LOGIN_URL"),
        (
            {},
            {"SESSION_ENGINE": "django.contrib.sessions.backends.cache"},
            "W032",
            "belongs to one process",
        ),
    ],
)
def test_what_is_wrong(own: Any, settings: Any, code: str, said: str) -> None:
    """Each with its id, and with what is wrong."""
    ((id, text),) = found(own, **settings)
    assert id == code
    assert said in text
    assert text[-1] in ".?"
    assert text[-2] not in ".?"
    assert SECRET not in text


def test_all_that_is_wrong_at_once() -> None:
    """One setting hides no other."""
    wrong = {"LOGIN_DOMAIN": "x", "LOGIN_LOGOUT_URI": None, "LOGIN_STORE": 17}
    assert [code for code, _ in found(wrong)] == ["E030", "E031", "E030"]


class Own(CognitoMiddleware):
    """Somebody's own."""


def make(get_response: Any) -> Any:
    """A function that makes it."""
    return CognitoMiddleware(get_response)


def test_middleware_of_ones_own() -> None:
    """A subclass, or a function that makes it."""
    for name in ("Own", "make"):
        order = [*MIDDLEWARE[:3], f"{__name__}.{name}"]
        assert found(MIDDLEWARE=order) == []


def test_stateless() -> None:
    """Needs no sessions of Django's, and no backend."""
    own = {"USERS": "stateless"}
    others: dict[str, Any] = {"AUTHENTICATION_BACKENDS": [], "MIDDLEWARE": MIDDLEWARE[1:]}
    assert found(own, **others) == []


def test_shared_cache() -> None:
    """And a store of one's own, which need not be one."""
    engine = "django.contrib.sessions.backends.cache"
    redis = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    assert found(SESSION_ENGINE=engine, CACHES=redis) == []
    assert found({"LOGIN_STORE": MemorySessionStore}, SESSION_ENGINE=engine) == []


def started(own: dict[str, Any], *, asgi: bool = False) -> None:
    """Start a server."""
    with override_settings(
        COGNITO_GUARD={n: v for n, v in {**SETTINGS, **own}.items() if v is not None},
        MIDDLEWARE=MIDDLEWARE,
        SECRET_KEY=SECRET,
        SESSION_ENGINE="django.contrib.sessions.backends.db",
    ):
        (ASGIHandler if asgi else WSGIHandler)()


class Awaited:
    """An async store."""

    async def read(self, key: str) -> bytes | None:
        """As of a store."""

    add = replace = remove = read


def test_start() -> None:
    """Wrong settings stop it."""
    started({})
    with pytest.raises(ConfigurationError, match="LOGIN_DOMAIN"):
        started({"LOGIN_DOMAIN": "x"})
    with pytest.raises(ConfigurationError, match="awaited"):
        started({"LOGIN_STORE": Awaited})
    started({"LOGIN_STORE": Awaited}, asgi=True)


GUARD = Guard(POOL.trust())


def ready(guard: Guard = GUARD, store: Any = None) -> LoginSessions:
    """Sign-in, made by hand."""
    (pool,) = guard.user_pools
    login = ManagedLogin(
        pool,
        domain=SETTINGS["LOGIN_DOMAIN"],
        client_id=POOL.client_id,
        redirect_uri=SETTINGS["LOGIN_REDIRECT_URI"],
        logout_uri=SETTINGS["LOGIN_LOGOUT_URI"],
    )
    return LoginSessions(login, guard, store=store or MemorySessionStore(), secrets=[SECRET])


def ready_with_ours() -> LoginSessions:
    """The same, with the guard that the settings describe."""
    return ready(get_guard())


def test_sign_in_of_ones_own() -> None:
    """``LOGIN`` is an object, a function, or the path of either."""
    made = ready()
    for value in (made, ready, f"{__name__}.ready"):
        with override_settings(COGNITO_GUARD={"GUARD": GUARD, "LOGIN": value}):
            login = configured()
            assert login is not None
            assert isinstance(login.sessions, LoginSessions)
            assert configured() is login
            assert repr(login) == "<Login>"
    for value, said in ((17, "must be LoginSessions"), ("no.such", "cannot be imported")):
        with (
            override_settings(COGNITO_GUARD={"GUARD": GUARD, "LOGIN": value}),
            pytest.raises(ConfigurationError, match=said),
        ):
            configured()


def test_sign_in_of_ones_own_with_another_guard() -> None:
    """It would let in whom the guard of the settings does not know; also by one that is equal."""
    bare = {name: None for name in SETTINGS if "LOGIN" in name}
    for own in ({"LOGIN": ready}, {"LOGIN": ready()}):
        ((id, text),) = found({**bare, **own})
        assert (id, "was made with another guard" in text) == ("E030", True)
        settings = {name: value for name, value in SETTINGS.items() if name not in bare}
        with (
            override_settings(COGNITO_GUARD={**settings, **own}),
            pytest.raises(ConfigurationError, match="another guard"),
        ):
            configured()
    assert found({**bare, "LOGIN": ready_with_ours}) == []
    with pytest.raises(ConfigurationError, match="another guard"):
        started({**bare, "LOGIN": ready})


def test_sign_in_of_ones_own_with_a_store_that_has_to_be_awaited() -> None:
    """It is said by the check, and not when the first user comes back from the pool."""
    bare = {name: None for name in SETTINGS if "LOGIN" in name}
    ((id, text),) = found({**bare, "LOGIN": lambda: ready(get_guard(), Awaited())})
    assert (id, "has an AsyncSessionStore" in text) == ("E030", True), text


def test_callback_elsewhere_is_an_error_of_the_first_request(db: str) -> None:
    """Where nobody has run the checks."""
    from .login_site import client, login_site

    urls = type("Other", (), {"urlpatterns": [path("x/", include(Urls.urlpatterns[:1]))]})
    with (
        login_site(ROOT_URLCONF=urls),
        pytest.raises(ConfigurationError, match="leads to /auth/callback"),
    ):
        client().get("/x/auth/login")
