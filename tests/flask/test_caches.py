"""Caches around guarded views: they would give away what the guard has let somebody see."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView

from cognito_guard_flask import CognitoGuard, current_identity

from .conftest import As


def in_python(function: Any) -> Any:
    """A cache that is a plain function, as those for ``async`` functions are."""
    kept: dict[str, Any] = {}

    @functools.wraps(function)
    def wrapper() -> Any:
        if "answer" not in kept:
            kept["answer"] = function()
        return kept["answer"]

    wrapper.cache_clear = kept.clear  # type: ignore[attr-defined]
    wrapper.cache_info = kept.keys  # type: ignore[attr-defined]
    return wrapper


def saying(*names: str) -> Any:
    """A cache that others have made, as it looks: by the names of what its wrapper has."""

    def decorate(function: Any) -> Any:
        wrapper = in_python(function)
        for name in ("cache_clear", "cache_info"):
            delattr(wrapper, name)
        for name in names:
            setattr(wrapper, name, None)
        return wrapper

    return decorate


flask_caching = saying("uncached", "cache_timeout", "make_cache_key")
cachetools = saying("cache", "cache_key", "cache_lock")


def wrapped(function: Any) -> Any:
    """A decorator around the cache."""
    cached = functools.cache(function)
    return lambda: cached()


CACHES = [
    functools.cache,
    functools.lru_cache(maxsize=5),
    in_python,
    flask_caching,
    cachetools,
    wrapped,
]

Register = Callable[[Flask, CognitoGuard, Any], None]


def by_required(app: Flask, cognito: CognitoGuard, cache: Any) -> None:
    """Around a guarded function."""
    app.add_url_rule("/", "me", cache(cognito.required(me)))


def by_optional(app: Flask, cognito: CognitoGuard, cache: Any) -> None:
    """Around one that anybody may see."""
    app.add_url_rule("/", "me", cache(cognito.optional(me)))


def by_a_class(app: Flask, cognito: CognitoGuard, cache: Any) -> None:
    """Around the view of a class."""

    class Me(MethodView):
        decorators = (cognito.required, cache)

        def get(self) -> str:
            return me()

    app.add_url_rule("/", view_func=Me.as_view("me"))


def by_a_method(app: Flask, cognito: CognitoGuard, cache: Any) -> None:
    """Around a method of a class that has one object for all requests."""
    guarded = cache(cognito.required(me))

    class Me(MethodView):
        init_every_request = False
        get = staticmethod(guarded)

    app.add_url_rule("/", view_func=Me.as_view("me"))


def me() -> str:
    """Who is calling."""
    return current_identity.display_name if current_identity else "nobody"


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize(
    "register",
    [by_required, by_optional, by_a_class, by_a_method],
    ids=lambda one: one.__name__,
)
def test_around_a_guard(
    register: Register, cache: Any, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """It is an error, for everybody: no answer to one caller reaches another."""
    register(app, cognito, cache)
    client = app.test_client()
    for headers in (as_user("alice"), {}, as_user("bob")):
        assert client.get("/", headers=headers).status_code == 500


def test_below_a_guard(app: Flask, cognito: CognitoGuard, as_user: As) -> None:
    """Below the guard a cache is the app's own affair, and so are those that a view makes use of,
    also if they have made guards."""
    rates = functools.cache(lambda: "1.5")
    make = functools.cache(lambda: cognito.required(lambda: "made"))
    make()
    app.add_url_rule("/below", "below", cognito.required(functools.cache(lambda: "below")))
    app.add_url_rule("/rates", "rates", (lambda get: cognito.required(lambda: get()))(rates))
    app.add_url_rule("/open", "open", (lambda get: lambda: get())(rates))
    app.add_url_rule("/made", "made", (lambda get: lambda: get()())(make))
    client = app.test_client()
    assert client.get("/open").text == "1.5"
    for path, text in (("/below", "below"), ("/rates", "1.5"), ("/made", "made")):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=as_user()).text == text
