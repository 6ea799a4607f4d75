"""A permission, a policy or a requirement under a name that nobody reads is an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.checks import Tags, run_checks
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import AUTHENTICATION, MIDDLEWARE
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import CognitoAuthentication, CognitoPermission, HasGroup

from .conftest import Configure, bearer

urlpatterns: list[Any] = []
ran: list[str] = []


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    ran.clear()
    rest = {"DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION]}
    with override_settings(ROOT_URLCONF=__name__, REST_FRAMEWORK=rest, MIDDLEWARE=[MIDDLEWARE]):
        yield


def ask(view: Any, token: str, *more: str) -> int:
    """The status that a view answers with, behind our middleware and more."""
    urlpatterns[:] = [path("", view)]
    with override_settings(MIDDLEWARE=[MIDDLEWARE, *more]):
        status: int = Client().get("/", headers=bearer(token)).status_code
    return status


def _run(self: Any, request: HttpRequest) -> Any:
    ran.append(request.path)
    return Response()


def _run_in_django(self: Any, request: HttpRequest) -> Any:
    ran.append(request.path)
    return HttpResponse()


def _rest(**own: Any) -> Any:
    bases = (ViewSet,)
    attributes = {"permission_classes": [CognitoPermission], "list": _run, **own}
    attributes["get"] = attributes["list"]
    return type("Guarded", bases, attributes).as_view({"get": "list"})  # type: ignore[attr-defined]


def _mixin(**own: Any) -> Any:
    return type("Guarded", (CognitoRequiredMixin, View), {"get": _run_in_django, **own}).as_view()


def _decorated(**own: Any) -> Any:
    cls = type("Guarded", (View,), {"get": _run_in_django, **own})
    return method_decorator(cognito_required, name="dispatch")(cls).as_view()


def _around(**own: Any) -> Any:
    return cognito_required(type("Guarded", (View,), {"get": _run_in_django, **own}).as_view())


def _hidden(make: Any) -> Any:
    """Within a function that shows nothing of it."""

    def hiding(**own: Any) -> Any:
        view = make(**own)
        return lambda request: view(request)

    return hiding


def _plain(**own: Any) -> Any:
    return type("Plain", (View,), {"get": _run_in_django, **own}).as_view()


GUARDED = {
    "rest": _rest,
    "mixin": _mixin,
    "decorated": _decorated,
    "around": _around,
    "mixin, hidden": _hidden(_mixin),
    "decorated, hidden": _hidden(_decorated),
    "around, hidden": _hidden(_around),
}
ADMINS = require_groups("admins")

UNREAD: list[tuple[str, Any]] = [
    ("permission_class", [HasGroup("admins")]),
    ("permissions_classes", (HasGroup("admins"),)),
    ("permissions", {"GET": [AllowAny | HasGroup("admins")]}),
    ("permission", HasGroup),
    ("who", HasGroup("admins") & CognitoPermission),
    ("required_policies", [ADMINS]),
    ("policies", {"get": ADMINS}),
    ("checks", (lambda identity: None, ADMINS)),
    ("guard", {ADMINS}),
    ("permission_required", "admins"),
    ("permission_required", ("a.b", "c.d")),
    ("required_permission", "admins"),
    ("required_permissions", ["admins"]),
    ("required_client_ids", ["1example23456789"]),
    ("required_clients", ["1example23456789"]),
    ("required_rights", {"write"}),
    ("requires_level", "gold"),
    ("required_level", "gold"),
    ("requiredTenant", "blue"),
    ("required_alternate_scopes", {"GET": [["orders/read"]]}),
    ("required_groups_map", {"GET": ["admins"]}),
]


@pytest.mark.parametrize("kind", GUARDED)
@pytest.mark.parametrize(("name", "value"), UNREAD)
def test_unread(kind: str, name: str, value: Any, pool: LocalUserPool) -> None:
    """What a guarded view holds for nobody to read is an error when a request comes, and in
    ``manage.py check``."""
    view = GUARDED[kind](**{name: value})
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=name):
            ask(view, pool.access_token(groups=["admins"]))
    assert ran == []
    found = [one for one in run_checks(tags=[Tags.security]) if name in one.msg]
    guarded = kind in ("rest", "mixin")
    assert [str(one.id)[-4:] for one in found] == ["E021" if guarded else "W003"] * len(found)
    assert found or not guarded


def test_of_as_view(pool: LocalUserPool) -> None:
    """Also what ``as_view`` was called with."""
    cls: Any = type("Guarded", (CognitoRequiredMixin, View), {"get": _run_in_django, "who": None})
    assert ask(cls.as_view(), pool.access_token()) == 200
    with pytest.raises(ConfigurationError, match="who of Guarded"):
        ask(cls.as_view(who=ADMINS), pool.access_token())


def test_a_bare_policy(pool: LocalUserPool) -> None:
    """One that stands in the class to be used there is no mistake; alone, it guards nothing."""
    whose = {"admins": ADMINS}
    token = pool.access_token(groups=["admins"])
    for make in (_rest, _mixin):
        with pytest.raises(ConfigurationError, match="admins of Guarded"):
            ask(make(**whose), token)
        assert ask(make(**whose, required_policy=ADMINS | require_groups("x")), token) == 200
    get = method_decorator(cognito_required(policy=ADMINS))(_run_in_django)
    assert ask(_around(**whose, get=get), token) == 200


def test_a_view_without_a_guard(pool: LocalUserPool) -> None:
    """A permission of ours is out of place on a class of Django's; all else is not our affair."""
    for name in ("permission_classes", "permission"):
        with pytest.raises(ConfigurationError, match=f"{name} of Plain"):
            ask(_plain(**{name: [HasGroup("admins")]}), pool.access_token())
    others = {"permission_required": "a.b", "checks": [ADMINS], "permission_classes": [AllowAny]}
    assert ask(_plain(**others), pool.access_token()) == 200


