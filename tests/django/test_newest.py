"""An older token never brings back what a newer one has taken away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections, transaction

from cognito_guard import AccessDenied, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure

pytestmark = pytest.mark.usefixtures("anywhere", "configure")

NOW = int(time.time())
MAPPED = {"STAFF_GROUPS": ["staff"], "SUPERUSER_GROUPS": ["admins"], "GROUPS": {"staff": "editors"}}
MIRRORED = {"STAFF_GROUPS": ["staff"], "SUPERUSER_GROUPS": ["admins"], "GROUPS": "mirror"}


def see(token: str) -> Any:
    """The user that a request with this token would have."""
    settings = current()
    return provision(settings.guard.verify(token), settings)


def stored() -> tuple[bool, bool, set[str]]:
    """What the database has of the only user: staff, superuser, groups."""
    user = User.objects.get()
    names = set(Group.objects.filter(user=user).values_list("name", flat=True))
    return user.is_staff, user.is_superuser, names


NOTHING: tuple[bool, bool, set[str]] = (False, False, set())

Mint = Callable[..., str]


@pytest.fixture(params=["access", "id"])
def mint(request: pytest.FixtureRequest, pool: LocalUserPool) -> Mint:
    """Makes tokens of one caller: the groups, and seconds from now."""

    def make(at: float | None, *groups: str, **claims: Any) -> str:
        make = pool.access_token if request.param == "access" else pool.id_token
        iat = LocalUserPool.OMIT if at is None else NOW + at
        return make("alice", groups=groups, iat=iat, **claims)

    return make


@pytest.mark.parametrize("own", [MAPPED, MIRRORED], ids=["map", "mirror"])
def test_newer_then_older(own: dict[str, Any], configure: Configure, mint: Mint) -> None:
    """The older one is still good for its request, and changes nothing that is stored; another
    new one does."""
    configure(**own)
    old, new = mint(-20, "staff", "admins"), mint(-10)
    user = see(old)
    assert (user.is_staff, user.is_superuser) == (True, True)
    assert stored()[:2] == (True, True)
    for token in (new, old, new, old, old):
        user = see(token)
        assert (user.is_staff, user.is_superuser) == (False, False)
        assert stored() == NOTHING
    assert see(mint(-5, "staff")).is_staff
    assert stored()[0]


@pytest.mark.parametrize("own", [MAPPED, MIRRORED], ids=["map", "mirror"])
def test_an_older_one_takes_nothing_away(
    own: dict[str, Any], configure: Configure, mint: Mint
) -> None:
    """What a newer token granted stays stored; the older one's own request has less."""
    configure(**own)
    see(mint(-10, "staff", "admins"))
    before = stored()
    user = see(mint(-20, "staff"))
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert stored() == before


def test_the_newest_without_a_change_counts(configure: Configure, mint: Mint) -> None:
    """Also a token that changed nothing was newer than one that comes late."""
    configure(**MIRRORED)
    see(mint(-30))
    see(mint(-10))
    assert not see(mint(-20, "staff")).is_staff
    assert stored() == NOTHING


def test_a_first_token_is_remembered(configure: Configure, mint: Mint) -> None:
    """The token that made the user is as good as any that came later."""
    configure(**MIRRORED)
    see(mint(-10))
    see(mint(-20, "staff"))
    assert stored() == NOTHING


def test_the_same_second(configure: Configure, mint: Mint) -> None:
    """Of two tokens of one second, the one first seen later is the newer; none swaps with the
    other from request to request."""
    configure(**MIRRORED)
    first, second = mint(-10, "staff", "a"), mint(-10, "b")
    see(first)
    see(second)
    assert stored() == (False, False, {"b"})
    for _ in range(2):
        for token in (first, second):
            user = see(token)
            assert not user.is_staff
            assert stored() == NOTHING
    assert see(mint(-9, "staff")).is_staff


def test_many_tokens_of_one_second(configure: Configure, mint: Mint) -> None:
    """There is an end to what is remembered, and beyond it nothing is granted any more."""
    configure(**MIRRORED)
    for number in range(30):
        see(mint(-10, f"group-{number}"))
    assert len(stored()[2]) <= 1
    see(mint(-10))
    see(mint(-10, "staff"))
    assert stored() == NOTHING


def test_tokens_without_a_time(configure: Configure, mint: Mint) -> None:
    """They take away. They grant nothing to who was seen with a token that has one, nor does what
    came before them come back."""
    configure(**MIRRORED)
    dated, undated = mint(-10, "staff"), mint(None, "staff", "admins")
    see(undated)
    assert stored() == (True, True, {"staff", "admins"})
    see(mint(None))
    assert stored() == NOTHING
    see(dated)
    assert stored() == (True, False, {"staff"})
    see(undated)
    assert stored() == (True, False, {"staff"})
    see(mint(None, "b"))
    assert stored() == NOTHING
    for token in (dated, undated):
        see(token)
        assert stored() == NOTHING


