"""A requirement that a view of the mixin sets when the guard has been asked is an error."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.views import View

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.mixins import CognitoRequiredMixin

from .conftest import Configure, bearer

OURS = "cognito_guard_django.middleware.CognitoMiddleware"


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")


class Base(CognitoRequiredMixin, View):
    """What is guarded."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return HttpResponse()


class InTheHandler(Base):
    """Sets it there."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Do so."""
        self.required_groups = ["admins"]  # type: ignore[misc]
        return super().get(request)


class AnotherOne(InTheHandler):
    """Has one that is not the same."""

    required_groups = "readers"


class APolicy(Base):
    """The same with a policy."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Do so."""
        self.required_policy = require_groups("admins")  # type: ignore[misc]
        return super().get(request)


class AfterDispatch(Base):
    """Sets it when all is over."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do so."""
        answer = super().dispatch(request, *args, **kwargs)
        self.required_groups = ["admins"]  # type: ignore[misc]
        return answer


class Async(CognitoRequiredMixin, View):
    """Sets it in a coroutine."""

    async def get(self, request: HttpRequest) -> HttpResponse:
        """Do so."""
        self.required_groups = ["admins"]  # type: ignore[misc]
        return HttpResponse()


class Growing(Base):
    """Adds to it."""

    required_groups: Any = ("readers",)

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Have a list of its own."""
        super().setup(request, *args, **kwargs)
        self.required_groups = ["readers"]  # type: ignore[misc]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Do so."""
        self.required_groups.append("admins")
        return super().get(request)


class Waives(Base):
    """Takes it away, which changes nothing any more."""

    required_groups: Any = "readers"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Do so."""
        self.required_groups = None  # type: ignore[misc]
        return super().get(request)


def ask(cls: Any, token: str | None) -> int:
    """The status that a class answers with, behind the middleware, sync and async."""
    urls = Urls(urlpatterns=[path("", cls.as_view())])
    headers = {} if token is None else bearer(token)
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=[OURS]):
        status: int = Client().get("/", headers=headers).status_code
        assert asyncio.run(_later(headers)) == status
    return status


async def _later(headers: dict[str, str]) -> int:
    status: int = (await AsyncClient().get("/", headers=headers)).status_code
    return status


@pytest.mark.parametrize("cls", [InTheHandler, AnotherOne, APolicy, AfterDispatch, Async, Growing])
def test_too_late(cls: Any, pool: LocalUserPool) -> None:
    """Nobody asks for it any more: an error, and no answer."""
    with pytest.raises(ConfigurationError, match=f"of {cls.__name__} was set after the guard"):
        ask(cls, pool.access_token(groups=["admins", "readers"]))
    assert ask(cls, None) == 401


@pytest.mark.parametrize("cls", [Base, Waives])
def test_nothing_new(cls: Any, pool: LocalUserPool) -> None:
    """What requires nothing more than before is left alone."""
    assert ask(cls, pool.access_token(groups=["readers"])) == 200