class Reading(BasePermission):
    """A permission of the project's."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Read what the view says."""
        return bool(view.required_rights or view.checks)


class OwnCode:
    """Reads it in a method."""

    required_rights: Any = ("write",)
    checks: Any = (ADMINS,)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do so."""
        assert self.required_rights
        assert self.checks
        super().initial(request, *args, **kwargs)  # type: ignore[misc]


class ByParts:
    """Makes the name of parts."""

    list_permissions: Any = (HasGroup("admins"),)
    permissions_list: Any = (HasGroup("admins"),)
    action = "list"

    def get_permissions(self) -> Any:
        """Do so."""
        found = getattr(self, f"permissions_{self.action}")
        return [each() for each in (*found, *getattr(self, f"{self.action}_permissions"))]


class Inner(ViewSet):
    """Makes its permissions where it needs them."""

    class Admins(HasGroup):
        """One of its own."""

    staff = HasGroup("admins", "staff", match="any")
    either = staff | AllowAny
    permission_classes = (Admins("admins"), either & CognitoPermission)
    extra = HasGroup("admins")

    @action(detail=False, permission_classes=[extra])
    def list(self, request: Any) -> Any:
        """Note that it ran."""
        return _run(self, request)


RIGHT = {
    "its own code": lambda: type("V", (OwnCode, ViewSet), {"list": _run}).as_view({"get": "list"}),
    "a permission": lambda: _rest(
        permission_classes=[Reading | CognitoPermission], required_rights="x", checks=[ADMINS]
    ),
    "parts of a name": lambda: type("V", (ByParts, ViewSet), {"list": _run}).as_view(
        {"get": "list"}
    ),
    "its own permissions": lambda: Inner.as_view({"get": "list"}),
    "a subclass": lambda: type("V", (Inner,), {}).as_view({"get": "list"}),
    "a library": lambda: type(
        "V", (_library(), CognitoRequiredMixin, View), {"get": _run_in_django}
    ).as_view(),
    "numbers and flags": lambda: _mixin(
        required_age=18, required_max_weight=300.0, superuser_required=True, requires=None
    ),
    "nothing": lambda: _mixin(required_rights=[], permission_required="", required_claims={}),
    "another subject": lambda: _mixin(
        required_fields=["name"], required_score="7", required_group_ids=["1"]
    ),
}


def _library() -> Any:
    return type("L", (), {"required_rights": ["x"], "__module__": "asgiref.sync"})


@pytest.mark.parametrize("kind", RIGHT)
def test_right(kind: str, pool: LocalUserPool) -> None:
    """What somebody reads, and what says nothing about a caller, is left alone."""
    assert ask(RIGHT[kind](), pool.access_token(groups=["admins"])) == 200
    assert [one.msg for one in run_checks(tags=[Tags.security]) if "nobody reads" in one.msg] == []
    assert len(ran) == 1


def test_of_django(pool: LocalUserPool) -> None:
    """Django's own mixin reads ``permission_required``."""
    cls: Any = type(
        "V",
        (CognitoRequiredMixin, PermissionRequiredMixin, View),
        {"get": _run_in_django, "permission_required": "a.b", "raise_exception": True},
    )
    assert ask(cls.as_view(), pool.access_token()) == 403
    assert ran == []


