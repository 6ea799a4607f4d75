"""SiblingKeySet: the two addresses of one user pool's keys, each a help to the other."""

from __future__ import annotations

from typing import final

from ..errors import KeysUnavailable
from ..signature import VerificationKey
from ..waiting import Pending
from .health import KeyHealth
from .remote import RemoteKeySet

__all__ = ["SiblingKeySet"]


@final
class SiblingKeySet:
    """The keys of one issuer form of a user pool, helped out by those of its other form.

    AWS serves a pool's keys under two addresses, and on a pool that was not moved to the updated
    issuer the second one answers 403. Keys that the sibling fetched later than this side count
    here too, and where this side cannot fetch, the sibling is asked. Keys that it fetched earlier
    do not count: one of them may have been withdrawn since.
    """

    def __init__(self, own: RemoteKeySet, sibling: RemoteKeySet) -> None:
        self.own = own
        self.sibling = sibling

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See :meth:`KeySet.key`."""
        own, sibling = self.own, self.sibling
        if sibling.fetched_at > own.fetched_at:
            key = sibling.held_key(kid)
            if key is not None:
                return key
        try:
            return own.key(kid)
        except KeysUnavailable as error:
            retry_after = error.retry_after
        try:
            return sibling.missing_key(kid, newer_than=own.fetched_at)
        except KeysUnavailable as error:
            retry_after = min(retry_after, error.retry_after)
        raise KeysUnavailable(retry_after)

    def retry_after(self, kid: str) -> int:
        """As of :class:`RemoteKeySet`, for whichever of the two is the sooner."""
        return min(self.own.retry_after(kid), self.sibling.retry_after(kid))

    def health(self) -> KeyHealth:
        """How this side is doing; where the sibling's keys are the newer ones, with those."""
        own, lent = self.own.health(), self.sibling.health()
        if lent.age is None or (own.age is not None and own.age <= lent.age):
            return own
        return own._replace(state=lent.state, keys=lent.keys, age=lent.age)
