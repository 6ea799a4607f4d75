"""Other people's code that fails, and what reports of that show of a token in frames of ours."""

from __future__ import annotations

import time
from typing import Any

from django.test import Client

from cognito_guard.testing import LocalUserPool

from ..engine.reports import assert_nothing_shown, shown_by, shown_now
from ..engine.silence import secrets_of
from .conftest import bearer

NOW = int(time.time())
OWN: dict[str, Any] = {"GROUPS": "mirror", "STAFF_GROUPS": ["group-of-the-staff"]}


class Accident(Exception):
    """What goes wrong by accident."""


class Fails:
    """Other people's code: notes what frames that are under way show, and fails."""

    def __init__(self) -> None:
        self.is_on = False
        self.live: list[tuple[str, str]] = []

    def __call__(self, *_: object, **__: object) -> Any:
        if self.is_on:
            self.live += shown_now()
            raise Accident


def token(pool: LocalUserPool, at: int, *groups: str, **claims: Any) -> str:
    """A token with something to hide."""
    return pool.id_token(
        "alice.of.the.reports",
        groups=["group-of-the-reports", *groups],
        iat=NOW + at,
        **{
            "email": "alice@of-the-reports.example",
            "given_name": "Alice-of-the-reports",
            **claims,
        },
    )


def told(error: BaseException, fails: Fails, *tokens: str) -> int:
    """How many frames of ours there were, of which none says anything."""
    secrets = set().union(*map(secrets_of, tokens))
    return assert_nothing_shown(iter([*shown_by(error), *fails.live]), secrets)


def call(raw: str, where: str = "/") -> Any:
    """A request with a token."""
    return Client().get(where, headers=bearer(raw))
