"""Guards above route decorators that register a wrapper: it holds the bare view."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from cognito_guard_flask import CognitoGuard

from .conftest import As
from .test_order import (
    Called,
    Noted,
    Slotted,
    View,
    assert_noticed,
    hidden,
    method,
    partial,
    plain,
    static,
    with_helper,
    wrapped,
    wrapped_without_attributes,
)


def registering(app: Flask, between: Callable[[View], View]) -> Callable[[View], View]:
    """A route decorator of somebody's own, which registers a wrapper under a name of its own and
    gives the function back."""

    def decorate(view: View) -> View:
        app.add_url_rule("/admin", endpoint="another name", view_func=between(view))
        return view

    return decorate


@pytest.mark.parametrize(
    "between",
    [
        *(plain, wrapped, wrapped_without_attributes, hidden, partial),
        *(Called, Slotted, Noted, method, static),
    ],
    ids=lambda each: each.__name__,
)
def test_above_a_route_decorator_of_somebodys_own(
    between: Callable[[View], View], cognito: CognitoGuard, app: Flask
) -> None:
    """What is registered holds the bare view and nothing else that it could call."""

    @cognito.required
    @registering(app, between)
    def admin() -> str:
        return "welcome"

    assert_noticed(app)


def test_a_view_that_guards_what_it_calls(cognito: CognitoGuard, app: Flask, as_user: As) -> None:
    """A view may put a guard before a function while it answers: it lost none."""

    def guarding(handler: View) -> View:
        return lambda: cognito.required(handler)()

    app.add_url_rule("/admin", "admin", guarding(lambda: "welcome"))
    client = app.test_client()
    for _ in range(2):
        assert client.get("/admin").status_code == 401
        assert client.get("/admin", headers=as_user()).text == "welcome"


def test_a_helper_of_a_view_that_is_not_here(cognito: CognitoGuard, app: Flask) -> None:
    """What a guarded view makes use of may be all that an open one holds."""

    def helper() -> str:
        return "welcome"

    cognito.required(with_helper(helper)(lambda: "private"))
    app.add_url_rule("/open", "open", hidden(helper))
    assert app.test_client().get("/open").text == "welcome"
