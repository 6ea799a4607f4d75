"""Actor: who acts for the subject of a token, as the claim ``act`` says (RFC 8693, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from .read_only import distinct

__all__ = ["Actor"]


@final
class Actor:
    """The party that acts for the subject of a token, after a token exchange.

    Cognito does not document the claims of an actor, so each attribute may be ``None``;
    :attr:`claims` has all of them. Two actors are equal if their claims are. The ``repr`` shows
    none.
    """

    __slots__ = ("_claims",)

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def __repr__(self) -> str:
        return f"<Actor: {len(self._claims)} claims; {distinct(self._claims)}>"

    def __eq__(self, other: object) -> bool:
        return self._claims == other._claims if isinstance(other, Actor) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.issuer, self.subject, self.client_id))

    @property
    def claims(self) -> Mapping[str, Any]:
        """All claims of the actor. Deeply read-only; lists are tuples."""
        return self._claims

    @property
    def subject(self) -> str | None:
        """``sub``: unique for its issuer, which is :attr:`issuer`, or else that of the token."""
        return self._text("sub")

    @property
    def client_id(self) -> str | None:
        """``client_id``: the app client that acts."""
        return self._text("client_id")

    @property
    def issuer(self) -> str | None:
        """``iss``: the issuer of this subject."""
        return self._text("iss")

    @property
    def actor(self) -> Actor | None:
        """``act``: the previous actor in the chain. **Grant no rights from it**: only the first
        actor in the chain acts (RFC 8693, section 4.1)."""
        value = self._claims.get("act")
        return Actor(value) if isinstance(value, Mapping) else None

    def _text(self, name: str) -> str | None:
        value = self._claims.get(name)
        return value if isinstance(value, str) else None
