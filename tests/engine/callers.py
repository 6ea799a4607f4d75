"""A caller for tests of policies, and what a policy says to it."""

from __future__ import annotations

from typing import Any

from cognito_guard import AuthError, Identity, Reason, enforce


def caller(**claims: Any) -> Identity:
    """A caller with two groups, two scopes and two roles, and these claims."""
    all_claims = {"sub": "alice", "iss": "https://issuer.example", **claims}
    return Identity(
        all_claims, "access", "client", "alice", ("ga", "gb"), ("sa", "sb"), ("r a", "rb")
    )


def refusal(policy: Any, identity: Identity) -> AuthError | None:
    """The error with which a policy refuses, or ``None``."""
    try:
        enforce(policy, identity)
    except AuthError as error:
        return error
    return None


def reason(policy: Any, identity: Identity) -> Reason | None:
    """The reason for which a policy refuses, or ``None``."""
    error = refusal(policy, identity)
    return None if error is None else error.reason


def yes(identity: Identity) -> bool:
    """A plain function that lets everybody pass."""
    return True


def no(identity: Identity) -> bool:
    """A plain function that lets nobody pass."""
    return False
