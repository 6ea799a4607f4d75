"""A class that loses its guard, and a requirement that nobody reads, are errors; no view runs."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import CognitoAuthentication, HasGroup

from .conftest import Configure, bearer

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
ran: list[str] = []


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class Base(View):
    """What is guarded."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Note that it ran."""
        ran.append("get")
        return HttpResponse()


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")
    ran.clear()


def ask(view: Any, token: str | None = None, method: str = "get") -> int:
    """The status that a view answers with, behind the middleware."""
    headers = {} if token is None else bearer(token)
    with override_settings(ROOT_URLCONF=Urls(urlpatterns=[path("", view)]), MIDDLEWARE=[OURS]):
        status: int = getattr(Client(), method)("/", headers=headers).status_code
    return status


def _past_it(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    assert self.dispatch
    ran.append("dispatch")
    return View.dispatch(self, request, *args, **kwargs)


class PastIt(CognitoRequiredMixin, Base):
    """Calls the wrong one."""

    required_groups = "admins"
    dispatch = _past_it


class Mixin:
    """The same, before ours."""

    dispatch = _past_it


class BehindMixin(Mixin, CognitoRequiredMixin, Base):
    """See ``Mixin``."""

    required_groups = "admins"


class SetLate(CognitoRequiredMixin, Base):
    """Gets another one when it is there already."""

    required_groups = "admins"


SetLate.dispatch = lambda self, request: self.get(request)  # type: ignore[method-assign]


class OfTheInstance(CognitoRequiredMixin, Base):
    """Has one of its own."""

    required_groups = "admins"

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Set it."""
        super().setup(request, *args, **kwargs)
        self.dispatch = lambda request: self.get(request)  # type: ignore[method-assign]


class Changes(CognitoRequiredMixin, Base):
    """Requires more, once it runs."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do so."""
        self.required_groups = ["admins"]  # type: ignore[misc]
        return super().dispatch(request, *args, **kwargs)


class AnotherRequest(CognitoRequiredMixin, Base):
    """Goes on with a request that nobody has decided about."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do so."""
        return super().dispatch(type(request)(request.environ), *args, **kwargs)


@pytest.mark.parametrize("cls", [PastIt, BehindMixin, SetLate, OfTheInstance])
def test_any_dispatch_is_guarded(cls: Any, pool: LocalUserPool) -> None:
    """The guard is asked before any of it runs, wherever a ``dispatch`` came from."""
    assert ask(cls.as_view()) == 401
    assert ask(cls.as_view(), pool.access_token()) == 403
    assert ran == []
    assert ask(cls.as_view(), pool.access_token(groups=["admins"])) == 200
    assert ran[-1] == "get"


def test_what_dispatch_adds(pool: LocalUserPool) -> None:
    """What it requires more is asked for as well, and another request is looked at by itself."""
    assert ask(Changes.as_view(), pool.access_token()) == 403
    assert ran == []
    assert ask(Changes.as_view(), pool.access_token(groups=["admins"])) == 200
    ran.clear()
    with pytest.raises(ConfigurationError, match="must be in MIDDLEWARE"):
        ask(AnotherRequest.as_view(), pool.access_token())
    assert ran == []


def test_the_policy_is_asked_once(pool: LocalUserPool) -> None:
    """Where nothing has changed."""
    asked: list[object] = []

    class Once(CognitoRequiredMixin, Base):
        required_policy = asked.append  # gives None, which is yes

    assert ask(Once.as_view(), pool.access_token()) == 200
    assert len(asked) == 1


def test_async(pool: LocalUserPool) -> None:
    """An async class is awaited, refused or not."""

    class Async(CognitoRequiredMixin, View):
        def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return View.dispatch(self, request, *args, **kwargs)

        async def get(self, request: Any) -> HttpResponse:
            return HttpResponse()

    async def main(headers: dict[str, str]) -> int:
        status: int = (await AsyncClient().get("/", headers=headers)).status_code
        return status

    urls = Urls(urlpatterns=[path("", Async.as_view())])
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=[OURS]):
        assert asyncio.run(main({})) == 401
        assert asyncio.run(main(bearer(pool.access_token()))) == 200


