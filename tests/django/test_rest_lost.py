"""REST framework's views whose methods leave out what asks their permissions are errors."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import Error, Tags, run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import AUTHENTICATION, MIDDLEWARE
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasSession,
    enforce,
)

from .api import Seen, runs
from .conftest import Configure, bearer

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    rest = {"DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION]}
    with override_settings(ROOT_URLCONF=__name__, REST_FRAMEWORK=rest, MIDDLEWARE=[]):
        yield


def ask(view: Any, token: str | None = None, method: str = "get") -> Any:
    """Ask a view, as URLs have it."""
    urlpatterns[:] = [path("", view)]
    return getattr(APIClient(), method)("/", headers={} if token is None else bearer(token))


def _user(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    self.format_kwarg = None
    assert request.user is not None


def _nothing(self: Any, request: Any) -> None:
    assert request.user is not None


def _past(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    self.args, self.kwargs, self.headers = args, kwargs, {}
    self.request = self.initialize_request(request)
    assert self.request.user is not None
    return self.get(self.request)


class Beside:
    """Leaves it out for whoever names this before a view."""

    initial = _user


@method_decorator(never_cache, name="dispatch")
class Wrapped(Seen):
    """Leaves it out within a decorator that goes on to it."""

    permission_classes = (HasGroup("admins"),)
    dispatch = _past


class Made(Seen):
    """Makes its permissions."""

    initial = _user

    def get_permissions(self) -> Any:
        """As projects do."""
        return [HasGroup("admins")]


class Held(Made):
    """The same by a property."""

    get_permissions = APIView.get_permissions
    permission_classes = property(lambda self: [HasGroup("admins")])


class Inner(Made):
    """The same with one that stands in a function."""

    def get_permissions(self, _made: Any = HasGroup("admins")) -> Any:  # noqa: B008
        """As projects do."""
        return [_made]


class OfTheInstance(Seen):
    """Sets it when it is made."""

    permission_classes = (HasGroup("admins"),)

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do so."""
        super().setup(request, *args, **kwargs)
        self.check_permissions = lambda request: None  # type: ignore[method-assign]


def view(*permissions: Any, bases: tuple[Any, ...] = (Seen,), **own: Any) -> Any:
    """A view with these permissions and attributes."""
    attributes = {"permission_classes": list(permissions), **own}
    return type("Lost", bases, attributes).as_view()  # type: ignore[attr-defined]


ADMINS = HasGroup("admins")
LOST = {
    "initial": lambda: view(ADMINS, initial=_user),
    "check_permissions": lambda: view(ADMINS, check_permissions=_nothing),
    "dispatch": lambda: view(ADMINS, dispatch=_past),
    "a class of ours": lambda: view(CognitoPermission, check_permissions=_nothing),
    "a combination": lambda: view(AllowAny & (HasSession | ADMINS), initial=_user),
    "by as_view": lambda: type("Lost", (Seen,), {"initial": _user}).as_view(
        permission_classes=[ADMINS]
    ),
    "beside": lambda: view(ADMINS, bases=(Beside, Seen)),
    "below": lambda: view(bases=(type("Base", (Seen,), {"initial": _user}),), **_admins()),
    "decorated": Wrapped.as_view,
    "made": Made.as_view,
    "held": Held.as_view,
    "inner": Inner.as_view,
}


def _admins() -> dict[str, Any]:
    return {"permission_classes": [ADMINS]}


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("chain", [[], [MIDDLEWARE]], ids=["alone", "middleware"])
def test_lost(kind: str, chain: list[str], pool: LocalUserPool) -> None:
    """Behind the middleware, and where our authentication is asked, no such view runs."""
    made = LOST[kind]()
    for token in (None, pool.access_token(groups=["admins"])):
        with (
            override_settings(MIDDLEWARE=chain),
            pytest.raises(ConfigurationError, match="leaves out the permissions of"),
        ):
            ask(made, token)
    assert runs == []


@pytest.mark.parametrize("kind", LOST)
def test_lost_is_checked(kind: str) -> None:
    """``manage.py check`` says so before that."""
    urlpatterns[:] = [path("", LOST[kind]())]
    [found] = [one for one in run_checks(tags=[Tags.security]) if str(one.id).endswith("E021")]
    assert isinstance(found, Error)
    assert "leaves out the permissions of" in found.msg


