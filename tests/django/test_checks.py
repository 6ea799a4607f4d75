"""``manage.py check``: what it says about settings, middleware, users and REST framework."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.checks import Error, Tags, Warning, run_checks
from django.test import override_settings
from django.utils.module_loading import import_string

from cognito_guard_django.checks import AUTHENTICATION, BACKEND, DJANGO_CSRF, HANDLER, MIDDLEWARE

from . import project
from .conftest import Configure

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def found() -> list[tuple[str, type]]:
    """Ids and kinds of all that is reported."""
    ours = [(str(message.id), message) for message in run_checks(tags=[Tags.security])]
    ours = [(name, message) for name, message in ours if name.startswith("cognito_guard.")]
    assert all(message.hint for _, message in ours)
    return [(name.removeprefix("cognito_guard."), type(message)) for name, message in ours]


def test_nothing_to_say(configure: Configure) -> None:
    """Good settings are passed in silence."""
    assert found() == []


def test_settings_are_reported_each_by_itself(configure: Configure) -> None:
    """Two mistakes are two messages, each with the setting's name; other checks keep quiet."""
    configure(CLIENT_IDS=[], REQUIRED="yes")
    assert found() == [("E003", Error), ("E005", Error)]
    texts = [message.msg for message in run_checks(tags=[Tags.security])]
    assert any("COGNITO_GUARD['CLIENT_IDS']" in text for text in texts)
    assert any("COGNITO_GUARD['REQUIRED']" in text for text in texts)


def test_no_settings_at_all() -> None:
    """Who has installed the app and forgotten its setting is told."""
    assert found() == [("E001", Error)]


ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/0123456789abcdef"
ALB = {"ALB_ARNS": [ARN], "ALB_CLIENT_ID": "1example23456789"}
REST = {"DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION]}
BARE_USER = "contenttypes.ContentType"  # a model without groups, is_staff and is_superuser
WITHOUT_CSRF = [name for name in project.MIDDLEWARE if name != DJANGO_CSRF]


@pytest.fixture
def overrides() -> Iterator[ExitStack]:
    """Settings of Django's own for one test."""
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    ("own", "django", "wanted"),
    [
        ({}, {"MIDDLEWARE": [MIDDLEWARE, *project.MIDDLEWARE[:3]]}, [("E012", Error)]),
        ({"COOKIE": "t"}, {"MIDDLEWARE": WITHOUT_CSRF}, [("W001", Warning)]),
        ({"COOKIE": "t"}, {}, []),
        (ALB, {"MIDDLEWARE": WITHOUT_CSRF}, [("W001", Warning)]),
        ({}, {"MIDDLEWARE": WITHOUT_CSRF}, []),
        ({"USERS": "stateless"}, {}, [("E013", Error)]),
        ({"USERS": "stateless"}, {"AUTHENTICATION_BACKENDS": [MODEL_BACKEND]}, []),
        ({"GROUPS": "mirror"}, {"AUTH_USER_MODEL": BARE_USER}, [("E014", Error)]),
        ({"STAFF_GROUPS": ["a"]}, {"AUTH_USER_MODEL": BARE_USER}, [("E014", Error)]),
        ({"SUPERUSER_GROUPS": ["a"]}, {"AUTH_USER_MODEL": BARE_USER}, [("E014", Error)]),
        ({"SUPERUSER_GROUPS": ["a"], "STAFF_GROUPS": ["a"], "GROUPS": "mirror"}, {}, []),
        ({}, {"REST_FRAMEWORK": REST}, [("W002", Warning)]),
        ({}, {"REST_FRAMEWORK": {**REST, "EXCEPTION_HANDLER": HANDLER}}, []),
        ({}, {"REST_FRAMEWORK": {}}, []),
    ],
)
def test_the_project_around_it(
    own: dict[str, Any],
    django: dict[str, Any],
    wanted: list[Any],
    configure: Configure,
    overrides: ExitStack,
) -> None:
    """What the settings ask of middleware, backends, user model and REST framework is checked."""
    configure(**own)
    # Django's own check of the admin would stop at the user model; ours is asked by itself.
    overrides.enter_context(override_settings(**django))
    assert found() == wanted


def test_names_are_those_of_the_code() -> None:
    """The checks know middleware and backend by name, without importing them."""
    from cognito_guard_django.backends import CognitoBackend
    from cognito_guard_django.middleware import CognitoMiddleware
    from cognito_guard_django.rest_framework import CognitoAuthentication, exception_handler

    for name, thing in (
        (MIDDLEWARE, CognitoMiddleware),
        (BACKEND, CognitoBackend),
        (AUTHENTICATION, CognitoAuthentication),
        (HANDLER, exception_handler),
    ):
        assert import_string(name) is thing
