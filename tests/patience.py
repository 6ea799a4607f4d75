"""A request takes as long as it takes, in tests that are not about how long it may take.

Its own limits are a few seconds, which a healthy request may take where a machine is busy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cognito_guard.aws import user_info
from cognito_guard.cli import key_set
from cognito_guard.doctor import surroundings
from cognito_guard.keys import lookup, remote
from cognito_guard.network import call, fetch, post

__all__ = ["PATIENCE", "answers_may_take_their_time", "be_patient"]

PATIENCE = 60.0
"""Seconds until something that should happen at once counts as hanging."""

_ONE = {
    fetch: ("FETCH_SECONDS", "_STEP_SECONDS"),
    post: ("POST_SECONDS", "_STEP_SECONDS"),
    lookup: ("_WAIT_SECONDS",),
    remote: ("_GIVE_UP_SECONDS",),
    key_set: ("FETCH_SECONDS",),
    surroundings: ("FETCH_SECONDS", "_STEP_SECONDS"),
}


def be_patient(assign: Callable[[object, str, object], None] = setattr) -> None:
    """Have requests, and what waits for them, be patient. ``assign``: what sets an attribute, such
    as that of a ``monkeypatch``."""
    for module, names in _ONE.items():
        for name in names:
            assign(module, name, PATIENCE)
    for two in (call, user_info):
        assign(two, "_SECONDS", (PATIENCE, PATIENCE))


@pytest.fixture(autouse=True)
def answers_may_take_their_time() -> Iterator[None]:
    """The engine waits for an answer as long as a test does."""
    with pytest.MonkeyPatch.context() as patch:
        be_patient(patch.setattr)
        yield
