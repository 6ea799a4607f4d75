"""``USERS = "stateless"``: users who are what the token says, without a database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.cache.backends.base import memcache_key_warnings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.views import View
from rest_framework.throttling import UserRateThrottle

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.requests.callers import user_of
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
    assert alice.pk == alice.id == user(pool).pk
    assert alice.identity.subject == pool.subject("alice")
    assert (alice.is_authenticated, alice.is_anonymous, alice.is_active) == (True, False, True)
    assert alice.email == "alice@example.com"
    assert user(pool, email_verified=False).email == ""
    assert repr(alice) == f"<CognitoUser of {alice.identity!r}>"
    assert repr(alice) != repr(user(pool, sub="other"))  # which caches make keys of
    assert alice == user(pool)
    assert hash(alice) == hash(user(pool))
    assert alice != user(pool, sub="other")
    assert alice != "alice"


def test_two_pools_with_one_subject(
    configure: Configure, pool: LocalUserPool, other_pool: LocalUserPool
) -> None:
    """Somebody else's subject is somebody else: in sets, and to throttles, which take the pk for
    their key. Both issuers of one pool are one."""
    configure()  # which is undone after the test
    pools = [
        {"USER_POOL_ID": one.user_pool_id, "CLIENT_IDS": [one.client_id], "JWKS": one.jwks()}
        for one in (pool, other_pool)
    ]
    with override_settings(COGNITO_GUARD={"USER_POOLS": pools, "USERS": "stateless"}):
        settings = current()
        here, updated, elsewhere = (
            user_of(settings.guard.verify(token), settings)
            for token in (
                pool.access_token(sub="same"),
                pool.access_token(sub="same", iss=pool.updated_issuer),
                other_pool.access_token(sub="same"),
            )
        )
    assert (here.pk, here, hash(here)) == (updated.pk, updated, hash(updated))
    assert here.pk != elsewhere.pk
    assert here != elsewhere
    assert len({here, updated, elsewhere}) == 2
    keys = []
    for one in (here, updated, elsewhere):
        request: Any = RequestFactory().get("/")
        request.user = one
        keys.append(Throttle().get_cache_key(request, View()))
    assert keys[0] == keys[1] != keys[2]
    assert list(memcache_key_warnings(keys[0])) == []


class Throttle(UserRateThrottle):
    """Any rate will do."""

    rate = "1/day"


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
