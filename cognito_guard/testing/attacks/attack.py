"""Attack: what is tried, how it is made, and the verdict that must come of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ...errors import AccessDenied, InvalidRequest, Reason
from .forge import Forge

__all__ = ["Attack", "Headers", "accepts_access_tokens", "accepts_id_tokens", "anywhere"]

Headers: TypeAlias = list[tuple[str, str]]
"""Names and values of a request's headers, as text decoded as ISO 8859-1."""

# RFC 6750, section 2.1. What is spelt otherwise is refused as a header, before it is a token.
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*", re.ASCII)
# With the first three in it, no server takes the line for one header. White space around a token
# is none of the token in a header (RFC 9110, section 5.5).
_UNSENDABLE = re.compile(r"[\r\n\0]|^ |[ \t]\Z")
# Longer requests are for the engine alone: servers hang up on them, and 1 MB is among the requests.
_LONGEST_SENT = 64 * 1024


def anywhere(forge: Forge) -> bool:
    """Against every app."""
    return True


def accepts_access_tokens(forge: Forge) -> bool:
    """Against apps that accept access tokens."""
    return forge.token_use == "access"


def accepts_id_tokens(forge: Forge) -> bool:
    """Against apps that accept ID tokens."""
    return forge.token_use == "id"


def _nothing(forge: Forge) -> Headers:
    return []


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to try to get in.

    ``name`` is unique and stable; ``tries`` is one sentence. ``reasons`` are the correct verdicts,
    usually one. ``needs_key``: it can only be detected with the key, so the key set may be asked
    for one; no other attack may cause that. ``fits`` says which apps it applies to.
    """

    name: str
    tries: str
    reasons: tuple[Reason, ...]
    token: Callable[[Forge], str] | None = None
    """Makes the token, if the attack uses a token."""
    request: Callable[[Forge], Headers] = _nothing
    """Makes the headers, if the attack uses the request."""
    needs_key: bool = False
    fits: Callable[[Forge], bool] = anywhere

    def headers(self, forge: Forge) -> Headers | None:
        """The headers of a request that carries it; ``None`` if no request can."""
        if self.token is None:
            return self.request(forge)
        token = self.token(forge)
        if len(token) > _LONGEST_SENT or _UNSENDABLE.search(token):
            return None
        value = f"Bearer {token}"
        return [("Authorization", value.encode("utf-8", "surrogatepass").decode("latin-1"))]

    def verdicts(self, headers: Headers) -> frozenset[Reason]:
        """The correct reasons for a request with these headers."""
        if self.token is None or _BEARER_TOKEN.fullmatch(headers[0][1].removeprefix("Bearer ")):
            return frozenset(self.reasons)
        return frozenset({Reason.MALFORMED_AUTHORIZATION, Reason.MULTIPLE_CREDENTIALS})


def status_of(reason: Reason) -> int:
    """The HTTP status of a refusal for this reason (RFC 6750, section 3.1)."""
    if reason in InvalidRequest.reasons:
        return 400
    if reason is Reason.KEYS_UNAVAILABLE:
        return 503
    # A check of the pool's speaks about the token: 401. So only what no token can have too is 403.
    return 403 if reason in AccessDenied.reasons - {Reason.CHECK_FAILED} else 401


Row: TypeAlias = tuple[str, Callable[[Forge], str]]


def tokens(
    group: str,
    reason: Reason | Iterable[Reason],
    rows: Mapping[str, Row],
    *,
    needs_key: bool = False,
    fits: Callable[[Forge], bool] = anywhere,
) -> tuple[Attack, ...]:
    """Attacks with one verdict: what each is called -> what it tries, and how its token is made."""
    reasons = (reason,) if isinstance(reason, Reason) else tuple(reason)
    return tuple(
        Attack(f"{group}: {name}", tries, reasons, token, needs_key=needs_key, fits=fits)
        for name, (tries, token) in rows.items()
    )
