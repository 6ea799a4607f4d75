"""SiblingKeySet: the two addresses of one user pool's keys, each a help to the other."""

from __future__ import annotations

from math import inf
from typing import final

from .._support.listeners import Listeners
from ..errors import KeysUnavailable
from ..network.waiting import Pending
from .health import KeyHealth
from .remote import RemoteKeySet
from .signature import VerificationKey

__all__ = ["SiblingKeySet"]


@final
class SiblingKeySet:
    """The keys of one issuer form of a user pool, helped out by those of its other form.

    AWS serves a pool's keys under two addresses, and on a pool that was not moved to the updated
    issuer the second one answers 403. The keys that were fetched last count for both, and where
    this side cannot fetch, the sibling is asked. Of the side that was fetched earlier no key counts
    that the later one lacks: it may have been withdrawn since. So this side is asked again for such
    a key, as for an unknown one.
    """

    def __init__(self, own: RemoteKeySet, sibling: RemoteKeySet) -> None:
        self.own = own
        self.sibling = sibling

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See :meth:`KeySet.key`."""
        own, sibling = self.own, self.sibling
        newer_than = sibling.fetched_at
        behind = newer_than > own.fetched_at
        key = sibling.held_key(kid) if behind else own.held_key(kid)
        if key is not None:
            return key
        try:
            return own.missing_key(kid, newer_than=newer_than if behind else -inf)
        except KeysUnavailable as error:
            # While this side is in good order, its word on unknown kids is enough.
            if own.answers and not behind:
                raise
            retry_after = error.retry_after
        try:
            return sibling.missing_key(kid, newer_than=own.fetched_at)
        except KeysUnavailable as error:
            retry_after, detail = min(retry_after, error.retry_after), error.detail
        raise KeysUnavailable(retry_after, detail)

    def observe(self, observers: Listeners) -> None:
        """As of :class:`RemoteKeySet`, for both."""
        self.own.observe(observers)
        self.sibling.observe(observers)

    def ready(self) -> Pending | None:
        """As of :class:`RemoteKeySet`, for whichever of the two has keys."""
        try:
            return self.own.ready()
        except KeysUnavailable as error:
            retry_after = error.retry_after
        try:
            return self.sibling.ready()
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
