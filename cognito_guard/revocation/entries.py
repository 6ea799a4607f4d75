"""Revocation: what is refused, and until when."""

from __future__ import annotations

from math import ceil, floor
from typing import Literal, TypeAlias, final

from .._support.arguments import MAX_LEEWAY, Frozen, text
from ..errors import ConfigurationError
from ..identity import distinct

__all__ = [
    "DEFAULT_REFRESH_SECONDS",
    "Kind",
    "Revocation",
    "checked_refresh_seconds",
    "lasting",
    "lasting_of_token",
]

Kind: TypeAlias = Literal["token", "sign_in", "user"]

_DAY = 24 * 3600
DEFAULT_REFRESH_SECONDS = 30 * _DAY
"""How long a refresh token is good, unless the app client says otherwise."""

# CreateUserPoolClient: a refresh token lives ten years at most, an access or ID token a day.
_LONGEST_REFRESH, _LONGEST_TOKEN = 3650 * _DAY, _DAY
# The last second of the year 9999, as for the times in tokens.
_LAST_SECOND = 253402300799

_WORDS = {"token": "a token", "sign_in": "a sign-in", "user": "all sign-ins of a user"}


@final
class Revocation(Frozen):
    """One entry of a list: a token, a sign-in, or all sign-ins of a user (see the class methods).

    ``kind``
        ``"token"``, ``"sign_in"`` or ``"user"``.
    ``name``
        The token's ``jti``, the sign-in's ``origin_jti``, or the user's ``sub``.
    ``issuer``, ``before``
        For a user: the pool's home issuer, and the second before which the user signed in.
        Otherwise ``None``.
    ``ends_at``
        From this second on, the entry has no effect. Times are seconds since 1970.

    Frozen. Its ``repr`` names nobody.
    """

    __slots__ = ("before", "ends_at", "issuer", "kind", "name")

    before: int | None
    ends_at: int
    issuer: str | None
    kind: Kind
    name: str

    def __init__(
        self, kind: Kind, name: str, issuer: str | None, before: int | None, ends_at: float
    ) -> None:
        ends = ceil(_second("ends_at", ends_at))
        self._set({"kind": kind, "name": name, "issuer": issuer, "before": before, "ends_at": ends})

    @classmethod
    def of_token(cls, jti: str, *, ends_at: float) -> Revocation:
        """One token, by its ``jti``. Like the other class methods, it raises
        :class:`~cognito_guard.ConfigurationError`."""
        return cls("token", text("jti", jti), None, None, ends_at)

    @classmethod
    def of_sign_in(cls, origin_jti: str, *, ends_at: float) -> Revocation:
        """All tokens of one sign-in, including those of later refreshes."""
        return cls("sign_in", text("origin_jti", origin_jti), None, None, ends_at)

    @classmethod
    def of_user(cls, issuer: str, subject: str, *, before: float, ends_at: float) -> Revocation:
        """All tokens of a user who signed in before ``before``, including those of later refreshes.
        ``issuer``: the first one of the pool."""
        second = floor(_second("before", before))
        return cls("user", text("subject", subject), text("issuer", issuer), second, ends_at)

    def __repr__(self) -> str:
        return f"<Revocation of {_WORDS[self.kind]}; {distinct(*self._parts())}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Revocation):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def _parts(self) -> tuple[object, ...]:
        return (self.kind, self.name, self.issuer, self.before, self.ends_at)


def lasting(now: float, refresh_seconds: float) -> float:
    """When an entry about sign-ins that are over at ``now`` may end.

    A refresh token may bring a token until its own end, and that one may live for a day. The leeway
    is the largest that a guard may have: others who ask the list may have more than this one.
    """
    return now + refresh_seconds + _LONGEST_TOKEN + MAX_LEEWAY


def lasting_of_token(expires_at: float) -> float:
    """When an entry about one token may end."""
    return expires_at + MAX_LEEWAY


def checked_refresh_seconds(value: object) -> float:
    """How long refresh tokens are good, if it is that. Raises :class:`ConfigurationError`."""
    if not _is_number(value) or not 3600 <= value <= _LONGEST_REFRESH:  # type: ignore[operator]
        raise ConfigurationError(
            "refresh_seconds must be the longest life of a refresh token in seconds, "
            f"3600 to {_LONGEST_REFRESH}"
        )
    return float(value)  # type: ignore[arg-type]  # a number here


def _second(name: str, value: object) -> float:
    if not _is_number(value) or not 0 <= value <= _LAST_SECOND:  # type: ignore[operator]
        raise ConfigurationError(f"{name} must be a time in seconds since 1970")
    return value  # type: ignore[return-value]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