def _no_view(cls: Any, **initkwargs: Any) -> Any:
    return lambda request: cls(**initkwargs).get(request)


def test_as_view() -> None:
    """One that never calls the one before would leave the guard out."""
    own = {"as_view": classmethod(_no_view)}
    with pytest.raises(ConfigurationError, match="as_view"):
        type("Guarded", (CognitoRequiredMixin, Base), own)
    with pytest.raises(ConfigurationError, match="as_view"):
        type("Guarded", (CognitoRequiredMixin, type("Own", (Base,), own)), {})
    type("Guarded", (CognitoRequiredMixin, APIView), {})


class Wizard(Base):
    """Takes its forms by position."""

    forms: tuple[Any, ...] = ()

    @classmethod
    def as_view(cls, *forms: Any, **initkwargs: Any) -> Any:
        """The view."""
        return super().as_view(forms=forms, **initkwargs)


def test_as_view_with_positional_arguments(pool: LocalUserPool) -> None:
    """They get to the class that wants them, and the guard stands before it."""
    view = type("Guarded", (CognitoRequiredMixin, Wizard), {}).as_view(object, object)
    assert view.view_initkwargs == {"forms": (object, object)}
    assert ask(view) == 401
    assert ask(view, pool.access_token()) == 200


@method_decorator(cognito_required, name="dispatch")
class Decorated(Base):
    """Guarded as a whole."""


@method_decorator(cognito_required, name="get")
class DecoratedGet(Base):
    """Guarded for one method."""


class HidesDispatch(Decorated):
    """Leaves it out."""

    dispatch = _past_it


class HidesGet(DecoratedGet):
    """The same."""

    def get(self, request: Any) -> HttpResponse:
        """Note that it ran."""
        ran.append("get")
        return HttpResponse()


class Deeper(HidesGet):
    """Inherits it."""


class HiddenByMixin(type("M", (), {"get": HidesGet.get}), DecoratedGet):  # type: ignore[misc]
    """Gets it from beside."""


@pytest.mark.parametrize("cls", [HidesDispatch, HidesGet, Deeper, HiddenByMixin])
@pytest.mark.parametrize("known", [True, False])
def test_a_hidden_guard(cls: Any, known: bool, pool: LocalUserPool) -> None:
    """A subclass that puts a method without a guard over one with a guard is an error."""
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="hides the guard of"):
            ask(cls.as_view(), pool.access_token() if known else None)
    assert ran == []


class GoesOn(Decorated):
    """Calls it."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Go on."""
        return super().dispatch(request, *args, **kwargs)


@method_decorator(cognito_required, name="get")
class Again(DecoratedGet):
    """Has a guard of its own."""

    def get(self, request: Any) -> HttpResponse:
        """Go on."""
        return HttpResponse()


@pytest.mark.parametrize("cls", [Decorated, DecoratedGet, GoesOn, Again])
def test_guards_that_are_there(cls: Any, pool: LocalUserPool) -> None:
    """What calls ``super()``, or is decorated itself, is left alone."""
    assert ask(cls.as_view()) == 401
    assert ask(cls.as_view(), pool.access_token()) == 200


def _function() -> Any:
    @cognito_required
    def view(request: Any) -> HttpResponse:
        ran.append("view")
        return HttpResponse()

    return view


def _async_function() -> Any:
    @cognito_required
    async def view(request: Any) -> HttpResponse:
        ran.append("view")
        return HttpResponse()

    return view


def _plain_function() -> Any:
    def view(request: Any) -> HttpResponse:
        ran.append("view")
        return HttpResponse()

    return view


@pytest.mark.parametrize("make", [_function, _async_function, _plain_function])
@pytest.mark.parametrize("name", ["required_groups", "required_policy", "required_group"])
@pytest.mark.parametrize("inside", [False, True])
def test_on_a_function(make: Any, name: str, inside: bool, pool: LocalUserPool) -> None:
    """Nobody reads what is set on a function, also where another one stands around it."""
    view = make()
    setattr(view, name, "admins")
    if inside and make is _function:
        inner = view
        view = lambda request: inner(request)  # noqa: E731
    with pytest.raises(ConfigurationError, match=name):
        ask(view, pool.access_token(groups=["admins"]))
    assert ran == []


