"""Patience with servers of tests, whose threads may stand still for seconds on a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from cognito_guard.keys import lookup, remote
from cognito_guard.network import call, fetch, post

_PATIENCE_SECONDS = 60.0
_LIMITS = (
    *((fetch, name) for name in ("FETCH_SECONDS", "_STEP_SECONDS")),
    *((post, name) for name in ("POST_SECONDS", "_STEP_SECONDS")),
    (lookup, "_WAIT_SECONDS"),
    (remote, "_GIVE_UP_SECONDS"),
)


@contextmanager
def patient() -> Iterator[None]:
    """Let requests of this process take their time, in tests of something else."""
    with ExitStack() as stack:
        for module, name in _LIMITS:
            stack.enter_context(patch.object(module, name, _PATIENCE_SECONDS))
        stack.enter_context(patch.object(call, "_SECONDS", (_PATIENCE_SECONDS,) * 2))
        yield
