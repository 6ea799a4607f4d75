"""Users: made at first sight, found by issuer and subject, kept up to date, never taken over."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import AsyncClient, Client, override_settings
from django.test.utils import CaptureQueriesContext

from cognito_guard import AccessDenied, Identity, Reason
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure, bearer

pytestmark = pytest.mark.usefixtures("db", "configure")


def see(token: str) -> Any:
    """The user that a request with this token would have."""
    settings = current()
    return provision(settings.guard.verify(token), settings)


def queries(token: str) -> int:
    """How many queries a request with this token costs."""
    with CaptureQueriesContext(connection) as captured:
        see(token)
    return len(captured)


def test_first_sight_and_second(pool: LocalUserPool) -> None:
    """A caller becomes a user once, without a password, and is the same one ever after."""
    first = see(pool.access_token("alice"))
    second = see(pool.access_token("alice"))
    assert first.pk == second.pk
    assert first.username == pool.subject("alice")
    assert not first.has_usable_password()
    assert (first.is_staff, first.is_superuser, first.is_active) == (False, False, True)
    link = CognitoUserLink.objects.get()
    assert (link.user, link.issuer) == (first, pool.issuer)
    assert str(link) == f"{pool.subject('alice')} of {pool.issuer}"


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"GROUPS": "mirror"},
        {"GROUPS": {"admins": "editors"}, "STAFF_GROUPS": ["admins"], "SUPERUSER_GROUPS": ["x"]},
        {"USER_HOOK": lambda user, identity: None},
    ],
    ids=["plain", "mirror", "map", "hook"],
)
def test_one_query_where_nothing_is_new(
    own: dict[str, Any], configure: Configure, pool: LocalUserPool
) -> None:
    """A caller who has been here costs one query, whatever is kept up to date."""
    configure(**own)
    token = pool.id_token("alice", groups=["admins", "b", "c"], given_name="Alice")
    see(token)
    assert queries(token) == 1


def test_one_query_for_a_whole_request(pool: LocalUserPool) -> None:
    """From the socket to the view and back, that one query is all."""
    token = pool.access_token("alice")
    Client().get("/me", headers=bearer(token))
    with CaptureQueriesContext(connection) as captured:
        assert Client().get("/me", headers=bearer(token)).status_code == 200
    assert len(captured) == 1


@pytest.mark.parametrize("path", ["/me", "/ame"])
def test_under_asgi(path: str, pool: LocalUserPool) -> None:
    """Stored users work for sync and async views alike, and ``request.user`` asks nothing more."""
    ask = async_to_sync(AsyncClient().get)
    for _ in range(2):
        seen = ask(path, headers=bearer(pool.access_token("alice"))).json()
        assert seen["user"] == pool.subject("alice")
    User.objects.update(is_active=False)
    assert ask(path, headers=bearer(pool.access_token("alice"))).status_code == 403


def test_the_same_subject_elsewhere_is_somebody_else(
    configure: Configure, pool: LocalUserPool, other_pool: LocalUserPool
) -> None:
    """Two pools may issue one subject; the issuer tells the two apart."""
    configure()
    pools = [
        {"USER_POOL_ID": one.user_pool_id, "CLIENT_IDS": [one.client_id], "JWKS": one.jwks()}
        for one in (pool, other_pool)
    ]
    with override_settings(COGNITO_GUARD={"USER_POOLS": pools}):
        one = see(pool.access_token(sub="same"))
        other = see(other_pool.access_token(sub="same"))
        assert one.pk != other.pk
        assert one.username == "same"
        assert other.username.startswith("cognito-")
        assert see(other_pool.access_token(sub="same")).pk == other.pk


def test_a_pool_may_change_its_issuer(pool: LocalUserPool) -> None:
    """Under the updated issuer of his pool, a user is who he was."""
    before = see(pool.access_token("alice"))
    assert see(pool.access_token("alice", iss=pool.updated_issuer)).pk == before.pk


def test_nobody_is_taken_over(pool: LocalUserPool) -> None:
    """Neither the name nor the verified e-mail address of a local user leads to him."""
    local = User.objects.create_user("alice", "alice@example.com")
    by_subject = User.objects.create_user(pool.subject("alice"))
    user = see(pool.id_token("alice"))
    assert user.pk not in (local.pk, by_subject.pk)
    assert user.username.startswith("cognito-")
    assert user.email == local.email
    assert see(pool.id_token("alice")).pk == user.pk


def test_both_names_are_taken(pool: LocalUserPool) -> None:
    """Who takes the names that a caller would get keeps nobody out."""
    digest = hashlib.sha256(f"{pool.issuer}\n{pool.subject('alice')}".encode()).hexdigest()
    taken = [pool.subject("alice"), f"cognito-{digest}"]
    for name in taken:
        User.objects.create_user(name)
    user = see(pool.access_token("alice"))
    assert user.username.startswith("cognito-")
    assert user.username not in taken
    assert see(pool.access_token("alice")).pk == user.pk


def test_no_name_is_left(configure: Configure, pool: LocalUserPool) -> None:
    """A hook that wants a name which somebody has gets a refusal, and not somebody's account."""
    User.objects.create_user("alice")

    def hook(user: Any, identity: Identity) -> None:
        user.username = identity.username

    configure(USER_HOOK=hook)
    with pytest.raises(AccessDenied, match="cannot be stored"):
        see(pool.access_token("alice"))
    assert CognitoUserLink.objects.count() == 0
    assert see(pool.access_token("bob")).username == "bob"


