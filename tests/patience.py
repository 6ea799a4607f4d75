"""For tests whose servers answer: a busy machine is no reason to give one up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cognito_guard.aws import user_info
from cognito_guard.cli import key_set
from cognito_guard.doctor import surroundings
from cognito_guard.keys import lookup, remote
from cognito_guard.network import call, fetch, post

__all__ = ["answers_may_take_their_time"]

_SECONDS = 60.0
_ONE = {
    fetch: ("FETCH_SECONDS", "_STEP_SECONDS"),
    post: ("POST_SECONDS", "_STEP_SECONDS"),
    lookup: ("_WAIT_SECONDS",),
    remote: ("_GIVE_UP_SECONDS",),
    key_set: ("FETCH_SECONDS",),
    surroundings: ("FETCH_SECONDS", "_STEP_SECONDS"),
}


@pytest.fixture(autouse=True)
def answers_may_take_their_time() -> Iterator[None]:
    """The engine waits for an answer as long as a test does."""
    with pytest.MonkeyPatch.context() as patch:
        for module, names in _ONE.items():
            for name in names:
                patch.setattr(module, name, _SECONDS)
        for two in (call, user_info):
            patch.setattr(two, "_SECONDS", (_SECONDS, _SECONDS))
        yield
