"""Sign-ins that must be strong enough: attributes of views, and REST framework's permissions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.views import View
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIRequestFactory

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import AUTHENTICATION, HANDLER
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import (
    CognitoPermission,
    HasAcr,
    HasGroup,
    HasMfa,
    HasRecentLogin,
)
from cognito_guard_django.views.attributes import refuse_misnamed

from .api import Seen, runs
from .conftest import Configure, bearer

TWO, FOUR = "urn:cognito:loa:2", "urn:cognito:loa:4"
STEP_UP = 'Bearer error="insufficient_user_authentication"'
LEVELS = f'acr_values="{TWO} urn:cognito:loa:3 {FOUR}"'
MFA = f'acr_values="{FOUR} urn:cognito:loa:3"'


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    rest = {"EXCEPTION_HANDLER": HANDLER, "DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION]}
    with override_settings(REST_FRAMEWORK=rest):
        yield


def _get(self: Any, request: Any) -> HttpResponse:
    return HttpResponse("in")


def mixin(**attributes: Any) -> Any:
    """A class of views of Django's own, behind the middleware."""
    view = type("Guarded", (CognitoRequiredMixin, View), {"get": _get, **attributes}).as_view()
    return CognitoMiddleware(view)


def rest(*permissions: Any, **attributes: Any) -> Any:
    """A class of views of REST framework's."""
    return type("View", (Seen,), {"permission_classes": list(permissions), **attributes}).as_view()


def ask(view: Any, token: str, *, of_rest: bool = False) -> str | None:
    """The challenge; ``None`` for who is let in."""
    factory = APIRequestFactory() if of_rest else RequestFactory()
    answer = view(factory.get("/", headers=bearer(token)))
    assert answer.status_code in (200, 401)
    return None if answer.status_code == 200 else str(answer["WWW-Authenticate"])


ATTRIBUTES: list[tuple[dict[str, Any], str]] = [
    ({"required_acr": TWO}, f"{STEP_UP}, {LEVELS}"),
    ({"required_mfa": True}, f"{STEP_UP}, {MFA}"),
    ({"required_max_age": 60}, f'{STEP_UP}, max_age="60"'),
    ({"required_acr": TWO, "required_max_age": 60}, f'{STEP_UP}, {LEVELS}, max_age="60"'),
    ({"required_acr": TWO, "required_mfa": True}, f"{STEP_UP}, {MFA}"),
]


@pytest.mark.parametrize(("attributes", "challenge"), ATTRIBUTES)
def test_attributes(attributes: dict[str, Any], challenge: str, pool: LocalUserPool) -> None:
    """The mixin and ``CognitoPermission`` read them, and one challenge names all of it."""
    weak, strong = pool.access_token(level=1, auth_time=1), pool.access_token(level=4)
    for view, of_rest in (
        (mixin(**attributes), False),
        (rest(CognitoPermission, **attributes), True),
        (CognitoMiddleware(cognito_required(**_keywords(attributes))(HttpResponse)), False),
    ):
        assert ask(view, weak, of_rest=of_rest) == challenge
        assert ask(view, strong, of_rest=of_rest) is None


def _keywords(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("required_"): value for name, value in attributes.items()}


def test_a_class_that_asks_for_less(pool: LocalUserPool) -> None:
    """``None`` and ``False`` take back what the class before asks for."""
    strict = type("Strict", (CognitoRequiredMixin, View), {"get": _get, "required_mfa": True})
    for nothing in (None, False):
        view = type("Looser", (strict,), {"required_mfa": nothing})
        assert ask(CognitoMiddleware(view.as_view()), pool.access_token()) is None
    assert ask(CognitoMiddleware(strict.as_view()), pool.access_token()) is not None


@pytest.mark.parametrize(
    "attributes",
    [
        {"required_acr": "gold"},
        {"required_acr": [TWO]},
        {"required_acr": ""},
        {"required_mfa": "true"},
        {"required_mfa": 1},
        {"required_max_age": "60"},
        {"required_max_age": 0},
        {"required_max_age": True},
    ],
)
def test_wrong_values(attributes: dict[str, Any]) -> None:
    """What says nothing is an error when the class is made."""
    with pytest.raises(ConfigurationError):
        mixin(**attributes)