def test_inactive_users_are_refused(pool: LocalUserPool) -> None:
    """Who was switched off here is refused whatever the view looks at, and nothing is written."""
    user = see(pool.id_token("alice"))
    User.objects.update(is_active=False)
    answer = Client().get("/me", headers=bearer(pool.id_token("alice", email="new@example.com")))
    assert (answer.status_code, answer.json()["reason"]) == (403, "check_failed")
    user.refresh_from_db()
    assert user.email == "alice@example.com"


def test_a_hook_may_make_new_users_inactive(configure: Configure, pool: LocalUserPool) -> None:
    """Accounts that wait for approval are refused from the first request on."""

    def hook(user: Any, identity: Identity) -> None:
        if user.pk is None:
            user.is_active = False

    configure(USER_HOOK=hook)
    for _ in range(2):
        with pytest.raises(AccessDenied, match="not active"):
            see(pool.access_token("alice"))
    User.objects.update(is_active=True)
    assert see(pool.access_token("alice")).is_active


def test_a_hook_may_switch_a_user_off(configure: Configure, pool: LocalUserPool) -> None:
    """Whom the hook makes inactive is refused with that very request, and the database knows."""

    def hook(user: Any, identity: Identity) -> None:
        user.is_active = "blocked" not in identity.groups

    configure(USER_HOOK=hook)
    user = see(pool.access_token("alice"))
    with pytest.raises(AccessDenied, match="not active"):
        see(pool.access_token("alice", groups=["blocked"]))
    user.refresh_from_db()
    assert not user.is_active


@pytest.mark.parametrize(
    ("claims", "email", "names"),
    [
        ({}, "alice@example.com", ("", "")),
        ({"email_verified": False}, "", ("", "")),
        ({"email_verified": "true"}, "", ("", "")),
        ({"email_verified": LocalUserPool.OMIT}, "", ("", "")),
        ({"email": "a@b" + "c" * 300}, "", ("", "")),
        ({"email": ["a@example.com"]}, "", ("", "")),
        ({"given_name": "Alice", "family_name": "Doe"}, "alice@example.com", ("Alice", "Doe")),
        ({"given_name": "x" * 200}, "alice@example.com", ("x" * 150, "")),
        ({"given_name": "a\0b", "family_name": 1}, "alice@example.com", ("", "")),
    ],
)
def test_what_is_known_of_a_user(
    claims: dict[str, Any], email: str, names: tuple[str, str], pool: LocalUserPool
) -> None:
    """Only a verified e-mail address is taken over; names where they fit."""
    user = see(pool.id_token("alice", **claims))
    user.refresh_from_db()
    assert (user.email, (user.first_name, user.last_name)) == (email, names)


