"""Users whom a project hides, switches off in its own way, or changes in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_user_models import project

MODELS = """
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Upper

class Kept(UserManager):
    def get_queryset(self):
        return super().get_queryset().filter(deleted=False)

class Soft(AbstractUser):
    deleted = models.BooleanField(default=False)
    objects = Kept()

class Approved(UserManager):
    def get_queryset(self):
        return super().get_queryset().exclude(approved=False)

class Waiting(AbstractUser):
    approved = models.BooleanField(default=False)
    objects = Approved()

class Odd:  # equal to nothing but itself
    pass

class Secret:  # cannot be copied
    def __deepcopy__(self, memo):
        raise TypeError

class Kind(models.CharField):
    def __init__(self, kind=Odd, **kwargs):
        super().__init__(**{"max_length": 10, "default": kind, **kwargs})
        self.kind = kind
    def from_db_value(self, value, expression, connection):
        return self.kind()
    def get_prep_value(self, value):
        return "x"

class Informed(AbstractUser):
    info = models.JSONField(default=dict)
    avatar = models.FileField(default="", blank=True)
    odd = Kind(Odd)
    secret = Kind(Secret)
    loud = models.GeneratedField(
        expression=Upper("username"), output_field=models.CharField(max_length=150),
        db_persist=True)
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder with the app of the models."""
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "__init__.py").touch()
    (tmp_path / "people" / "models.py").write_text(MODELS)
    return tmp_path


def test_who_is_deleted_and_kept(people: Path) -> None:
    """Is refused as who is switched off, by the first request after that; others cost one query,
    and one more that asks for him."""
    said = project(
        people,
        "Soft",
        """
        from django.db import connection
        from django.test.utils import CaptureQueriesContext
        token = pool.access_token("alice")
        say(ask(token)[0])
        with CaptureQueriesContext(connection) as captured:
            say(ask(token)[0])
        say(len(captured))
        User._base_manager.update(deleted=True)
        for _ in range(2):
            status, body = ask(token)
            say(status, json.loads(body)["reason"])
        say(User._base_manager.count(), len(checks()))
        """,
    )
    assert said == [[200], [200], [2], *[[403, "check_failed"]] * 2, [1, 0]]


HOOK = """
def hook(user, identity):
    user.deleted = "gone" in identity.groups
"""


def test_a_hook_that_deletes(people: Path) -> None:
    """Refuses with that very request, and gives him back as little as ``is_active`` does."""
    said = project(
        people,
        "Soft",
        """
        say(*[ask(pool.access_token("alice", groups=groups))[0] for groups in ([], ["gone"], [])])
        """,
        own="{'USER_HOOK': hook}",
        head=HOOK,
    )
    assert said == [[200, 403, 403]]


def test_who_waits_to_be_shown(people: Path) -> None:
    """Is made, refused, and let in when he is shown."""
    said = project(
        people,
        "Waiting",
        """
        token = pool.access_token("alice")
        say(ask(token)[0], ask(token)[0], User._base_manager.count())
        User._base_manager.update(approved=True)
        say(ask(token)[0])
        """,
    )
    assert said == [[403, 403, 1], [200]]


BACKEND = """
import sys, types
backends = sys.modules["backends"] = types.ModuleType("backends")
def late(name):
    from cognito_guard_django.backends import CognitoBackend
    class Own(CognitoBackend):
        def user_can_authenticate(self, user):
            return user.first_name != "Banned" and super().user_can_authenticate(user)
    return {"Own": Own, "Same": type("Same", (CognitoBackend,), {})}[name]
backends.__getattr__ = late
backends.function = lambda: None
"""


@pytest.mark.parametrize(("name", "wanted"), [("Own", [200, 403]), ("Same", [200, 200])])
def test_a_backend_of_the_projects(name: str, wanted: list[int], people: Path) -> None:
    """Whom its ``user_can_authenticate`` knows nothing of gets in nowhere: neither with a session
    nor with a token."""
    said = project(
        people,
        "Soft",
        f"""
        from django.contrib.auth import authenticate
        from django.test import override_settings
        with override_settings(AUTHENTICATION_BACKENDS=["backends.{name}", "backends.function"]):
            token = pool.access_token("alice")
            first = ask(token)[0]
            User.objects.update(first_name="Banned")
            say(first, ask(token)[0])
        with override_settings(AUTHENTICATION_BACKENDS=["backends.{name}"]):
            say(authenticate(None, token=token) is None)
        """,
        head=BACKEND,
    )
    assert said == [wanted, [wanted[1] == 403]]


INFO = """
def hook(user, identity):
    user.info["teams"] = list(identity.groups)
    if "picture" in identity.groups:
        user.avatar.name = "picture.png"
"""


def test_what_a_hook_changes_in_place(people: Path) -> None:
    """Is stored whenever it changes, and only then; of an older token it is not."""
    said = project(
        people,
        "Informed",
        """
        import time
        from django.db import connection
        from django.test.utils import CaptureQueriesContext
        now = int(time.time())
        def token(at, *groups):
            return pool.access_token("alice", groups=groups, iat=now + at)
        for at, group in ((-9, "a"), (-8, "b"), (-7, "picture"), (-8, "c")):
            status = ask(token(at, group))[0]
            user = User.objects.get()
            say(status, user.info["teams"], user.avatar.name)
        with CaptureQueriesContext(connection) as captured:
            ask(token(-7, "picture"))
        say(len(captured))
        """,
        own="{'USER_HOOK': hook}",
        head=INFO,
    )
    assert said == [
        [200, ["a"], ""],
        [200, ["b"], ""],
        [200, ["picture"], "picture.png"],
        [200, ["picture"], "picture.png"],
        [1],
    ]
