"""View classes that lost their guard, or got it too late: an error, and not an open route."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.typing import RouteCallable
from flask.views import MethodView

from cognito_guard import ConfigurationError
from cognito_guard_flask import CognitoGuard

from .conftest import As

Decorator = Callable[[Any], Any]
Made = Callable[[CognitoGuard, Decorator], RouteCallable]


def wrapped(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator as most are."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def wrapped_without_attributes(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that says what it wraps, and copies nothing else."""

    @functools.wraps(view, updated=())
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def hidden(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not say what it wraps."""
    return lambda *args, **kwargs: view(*args, **kwargs)


class Open(MethodView):
    """A view that anybody may see, unless it is guarded."""

    def get(self) -> str:
        return "welcome"


def decorators_anew(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The list of a class below takes the place of the one with the guard."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [wrapped]

    return Report.as_view("view")


def no_decorators(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The same with an empty list, two classes further down."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar[list[Decorator]] = []

    class Monthly(Report):
        pass

    return Monthly.as_view("view")


def only_a_method(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """One method that is guarded does not stand for the class."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar[list[Decorator]] = []

        @decorate
        def post(self) -> str:
            return "posted"

    return Report.as_view("view")


def guarded_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The view function is older than the guard."""

    class Late(Open):
        pass

    view = Late.as_view("view")
    decorate(Late)
    return view


def wrapped_and_too_late(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The same, wrapped by others."""
    return wrapped(wrapped_without_attributes_of(guarded_too_late(cognito, decorate)))


def wrapped_without_attributes_of(view: Any) -> RouteCallable:
    """As extensions do that wrap view functions but keep the class."""
    wrapper: Any = wrapped_without_attributes(view)
    wrapper.view_class = view.view_class
    return wrapper  # type: ignore[no-any-return]


def cannot_be_seen(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard is there, but behind a decorator that hides it."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [*Admin.decorators, hidden]

    return Report.as_view("view")


@pytest.mark.parametrize("decorate", ["required", "optional"])
@pytest.mark.parametrize(
    "made",
    [
        decorators_anew,
        no_decorators,
        only_a_method,
        guarded_too_late,
        wrapped_and_too_late,
        cannot_be_seen,
    ],
    ids=lambda made: made.__name__,
)
def test_a_class_without_its_guard(
    made: Made, decorate: str, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """A view of a guarded class that has no guard to be seen answers 500, to callers too."""
    app.add_url_rule("/", "view", made(cognito, getattr(cognito, decorate)))
    client = app.test_client()
    assert client.get("/").status_code == 500
    assert client.get("/", headers=as_user()).status_code == 500
    app.testing = True
    with pytest.raises(ConfigurationError, match=r"class of endpoint 'view' is guarded, but"):
        client.get("/")


def own_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The guard stands in the list of the class."""

    class Admin(Open):
        decorators: ClassVar = [decorate]

    return Admin.as_view("view")


def below_own_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """It is inherited from there."""

    class Admin(Open):
        decorators: ClassVar = [wrapped, decorate]

    class Report(Admin):
        pass

    return Report.as_view("view")


def longer_list(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below adds to the list, above and below the guard."""

    @decorate
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [hidden, *Admin.decorators, wrapped, wrapped_without_attributes]

    return Report.as_view("view")


def another_guard(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below has a guard of its own in place of the inherited one."""

    @cognito.required(groups="admins")
    class Admin(Open):
        pass

    class Report(Admin):
        decorators: ClassVar = [decorate]

    return Report.as_view("view")


def guarded_below_too(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """A class below sets the list anew and is guarded again."""

    @cognito.required(groups="admins")
    class Admin(Open):
        pass

    @decorate
    class Report(Admin):
        decorators: ClassVar = [hidden]

    return Report.as_view("view")


def guarded_as_function(cognito: CognitoGuard, decorate: Decorator) -> RouteCallable:
    """The view function itself is guarded, and wrapped by others."""
    view: RouteCallable = decorate(guarded_too_late(cognito, decorate))
    return wrapped_without_attributes_of(view)


@pytest.mark.parametrize(("decorate", "anonymous"), [("required", 401), ("optional", 200)])
@pytest.mark.parametrize(
    "made",
    [
        own_list,
        below_own_list,
        longer_list,
        another_guard,
        guarded_below_too,
        guarded_as_function,
    ],
    ids=lambda made: made.__name__,
)
def test_a_class_with_its_guard(
    made: Made, decorate: str, anonymous: int, cognito: CognitoGuard, app: Flask, as_user: As
) -> None:
    """Where the guard is there, on whatever way it came, the view is as the guard says."""
    app.add_url_rule("/", "view", made(cognito, getattr(cognito, decorate)))
    client = app.test_client()
    assert client.get("/").status_code == anonymous
    assert client.get("/", headers={"Authorization": "Bearer junk"}).status_code == 401
    assert client.get("/", headers=as_user()).text == "welcome"