def test_lost_by_an_instance(pool: LocalUserPool) -> None:
    """What an instance has of its own can be seen only when a request comes."""
    for token in (None, pool.access_token(groups=["admins"])):
        with pytest.raises(ConfigurationError, match=r"OfTheInstance\.check_permissions"):
            ask(OfTheInstance.as_view(), token)
    assert runs == []


def test_the_middleware_asks_no_view(pool: LocalUserPool) -> None:
    """It finds one that asks nobody who is calling."""
    silent = view(ADMINS, dispatch=lambda self, request: HttpResponse())
    with (
        override_settings(MIDDLEWARE=[MIDDLEWARE]),
        pytest.raises(ConfigurationError, match="leaves out"),
    ):
        ask(silent)


def _super(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    return super(type(self), self).initial(request, *args, **kwargs)


def _own_order(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    _user(self, request)
    self.check_permissions(request)


def _own_loop(self: Any, request: Any) -> None:
    for permission in self.get_permissions():
        assert permission.has_permission(request, self)


def _own_rule(self: Any, request: Any) -> None:
    enforce(request, require_groups("admins"))


def _own_dispatch(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    self.args, self.kwargs, self.headers = args, kwargs, {}
    self.request = self.initialize_request(request)
    try:
        self.initial(self.request)
        answer: Any = self.get(self.request)
    except APIException as error:
        answer = self.handle_exception(error)
    return self.finalize_response(self.request, answer)


def _sometimes(self: Any, request: Any) -> None:
    if request.method != "OPTIONS":
        super(type(self), self).check_permissions(request)


def _lazily(self: Any, request: Any) -> None:
    """As REST framework documents it."""


RIGHT = {
    "super": lambda: view(ADMINS, initial=_super),
    "in another order": lambda: view(ADMINS, initial=_own_order),
    "one by one": lambda: view(ADMINS, check_permissions=_own_loop),
    "by enforce": lambda: view(ADMINS, check_permissions=_own_rule),
    "dispatch": lambda: view(ADMINS, dispatch=_own_dispatch),
    "decorated": lambda: method_decorator(never_cache, name="dispatch")(
        type("View", (Seen,), _admins())
    ).as_view(),
    "for some methods": lambda: view(ADMINS, check_permissions=_sometimes),
    "lazily": lambda: view(ADMINS, perform_authentication=_lazily),
}


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("chain", [[], [MIDDLEWARE]], ids=["alone", "middleware"])
def test_right(kind: str, chain: list[str], pool: LocalUserPool) -> None:
    """What goes on to the permissions, or asks for itself, is left alone."""
    with override_settings(MIDDLEWARE=chain):
        assert ask(RIGHT[kind](), pool.access_token(groups=["admins"])).status_code == 200
        assert ask(RIGHT[kind](), pool.access_token()).status_code == 403
        assert ask(RIGHT[kind]()).status_code == 401
    assert len(runs) == 1


@pytest.mark.parametrize("permissions", [[], [AllowAny], [IsAuthenticated]])
def test_of_others(permissions: list[Any]) -> None:
    """Views without permissions of ours are the project's affair."""
    open_view = view(*permissions, check_permissions=_nothing)
    with override_settings(MIDDLEWARE=[MIDDLEWARE]):
        assert ask(open_view).status_code == 200
    own = view(get_permissions=lambda self: [AllowAny()], initial=_user)
    assert ask(own).status_code == 200
    by_other_means = view(get_permissions=AllowAny, initial=_user)
    assert ask(by_other_means).status_code == 200


def _set(self: Any) -> None:
    self.required_groups = ["admins"]


def _late_initial(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    APIView.initial(self, request, *args, **kwargs)
    _set(self)


def _late_get(self: Any, request: Any) -> Response:
    _set(self)
    return Response()


def _late_permissions(self: Any, request: Any) -> Response:
    self.permission_classes = [HasGroup("admins")]
    return Response()


def _early_initial(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    _set(self)
    APIView.initial(self, request, *args, **kwargs)


def _twice(self: Any, request: Any) -> Response:
    _set(self)
    self.check_permissions(request)
    return Response()


def _of_an_object(self: Any, request: Any) -> Response:
    _set(self)
    self.check_object_permissions(request, object())
    return Response()


class Setting(AllowAny):
    """A permission that says what the next one is to require."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Say so."""
        _set(view)
        return True


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ({"initial": _late_initial}, "required_groups"),
        ({"get": _late_get}, "required_groups"),
        ({"get": _late_permissions}, "permission_classes"),
        ({"get": _late_get, "permission_classes": [IsAuthenticated]}, "required_groups"),
        ({"get": _late_get, "required_groups": ["readers"]}, "required_groups"),
    ],
)
def test_too_late(own: dict[str, Any], name: str, pool: LocalUserPool) -> None:
    """A requirement that is set when the permissions have been asked is an error, and no answer."""
    token = pool.access_token(groups=["admins", "readers"])
    late = type("Late", (Seen,), {"permission_classes": [CognitoPermission], **own})
    with pytest.raises(ConfigurationError, match=f"{name} of Late was set after"):
        ask(late.as_view(), token)  # type: ignore[attr-defined]
    assert ask(late.as_view()).status_code == 401  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "own",
    [
        {"initial": _early_initial},
        {"get": _twice},
        {"get": _of_an_object},
        {"permission_classes": [Setting, CognitoPermission]},
        {"permission_classes": [Setting & CognitoPermission]},
    ],
)
def test_in_time(own: dict[str, Any], pool: LocalUserPool) -> None:
    """One that is asked for counts, whenever it was set."""
    attributes = {"permission_classes": [CognitoPermission], **own}
    early = type("Early", (Seen,), attributes).as_view()  # type: ignore[attr-defined]
    assert ask(early, pool.access_token(groups=["admins"])).status_code == 200
    assert ask(early, pool.access_token()).status_code == 403


def test_what_is_no_new_requirement(pool: LocalUserPool) -> None:
    """Nothing is wrong with a view that takes one away, fails, or makes its own each time."""

    def taken(self: Any, request: Any) -> Response:
        self.required_groups = None
        return Response()

    def failing(self: Any, request: Any) -> Response:
        self.required_groups = ["others"]
        return self.permission_denied(request)  # type: ignore[no-any-return]

    token = pool.access_token(groups=["admins"])
    made = property(lambda self: ["admins"])
    for own, status in (({"get": taken}, 200), ({"get": failing}, 403), ({}, 200)):
        attributes = {"permission_classes": [CognitoPermission], "required_groups": ["admins"]}
        cls: Any = type("View", (Seen,), {**attributes, **own})
        assert ask(cls.as_view(), token).status_code == status
    cls = type("View", (Seen,), {"permission_classes": [HasGroup], "required_groups": made})
    assert ask(cls.as_view(), token).status_code == 200


def test_of_no_view(pool: LocalUserPool) -> None:
    """A permission that somebody asks about something else than a view notes nothing on it."""
    request = Request(APIRequestFactory().get("/"), authenticators=[CognitoAuthentication()])
    request._request.META["HTTP_AUTHORIZATION"] = bearer(pool.access_token())["Authorization"]
    other = SimpleNamespace(required_groups=None)
    assert CognitoPermission().has_permission(request, other)
    assert vars(other) == {"required_groups": None}


class HandingOut:
    """Gives everybody the same iterator."""

    def __init__(self, members: list[Any]) -> None:
        self._members = iter(members)

    def __iter__(self) -> Any:
        return self._members


READ_ONCE = {
    "on a class": lambda: view(permission_classes=map(HasGroup, ["admins"])),
    "above it": lambda: view(bases=(type("Base", (Seen,), {}),), permission_classes=iter([ADMINS])),
    "by as_view": lambda: Seen.as_view(permission_classes=(one for one in [ADMINS])),
    "handed out": lambda: view(permission_classes=HandingOut([ADMINS])),
    "authentication": lambda: view(
        permission_classes=[ADMINS], authentication_classes=iter([CognitoAuthentication])
    ),
}


@pytest.mark.parametrize("middleware", [[], [MIDDLEWARE]], ids=["alone", "behind the middleware"])
@pytest.mark.parametrize("kind", READ_ONCE)
def test_permissions_that_are_read_once(
    kind: str, middleware: list[str], pool: LocalUserPool
) -> None:
    """The first request would use them up, and so would a look at them: nobody is let in."""
    callback = READ_ONCE[kind]()
    urlpatterns[:] = [path("", callback)]
    [found] = [one for one in run_checks(tags=[Tags.security]) if str(one.id).endswith("E021")]
    assert "only once" in found.msg
    with override_settings(MIDDLEWARE=middleware):
        for token in (None, None, pool.access_token(groups=["admins"])):
            with pytest.raises(ConfigurationError, match=r"_classes of .* only once"):
                ask(callback, token)
    assert runs == []