def test_changes_are_written_and_nothing_else(pool: LocalUserPool) -> None:
    """A new address replaces the old one; what a token does not say stays as it is."""
    user = see(pool.id_token("alice", given_name="Alice"))
    User.objects.update(last_name="Local")
    token = pool.id_token("alice", email="new@example.com")
    with CaptureQueriesContext(connection) as captured:
        see(token)
    start = 'UPDATE "auth_user"'  # the link's is for the token's second
    (update,) = [query["sql"] for query in captured if query["sql"].startswith(start)]
    assert '"email"' in update
    assert '"first_name"' not in update
    assert '"password"' not in update
    assert queries(token) == 1
    see(pool.id_token("alice", email="other@example.com", email_verified=False))
    see(pool.access_token("alice"))
    user.refresh_from_db()
    assert (user.email, user.first_name, user.last_name) == ("new@example.com", "Alice", "Local")


def test_a_machine_is_a_user_too(pool: LocalUserPool) -> None:
    """A client that signs in as itself has no name; its subject is the client's id."""
    assert see(pool.machine_token()).username == pool.client_id


@pytest.mark.parametrize(
    ("subject", "fits"), [("s" * 151, True), ("s" * 255, True), ("s" * 256, False), ("\0", False)]
)
def test_odd_subjects(subject: str, fits: bool, pool: LocalUserPool) -> None:
    """A subject that no database holds is refused; one that is no username gets another name."""
    token = pool.access_token(sub=subject)
    if not fits:
        with pytest.raises(AccessDenied, match="cannot be stored"):
            see(token)
        return
    assert see(token).username.startswith("cognito-")
    assert see(token).pk == see(token).pk


@pytest.mark.parametrize("answer", [False, 0, "yes"])
def test_a_hook_may_refuse(answer: object, configure: Configure, pool: LocalUserPool) -> None:
    """Whatever is neither None nor True refuses, and a refused caller becomes no user."""
    configure(USER_HOOK=lambda user, identity: answer)
    with pytest.raises(AccessDenied) as refused:
        see(pool.access_token())
    assert refused.value.reason == Reason.CHECK_FAILED
    assert User.objects.count() == 0


def test_a_hook_may_say_why(configure: Configure, pool: LocalUserPool) -> None:
    """An error of the hook's own reaches the caller as the answer."""

    def hook(user: Any, identity: Identity) -> None:
        if identity.is_machine:
            raise AccessDenied(Reason.CHECK_FAILED, "People only.")

    configure(USER_HOOK=hook)
    answer = Client().get("/me", headers=bearer(pool.machine_token()))
    assert (answer.status_code, answer.json()["detail"]) == (403, "People only.")
    assert Client().get("/me", headers=bearer(pool.access_token())).status_code == 200


def test_a_hook_may_fill_fields(configure: Configure, pool: LocalUserPool) -> None:
    """What a hook sets is stored, at first sight and when it changes."""

    def hook(user: Any, identity: Identity) -> None:
        user.last_name = identity.custom.get("team", "")

    configure(USER_HOOK=hook)
    user = see(pool.access_token("alice", claims={"custom:team": "red"}))
    user.refresh_from_db()
    assert user.last_name == "red"
    see(pool.access_token("alice", claims={"custom:team": "blue"}))
    user.refresh_from_db()
    assert user.last_name == "blue"


