"""Views that are objects, such as feeds, and partials: what is required of them is asked for, or is
an error."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from django.contrib.syndication.views import Feed
from django.core.checks import Tags, run_checks
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import HasGroup

from .conftest import Configure
from .test_lost_guards import Urls, ask

ran: list[str] = []


class News(Feed):  # type: ignore[type-arg]
    """A feed."""

    title = link = description = "/"

    def items(self) -> list[Any]:
        """Note that it ran."""
        ran.append("items")
        return []


@method_decorator(cognito_required(groups="admins"), name="__call__")
class Decorated(News):
    """A feed whose method is guarded."""


class Hides(Decorated):
    """Loses the guard."""

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Note that it ran."""
        ran.append("call")
        return HttpResponse()


class GoesOnByName(Decorated):
    """Calls it as old code does."""

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go on."""
        return Decorated.__call__(self, request, *args, **kwargs)


class Requires(News):
    """Has what nobody reads."""

    required_groups = "admins"


class Holds(News):
    """Has what nobody asks."""

    permission_classes = (HasGroup("admins"),)


class ViewToo(CognitoRequiredMixin, View):
    """Can be called without ``as_view``."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note that it ran."""
        ran.append("call")
        return HttpResponse()


class Slots:
    """Has no dictionary."""

    __slots__ = ()

    required_groups = "admins"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note that it ran."""
        ran.append("call")
        return HttpResponse()


class Base(View):
    """Has a guarded method."""

    @method_decorator(cognito_required)
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Note that it ran."""
        return HttpResponse()


class Hidden(Base):
    """Loses it."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Note that it ran."""
        ran.append("get")
        return HttpResponse()


def function(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Has what nobody reads."""
    ran.append("function")
    return HttpResponse()


function.required_groups = "admins"  # type: ignore[attr-defined]


def of_instance() -> Any:
    """A feed that is given what nobody reads."""
    feed = News()
    feed.required_groups = ["admins"]  # type: ignore[attr-defined]
    return feed


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")
    ran.clear()


def test_the_mixin_on_a_feed() -> None:
    """Nobody would ask it."""
    with pytest.raises(ConfigurationError, match="without as_view"):
        type("Guarded", (CognitoRequiredMixin, News), {"required_groups": "admins"})
    type("Further", (CognitoRequiredMixin,), {})  # which a view may inherit


@pytest.mark.parametrize(
    "view",
    [
        Hides(),
        Requires(),
        Holds(),
        ViewToo(),
        Slots(),
        of_instance(),
        functools.partial(function, more=1),
        functools.partial(functools.partial(Hidden.as_view(), more=1), most=1),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_requirement_that_nobody_asks(view: Any, pool: LocalUserPool) -> None:
    """It is an error for everybody, and nothing runs."""
    for token in (None, pool.access_token(), pool.access_token(groups=["admins"])):
        with pytest.raises(ConfigurationError):
            ask(view, token)
    assert ran == []


@pytest.mark.parametrize(
    "view", [Decorated(), GoesOnByName(), cognito_required(groups="admins")(News())]
)
def test_a_feed_with_a_guard(view: Any, db: str, pool: LocalUserPool) -> None:
    """The decorator guards one. A feed asks for the site that it is of."""
    assert (ask(view), ask(view, pool.access_token())) == (401, 403)
    assert ran == []
    assert ask(view, pool.access_token(groups=["admins"])) == 200
    assert ask(News()) == 200


@pytest.mark.parametrize(
    ("view", "said"),
    [(Requires(), "requirement"), (functools.partial(function, more=1), "required_groups")],
    ids=["object", "partial"],
)
def test_check(view: Any, said: str) -> None:
    """``manage.py check`` warns."""
    urls = Urls(urlpatterns=[path("", view), path("slots", Slots()), path("news", News())])
    with override_settings(ROOT_URLCONF=urls):
        found = [one for one in run_checks(tags=[Tags.security]) if "W003" in str(one.id)]
    assert len(found) == 1
    assert said in found[0].msg