def _rest(**own: Any) -> Any:
    def get(self: Any, request: Any) -> Response:
        ran.append("get")
        return Response()

    return type("Rest", (APIView,), {"get": get, "permission_classes": [AllowAny], **own})


SESSIONS = {"authentication_classes": [SessionAuthentication]}
THEIRS = {
    "authentication_classes": [
        type("A", (BaseAuthentication,), {"authenticate": lambda s, r: None})
    ]
}
UNREAD = {
    "decorated": lambda: type("V", (Decorated,), {"required_groups": "admins"}).as_view(),
    "decorated, misspelt": lambda: type("V", (Decorated,), {"required_group": "a"}).as_view(),
    "around as_view": lambda: cognito_required(
        type("V", (Base,), {"required_scopes": "s"}).as_view()
    ),
    "around as_view, misspelt": lambda: cognito_required(
        type("V", (Base,), {"required_scope": "s"}).as_view()
    ),
    "the mixin forgotten": lambda: type(
        "V", (LoginRequiredMixin, Base), {"required_groups": "admins"}
    ).as_view(),
    "in as_view": lambda: type("V", (Base,), {"required_roles": None}).as_view(required_roles="x"),
    "a policy": lambda: type("V", (Base,), {"required_policy": require_groups("a")}).as_view(),
    "REST framework": lambda: _rest(**SESSIONS, required_groups="admins").as_view(),
    "combined": lambda: _rest(
        **SESSIONS, permission_classes=[IsAuthenticated | AllowAny], required_groups="admins"
    ).as_view(),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_unread(kind: str, pool: LocalUserPool) -> None:
    """A requirement of a class that no guard reads is an error, and no open view."""
    view = UNREAD[kind]()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="nobody reads"):
            ask(view, pool.access_token())
    assert ran == []


class Own(Base):
    """A project's own rule, under a name that is ours as well."""

    required_groups: Any = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Read it."""
        ran.append(str(self.required_groups))
        return super().dispatch(request, *args, **kwargs)


class ByText(Base):
    """The same."""

    required_groups = "x"

    def get(self, request: Any) -> HttpResponse:
        """Read it."""
        ran.append(getattr(self, "required_groups"))  # noqa: B009
        return HttpResponse()


class ByProperty(Base):
    """The same."""

    required_groups = "x"

    @property
    def wanted(self) -> str:
        """Read it."""
        return self.required_groups


class Theirs(BasePermission):
    """A permission of somebody else's, which may read what it likes."""


READ = {
    "read by the class": lambda: type("V", (Own,), {"required_groups": "x"}).as_view(),
    "read by its text": ByText.as_view,
    "read by a property": ByProperty.as_view,
    "of the mixin": lambda: type(
        "V", (CognitoRequiredMixin, Base), {"required_groups": ["admins"]}
    ).as_view(),
    "of a permission": lambda: _rest(
        **SESSIONS, permission_classes=[Theirs], required_groups="x"
    ).as_view(),
    "of a part of one": lambda: _rest(
        **SESSIONS, permission_classes=[AllowAny | Theirs], required_groups="x"
    ).as_view(),
    "of an authentication": lambda: _rest(**THEIRS, required_groups="x").as_view(),
    "of permissions that are made": lambda: _rest(
        **SESSIONS, get_permissions=lambda self: [], required_groups="x"
    ).as_view(),
    "of ours": lambda: _rest(
        authentication_classes=[CognitoAuthentication],
        permission_classes=[HasGroup],
        required_groups="admins",
    ).as_view(),
    "another name": lambda: type("V", (Base,), {"role": "button", "scope": "all"}).as_view(),
}


@pytest.mark.parametrize("kind", READ)
def test_read(kind: str, pool: LocalUserPool) -> None:
    """What somebody reads is left alone, and so are other names on views that are not ours."""
    assert ask(READ[kind](), pool.access_token(groups=["admins"])) == 200
    assert ran
