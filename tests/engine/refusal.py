"""The one way in which these tests look at a refused token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from cognito_guard import Guard, Identity, InvalidToken, Reason

from .silence import assert_silent, secrets_of


def assert_refused(guard: Guard, token: str, reason: Reason) -> None:
    """``verify`` and ``averify`` refuse for this reason, and neither error repeats the token."""
    secrets = secrets_of(token) if isinstance(token, str) else set()
    for verify in (guard.verify, _averify(guard)):
        with pytest.raises(InvalidToken) as caught:
            verify(token)
        assert caught.value.reason is reason
        assert_silent(caught.value, secrets)


def _averify(guard: Guard) -> Callable[[str], Identity]:
    return lambda token: asyncio.run(guard.averify(token))
