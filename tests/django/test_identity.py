"""Identity is exact on every database, whatever its collation takes for the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import serializers
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connections
from django.db.migrations.executor import MigrationExecutor

from cognito_guard import AccessDenied
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure

pytestmark = pytest.mark.usefixtures("anywhere", "configure")

ALIKE = ["first.admin", "FIRST.ADMIN", "First.Admin ", "Fírst.Ádmin"]
"""What MariaDB takes for ``First.Admin``, by its default collation."""


def see(token: str) -> Any:
    """The user that a request with this token would have."""
    settings = current()
    return provision(settings.guard.verify(token), settings)


def groups_of(user: Any) -> set[str]:
    """The names of a user's Django groups, as the database has them."""
    return set(Group.objects.filter(user=user).values_list("name", flat=True))


@pytest.mark.parametrize("subject", ALIKE)
def test_a_subject_that_is_almost_somebodys(subject: str, pool: LocalUserPool) -> None:
    """Is somebody else, without a right of the first one's, and both stay who they are."""
    admin = User.objects.create_superuser("First.Admin")
    CognitoUserLink.objects.create(user=admin, issuer=pool.issuer, subject="First.Admin")
    other = see(pool.access_token(sub=subject))
    assert other.pk != admin.pk
    assert (other.is_staff, other.is_superuser) == (False, False)
    for _ in range(2):
        assert see(pool.access_token(sub=subject)).pk == other.pk
        assert see(pool.access_token(sub="First.Admin")).pk == admin.pk
    assert CognitoUserLink.objects.count() == User.objects.count() == 2


def test_all_of_them_at_once(pool: LocalUserPool) -> None:
    """Each becomes a user of his own, whoever comes first."""
    users = [see(pool.access_token(sub=subject)).pk for subject in ALIKE * 2]
    assert users[:4] == users[4:]
    assert len(set(users)) == 4


