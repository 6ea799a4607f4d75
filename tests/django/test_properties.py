"""Requirements that a view works out when a request comes, by a property."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils.functional import classproperty
from django.views import View

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import MIDDLEWARE
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import CognitoPermission

from .api import Seen
from .conftest import Configure, bearer

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[MIDDLEWARE]):
        yield


def _get(self: Any, request: Any) -> HttpResponse:
    return HttpResponse()


def _mixin(**own: Any) -> Any:
    return type("Worked", (CognitoRequiredMixin, View), {"get": _get, "post": _get, **own})


def _rest(**own: Any) -> Any:
    return type("Worked", (Seen,), {"permission_classes": [CognitoPermission], **own})


def ask(cls: Any, token: str | None, method: str = "get") -> int:
    """The status that a view answers with."""
    urlpatterns[:] = [path("", cls.as_view())]
    client = Client(headers={} if token is None else bearer(token))
    status: int = getattr(client, method)("/").status_code
    return status


def _groups(self: Any) -> Any:
    return None if self.request.method == "GET" else ["admins"]


def _policy(self: Any) -> Any:
    return require_groups("admins") if self.request.method != "GET" else lambda identity: None


class Descriptor:
    """One of the project's."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else _groups(instance)


def _named(function: Any) -> Any:
    found = cached_property(function)
    found.__set_name__(View, "required_groups")
    return found


WORKED = {
    "property": {"required_groups": property(_groups)},
    "cached": {"required_groups": _named(_groups)},
    "descriptor": {"required_groups": Descriptor()},
    "policy": {"required_policy": property(_policy)},
}


@pytest.mark.parametrize("make", [_mixin, _rest])
@pytest.mark.parametrize("kind", WORKED)
def test_worked_out(make: Any, kind: str, pool: LocalUserPool) -> None:
    """A requirement counts as it is for this request."""
    cls = make(**WORKED[kind])
    assert ask(cls, pool.access_token()) == 200
    assert ask(cls, pool.access_token(), "post") == 403
    assert ask(cls, pool.access_token(groups=["admins"]), "post") == 200
    assert ask(cls, None) == 401
    found = [one for one in run_checks(tags=[Tags.security]) if str(one.id)[-4:-2] in ("E0", "W0")]
    assert [one.msg for one in found if "Worked" in one.msg] == []


@pytest.mark.parametrize("make", [_mixin, _rest])
@pytest.mark.parametrize("name", ["required_groups", "required_policy"])
def test_an_error_in_it(make: Any, name: str, pool: LocalUserPool) -> None:
    """A property that fails requires nothing less: it is an error, whatever it raises."""

    def failing(self: Any) -> Any:
        return self.request.no_such_thing

    cls = make(**{name: property(failing)})
    with pytest.raises(AttributeError, match="no_such_thing"):
        ask(cls, pool.access_token(groups=["admins"]))


@pytest.mark.parametrize("value", ["", [], 3, ["a b"]])
def test_a_wrong_one(value: Any, pool: LocalUserPool) -> None:
    """What it gives is looked at as ever, when it gives it."""
    for make in (_mixin, _rest):
        cls = make(required_scopes=property(lambda self: value))
        with pytest.raises(ConfigurationError, match="require_scopes"):
            ask(cls, pool.access_token())


def test_of_the_class(pool: LocalUserPool) -> None:
    """What a class can say by itself counts as well."""
    for make in (_mixin, _rest):
        cls = make(required_groups=classproperty(lambda cls: ["admins"]))
        assert ask(cls, pool.access_token()) == 403
        assert ask(cls, pool.access_token(groups=["admins"])) == 200


def test_a_view_of_others() -> None:
    """On a view that we do not guard, it is not asked for by ``manage.py check``."""
    cls: Any = type("Plain", (View,), {"get": _get, "required_groups": property(_groups)})
    urlpatterns[:] = [path("", cls.as_view())]
    assert [one for one in run_checks(tags=[Tags.security]) if "Plain" in one.msg] == []
