"""What is wrong with a user pool: checks without I/O, from API answers to findings.

``cognito-guard doctor`` reads, and prints. Each check is a pure function of what an API answered,
in the shape in which it answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from .clients import check_clients
from .findings import LEVELS, Finding, Level, reaches, worst_first
from .identity_pool import check_identity_pool
from .reading import IdentityPoolRead, RolePolicy, UserPoolRead
from .user_pool import CHECKS

__all__ = [
    "LEVELS",
    "Finding",
    "IdentityPoolRead",
    "Level",
    "RolePolicy",
    "UserPoolRead",
    "check_identity_pool",
    "check_user_pool",
    "reaches",
    "worst_first",
]


def check_user_pool(read: UserPoolRead) -> Iterator[Finding]:
    """All findings about a user pool and its clients."""
    for check in CHECKS:
        yield from check(read)
    yield from check_clients(read)