class Middleware:
    """A middleware of the project's, which enforces what views say."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self._get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        """Read it."""
        ran.append(getattr(getattr(view, "view_class", view), "required_feature", None) or "")


def middleware(get_response: Any) -> Any:
    """The same as a function, which reads another name."""

    def answer(request: Any) -> Any:
        assert getattr(request, "required_plan", None) is None
        return get_response(request)

    return answer


def test_of_a_middleware(pool: LocalUserPool) -> None:
    """So may a middleware."""
    view = _mixin(required_feature="beta", required_plan="gold")
    places = (f"{__name__}.Middleware", f"{__name__}.middleware")
    assert ask(view, pool.access_token(), *places) == 200
    assert "beta" in ran
    for one in places:
        with pytest.raises(ConfigurationError, match="required_"):
            ask(view, pool.access_token(), one)


def _set(**attributes: Any) -> Any:
    def decorate(function: Any) -> Any:
        for name, value in attributes.items():
            setattr(function, name, value)
        return function

    return decorate


def _function(request: HttpRequest) -> HttpResponse:
    ran.append(request.path)
    return HttpResponse()


def _reading(view: Any) -> Any:
    """A decorator that reads what stands on the function."""

    def around(request: Any) -> Any:
        ran.append(str(view.needs))
        return view(request)

    return _set(**vars(view))(around)


def _copied() -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        return _function(request)

    return view


def _api(*decorators: Any) -> Any:
    def view(request: Any) -> Response:
        return _run(None, request)  # type: ignore[no-any-return]

    made: Any = view
    for decorate in reversed(decorators):
        made = decorate(made)
    return made


GET = api_view(["GET"])
OURS = _set(authentication_classes=[CognitoAuthentication])
SOME = [HasGroup("admins")]

ON_FUNCTIONS: dict[str, tuple[Any, str]] = {
    "a plain view": (lambda: permission_classes(SOME)(_copied()), "permission_classes"),
    "another name": (lambda: _set(who=SOME)(_copied()), "who"),
    "guarded": (
        lambda: permission_classes(SOME)(cognito_required(_copied())),
        "permission_classes",
    ),
    "within the guard": (
        lambda: cognito_required(permission_classes(SOME)(_copied())),
        "permission_classes",
    ),
    "a policy": (lambda: cognito_required(_set(who=ADMINS)(_copied())), "who"),
    "a yes": (lambda: _set(required_mfa=True)(cognito_required(_copied())), "required_mfa"),
    "a no": (lambda: _set(required_groups=False)(cognito_required(_copied())), "required_groups"),
    "a misspelt yes": (
        lambda: cognito_required(_set(mfa_required=True)(_copied())),
        "mfa_required",
    ),
    "above api_view": (lambda: _api(_set(required_groups="a"), GET), "required_groups"),
    "below api_view": (lambda: _api(GET, _set(required_groups="a")), "required_groups"),
    "a misspelt one below": (lambda: _api(GET, OURS, _set(required_group="a")), "required_group"),
    "a policy below": (lambda: _api(GET, OURS, _set(who=[ADMINS])), "who"),
    "a permission below": (lambda: _api(GET, _set(permission_class=SOME)), "permission_class"),
}


@pytest.mark.parametrize("kind", ON_FUNCTIONS)
def test_on_functions(kind: str, pool: LocalUserPool) -> None:
    """On a function, REST framework's own attributes count below ``api_view``, and nothing else."""
    make, name = ON_FUNCTIONS[kind]
    with pytest.raises(ConfigurationError, match=f"{name} was set on the function view"):
        ask(make(), pool.access_token(groups=["admins"]))
    assert ran == []


