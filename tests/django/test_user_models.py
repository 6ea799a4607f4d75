"""Projects with user models of their own: users are made from verified claims, or a check says what
to set, and nobody is answered with a 500 for good."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from .process import run

MODELS = """
import uuid
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AbstractUser, Group
from django.db import models
from django.db.models.functions import Lower

class Team(models.Model):
    name = models.CharField(max_length=20)

class Person(AbstractBaseUser):
    email = models.EmailField(unique=True, max_length=40)
    objects = BaseUserManager()
    USERNAME_FIELD = "email"

class Mailbox(AbstractBaseUser):  # an address under another name, and not unique
    address = models.EmailField()
    objects = BaseUserManager()
    USERNAME_FIELD = "address"

class Unique(AbstractUser):  # a name, and an address that must be unique as well
    email = models.EmailField(unique=True)

class Nullable(AbstractUser):
    email = models.EmailField(unique=True, null=True)

class Folded(AbstractUser):
    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="folded")]

class FoldedChild(Folded):  # what its parent says holds for it
    pass

class Alone(AbstractUser):
    class Meta:
        unique_together = [("email",)]

class Apart(AbstractUser):  # constraints that new users keep
    tenant = models.ForeignKey(Team, on_delete=models.CASCADE, null=True)
    number = models.IntegerField(default=1)
    key = models.UUIDField(default=uuid.uuid4)
    made = models.DateTimeField(auto_now_add=True)
    class Meta:
        unique_together = [("tenant", "email"), ("number", "username"), ("number", "id")]
        constraints = [
            models.UniqueConstraint(fields=["key", "email"], name="a"),
            models.UniqueConstraint(fields=["made", "email"], name="b"),
            models.UniqueConstraint(fields=["number"], condition=models.Q(number=2), name="c"),
            models.UniqueConstraint(models.Value(1), "key", name="d"),
            models.CheckConstraint(condition=models.Q(number=1), name="e"),
        ]

class Tenant(AbstractUser):
    tenant = models.IntegerField(default=1)
    class Meta:
        unique_together = [("tenant", "email")]

class Named(AbstractUser):
    class Meta:
        unique_together = [("first_name", "last_name")]

class NamedChild(Named):
    pass

class Together(AbstractUser):
    tenant = models.IntegerField(default=1)
    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), "tenant", name="together")]

class Active(AbstractUser):
    class Meta:
        constraints = [models.UniqueConstraint(
            fields=["last_name"], condition=models.Q(is_active=True), name="active")]

class Nulls(AbstractUser):
    tenant = models.IntegerField(null=True)
    class Meta:
        constraints = [models.UniqueConstraint(
            fields=["tenant", "email"], nulls_distinct=False, name="nulls")]

class Badge(AbstractUser):
    badge = models.CharField(max_length=20, default="")
    class Meta:
        constraints = [models.UniqueConstraint(fields=["badge"], name="badge")]

class Member(AbstractUser):
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    born = models.DateField()
    badge = models.CharField(max_length=20, unique=True)
    REQUIRED_FIELDS = ["team", "born"]

class Strict(AbstractUser):  # refuses for reasons of its own
    def save(self, *args, **kwargs):
        self.full_clean()
        super().save(*args, **kwargs)

class NoUsing(AbstractUser):  # takes less than Django's own
    def save(self, force_insert=False, update_fields=None):
        super().save(force_insert=force_insert, update_fields=update_fields)

class Short(AbstractUser):
    def save(self):
        super().save()

class Number(AbstractBaseUser):
    number = models.IntegerField(unique=True)
    objects = BaseUserManager()
    USERNAME_FIELD = "number"

class Bare(models.Model):  # no more than Django asks for
    username = models.CharField(max_length=150, unique=True)
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = []
    is_anonymous = False
    is_authenticated = True

class Teamed(AbstractBaseUser):  # groups of its own
    username = models.CharField(max_length=150, unique=True)
    groups = models.ManyToManyField(Team)
    objects = BaseUserManager()
    USERNAME_FIELD = "username"

