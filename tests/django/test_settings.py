"""``COGNITO_GUARD``: what it may say, what is said about each mistake, and when it is read."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.test import override_settings

from cognito_guard import ConfigurationError, Guard
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool
from cognito_guard_django import settings as settings_module
from cognito_guard_django.settings import current, read

from .conftest import Configure

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef"
ALB = {"ALB_ARNS": [ARN], "ALB_CLIENT_ID": "1example23456789"}
POOL = {"USER_POOL_ID": "eu-west-1_AbC123xyz", "CLIENT_IDS": ["1example23456789"]}


async def _async_hook(user: Any, identity: Any) -> None:
    """No hook: what it returns is never awaited."""


def make_guard() -> Guard:
    """A guard by its dotted path."""
    return Guard.from_mapping(POOL, prefix="")


@pytest.mark.parametrize(
    ("raw", "code", "setting", "text"),
    [
        (None, "E001", "COGNITO_GUARD", "must be a dictionary"),
        ({"CLIENT_ID": "x", **POOL}, "E002", "CLIENT_ID", "did you mean CLIENT_IDS?"),
        ({"EXEMPT_PATHS": [], **POOL}, "E002", "EXEMPT_PATHS", "did you mean EXEMPT?"),
        # As the environment and `cognito-guard dev` have them.
        ({"COGNITO_USE": "x", **POOL}, "E002", "COGNITO_USE", "did you mean USERS?"),
        (
            {"COGNITO_LOGIN_DOMAIN": "x", **POOL},
            "E002",
            "COGNITO_LOGIN_DOMAIN",
            "did you mean LOGIN_DOMAIN?",
        ),
        ({"login_store": "x", **POOL}, "E002", "login_store", "did you mean LOGIN_STORE?"),
        ({"user_hook": None, **POOL}, "E002", "user_hook", "did you mean USER_HOOK?"),
        (dict([(1, 2), *POOL.items()]), "E002", 1, "known are"),
        ({"CLIENT_IDS": ["a"]}, "E003", "USER_POOL_ID", "is missing"),
        ({"USER_POOL_ID": POOL["USER_POOL_ID"]}, "E003", "CLIENT_IDS", "is missing"),
        ({**POOL, "CLIENT_IDS": []}, "E003", "CLIENT_IDS", "must not be empty"),
        ({**POOL, "USER_POOL_ID": "local_1"}, "E003", "USER_POOL_ID", "no AWS region"),
        ({**POOL, "LEEWAY": 1000}, "E003", "LEEWAY", "between 0 and 300"),
        ({**POOL, "COOKIE": "a b"}, "E003", "COOKIE", "RFC 6265"),
        ({**POOL, "REALM": '"'}, "E003", "REALM", "printable ASCII"),
        ({**POOL, "REVOCATIONS": "no.such.list"}, "E003", "REVOCATIONS", "cannot be imported"),
        ({**POOL, "REVOCATIONS": []}, "E003", "REVOCATIONS", "must be a RevocationList"),
        ({"ALB_ARNS": [ARN]}, "E003", "ALB_CLIENT_ID", "is missing"),
        ({**POOL, "ALB_CLIENT_ID": "a"}, "E003", "ALB_ARNS", "is missing"),
        ({**ALB, "CLIENT_IDS": ["a"]}, "E003", "USER_POOL_ID", "is missing"),
        ({**ALB, "ALB_ARNS": ["x"]}, "E003", "ALB_ARNS", "whole ARNs"),
        ({**ALB, "ALB_LEEWAY": -1}, "E003", "ALB_LEEWAY", "between 0 and 300"),
        ({**ALB, "ALB_USER_POOL_ID": "x"}, "E003", "ALB_USER_POOL_ID", "REGION_NAME"),
        ({**ALB, "ALB_JWKS": "k.json"}, "E003", "ALB_JWKS", "needs ALB_USER_POOL_ID"),
        ({**ALB, "ALB_ARN": ARN}, "E002", "ALB_ARN", "did you mean ALB_ARNS?"),
        ({"GUARD": "not a guard"}, "E004", "GUARD", "cannot be imported"),
        ({"GUARD": "no.such.module"}, "E004", "GUARD", "cannot be imported"),
        ({"GUARD": dict}, "E004", "GUARD", "must be a Guard"),
        ({"GUARD": make_guard, "LEEWAY": 5}, "E004", "GUARD", "LEEWAY would not be looked at"),
        ({**POOL, "REQUIRED": "false"}, "E005", "REQUIRED", "must be True or False"),
        ({**POOL, "EXEMPT": "/health"}, "E006", "EXEMPT", "must be a list of paths"),
        ({**POOL, "EXEMPT": ["health"]}, "E006", "EXEMPT", 'start with "/"'),
        ({**POOL, "EXEMPT": ["/a*"]}, "E006", "EXEMPT", 'may be "/*"'),
        ({**POOL, "USERS": "none"}, "E007", "USERS", "must be 'model' or 'stateless'"),
        ({**POOL, "GROUPS": "all"}, "E008", "GROUPS", "must be 'ignore', 'mirror', or"),
        ({**POOL, "GROUPS": {}}, "E008", "GROUPS", "must be 'ignore', 'mirror', or"),
        ({**POOL, "GROUPS": {"a": []}}, "E008", "GROUPS", "must be 'ignore', 'mirror', or"),
        ({**POOL, "GROUPS": {"a": 1}}, "E008", "GROUPS", "must be 'ignore', 'mirror', or"),
        (
            {**POOL, "GROUPS": "mirror", "USERS": "stateless"},
            "E008",
            "GROUPS",
            "see PERMISSIONS",
        ),
        ({**POOL, "STAFF_GROUPS": "admins"}, "E009", "STAFF_GROUPS", "must be a list"),
        ({**POOL, "SUPERUSER_GROUPS": []}, "E009", "SUPERUSER_GROUPS", "at least one name"),
        ({**POOL, "PERMISSIONS": ["a.b"]}, "E010", "PERMISSIONS", "must be a dictionary"),
        ({**POOL, "PERMISSIONS": {"a": "b.c"}}, "E010", "PERMISSIONS", "is for USERS"),
        ({**POOL, "USER_HOOK": "no.such.hook"}, "E011", "USER_HOOK", "cannot be imported"),
        ({**POOL, "USERNAMES": "email"}, "E015", "USERNAMES", "must be 'subject' or 'username'"),
        ({**POOL, "USERNAMES": True}, "E015", "USERNAMES", "must be 'subject' or 'username'"),
        ({**POOL, "REGION": "us-east-1"}, "E003", "REGION", "is not the region that the id"),
        ({**POOL, "DOMAIN": "x"}, "E002", "DOMAIN", "for sign-in, the setting is LOGIN_DOMAIN"),
        ({**POOL, "CLIENT_IDS": "abc"}, "E003", "CLIENT_IDS", 'write ["abc"] (it is'),
        ({**POOL, "USER_HOOK": 1}, "E011", "USER_HOOK", "must be a plain"),
        ({**POOL, "USER_HOOK": _async_hook}, "E011", "USER_HOOK", "must be a plain"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_mistakes(raw: Any, code: str, setting: Any, text: str) -> None:
    """Each wrong setting has one problem, which names it and says what would be right."""
    settings, problems = read(raw)
    assert settings is None
    (problem,) = problems
    wanted = setting if setting == "COGNITO_GUARD" else f"COGNITO_GUARD[{setting!r}]"
    assert (problem.id, problem.setting) == (code, wanted)
    assert text in problem.text


def test_all_mistakes_at_once() -> None:
    """Nobody has to correct one setting to learn of the next."""
    raw = {"CLIENT_IDS": "a", "LEEWAY": -1, "REQUIRED": 1, "USERS": "x", "SCOPE": "y"}
    _, problems = read(raw)
    assert {(problem.id, problem.setting) for problem in problems} == {
        ("E002", "COGNITO_GUARD['SCOPE']"),
        ("E003", "COGNITO_GUARD['CLIENT_IDS']"),
        ("E003", "COGNITO_GUARD['LEEWAY']"),
        ("E003", "COGNITO_GUARD['USER_POOL_ID']"),
        ("E005", "COGNITO_GUARD['REQUIRED']"),
        ("E007", "COGNITO_GUARD['USERS']"),
    }
    with override_settings(COGNITO_GUARD=raw), pytest.raises(ConfigurationError) as raised:
        current()
    assert all(problem.setting in str(raised.value) for problem in problems)


def test_mistakes_in_several_pools() -> None:
    """Where pools are in a list, the message says which one is meant."""
    _, problems = read({"USER_POOLS": [POOL, {**POOL, "CLIENT_IDS": []}]})
    assert [problem.id for problem in problems] == ["E003"]
    assert "USER_POOLS[1]" in problems[0].text


def test_an_emulator_is_no_mistake() -> None:
    """A pool whose region is none of AWS's is fine with an issuer, also next to a mistake."""
    emulator = {"USER_POOL_ID": "local_1", "ISSUER": "http://127.0.0.1:9229/local_1"}
    assert read({**POOL, **emulator})[1] == []
    _, problems = read({**POOL, **emulator, "LEEWAY": -1})
    assert [problem.setting for problem in problems] == ["COGNITO_GUARD['LEEWAY']"]