def test_functions_that_are_right(pool: LocalUserPool) -> None:
    """What stands on a function for somebody who reads it is left alone."""
    token = pool.access_token(groups=["admins"])
    assert ask(_api(GET, OURS, permission_classes(SOME)), token) == 200
    assert ask(_api(GET, OURS, permission_classes(SOME)), pool.access_token()) == 403
    assert ask(_reading(cognito_required(_set(needs=ADMINS)(_copied()))), token) == 200
    assert ask(_set(needs=ADMINS)(_copied()), token) == 200
    assert ask(_api(GET, _set(required_group="a", needs=ADMINS)), token) == 200  # not ours
    assert ask(_set(scope_of_work=3, _needs=SOME)(cognito_required(_copied())), token) == 200


def test_a_yes_becomes_a_policy(pool: LocalUserPool) -> None:
    """A name that said nothing while it was a plain yes is looked at again when it is more."""
    view = cognito_required(_copied())
    token = pool.access_token(groups=["admins"])
    for _ in range(2):
        assert ask(_set(who=True)(view), token) == 200
    ran.clear()
    with pytest.raises(ConfigurationError, match="who was set on the function view"):
        ask(_set(who=ADMINS)(view), token)
    assert ran == []


METHODS: list[tuple[str, Any]] = [
    ("required_groups", ["admins"]),
    ("required_policy", ADMINS),
    ("required_group", "admins"),
    ("permission_classes", SOME),
    ("who", {"a": ADMINS}),
]


@pytest.mark.parametrize("kind", GUARDED)
@pytest.mark.parametrize(("name", "value"), METHODS)
def test_on_methods(kind: str, name: str, value: Any, pool: LocalUserPool) -> None:
    """Nobody reads what is set on the method of a view."""
    run = {"rest": _run}.get(kind, _run_in_django)

    def handler(self: Any, request: Any) -> Any:
        return run(self, request)

    own = {"list" if kind == "rest" else "get": _set(**{name: value})(handler)}
    with pytest.raises(ConfigurationError, match=f"{name} was set on the function handler"):
        ask(GUARDED[kind](**own), pool.access_token(groups=["admins"]))
    assert ran == []


def test_methods_that_are_right(pool: LocalUserPool) -> None:
    """Unless the class has code that does, or it is REST framework's word about an action."""

    def dispatch(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        ran.append(str(self.get.needs))
        return super(CognitoRequiredMixin, self).dispatch(request, *args, **kwargs)

    def get(self: Any, request: Any) -> Any:
        return _run_in_django(self, request)

    token = pool.access_token(groups=["admins"])
    assert ask(_mixin(get=_set(needs=ADMINS)(get), dispatch=dispatch), token) == 200
    own = action(detail=False, permission_classes=SOME, required_groups=["admins"])(
        _set(template="x", required_groups=None)(lambda self, request: _run(self, request))
    )
    assert ask(_rest(list=own), token) == 200