class Crew(Group):  # a kind of Django's groups
    class Meta:
        proxy = True

class Crewed(AbstractBaseUser):
    username = models.CharField(max_length=150, unique=True)
    groups = models.ManyToManyField(Crew)
    objects = BaseUserManager()
    USERNAME_FIELD = "username"

class Child(Unique):  # a table of its own beside its parent's
    pass
"""

PROJECT = """
import django
from django.db import IntegrityError
settings.configure(
    COGNITO_GUARD={**COGNITO, **OWN},
    AUTH_USER_MODEL="people." + MODEL,
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes",
                    "cognito_guard_django", "people"],
    # Models of an app without migrations cannot be of a kind of those in one with them.
    MIGRATION_MODULES=dict.fromkeys(["auth", "contenttypes", "cognito_guard_django"]),
    MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
    ROOT_URLCONF=__name__,
    SILENCED_SYSTEM_CHECKS=["fields.E304", "auth.E003", "auth.W004"],
)
django.setup()
import json
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.checks import run_checks
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from people.models import *
call_command("migrate", run_syncdb=True, verbosity=0, skip_checks=True)
User = get_user_model()
urlpatterns = [path("", lambda request: HttpResponse(str(request.user.pk)))]
def ask(token):
    client = Client(raise_request_exception=False)
    answer = client.get("/", headers={"Authorization": "Bearer " + token})
    return answer.status_code, answer.content.decode()
def checks():
    return sorted(m.id for m in run_checks() if m.id.startswith("cognito_guard.E0")
                  or m.id.startswith("cognito_guard.W02"))
def say(*values):
    print(json.dumps(values))
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder with the app of the models."""
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "__init__.py").touch()
    (tmp_path / "people" / "models.py").write_text(MODELS)
    return tmp_path


def project(folder: Path, model: str, code: str, own: str = "{}", head: str = "") -> list[Any]:
    """What a project with this user model says, a list for each line."""
    # Only the model that is asked for: others of the same parents would clash with it.
    lines = f"{head}\nMODEL, OWN = {model!r}, {own}\n{PROJECT}\n{textwrap.dedent(code)}"
    said = run(lines + "\nconnection.close()\n", folder)
    return [json.loads(line) for line in said.splitlines()]


ALICE = "pool.id_token('alice', email='alice@example.com', email_verified=True)"


@pytest.mark.parametrize(
    ("model", "field"), [("Person", "email"), ("Mailbox", "address")], ids=["email", "address"]
)
def test_users_are_named_by_their_addresses(model: str, field: str, people: Path) -> None:
    """The address is the verified one. Until there is one, it is no mailbox and no subject, and it
    does not stay."""
    said = project(
        people,
        model,
        f"""
        say(checks())
        print(json.dumps([ask({ALICE})[0], User.objects.get().{field}]))
        bob = [pool.access_token("bob"), pool.id_token("bob", email="b@example.com"),
               pool.id_token("bob", email="c@example.com", email_verified=False),
               pool.access_token("bob")]
        for token in bob:
            status, pk = ask(token)
            say(status, User.objects.get(pk=pk).{field})
        say(User.objects.count())
        """,
    )
    checks, first, *bob, count = said
    assert checks == [[]]
    assert first == [200, "alice@example.com"]
    assert bob[0][0] == 200
    assert bob[0][1].startswith("cognito-")
    assert bob[0][1].endswith("@cognito.invalid")
    assert bob[1:] == [[200, "b@example.com"]] * 3
    assert count == [2]


@pytest.mark.parametrize("model", ["Person", "Unique", "Nullable", "Folded", "Child"])
def test_an_address_that_is_somebody_elses(model: str, people: Path) -> None:
    """Nobody is taken over and nobody kept out: a new caller and one who is known go on without
    the address, and get it once it is free."""
    said = project(
        people,
        model,
        f"""
        local = User(**{{User.USERNAME_FIELD: "local", "email": "alice@example.com"}})
        local.email = "alice@example.com"
        local.save()
        first = [ask({ALICE}) for _ in range(2)]
        ask(pool.access_token("bob"))
        ask(pool.access_token("carl"))
        known = [ask(pool.id_token("bob", email="alice@example.com")) for _ in range(2)]
        say(first, known, local.pk, User.objects.count())
        emails = User.objects.exclude(email="alice@example.com").values_list("email", flat=True)
        say([email for email in emails if email and not email.endswith("@cognito.invalid")])
        User.objects.filter(pk=local.pk).update(email="free@example.com")
        if MODEL != "Child":
            say(ask({ALICE})[0], User.objects.get(email="alice@example.com").pk)
        else:
            say(ask({ALICE})[0], User.objects.get(email="alice@example.com").pk)
        """,
    )
    (first, known, local, count), left, (status, pk) = said
    assert first[0] == first[1]
    assert known[0] == known[1]
    assert {first[0][0], known[0][0], status} == {200}
    assert str(local) not in (first[0][1], known[0][1])
    assert count == 4
    assert left == [[]]
    assert str(pk) == first[0][1]


def test_an_address_that_is_taken_in_the_meantime(people: Path) -> None:
    """What the database refuses although it was free a moment ago is left out as well; a hook's
    own value is refused."""
    said = project(
        people,
        "Folded",
        """
        User.objects.create(username="local", email="ALICE@example.com")
        token = pool.id_token("alice", email="alice@example.com", given_name="Alice")
        say(*[ask(token)[0] for _ in range(2)])
        ask(pool.access_token("bob"))
        token = pool.id_token("bob", email="alice@example.com", given_name="Bob")
        say(*[ask(token)[0] for _ in range(2)])
        say(sorted(User.objects.values_list("first_name", flat=True)))
        """,
    )
    assert said[:2] == [[200, 200], [200, 200]]
    assert said[2] == [["", "Alice", "Bob"]]


HOOK = """
def hook(user, identity):
    user.email = "taken@example.com"