@pytest.mark.parametrize(
    ("name", "value", "is_one"),
    [
        ("require_mfa", True, True),
        ("mfa_required", True, True),
        ("requires_mfa", True, True),
        ("requiredMfa", True, True),
        ("needs_mfa", True, True),
        ("required_acrs", [TWO], True),
        ("acr_required", TWO, True),
        ("required_maxage", 300, True),
        ("max_age_required", 300, True),
        ("required_recent_login", 300, True),
        ("mfa_required", False, False),
        ("mfa_required", None, False),
        ("required_mfa", True, False),
        ("required_acr", TWO, False),
        ("required_max_age", 300, False),
        ("required_age", 18, False),
        ("max_age", 300, False),
        ("mfa", True, False),
    ],
)
def test_names_that_read_alike(name: str, value: object, is_one: bool) -> None:
    """What reads like one of these attributes and is none is an error."""
    view = type("View", (), {name: value})
    if is_one:
        with pytest.raises(ConfigurationError, match=name):
            refuse_misnamed(view)
    else:
        refuse_misnamed(view)


@pytest.mark.parametrize(
    ("name", "value"), [("required_acr", TWO), ("required_mfa", True), ("required_max_age", 60)]
)
def test_nobody_reads_it(name: str, value: Any, pool: LocalUserPool) -> None:
    """Without a guard, on a view of either kind or set late, it is an error."""
    plain = type("Plain", (View,), {"get": _get, name: value}).as_view()
    request: Any = RequestFactory().get("/")
    with pytest.raises(ConfigurationError, match=f"{name} of Plain is a requirement"):
        CognitoMiddleware(plain).process_view(request, plain, (), {})  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match=f"reads {name}"):
        ask(rest(IsAuthenticated, **{name: value}), pool.access_token(), of_rest=True)

    class Late(CognitoRequiredMixin, View):
        def get(self, request: Any) -> HttpResponse:
            setattr(self, name, value)
            return HttpResponse()

    request.identity, request.user, request.resolver_match = None, AnonymousUser(), None
    with pytest.raises(ConfigurationError, match=f"{name} of Late was set after"):
        ask(CognitoMiddleware(Late.as_view()), pool.access_token(level=1))
    assert runs == []


@pytest.mark.parametrize(
    ("permission", "attributes", "challenge"),
    [
        (HasAcr(TWO), {}, f"{STEP_UP}, {LEVELS}"),
        (HasAcr, {"required_acr": TWO}, f"{STEP_UP}, {LEVELS}"),
        (HasAcr("b", levels=["a", "b"]), {}, f'{STEP_UP}, acr_values="b"'),
        (HasMfa, {}, f"{STEP_UP}, {MFA}"),
        (HasMfa, {"required_mfa": True}, f"{STEP_UP}, {MFA}"),
        (HasMfa(acr_values="b"), {}, f'{STEP_UP}, acr_values="b"'),
        (HasRecentLogin(60), {}, f'{STEP_UP}, max_age="60"'),
        (HasRecentLogin, {"required_max_age": 60}, f'{STEP_UP}, max_age="60"'),
        (HasAcr(TWO) & HasRecentLogin(60), {}, f"{STEP_UP}, {LEVELS}"),
        (HasGroup("admins") | HasMfa, {}, f"{STEP_UP}, {MFA}"),
    ],
)
def test_permissions(
    permission: Any, attributes: dict[str, Any], challenge: str, pool: LocalUserPool
) -> None:
    """Permissions say the same, with values of their own or the view's."""
    view = rest(permission, **attributes)
    strong = {"acr": "b"} if challenge.endswith('="b"') else {}

    assert ask(view, pool.access_token(level=1, auth_time=1), of_rest=True) == challenge
    assert ask(view, pool.access_token(level=4, **strong), of_rest=True) is None


@pytest.mark.parametrize(
    ("permission", "attributes", "name"),
    [
        (HasAcr, {}, "HasAcr without a value needs required_acr"),
        (HasAcr, {"required_acr": "gold"}, "require_acr"),
        (HasRecentLogin, {}, "HasRecentLogin without a value needs required_max_age"),
        (HasRecentLogin(60), {"required_max_age": 30}, "reads required_max_age"),
        (HasAcr(FOUR), {"required_acr": TWO}, "reads required_acr"),
    ],
)
def test_permissions_without_a_value(
    permission: Any, attributes: dict[str, Any], name: str, pool: LocalUserPool
) -> None:
    """A permission with nothing to ask for, and one that does not ask for what the view says."""
    with pytest.raises(ConfigurationError, match=name):
        ask(rest(permission, **attributes), pool.access_token(level=4), of_rest=True)


def test_permissions_with_a_wrong_value() -> None:
    """It is an error where it is written."""
    for wrong in (
        lambda: HasAcr("gold"),
        lambda: HasAcr(levels=["a", "b"]),
        lambda: HasAcr(""),
        lambda: HasMfa(acr_values=[]),
        lambda: HasRecentLogin(0),
    ):
        with pytest.raises(ConfigurationError):
            wrong()