def test_only_what_is_wrong_of_a_load_balancer_is_named() -> None:
    """What is only good together is not told off one by one."""
    good = {
        **ALB,
        "ALB_ARNS": [ARN.replace("arn:aws", "arn:aws-iso")],
        "ALB_KEYS": "https://keys.example",
        "ALB_USER_POOL_ID": "local_1",
        "ALB_ISSUER": "http://127.0.0.1:9229/local_1",
        "ALB_JWKS": "http://127.0.0.1:9229/local_1/.well-known/jwks.json",
    }
    assert read({**good, "USERS": "stateless"})[1] == []
    _, problems = read({**good, "ALB_LEEWAY": "5"})
    assert [problem.setting for problem in problems] == ["COGNITO_GUARD['ALB_LEEWAY']"]


def test_defaults() -> None:
    """With nothing but the pool: real users, no groups, no flags, and no credential demanded."""
    settings, problems = read(POOL)
    assert problems == []
    assert settings is not None
    assert (settings.required, settings.stateless, settings.groups) == (False, False, {})
    assert settings.staff_groups is None
    assert settings.superuser_groups is None
    assert settings.user_hook is None


@pytest.mark.parametrize(
    "guard", [make_guard, make_guard(), f"{__name__}.make_guard"], ids=["function", "guard", "path"]
)
def test_a_ready_guard(guard: Any) -> None:
    """A guard may be built elsewhere, or when it is first needed."""
    settings, problems = read({"GUARD": guard})
    assert problems == []
    assert settings is not None
    assert isinstance(settings.guard, Guard)


