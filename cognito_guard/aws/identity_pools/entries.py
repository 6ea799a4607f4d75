"""Entry: the credentials of one caller, from one exchange to the next."""

from __future__ import annotations

from typing import final

from ...identity import Identity
from ...network.waiting import Pending
from .credentials import AwsCredentials
from .errors import CredentialsError

__all__ = ["Entry", "Flight"]

# As botocore refreshes: from 15 minutes before the end on, it tries; from 10 minutes on, it must.
# Of credentials that are good for a short time only, an emulator's, the half and a third.
_FRESH, _FRESH_SHARE = 15 * 60.0, 1 / 2
_USABLE, _USABLE_SHARE = 10 * 60.0, 1 / 3


@final
class Flight:
    """An exchange under way, which one does for all who ask. Its ``repr`` says nothing."""

    __slots__ = ("abandoned", "asked_at", "begun", "credentials", "pending", "problem")

    def __init__(self, asked_at: float) -> None:
        self.asked_at = asked_at
        self.pending = Pending()
        self.abandoned = self.begun = False
        self.credentials: AwsCredentials | None = None
        self.problem: CredentialsError | None = None


@final
class Entry:
    """What is known of one caller. Its ``repr`` says nothing. All of it is changed under the lock
    of the exchange.

    ``ended``: whether the caller has signed out, so that the credentials are nobody's any more.
    """

    __slots__ = ("__weakref__", "credentials", "ended", "flight", "identity", "life")

    def __init__(self, identity: Identity | None) -> None:
        self.identity = identity
        self.credentials: AwsCredentials | None = None
        self.life = 0.0
        """For how many seconds the credentials were given."""
        self.flight: Flight | None = None
        self.ended = False

    def fresh(self, now: float) -> AwsCredentials | None:
        """The credentials, if nobody has to ask for others yet."""
        return self._until(now, min(_FRESH, self.life * _FRESH_SHARE))

    def usable(self, now: float) -> AwsCredentials | None:
        """The credentials, if they do while there are no others."""
        return self._until(now, min(_USABLE, self.life * _USABLE_SHARE))

    def _until(self, now: float, ahead: float) -> AwsCredentials | None:
        held = self.credentials
        return held if held is not None and now < held.expires_at.timestamp() - ahead else None
