"""A function behind an authorizer. It takes the authorizer's word, and verifies nothing again."""

from __future__ import annotations

from typing import Any

from cognito_guard import Guard, Identity
from cognito_guard_lambda import guarded

from .app import answer

guard = Guard.from_env()


# Nobody else may be allowed to call this function: its resource policy names the one API.
@guarded(guard, groups="admins", trust_authorizer="lambda")
def handler(event: Any, context: Any, identity: Identity) -> Any:
    """Reports for admins."""
    return answer({"reports": [], "for": identity.subject})
