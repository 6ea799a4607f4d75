"""Where threads do not go on by themselves, keys are fetched by the one who needs them."""

from __future__ import annotations

import pytest

from cognito_guard import Pending
from cognito_guard.keys import remote as remote_module
from cognito_guard.keys.remote import REFRESH_SECONDS

from .material import checks, jwk
from .source import Clock, Source, remote


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a worker of uWSGI's without enable-threads."""
    monkeypatch.setattr(remote_module, "threads_run", lambda: False)


def test_what_is_asked_for_is_there_at_once(source: Source, clock: Clock) -> None:
    """Prefetch, first request, refresh: each is over when it returns."""
    keys = remote(source, clock)
    pending = keys.key("a")
    assert isinstance(pending, Pending)
    assert pending.wait(0)
    assert checks(keys.key("a"), "a")
    source.publish(jwk("a", "b"))
    clock.now += REFRESH_SECONDS
    assert checks(keys.key("a"), "a")
    assert checks(keys.key("a"), "b")
    other = remote(source, clock)
    other.prefetch()
    assert other.health().keys == 1
    assert other.ready() is None