"""


def test_a_hook_that_sets_a_taken_address(people: Path) -> None:
    """Is refused, whoever comes, and loses what his token does not grant; the answer tells nothing
    of whose it is."""
    said = project(
        people,
        "Unique",
        """
        from django.test import override_settings
        User.objects.create(username="local", email="taken@example.com")
        hookless = {**settings.COGNITO_GUARD}
        del hookless["USER_HOOK"]
        with override_settings(COGNITO_GUARD=hookless):
            ask(pool.access_token("bob", groups=["staff"]))
        for name in ("alice", "bob", "alice", "bob"):
            status, body = ask(pool.access_token(name))
            say(status, "taken" in body, json.loads(body)["reason"])
        say(User.objects.filter(is_staff=True).count(), User.objects.count())
        """,
        own="{'USER_HOOK': hook, 'STAFF_GROUPS': ['staff']}",
        head=HOOK,
    )
    assert said[:4] == [[403, False, "check_failed"]] * 4
    assert said[4] == [0, 2]


def test_fields_that_no_token_fills(people: Path) -> None:
    """A check names them; without it, callers are refused and no 500 is answered."""
    said = project(
        people,
        "Member",
        """
        say(checks())
        say(*[ask(pool.access_token(name))[0] for name in ("alice", "bob", "alice")])
        """,
    )
    assert said == [[["cognito_guard.E020"] * 3], [403, 403, 403]]


FILL = """
import datetime
def hook(user, identity):
    from people.models import Team
    if user.pk is None:
        user.team = Team.objects.get_or_create(name="red")[0]
        user.born = datetime.date(2000, 1, 1)
        user.badge = identity.subject[:20]
