"""Preflights where a view calls what is guarded, and takes no notice of what that returns."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, make_response
from flask.views import MethodView

from cognito_guard_flask import CognitoGuard

from .conftest import As
from .test_preflight import METHODS, PREFLIGHT

View = Callable[..., Any]


def in_a_function(cognito: CognitoGuard, ran: list[str]) -> View:
    """A function calls it."""
    check = cognito.required(lambda: None)

    def view() -> str:
        check()
        ran.append("ran")
        return "welcome"

    return view


def in_a_method(cognito: CognitoGuard, ran: list[str]) -> View:
    """A method calls it."""
    check = cognito.required(lambda: None)

    class Both(MethodView):
        def get(self) -> str:
            check()
            ran.append("ran")
            return "welcome"

        options = get

    return Both.as_view("view")


@pytest.mark.parametrize("make", [in_a_function, in_a_method])
@pytest.mark.parametrize("trap", [True, False])
def test_it_goes_no_further(
    make: Any, trap: bool, app: Flask, cognito: CognitoGuard, as_user: As
) -> None:
    """The view ends there, and the answer is that to any preflight."""
    ran: list[str] = []
    app.config["TRAP_HTTP_EXCEPTIONS"] = trap
    app.register_error_handler(Exception, lambda error: ran.append("handler") or ("", 418))
    app.add_url_rule("/", "view", make(cognito, ran), methods=METHODS)
    client = app.test_client()
    answer = client.options("/", headers=PREFLIGHT)
    assert (answer.status_code, answer.data, ran) == (200, b"", [])
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}
    assert client.get("/", headers=as_user()).text == "welcome"


def adding(view: View) -> View:
    """A decorator that puts a header on what is returned."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        answer = make_response(view(*args, **kwargs))
        answer.headers["X-Own"] = "1"
        return answer

    return wrapper


def of_a_function(cognito: CognitoGuard) -> View:
    """Around a guarded function."""
    return adding(cognito.required(lambda: "welcome"))


def of_a_class(cognito: CognitoGuard) -> View:
    """Around the view of a class."""

    class Both(MethodView):
        decorators = (cognito.required, adding)

        def options(self) -> str:
            raise AssertionError

    return Both.as_view("view")


def of_a_guarded_method(cognito: CognitoGuard) -> View:
    """Around a method."""

    class Both(MethodView):
        @adding
        @cognito.required
        def options(self) -> str:
            raise AssertionError

    return Both.as_view("view")


@pytest.mark.parametrize("make", [of_a_function, of_a_class, of_a_guarded_method])
def test_what_stands_before_a_view(make: Any, app: Flask, cognito: CognitoGuard) -> None:
    """Where the guard stands before the view, what is around it gets the answer."""
    app.add_url_rule("/", "view", make(cognito), methods=METHODS)
    answer = app.test_client().options("/", headers=PREFLIGHT)
    assert (answer.status_code, answer.data, answer.headers["X-Own"]) == (200, b"", "1")