def test_flags_come_and_go_with_the_claim(configure: Configure, pool: LocalUserPool) -> None:
    """Staff and superuser follow the groups that are named for it, both ways."""
    configure(STAFF_GROUPS=["staff", "admins"], SUPERUSER_GROUPS=["admins"])

    def flags(*groups: str) -> tuple[bool, bool]:
        user = see(pool.access_token("alice", groups=groups))
        user.refresh_from_db()
        return user.is_staff, user.is_superuser

    assert flags() == (False, False)
    assert flags("admins") == (True, True)
    assert flags("staff") == (True, False)
    assert flags("xadminsx", "admin", "superuser", "is_staff") == (False, False)


@pytest.mark.parametrize("raises", [True, False])
def test_a_refused_caller_keeps_nothing(
    raises: bool, configure: Configure, pool: LocalUserPool
) -> None:
    """Whom the hook refuses loses what the token no longer grants, and gains nothing by it."""

    def hook(user: Any, identity: Identity) -> bool:
        user.last_name = "hooked"
        if raises and "suspended" in identity.groups:
            raise AccessDenied(Reason.CHECK_FAILED, "Suspended.")
        return "suspended" not in identity.groups

    configure(USER_HOOK=hook, STAFF_GROUPS=["staff"], SUPERUSER_GROUPS=["admins"], GROUPS="mirror")
    user = see(pool.access_token("alice", groups=["admins", "kept"]))
    User.objects.update(last_name="")
    for groups in (["suspended", "staff", "kept"], ["suspended", "kept"]):
        with pytest.raises(AccessDenied):
            see(pool.access_token("alice", groups=groups))
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser, user.last_name) == (False, False, "")
        assert groups_of(user) == {"kept"}


def test_a_refused_caller_loses_only_what_is_mapped(
    configure: Configure, pool: LocalUserPool
) -> None:
    """A flag that no group stands for stays, and one that the token still grants."""

    def hook(user: Any, identity: Identity) -> bool:
        return "suspended" not in identity.groups

    configure(USER_HOOK=hook, STAFF_GROUPS=["staff"])
    user = see(pool.access_token("alice", groups=["staff"]))
    User.objects.update(is_superuser=True)
    with pytest.raises(AccessDenied):
        see(pool.access_token("alice", groups=["staff", "suspended"]))
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)


def test_flags_are_left_alone_unless_mapped(configure: Configure, pool: LocalUserPool) -> None:
    """No group makes anybody staff by its name, and a flag that was set here stays."""
    for own in ({}, {"GROUPS": "mirror"}):
        configure(**own)
        user = see(pool.access_token("alice", groups=["staff", "superuser", "admin"]))
        assert (user.is_staff, user.is_superuser) == (False, False)
    User.objects.update(is_staff=True)
    assert see(pool.access_token("alice")).is_staff