@pytest.mark.parametrize("policy", ["mirror", {"ADMINS": "ADMINS", "admins": "admins"}])
@pytest.mark.parametrize("there", [["admins"], ["ADMINS"], ["admins "], ["ädmins"], []])
def test_a_group_that_is_almost_another(
    there: list[str], policy: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """Nobody gets into a group of another spelling; nothing swaps from request to request."""
    configure(GROUPS=policy)
    for name in there:
        Group.objects.create(name=name)
    upper = pool.access_token("upper", groups=["ADMINS"])
    lower = pool.access_token("lower", groups=["admins"])
    both = pool.access_token("both", groups=["admins", "ADMINS"])
    users = [see(token) for token in (upper, lower, both)]
    first = [groups_of(user) for user in users]
    assert first[0] <= {"ADMINS"}
    assert first[1] <= {"admins"}
    assert first[2] == first[0] | first[1]
    assert first[2] or there in (["admins "], ["ädmins"])
    for _ in range(2):
        assert [groups_of(see(token)) for token in (upper, lower, both)] == first
    see(pool.access_token("both", groups=["ADMINS"]))
    assert groups_of(users[2]) == first[0]
    assert groups_of(users[1]) == first[1]


def test_a_group_of_another_spelling_that_is_held(
    configure: Configure, pool: LocalUserPool
) -> None:
    """Who is in ``Admins`` by hand is taken out where all groups come from the token, and stays
    where the settings do not name it."""
    configure(GROUPS={"ADMINS": "ADMINS"})
    user = see(pool.access_token("alice", groups=["ADMINS"]))
    Group.objects.all().delete()
    user.groups.add(Group.objects.create(name="Admins"))
    see(pool.access_token("alice", groups=["ADMINS"]))
    assert "Admins" in groups_of(user)
    configure(GROUPS="mirror")
    see(pool.access_token("alice", groups=["ADMINS"]))
    assert "Admins" not in groups_of(user)


@pytest.fixture
def _folding(anywhere: str) -> Iterator[None]:
    """Names of groups that count as the same in any case, by an index."""
    with connections[anywhere].cursor() as cursor:
        if anywhere == "mariadb":
            yield
            return
        expression = "name COLLATE NOCASE" if anywhere == "default" else "lower(name)"
        cursor.execute(f"CREATE UNIQUE INDEX folding ON auth_group ({expression})")
    yield
    with connections[anywhere].cursor() as cursor:
        cursor.execute("DROP INDEX folding")


@pytest.mark.usefixtures("_folding")
@pytest.mark.parametrize("policy", ["mirror", {"ADMINS": "ADMINS"}])
def test_a_group_that_the_database_refuses(
    policy: Any, configure: Configure, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Is not joined, without an error, as often as it is asked for; the log says so without
    names."""
    Group.objects.create(name="admins")
    configure(GROUPS=policy)
    for _ in range(3):
        assert groups_of(see(pool.access_token("alice", groups=["ADMINS"]))) == set()
    assert "ADMINS" not in caplog.text


def test_a_username_that_is_almost_taken(pool: LocalUserPool) -> None:
    """A local user keeps his name, and the caller gets one of his own."""
    local = User.objects.create_user("FIRST.ADMIN")
    user = see(pool.access_token(sub="first.admin"))
    assert user.pk != local.pk
    assert see(pool.access_token(sub="first.admin")).pk == user.pk


@pytest.mark.parametrize("how", ["save", "bulk_create", "fixture", "sql"])
def test_rows_of_other_origin(how: str, anywhere: str, pool: LocalUserPool) -> None:
    """However a row has come in, its caller is found by it."""
    local = User.objects.create_user("local")
    link = CognitoUserLink(user=local, issuer=pool.issuer, subject="First.Admin")
    if how == "save":
        link.subject = "other"
        link.save()
        link.subject = "First.Admin"
        link.save()
    elif how == "bulk_create":
        CognitoUserLink.objects.bulk_create([link])
    elif how == "fixture":
        link.save()
        text = serializers.serialize("json", [link]).replace(link.digest, "0" * 64)
        link.delete()
        for loaded in serializers.deserialize("json", text, using=anywhere):
            loaded.save(using=anywhere)
    else:
        link.save()
        CognitoUserLink.objects.update(digest=None)
    assert see(pool.access_token(sub="first.admin")).pk != local.pk
    for _ in range(2):
        assert see(pool.access_token(sub="First.Admin")).pk == local.pk


def test_rows_cannot_be_changed_past_their_digest(anywhere: str, pool: LocalUserPool) -> None:
    """``update`` refuses; whoever goes further lets nobody in as somebody else."""
    user = see(pool.access_token("alice"))
    with pytest.raises(TypeError, match="digest"):
        CognitoUserLink.objects.update(subject="bob")
    with connections[anywhere].cursor() as cursor:
        cursor.execute("UPDATE cognito_guard_django_cognitouserlink SET subject = 'bob'")
    with pytest.raises(AccessDenied, match="inconsistent"):
        see(pool.access_token("alice"))
    assert see(pool.access_token(sub="bob")).pk != user.pk


def test_a_caller_twice(pool: LocalUserPool) -> None:
    """The table and its form refuse the same caller a second time, and no other."""
    see(pool.access_token(sub="First.Admin"))
    other = User.objects.create_user("other")
    link = CognitoUserLink(user=other, issuer=pool.issuer, subject="First.Admin")
    with pytest.raises(ValidationError, match="already"):
        link.full_clean()
    with pytest.raises(IntegrityError):
        link.save()
    connections.close_all()
    almost = CognitoUserLink(user=other, issuer=pool.issuer, subject="first.admin")
    almost.full_clean()
    almost.save()
    almost.full_clean()


APP = "cognito_guard_django"


def test_rows_of_the_former_version(
    anywhere: str, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They get their digests in batches, and nobody becomes somebody else; and back again."""
    fill = __import__(f"{APP}.migrations.0003_fill_digest", fromlist=["fill"])
    monkeypatch.setattr(fill, "BATCH", 2)
    subjects = [f"subject-{number}" for number in range(5)]
    before = {name: see(pool.access_token(sub=name)).pk for name in subjects}
    migrate = [APP, "0001"]
    call_command("migrate", *migrate, database=anywhere, verbosity=0)
    executor = MigrationExecutor(connections[anywhere])
    old = executor.loader.project_state([(APP, "0001_initial")]).apps
    rows = old.get_model(APP, "CognitoUserLink").objects.using(anywhere)
    assert rows.count() == 5
    user = User.objects.create_user("another")
    rows.create(user_id=user.pk, issuer=pool.issuer, subject="First.Admin")
    call_command("migrate", APP, database=anywhere, verbosity=0)
    assert not CognitoUserLink.objects.filter(digest=None).exists()
    assert {name: see(pool.access_token(sub=name)).pk for name in subjects} == before
    assert see(pool.access_token(sub="First.Admin")).pk == user.pk
    assert see(pool.access_token(sub="first.admin")).pk != user.pk
