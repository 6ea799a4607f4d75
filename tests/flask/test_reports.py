"""What reports of errors show of our frames: no token, whatever fails behind us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Request

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_flask import CognitoGuard

from ..engine.reports import shown_by, shown_now
from .conftest import bearer


class Accident(Exception):
    """What goes wrong in other people's code."""


class Fails:
    """Other people's code, which notes what frames that are under way show."""

    def __init__(self) -> None:
        self.live: list[tuple[str, str]] = []

    def __call__(self, *_: Any) -> Any:
        self.live = shown_now()
        raise Accident


class Carries:
    """A carrier of somebody's own."""

    ambient = False

    def __init__(self, find: Callable[[Any], Any]) -> None:
        self.find = find


def app_of(guard: Guard, view: Any = lambda: "welcome") -> Flask:
    """An app with one guarded view, which lets errors through."""
    app = Flask(__name__)
    app.testing = True
    app.add_url_rule("/", "view", CognitoGuard(app, guard=guard).required(view))
    return app


def of_a_carrier(pool: LocalUserPool, fails: Fails) -> Flask:
    """A carrier fails when it has the credential."""
    carrier = Carries(lambda headers: (headers("authorization"), fails())[1])
    return app_of(Guard(pool.trust(), carriers=[carrier]))


def of_a_check(pool: LocalUserPool, fails: Fails) -> Flask:
    """A pool's check fails."""
    return app_of(Guard(pool.trust(checks=[fails])))


def of_a_policy(pool: LocalUserPool, fails: Fails) -> Flask:
    """The policy of an app fails."""
    app = app_of(Guard(pool.trust()))
    (cognito,) = app.extensions["cognito_guard"]
    cognito.protect(app, policy=fails)
    return app


def of_a_view(pool: LocalUserPool, fails: Fails) -> Flask:
    """The view fails."""
    return app_of(Guard(pool.trust()), fails)


def of_a_hook(pool: LocalUserPool, fails: Fails) -> Flask:
    """A hook fails."""
    app = app_of(Guard(pool.trust()))
    app.before_request(fails)
    return app


def of_the_request(pool: LocalUserPool, fails: Fails) -> Flask:
    """The app's own kind of request fails when it is made."""

    class Own(Request):
        def __init__(self, environ: Any, **more: Any) -> None:
            fails()

    app = app_of(Guard(pool.trust()))
    app.request_class = Own
    return app


@pytest.mark.parametrize(
    "make",
    [of_a_carrier, of_a_check, of_a_policy, of_a_view, of_a_hook, of_the_request],
    ids=lambda one: one.__name__,
)
def test_an_accident(make: Callable[[LocalUserPool, Fails], Flask], pool: LocalUserPool) -> None:
    """Neither the traceback nor the frames under way show a piece of the token."""
    fails = Fails()
    token = pool.access_token(groups=["a-group-that-nobody-shall-see"])
    with pytest.raises(Accident) as caught:
        make(pool, fails).test_client().get("/", headers=bearer(token))

    shown = [*shown_by(caught.value), *fails.live]
    assert shown
    for where, said in shown:
        for piece in (*token.split("."), "a-group-that-nobody-shall-see"):
            assert piece not in said, where


@pytest.mark.parametrize("name", [1, b"authorization", None])
def test_a_carrier_that_asks_wrongly(name: Any, pool: LocalUserPool) -> None:
    """What fails then is ours, and shows nothing either."""
    token = pool.access_token()
    carrier = Carries(lambda headers: headers(name))
    app = app_of(Guard(pool.trust(), carriers=[carrier]))
    with pytest.raises((AttributeError, TypeError)) as caught:
        app.test_client().get("/", headers=bearer(token))

    for where, said in shown_by(caught.value):
        assert token not in said, where
