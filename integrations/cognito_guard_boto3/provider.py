"""The credentials of a session, refreshed by botocore as it refreshes all that expire."""

from __future__ import annotations

from typing import Any, final

from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials

from cognito_guard import InvalidToken, Reason
from cognito_guard.aws import CredentialExchange, HeldCredentials

from .sources import TokenSource, logins_from

__all__ = ["IdentityPoolProvider"]

_METHOD = "cognito-identity-pool"


@final
class Renewal:
    """Gets the credentials of one session, first and again. Its ``repr`` says nothing.

    botocore calls :meth:`renew` under a lock of its own.
    """

    __slots__ = ("_held", "_source", "exchange")

    def __init__(self, exchange: CredentialExchange, source: TokenSource) -> None:
        self.exchange = exchange
        self._source = source
        self._held: HeldCredentials | None = None

    def ended(self) -> bool:
        """Whether those that are held may not be used any more, although they have not expired."""
        return self._held is not None and not self._held.in_force()

    def renew(self) -> dict[str, str]:
        """Credentials, as botocore takes them. A session stays one user's.

        Raises as :meth:`CredentialExchange.credentials`, and what the token source raises.
        """
        before = self._held
        known = None if before is None else before.credentials.identity_id
        # No variable has a token: a user's list of what was revoked is asked in there.
        held = self.exchange.hold(logins_from(self._source, known))
        if before is not None and before.holder != held.holder:
            raise InvalidToken(
                Reason.IDENTITY_MISMATCH,
                "The token source gives a token of another user than the session is for.",
            )
        self._held = held
        given = held.credentials
        return {
            "access_key": given.access_key_id,
            "secret_key": given.secret_access_key,
            "token": given.session_token,
            "expiry_time": given.expires_at.isoformat(),
        }


@final
class SessionCredentials(DeferredRefreshableCredentials):  # type: ignore[misc]  # has no types
    """botocore's own, which are refreshed as well when their user has signed out: then the refresh
    says that."""

    def __init__(self, renewal: Renewal) -> None:
        super().__init__(
            refresh_using=renewal.renew, method=_METHOD, time_fetcher=renewal.exchange.now
        )
        self.renewal = renewal

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Asked by botocore on every use; ``refresh_in`` are the seconds that have to be left."""
        return self.renewal.ended() or bool(super().refresh_needed(refresh_in))


@final
class IdentityPoolProvider(CredentialProvider):  # type: ignore[misc]  # has no types
    """Has the credentials of one session, in botocore's chain of providers."""

    METHOD = _METHOD
    CANONICAL_NAME = f"custom-{_METHOD}"

    def __init__(self, exchange: CredentialExchange, source: TokenSource) -> None:
        super().__init__()
        self._renewal = Renewal(exchange, source)

    def load(self) -> Any:
        """Called once by a session. Nothing is asked before the first use."""
        return SessionCredentials(self._renewal)
