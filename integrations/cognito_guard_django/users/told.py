"""What a token tells of a caller."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model

from cognito_guard import Identity

from ..digests import caller_digest
from ..settings import Settings
from .profile import names_of, says
from .rights import Rights, rights_of
from .standing import Standing, issued_at, standing
from .values import Values

if TYPE_CHECKING:
    from cognito_guard.login import SignedIn

__all__ = ["Told", "told_by"]


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Who is calling, what the token grants, when it was issued, and what it says of the person.
    ``is_kept``: whether it matters which token is the newest. ``names``: what a new user may be
    called, the best first."""

    issuer: str
    subject: str
    rights: Rights
    is_kept: bool
    at: float | None
    said: Values
    names: tuple[str, ...]

    @property
    def digest(self) -> str:
        """What the caller's row is found by."""
        return caller_digest(self.issuer, self.subject)

    def standing(self, link: Any) -> Standing:
        """How the token stands to the ones before it."""
        return standing(link, self.at, self.rights)

    def may_raise(self, link: Any) -> bool:
        """Whether what it grants may be stored."""
        return not self.is_kept or self.standing(link).may_raise

    def may_say(self, link: Any) -> bool:
        """Whether what it says of the person may be stored: no newer one has said anything."""
        return link.profile_at is None or (self.at is not None and self.at >= link.profile_at)

    def is_late(self, link: Any) -> bool:
        """Whether a newer token has come first."""
        if not self.may_raise(link):
            return True
        return bool(self.said) and self.at is not None and not self.may_say(link)


def told_by(identity: Identity, settings: Settings, signed_in: SignedIn | None = None) -> Told:
    """What an identity tells, under these settings, and the ID token of a sign-in of the person. A
    hook may store what it finds in a token."""
    rights = rights_of(identity, settings)
    return Told(
        settings.guard.home_issuer(identity),
        identity.subject,
        rights,
        rights.are_kept or settings.user_hook is not None,
        issued_at(identity),
        says(identity if signed_in is None else _person(signed_in), get_user_model()),
        names_of(identity) if settings.usernames else (identity.subject,),
    )


def _person(signed_in: SignedIn) -> Any:
    """What the ID token says of a person, as an identity has it."""
    claims = signed_in.profile
    email = claims.get("email")
    return SimpleNamespace(
        email=email if isinstance(email, str) else None,
        email_verified=claims.get("email_verified") is True,
        claims=claims,
    )
