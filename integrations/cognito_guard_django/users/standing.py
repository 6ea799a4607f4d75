"""Which of two tokens is the newer one, and what an older one may still change.

A caller's link remembers when the newest token was issued that rights were taken from
(``rights_at``), and what the tokens of that very second granted, in the order in which they were
seen (``rights_seen``).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from cognito_guard import Identity

from .rights import Rights

__all__ = ["Standing", "issued_at", "standing"]

_MOST_SEEN = 26
_CLOSED = "-"  # an entry of `rights_seen`: tokens that had come before came once more


class Standing(NamedTuple):
    """What a token may do to stored rights, and what is to be remembered of it."""

    may_raise: bool
    may_lower: bool
    rights_at: float | None
    rights_seen: str

    def is_new_to(self, link: Any) -> bool:
        """Whether there is something to remember."""
        return (self.rights_at, self.rights_seen) != (link.rights_at, link.rights_seen)


def issued_at(identity: Identity) -> float | None:
    """``iat``; ``None`` for what names no time, as the user info of a load balancer does."""
    try:
        at = float("nan" if identity.issued_at is None else identity.issued_at)
    except OverflowError:
        return None
    return at if math.isfinite(at) else None


def standing(link: Any, at: float | None, rights: Rights) -> Standing:
    """How a token stands to the ones before it.

    An older one changes nothing. Of two tokens of one second, the newer is the one that was first
    seen later; what it took away, the other one does not bring back. Where the caller has been
    seen with a token that names its time, what names none only takes away.
    """
    said = rights.digest
    seen = link.rights_seen.split()
    if at is None and link.rights_at is None:
        return Standing(True, True, None, "")
    if at is not None:
        if link.rights_at is None or at > link.rights_at:
            return Standing(True, True, at, said)
        if at < link.rights_at:
            return Standing(False, False, link.rights_at, link.rights_seen)
        if said not in seen and len(seen) < _MOST_SEEN:
            return Standing(True, True, at, " ".join([*seen, said]))
    if said == seen[-1]:
        return Standing(at is not None, True, link.rights_at, link.rights_seen)
    # From here on, nothing that was granted in that second is given back.
    closed = seen if seen[-1] == _CLOSED else [*seen, _CLOSED]
    return Standing(False, True, link.rights_at, " ".join(closed))