def test_read_once_and_again_after_an_override(configure: Configure) -> None:
    """The guard is built once and kept, until a test overrides the settings."""
    first = current()
    assert current() is first
    configure(REQUIRED=True)
    assert current().required is True
    assert current().guard is not first.guard
    with override_settings(UNRELATED=1):
        kept = current()
    assert current() is kept


def test_threads_that_ask_at_once_share_a_guard(
    pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second guard would fetch the keys a second time."""
    made: list[Guard] = []
    found: list[Guard] = []
    arrived = threading.Semaphore(0)

    class Lock:
        """A lock that tells when somebody comes to it."""

        def __init__(self) -> None:
            self.real = threading.Lock()

        def __enter__(self) -> None:
            arrived.release()
            self.real.acquire()

        def __exit__(self, *_: object) -> None:
            self.real.release()

    monkeypatch.setattr(settings_module, "_lock", Lock())

    def make() -> Guard:
        for _ in range(8):
            assert arrived.acquire(timeout=60)
        made.append(Guard(pool.trust()))
        return made[-1]

    def ask() -> None:
        found.append(current().guard)

    with override_settings(COGNITO_GUARD={"GUARD": make}):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(made) == 1
    assert set(map(id, found)) == {id(made[0])}


def test_no_users_without_the_app(configure: Configure) -> None:
    """Stored users need the app's table."""
    without = [
        "django.contrib.auth",
        "django.contrib.contenttypes",
    ]
    values = configure()
    with override_settings(INSTALLED_APPS=without):
        assert [problem.id for problem in read(values)[1]] == ["E007"]
        assert read({**values, "USERS": "stateless"})[1] == []


@pytest.mark.parametrize(
    "value",
    [
        "cognito_guard.revocation.MemoryRevocationList",
        MemoryRevocationList,
        MemoryRevocationList(),
    ],
    ids=["dotted path", "what makes it", "object"],
)
def test_a_list_of_what_was_revoked(value: Any) -> None:
    """As the guard itself: an object, what makes one, or the dotted path of either."""
    settings, problems = read({**POOL, "REVOCATIONS": value})
    assert problems == []
    assert settings is not None
    assert settings.guard.health()["revocations"].state == "memory"
