"""How callers are signed out: the entries that do it, and the list that they are written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, final

from .._support.arguments import bare_text, boolean
from .._support.log import INFO, SIGN_IN_REVOKED, TOKEN_REVOKED, USER_REVOKED, Log
from .._support.silence import forget_locals
from ..errors import ConfigurationError
from ..identity import Identity
from .entries import Revocation, lasting, lasting_of_token

if TYPE_CHECKING:
    from .revocation_list import RevocationList

__all__ = ["SignOuts", "of_caller", "of_user"]

# What is said of a revocation: that there was one, and of what kind.
_REVOKED = {
    "token": (TOKEN_REVOKED, "a token was revoked"),
    "sign_in": (SIGN_IN_REVOKED, "a sign-in was revoked"),
    "user": (USER_REVOKED, "all sign-ins of a user were revoked"),
}


@final
class SignOuts:
    """The sign-outs of a guard. ``homes``: for each issuer that it trusts, the one that users are
    stored under. ``clock`` gives seconds since 1970."""

    __slots__ = ("_clock", "_homes", "_log", "_revocations")

    def __init__(
        self,
        revocations: RevocationList,
        homes: Mapping[str, str],
        clock: Callable[[], float],
        log: Log,
    ) -> None:
        self._revocations = revocations
        self._homes = homes
        self._clock = clock
        self._log = log

    # `who` gives somebody, and says nothing of it: the clock and the list are somebody else's code.

    def of_caller(self, who: Callable[[], Identity], everywhere: bool) -> Revocation:
        """What signs a caller out."""
        if not isinstance(who(), Identity):
            raise TypeError(f"who is signed out is an Identity, not {type(who()).__name__}")
        boolean("everywhere", everywhere)  # "no", from a form, would be a yes
        now, refresh_seconds = self._clock(), self._revocations.refresh_seconds
        try:
            if everywhere:
                return of_user(
                    *(self._homes[who().issuer], who().subject, now, refresh_seconds),
                    signed_in_at=who().auth_time or 0,
                )
            return of_caller(who(), now, refresh_seconds)
        except BaseException as error:
            forget_locals(error)
            raise

    def of_subject(self, who: Callable[[], str], issuer: str | None) -> Revocation:
        """What signs the user with this ``sub`` out. ``issuer``: one of the user's pool."""
        if issuer is None and len(set(self._homes.values())) == 1:
            (issuer,) = set(self._homes.values())
        if issuer is None or issuer not in self._homes:
            raise ConfigurationError(
                "issuer must be one of those that the guard trusts; it may be left out where it "
                "trusts one user pool only"
            )
        home, now = self._homes[issuer], self._clock()
        try:
            seconds = self._revocations.refresh_seconds
            return of_user(home, bare_text("subject", who()), now, seconds)
        except BaseException as error:
            forget_locals(error)
            raise

    def write(self, revocation: Revocation) -> None:
        """Write an entry. May block. Raises what the list raises."""
        self._revocations.revoke(revocation)
        self._note(revocation)

    async def awrite(self, revocation: Revocation) -> None:
        """As :meth:`write`, under asyncio and trio."""
        await self._revocations.arevoke(revocation)
        self._note(revocation)

    def _note(self, revocation: Revocation) -> None:
        reason, text = _REVOKED[revocation.kind]
        self._log.say(INFO, reason, text)


def of_caller(identity: Identity, now: float, refresh_seconds: float) -> Revocation:
    """All tokens of the caller's sign-in, or the one token of a machine.

    Raises :class:`ConfigurationError` if nothing tells this sign-in from others of the user.
    """
    if identity.origin_jti:
        ends_at = lasting(now, refresh_seconds)
        return Revocation.of_sign_in(identity.origin_jti, ends_at=ends_at)
    # A user's would come back with the next refresh, whose token has another id.
    if identity.is_machine and identity.jti and identity.expires_at is not None:
        return Revocation.of_token(identity.jti, ends_at=lasting_of_token(identity.expires_at))
    raise ConfigurationError(
        "nothing distinguishes this sign-in from others of the user (no origin_jti): call "
        "sign_out with everywhere=True, or give the LoadBalancer its user_pool="
    )


def of_user(
    issuer: str, subject: str, now: float, refresh_seconds: float, signed_in_at: float = 0
) -> Revocation:
    """All sign-ins of a user until now; and one at ``signed_in_at`` in any case, as the clock that
    dates them may be ahead of this one."""
    # They are dated in whole seconds: one of this very second may have come before.
    before = max(now, signed_in_at) + 1
    return Revocation.of_user(issuer, subject, before=before, ends_at=lasting(now, refresh_seconds))
