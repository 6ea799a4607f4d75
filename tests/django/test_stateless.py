"""``USERS = "stateless"``: users who are what the token says, without a database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.views import View

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.callers import user_of
from cognito_guard_django.settings import current

from .conftest import Configure, bearer

PERMISSIONS = {"clerks": ["shop.view_order", "shop.add_order"], "auditors": "log.view_entry"}


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(
        USERS="stateless",
        PERMISSIONS=PERMISSIONS,
        STAFF_GROUPS=["clerks"],
        SUPERUSER_GROUPS=["root"],
    )


def user(pool: LocalUserPool, *groups: str, **more: Any) -> Any:
    """The user of a token."""
    settings = current()
    return user_of(settings.guard.verify(pool.id_token("alice", groups=groups, **more)), settings)


def test_what_it_is(pool: LocalUserPool) -> None:
    """It has what templates, logs and throttles ask of a user, and shows no claim in its repr."""
    alice = user(pool)
    assert (alice.username, alice.get_username(), str(alice)) == ("alice",) * 3
    assert alice.pk == alice.id == pool.subject("alice")
    assert (alice.is_authenticated, alice.is_anonymous, alice.is_active) == (True, False, True)
    assert alice.email == "alice@example.com"
    assert user(pool, email_verified=False).email == ""
    assert repr(alice) == "<CognitoUser>"
    assert alice == user(pool)
    assert hash(alice) == hash(user(pool))
    assert alice != user(pool, sub="other")
    assert alice != "alice"


@pytest.mark.parametrize(
    ("groups", "permission", "has"),
    [
        ((), "shop.view_order", False),
        (("clerks",), "shop.view_order", True),
        (("clerks",), "shop.view_orders", False),
        (("clerks",), "log.view_entry", False),
        (("clerks", "auditors"), "log.view_entry", True),
        (("xclerksx", "shop.view_order"), "shop.view_order", False),
        (("root",), "any.thing", True),
    ],
)
def test_permissions(
    groups: tuple[str, ...], permission: str, has: bool, pool: LocalUserPool
) -> None:
    """Permissions are those that the setting gives to the caller's groups, sync and async alike."""
    alice = user(pool, *groups)
    assert alice.has_perm(permission) is has
    assert alice.has_perms([permission]) is has
    assert alice.has_module_perms(permission.partition(".")[0]) is (
        has or (groups == ("clerks",) and permission.startswith("shop."))
    )
    assert asyncio.run(alice.ahas_perm(permission)) is has
    assert asyncio.run(alice.ahas_perms([permission, permission])) is has
    assert asyncio.run(alice.ahas_module_perms("nothing")) is (groups == ("root",))
    assert asyncio.run(alice.aget_all_permissions()) == alice.get_all_permissions()
    # Django's own answer about a single object, unless a backend knows better.
    assert alice.has_perm(permission, object()) is (groups == ("root",))


def test_all_are_needed(pool: LocalUserPool) -> None:
    """``has_perms`` wants every one, and no text in place of a list."""
    clerk = user(pool, "clerks")
    assert clerk.has_perms(["shop.view_order", "shop.add_order"])
    assert not clerk.has_perms(["shop.view_order", "log.view_entry"])
    with pytest.raises(ValueError, match="iterable"):
        clerk.has_perms("shop.view_order")


def test_flags(pool: LocalUserPool) -> None:
    """Staff and superuser are what the setting says, and nobody is either by a group's name."""
    assert (user(pool, "clerks").is_staff, user(pool, "clerks").is_superuser) == (True, False)
    assert (user(pool, "root").is_staff, user(pool, "root").is_superuser) == (False, True)
    assert (user(pool, "staff").is_staff, user(pool, "superuser").is_superuser) == (False, False)


def test_with_djangos_own_checks(pool: LocalUserPool) -> None:
    """``permission_required`` and its mixin ask this user as they ask any other."""
    view = permission_required("shop.view_order", raise_exception=True)(lambda _: HttpResponse())

    class Orders(PermissionRequiredMixin, View):
        permission_required = "shop.view_order"
        raise_exception = True

        def get(self, request: Any) -> HttpResponse:
            return HttpResponse()

    for each in (view, Orders.as_view()):
        request: Any = RequestFactory().get("/")
        request.user = user(pool, "clerks")
        assert each(request).status_code == 200
        request.user = user(pool, "auditors")
        with pytest.raises(PermissionDenied):
            each(request)


def test_login_required(pool: LocalUserPool) -> None:
    """``login_required`` lets such a user pass, sync and async, and sends nobody to the form."""
    for path in ("/with-login", "/awith-login"):
        assert Client().get(path, headers=bearer(pool.access_token())).status_code == 200
        assert Client().get(path).status_code == 302


def test_the_hook_may_refuse(configure: Configure, pool: LocalUserPool) -> None:
    """The hook is asked about these users too."""
    configure(USERS="stateless", USER_HOOK=lambda user, identity: user.email != "")
    assert Client().get("/me", headers=bearer(pool.id_token())).status_code == 200
    answer = Client().get("/me", headers=bearer(pool.access_token()))
    assert (answer.status_code, answer.json()["reason"]) == (403, "check_failed")