@pytest.mark.parametrize("iat", [1e300, 10**400, -5, 0.5, float("inf"), True, "1", None])
def test_odd_times(iat: Any, configure: Configure, pool: LocalUserPool) -> None:
    """Nothing that a user's info may hold is an error here."""
    configure(**MIRRORED)
    claims = {"sub": "s", "iss": pool.issuer, "iat": iat}
    identity = Identity(claims, "user_info", pool.client_id, groups=("staff",), source="user_info")
    for _ in range(2):
        assert provision(identity, current()).is_staff


def test_what_is_known_of_a_person(pool: LocalUserPool) -> None:
    """E-mail address and names follow the newest token that says something of them."""

    def ident(at: int, email: str, name: str) -> str:
        return pool.id_token("alice", iat=NOW + at, email=email, given_name=name)

    see(ident(-30, "a@example.com", "A"))
    see(pool.access_token("alice", iat=NOW - 5))
    see(ident(-10, "b@example.com", "B"))
    late = see(ident(-20, "c@example.com", "C"))
    user = User.objects.get()
    assert (user.email, user.first_name) == (late.email, late.first_name) == ("b@example.com", "B")
    see(ident(-10, "d@example.com", "D"))
    assert User.objects.get().email == "d@example.com"


def test_a_hook_and_an_older_token(configure: Configure, pool: LocalUserPool) -> None:
    """The hook may refuse an older token; what it makes of the user is not stored."""
    seen: list[str] = []

    def hook(user: Any, identity: Identity) -> bool:
        user.last_name = identity.custom["team"]
        user.is_superuser = "root" in identity.groups
        seen.append(user.last_name)
        return user.last_name != "banned"

    configure(USER_HOOK=hook)

    def token(at: int, team: str, *groups: str) -> str:
        return pool.access_token("alice", groups=groups, iat=NOW + at, claims={"custom:team": team})

    see(token(-10, "red"))
    user = see(token(-20, "blue", "root"))
    assert (user.last_name, user.is_superuser) == ("red", False)
    assert seen == ["red", "blue"]
    stored_user = User.objects.get()
    assert (stored_user.last_name, stored_user.is_superuser) == ("red", False)
    with pytest.raises(Exception, match="check_failed"):
        see(token(-20, "banned"))


def saves(user: Any, identity: Identity) -> None:
    """Stores the user by itself."""
    user.is_staff = "staff" in identity.groups
    user.save()


def updates(user: Any, identity: Identity) -> None:
    """Writes past the user that it was handed."""
    User.objects.filter(pk=user.pk).update(is_staff="staff" in identity.groups)


def joins(user: Any, identity: Identity) -> None:
    """Sets Django's groups."""
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in identity.groups])


@pytest.mark.parametrize("ends", ["well", "refused", "broken", "inactive"])
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "nested"])
@pytest.mark.parametrize("write", [saves, updates, joins])
def test_a_hook_that_writes_by_itself(
    write: Callable[[Any, Identity], None],
    nested: bool,
    ends: str,
    anywhere: str,
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """Nothing of that is kept for an older token either, however the hook ends; for the newest
    one it is."""
    see(pool.access_token("alice", iat=NOW - 30))

    def hook(user: Any, identity: Identity) -> bool:
        write(user, identity)
        if "staff" in identity.groups:
            if ends == "broken":
                raise KeyError(ends)
            user.is_active = ends != "inactive"
        return ends != "refused" or "staff" not in identity.groups

    configure(USER_HOOK=hook)
    old = pool.access_token("alice", groups=["staff"], iat=NOW - 20)
    see(pool.access_token("alice", groups=["a"], iat=NOW - 10))
    before = stored()
    for _ in range(2):
        with transaction.atomic(using=anywhere) if nested else nullcontext():
            if ends == "well":
                assert not see(old).is_staff
            else:
                with pytest.raises(KeyError if ends == "broken" else AccessDenied):
                    see(old)
        assert stored() == before
    see(pool.access_token("alice", groups=["b"], iat=NOW - 5))
    assert stored()[2] == ({"b"} if write is joins else set())


@pytest.mark.parametrize("own", [MAPPED, MIRRORED], ids=["map", "mirror"])
def test_an_older_one_overtaken_while_it_is_looked_at(
    own: dict[str, Any], configure: Configure, pool: LocalUserPool
) -> None:
    """Whoever has read before the newer token was seen, and writes after it, grants nothing."""
    configure(**own)
    see(pool.access_token("alice", iat=NOW - 30))
    read, go_on = threading.Event(), threading.Event()

    def hook(user: Any, identity: Identity) -> None:
        if "staff" in identity.groups:
            read.set()
            assert go_on.wait(60)

    configure(**own, USER_HOOK=hook)
    settings = current()
    old = settings.guard.verify(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    results: list[Any] = []

    def late() -> None:
        try:
            results.append(provision(old, settings).is_staff)
        finally:
            connections.close_all()

    thread = threading.Thread(target=late)
    thread.start()
    assert read.wait(60)
    see(pool.access_token("alice", iat=NOW - 10))
    go_on.set()
    thread.join()
    assert results == [False]
    assert stored() == NOTHING
    assert CognitoUserLink.objects.get().rights_at == NOW - 10
