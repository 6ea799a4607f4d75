"""Whose data a framework keeps for a browser, beside the session of sign-in."""

from __future__ import annotations

from typing import Any

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, ManagedLogin, MemorySessionStore
from cognito_guard.testing import LocalUserPool

from .site import CALLBACK, POOL, SECRET


def sessions_of(pool: LocalUserPool) -> LoginSessions:
    """The sessions of a site."""
    login = ManagedLogin(
        pool.trust(),
        domain="https://pool.example",
        client_id=pool.client_id,
        redirect_uri=CALLBACK,
        logout_uri="https://app.example/",
    )
    return LoginSessions(login, Guard(pool.trust()), store=MemorySessionStore(), secrets=[SECRET])


SESSIONS = sessions_of(POOL)
ALICE = Guard(POOL.trust()).verify(POOL.access_token("alice"))
ADA = Guard(POOL.trust()).verify(POOL.access_token("ada"))


def test_what_an_anonymous_visitor_left() -> None:
    """Is of who signs in."""
    data = {"cart": ["book"]}
    assert not SESSIONS.hand_over(data, ALICE)
    assert data["cart"] == ["book"]
    assert not SESSIONS.hand_over(data, ALICE)
    assert data["cart"] == ["book"]
    assert ALICE.subject not in str(data)


def test_what_another_user_left() -> None:
    """Is gone, whether or not she has signed out."""
    data: dict[str, Any] = {}
    SESSIONS.hand_over(data, ALICE)
    data["cart"] = ["book"]
    assert SESSIONS.hand_over(data, ADA)
    assert "cart" not in data
    assert not SESSIONS.hand_over(data, ADA)


def test_what_is_left_when_a_session_is_over() -> None:
    """What was of its user is gone; what was of nobody stays."""
    data: dict[str, Any] = {}
    SESSIONS.hand_over(data, ALICE)
    data["cart"] = ["book"]
    assert SESSIONS.hand_over(data, None)
    assert data == {}
    data["cart"] = ["pen"]
    assert not SESSIONS.hand_over(data, None)
    assert data == {"cart": ["pen"]}


def test_same_subject_of_another_pool() -> None:
    """Is somebody else."""
    other = sessions_of(LocalUserPool("eu-west-1_OtherPool"))
    data: dict[str, Any] = {}
    SESSIONS.hand_over(data, ALICE)
    assert other.hand_over(data, ALICE)
