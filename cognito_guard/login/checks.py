"""What the tokens of a sign-in must say beyond what all must: OpenID Connect Core, 3.1.3.7."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from ..identity import Identity
from .attempts import Attempt
from .errors import LoginFailed
from .reasons import LoginReason

__all__ = ["check_id_token", "check_same_id", "check_same_user", "check_stronger", "life_of"]


def check_id_token(identity: Identity, access_token: str, attempt: Attempt, leeway: float) -> None:
    """That an ID token, verified before, is the one for this attempt and this access token.

    Raises :class:`LoginFailed`.
    """
    claims = identity.claims
    if identity.token_use != "id":
        raise _refused("The token endpoint gave another token in the place of the ID token.")
    if not _equal(claims.get("nonce"), attempt.nonce):
        raise _refused("The ID token is not for this attempt (nonce).")
    _check_access_token(claims, access_token)
    if attempt.max_age is not None:
        signed_in_at = claims.get("auth_time")
        # Held against the time at which the attempt began: a person may type slowly.
        oldest = attempt.made_at - attempt.max_age - leeway
        if type(signed_in_at) is not int or signed_in_at < oldest:
            raise LoginFailed(LoginReason.LOGIN_TOO_OLD)


def check_stronger(access: Identity, attempt: Attempt) -> None:
    """That a sign-in which had to be stronger than the one before is: a pool may ignore what it was
    asked for, and the page that asks would lead there again.

    Raises :class:`LoginFailed`.
    """
    if attempt.levels is None:
        return
    if attempt.levels and access.acr not in attempt.levels:
        raise LoginFailed(LoginReason.LOGIN_TOO_WEAK)
    # Without the leeway of tokens: the page gives none.
    oldest = None if attempt.max_age is None else attempt.made_at - attempt.max_age
    if oldest is not None and (access.auth_time is None or access.auth_time < oldest):
        raise LoginFailed(LoginReason.LOGIN_TOO_OLD)


def check_same_user(access: Identity, subject: str) -> None:
    """That an access token, verified for this app client before, is for this user.

    Raises :class:`LoginFailed`.
    """
    if access.token_use != "access":
        raise _refused("The token endpoint gave another token in the place of the access token.")
    if not _equal(access.subject, subject):
        raise _refused("The access token is for another user than the ID token.")


def check_same_id(user: Identity, access_token: str, subject: str, nonce: object) -> None:
    """That a new ID token, verified before, is for the same user, for this new access token, and if
    it has a nonce as the old one, for the same sign-in (section 12.2).

    Raises :class:`LoginFailed`.
    """
    if user.token_use != "id" or not _equal(user.subject, subject):
        raise _refused("The new ID token is for another user.")
    if isinstance(nonce, str) and not _equal(user.claims.get("nonce", nonce), nonce):
        raise _refused("The new ID token is for another sign-in (nonce).")
    _check_access_token(user.claims, access_token)


def life_of(claims: Mapping[str, Any], now: float) -> tuple[int, int]:
    """The ``exp`` of an access token, and the seconds for which it was issued."""
    expires_at: int = claims["exp"]
    return int(expires_at), max(0, int(expires_at - claims.get("iat", now)))


def _check_access_token(claims: Mapping[str, Any], access_token: str) -> None:
    # Section 3.1.3.6, for RS256. Cognito's ID tokens have the claim, and emulators' may not.
    half = sha256(access_token.encode("ascii", "replace")).digest()[:16]
    expected = urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
    if "at_hash" in claims and not _equal(claims["at_hash"], expected):
        raise _refused("The ID token is not for this access token (at_hash).")


def _equal(said: object, expected: str) -> bool:
    return isinstance(said, str) and compare_digest(
        said.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass")
    )


def _refused(detail: str) -> LoginFailed:
    return LoginFailed(LoginReason.TOKEN_REFUSED, detail)