"""


def test_fields_that_a_hook_fills(people: Path) -> None:
    """With a hook, there is nothing to complain about."""
    said = project(
        people,
        "Member",
        """
        say(checks())
        say(*[ask(pool.access_token(name))[0] for name in ("alice", "bob", "alice")])
        """,
        own="{'USER_HOOK': hook}",
        head=FILL,
    )
    assert said == [[[]], [200, 200, 200]]


@pytest.mark.parametrize(
    ("model", "own", "wanted", "statuses"),
    [
        ("Number", "{}", ["cognito_guard.E022"], [403, 403]),
        ("NoUsing", "{}", ["cognito_guard.E023"], [403, 403]),
        ("NoUsing", "{'USER_HOOK': print}", ["cognito_guard.E023"], [403, 403]),
        ("Short", "{}", ["cognito_guard.E023"] * 3, [403, 403]),
        ("Person", "{'TOKEN_USE': 'access'}", ["cognito_guard.W020"], [200, 200]),
        ("Unique", "{'TOKEN_USE': 'access'}", [], [200, 200]),
        ("Nullable", "{'TOKEN_USE': 'access'}", [], [200, 200]),
        ("Folded", "{}", [], [200, 200]),
        ("Strict", "{}", [], [200, 200]),
        ("Child", "{}", [], [200, 200]),
        ("FoldedChild", "{}", [], [200, 200]),
        ("Alone", "{}", [], [200, 200]),
        ("Apart", "{}", [], [200, 200]),
        ("Tenant", "{}", ["cognito_guard.W021"], [200, 403]),
        ("Tenant", "{'USER_HOOK': lambda user, identity: None}", [], [200, 403]),
        ("Named", "{}", ["cognito_guard.W021"], [200, 403]),
        ("NamedChild", "{}", ["cognito_guard.W021"], [200, 403]),
        ("Together", "{}", ["cognito_guard.W021"], [200, 403]),
        ("Active", "{}", ["cognito_guard.W021"], [200, 403]),
        ("Badge", "{}", ["cognito_guard.W021"], [200, 403]),
        ("Nulls", "{}", ["cognito_guard.W021"], [200, 200]),  # SQLite makes no such constraint
        ("Bare", "{}", [], [200, 200]),
        ("Teamed", "{}", [], [200, 200]),
        ("Crewed", "{'GROUPS': 'mirror'}", [], [200, 200]),
    ],
)
def test_what_the_check_says(
    model: str, own: str, wanted: list[str], statuses: list[int], people: Path
) -> None:
    """Of a model whose users cannot be made; and two callers of one whose users can be."""
    said = project(
        people,
        model,
        """
        say(checks())
        tokens = [pool.access_token(name, groups=["a"]) for name in ("alice", "bob")]
        say(*[ask(token)[0] for token in tokens])
        """,
        own=own,
    )
    assert said == [[wanted], statuses]


@pytest.mark.parametrize(
    ("own", "said_of"),
    [
        ("{'GROUPS': 'mirror'}", "GROUPS']: people.Teamed.groups leads to no auth.Group"),
        ("{'STAFF_GROUPS': ['a']}", "STAFF_GROUPS']: the user model people.Teamed has no field"),
        ("{'SUPERUSER_GROUPS': ['a']}", "SUPERUSER_GROUPS']: the user model people.Teamed has no"),
    ],
    ids=["groups", "staff", "superusers"],
)
def test_a_setting_that_the_model_has_no_field_for(own: str, said_of: str, people: Path) -> None:
    """Nothing starts with it, where no checks run either; and whoever asks for a user without one
    of our middlewares is told the same."""
    said = project(
        people,
        "Teamed",
        """
        from cognito_guard import ConfigurationError
        from cognito_guard_django.backends import CognitoBackend
        from cognito_guard_django.channels import CognitoMiddleware
        from django.core.handlers.asgi import ASGIHandler
        say(checks())
        token = pool.access_token("alice", groups=["a"])
        for start in (Client().get, CognitoMiddleware, lambda _: ASGIHandler(),
                      lambda _: CognitoBackend().authenticate(None, token=token)):
            try:
                say(str(start("/")))
            except ConfigurationError as error:
                say(str(error))
        """,
        own=own,
    )
    assert said[0] == [["cognito_guard.E014"]]
    assert len({error for [error] in said[1:]}) == 1
    assert said_of in said[1][0]
    assert "remove the setting" in said[1][0]
