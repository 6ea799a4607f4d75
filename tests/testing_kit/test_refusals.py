"""capture_refusals: all refusals, whatever the log says of them."""

from __future__ import annotations

import logging
from contextlib import suppress

import pytest

from cognito_guard import AuthError, Guard, KeysUnavailable
from cognito_guard._support.log import LIMIT, refusal_listeners
from cognito_guard.testing import LocalUserPool, Refusal, capture_refusals

from ..ports import closed_port


def refuse(guard: Guard, token: str, **request: str) -> None:
    """As an adapter does."""
    try:
        guard.verify(token)
    except (AuthError, KeysUnavailable) as error:
        guard.challenge(error, **request)


def test_reason_status_and_request(guard: Guard, pool: LocalUserPool) -> None:
    """Each refusal is there, in order, with what the adapter knows."""
    with capture_refusals() as refusals:
        refuse(guard, pool.access_token(expires_in=-1), method="GET", path="/orders")
        refuse(guard, "x.y.z")
        refuse(guard, pool.access_token())

    assert refusals == [
        Refusal(401, "token_expired", "GET", "/orders"),
        Refusal(401, "malformed_token"),
    ]


def test_no_token_in_a_path(guard: Guard, pool: LocalUserPool) -> None:
    """Paths are as the log has them, as a failing test prints them."""
    token = pool.access_token()
    with capture_refusals() as refusals:
        refuse(guard, "x.y.z", method="GET", path=f"/in/{token}\n")

    assert token not in repr(refusals)
    assert "\\n" not in str(refusals[0].path)


def test_neither_level_nor_budget_matters(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test counts on every one of them."""
    monkeypatch.setattr(logging.getLogger("cognito_guard"), "disabled", True)
    with capture_refusals() as refusals:
        for _ in range(LIMIT + 2):
            refuse(guard, "x.y.z")

    assert len(refusals) == LIMIT + 2


def test_keys_that_cannot_be_had(pool: LocalUserPool) -> None:
    """A 503 is a refusal as well."""
    with closed_port() as port, capture_refusals() as refusals:
        refuse(Guard(pool.trust(jwks=f"http://127.0.0.1:{port}/jwks.json")), pool.access_token())

    assert refusals == [Refusal(503, "keys_unavailable")]


def test_nested_and_over(guard: Guard) -> None:
    """Each block has its own list, which grows no more when the block is left, even by an error."""
    with capture_refusals() as outer:
        with suppress(ZeroDivisionError), capture_refusals() as inner:
            refuse(guard, "x.y.z")
            raise ZeroDivisionError
        refuse(guard, "x.y.z")

    assert (len(outer), len(inner)) == (2, 1)
    assert refusal_listeners == []
