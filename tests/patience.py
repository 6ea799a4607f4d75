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

_FETCHES = {fetch: ("FETCH_SECONDS", "_STEP_SECONDS"), lookup: ("_WAIT_SECONDS",)}
_OTHERS = {
    post: ("POST_SECONDS", "_STEP_SECONDS"),
    remote: ("_GIVE_UP_SECONDS",),
    key_set: ("FETCH_SECONDS",),
    surroundings: ("FETCH_SECONDS", "_STEP_SECONDS"),
}


def be_patient(assign: Callable[[object, str, float], None] = setattr) -> None:
    """Have fetches of keys, and the requests that wait for them, be patient. ``assign``: what sets
    an attribute, such as that of a ``monkeypatch``.

    A fetch still counts as lost when it should be over by its real limit, which tests with a clock
    of their own rely on.
    """
    for module, names in _FETCHES.items():
        for name in names:
            assign(module, name, PATIENCE)


@pytest.fixture(autouse=True)
def answers_may_take_their_time() -> Iterator[None]:
    """The engine waits for every answer as long as a test does."""
    with pytest.MonkeyPatch.context() as patch:
        be_patient(patch.setattr)
        for module, names in _OTHERS.items():
            for name in names:
                patch.setattr(module, name, PATIENCE)
        for two in (call, user_info):
            patch.setattr(two, "_SECONDS", (PATIENCE, PATIENCE))
        yield