def groups_of(user: Any) -> set[str]:
    """The names of a user's Django groups, as the database has them."""
    return set(Group.objects.filter(user=user).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("policy", "steps"),
    [
        ("ignore", [(["a", "b"], {"local"}), ([], {"local"})]),
        ("mirror", [(["a", "b"], {"a", "b"}), (["b"], {"b"}), ([], set())]),
        (
            {"a": "readers", "b": ["readers", "writers"]},
            [
                (["a"], {"local", "readers"}),
                (["b"], {"local", "readers", "writers"}),
                (["c", "local"], {"local"}),
                (["a", "b"], {"local", "readers", "writers"}),
                ([], {"local"}),
            ],
        ),
    ],
    ids=["ignore", "mirror", "map"],
)
def test_groups_come_and_go_with_the_claim(
    policy: Any,
    steps: list[tuple[list[str], set[str]]],
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """Groups follow the claim as the policy says; a map leaves all other groups alone."""
    configure(GROUPS=policy)
    user = see(pool.access_token("alice"))
    user.groups.add(Group.objects.create(name="local"))
    for claimed, wanted in steps:
        see(pool.access_token("alice", groups=claimed))
        assert groups_of(user) == wanted


def test_groups_at_first_sight(configure: Configure, pool: LocalUserPool) -> None:
    """A new user is in his groups before the view runs; groups that no database holds are not."""
    configure(GROUPS="mirror")
    token = pool.access_token("alice", groups=["a", "g" * 151, "n\0l"])
    assert groups_of(see(token)) == {"a"}
    assert queries(token) == 1


def test_a_deleted_user_is_made_anew(pool: LocalUserPool) -> None:
    """Deleting a user forgets who he was; to keep somebody out, switch him off."""
    first = see(pool.access_token("alice"))
    first_pk = first.pk
    first.delete()
    User.objects.create_user("in between")
    assert see(pool.access_token("alice")).pk != first_pk


def test_the_database_knows_a_caller_once(pool: LocalUserPool) -> None:
    """The table itself refuses a second user for a caller, also as the migration has made it."""
    see(pool.access_token("alice"))
    other = User.objects.create_user("other")
    with pytest.raises(IntegrityError):
        CognitoUserLink.objects.create(
            user=other, issuer=pool.issuer, subject=pool.subject("alice")
        )
    call_command("makemigrations", "cognito_guard_django", check_changes=True, dry_run=True)


def test_an_existing_user_may_be_linked_by_hand(pool: LocalUserPool) -> None:
    """A row in the table is all that says who somebody is."""
    local = User.objects.create_user("alice")
    CognitoUserLink.objects.create(user=local, issuer=pool.issuer, subject=pool.subject("alice"))
    assert see(pool.access_token("alice")).pk == local.pk


def test_users_may_be_called_by_the_username_claim(
    configure: Configure, pool: LocalUserPool
) -> None:
    """Where the project says so, and the name is free; who is who does not depend on it."""
    configure(USERNAMES="username")
    assert see(pool.access_token("alice")).get_username() == "alice"
    # Two subjects of one name, as after somebody was deleted in the pool: the second is another.
    other = see(pool.access_token("alice", sub="another"))
    assert other.get_username() == "another"
    assert see(pool.access_token("alice")).get_username() == "alice"
    machine = see(pool.machine_token())
    assert machine.get_username() == pool.client_id
    # What Django's own forms would refuse is no name.
    odd = see(pool.access_token(username="a|b\u202e", sub="odd"))
    assert odd.get_username() == "odd"


def test_user_who_was_there_before_keeps_his_name(
    configure: Configure, pool: LocalUserPool
) -> None:
    """Nobody becomes somebody by being called so in the pool."""
    configure(USERNAMES="username")
    before = User.objects.create(username="alice")
    caller = see(pool.access_token("alice"))
    assert caller.pk != before.pk
    assert caller.get_username() == pool.subject("alice")


def test_users_are_called_by_the_subject_unless_said_otherwise(pool: LocalUserPool) -> None:
    """Others may choose a username, and code that finds users by theirs would find them."""
    assert see(pool.access_token("alice")).get_username() == pool.subject("alice")


@pytest.mark.parametrize(
    ("claims", "first", "last"),
    [
        ({"name": "Ada Lovelace"}, "Ada Lovelace", ""),
        ({"name": "Ada Lovelace", "family_name": "Byron"}, "", "Byron"),
        ({"name": "Ada Lovelace", "given_name": "Ada"}, "Ada", ""),
    ],
)
def test_one_name_is_a_name_too(
    claims: dict[str, Any], first: str, last: str, pool: LocalUserPool
) -> None:
    """Where the token says neither a given name nor a family name."""
    user = see(pool.id_token("alice", **claims))
    assert (user.first_name, user.last_name) == (first, last)


def test_admin_shows_who_a_link_is(pool: LocalUserPool) -> None:
    """By name, beside the user and the subject."""
    from django.contrib import admin

    from cognito_guard_django.admin import CognitoUserLinkAdmin

    see(pool.id_token("alice", given_name="Ada", family_name="Lovelace"))
    shown = CognitoUserLinkAdmin(CognitoUserLink, admin.site)
    link = CognitoUserLink.objects.get()
    assert "full_name" in shown.list_display
    assert shown.full_name(link) == "Ada Lovelace"
    link.user.get_full_name = None
    assert shown.full_name(link) == ""
