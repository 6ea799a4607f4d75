"""AwsCredentials: what an exchange brings."""

from __future__ import annotations

from datetime import datetime
from typing import final

from ..._support.arguments import Frozen

__all__ = ["AwsCredentials"]


@final
class AwsCredentials(Frozen):
    """Temporary AWS credentials of one identity. Frozen; its ``repr`` shows nothing.

    Anybody who has them acts as that identity until ``expires_at``. AWS does not revoke them before
    that, whatever happens to the user.
    """

    __slots__ = (
        *("access_key_id", "expires_at", "identity_id", "secret_access_key", "session_token"),
    )

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime
    """When they end, in UTC."""
    identity_id: str
    """The identity: ``${cognito-identity.amazonaws.com:sub}`` in a policy."""

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str,
        expires_at: datetime,
        identity_id: str,
    ) -> None:
        self._set(
            {
                "access_key_id": access_key_id,
                "secret_access_key": secret_access_key,
                "session_token": session_token,
                "expires_at": expires_at,
                "identity_id": identity_id,
            }
        )

    def __repr__(self) -> str:
        return "<AwsCredentials>"
