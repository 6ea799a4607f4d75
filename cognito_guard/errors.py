"""Every error that cognito_guard raises, and the permanent reason codes.

.. code-block:: text

    CognitoGuardError
    ├── ConfigurationError            raised at start-up; never an HTTP answer
    ├── KeysUnavailable               503: our fault or AWS's, not the caller's
    └── AuthError(reason, detail)
        ├── MissingCredentials        401
        ├── InvalidRequest            400
        ├── InvalidToken              401
        ├── LoginTooOld               401, RFC 9470
        └── AccessDenied              403

``reason`` is safe to log and to count. ``detail`` is one sentence for a developer. Neither ever
holds a token, the value of a claim, or a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

__all__ = [
    "AccessDenied",
    "AuthError",
    "CognitoGuardError",
    "ConfigurationError",
    "InvalidRequest",
    "InvalidToken",
    "KeysUnavailable",
    "LoginTooOld",
    "MissingCredentials",
    "Reason",
]


class Reason(StrEnum):
    """Why a request was refused. The values are permanent: dashboards and alarms count them."""

    # MissingCredentials
    MISSING_CREDENTIALS = "missing_credentials"
    # InvalidRequest
    MALFORMED_AUTHORIZATION = "malformed_authorization"
    MULTIPLE_CREDENTIALS = "multiple_credentials"
    # InvalidToken
    TOKEN_TOO_LARGE = "token_too_large"
    MALFORMED_TOKEN = "malformed_token"
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    UNSUPPORTED_HEADER = "unsupported_header"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"
    WRONG_TOKEN_USE = "wrong_token_use"
    WRONG_CLIENT = "wrong_client"
    WRONG_RESOURCE = "wrong_resource"
    MALFORMED_CLAIM = "malformed_claim"
    SENDER_CONSTRAINED = "sender_constrained"
    WRONG_SIGNER = "wrong_signer"
    IDENTITY_MISMATCH = "identity_mismatch"
    REVOKED = "revoked"
    # InvalidToken when a pool's check said no, AccessDenied when a policy of the caller's did
    CHECK_FAILED = "check_failed"
    # LoginTooOld
    LOGIN_TOO_OLD = "login_too_old"
    # AccessDenied
    MISSING_SCOPE = "missing_scope"
    MISSING_GROUP = "missing_group"
    MISSING_ROLE = "missing_role"
    MISSING_CLAIM = "missing_claim"
    # KeysUnavailable
    KEYS_UNAVAILABLE = "keys_unavailable"


class CognitoGuardError(Exception):
    """The base of every error that this library raises on purpose."""


class ConfigurationError(CognitoGuardError):
    """A setting is missing, wrong or unknown. Raised at start-up, while objects are built."""


class KeysUnavailable(CognitoGuardError):
    """The keys that verify a token cannot be had now. Nobody can say whether the token is good.

    ``retry_after``: whole seconds, at least 1, after which a new attempt may succeed.
    """

    reason: ClassVar[Reason] = Reason.KEYS_UNAVAILABLE

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(retry_after)
        self.retry_after = max(1, retry_after)
        self.detail = "The keys that verify tokens cannot be fetched at the moment."

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class AuthError(CognitoGuardError):
    """A request was refused. Catch this one; raise one of its subclasses.

    ``reason`` is a :class:`Reason` (or its text), one of the subclass's own ``reasons``;
    ``detail`` is one sentence that holds no token, no claim value and no key.
    Raises ``ValueError`` for a reason that does not belong to the subclass.
    """

    reasons: ClassVar[frozenset[Reason]] = frozenset()

    def __init__(self, reason: Reason | str, detail: str) -> None:
        super().__init__(reason, detail)
        # Looking an enum's member up costs more than the rest of a refusal.
        self.reason = reason if type(reason) is Reason else Reason(reason)
        self.detail = detail
        if self.reason not in self.reasons:
            raise ValueError(f"{self.reason} is no reason of {type(self).__name__}")

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class MissingCredentials(AuthError):
    """The request carries no credential that this guard looks at (RFC 6750, section 3.1)."""

    reasons = frozenset({Reason.MISSING_CREDENTIALS})


class InvalidRequest(AuthError):
    """The credential is not carried as RFC 6750 says, or there is more than one."""

    reasons = frozenset({Reason.MALFORMED_AUTHORIZATION, Reason.MULTIPLE_CREDENTIALS})


class InvalidToken(AuthError):
    """A token was present and is not to be trusted."""

    reasons = frozenset(
        {
            Reason.TOKEN_TOO_LARGE,
            Reason.MALFORMED_TOKEN,
            Reason.UNSUPPORTED_ALGORITHM,
            Reason.UNSUPPORTED_HEADER,
            Reason.UNKNOWN_ISSUER,
            Reason.UNKNOWN_KEY,
            Reason.BAD_SIGNATURE,
            Reason.TOKEN_EXPIRED,
            Reason.TOKEN_NOT_YET_VALID,
            Reason.WRONG_TOKEN_USE,
            Reason.WRONG_CLIENT,
            Reason.WRONG_RESOURCE,
            Reason.MALFORMED_CLAIM,
            Reason.SENDER_CONSTRAINED,
            Reason.WRONG_SIGNER,
            Reason.IDENTITY_MISMATCH,
            Reason.REVOKED,
            Reason.CHECK_FAILED,
        }
    )


class LoginTooOld(AuthError):
    """The caller is known but signed in too long ago (RFC 9470).

    ``max_age``: the number of seconds since the sign-in that the API accepts, or ``None``.
    """

    reasons = frozenset({Reason.LOGIN_TOO_OLD})

    def __init__(self, reason: Reason | str, detail: str, *, max_age: int | None = None) -> None:
        super().__init__(reason, detail)
        self.max_age = max_age


class AccessDenied(AuthError):
    """The caller is known and may not do this.

    ``scopes``: the scopes that the API asks for, told to the client in the challenge.
    """

    reasons = frozenset(
        {
            Reason.MISSING_SCOPE,
            Reason.MISSING_GROUP,
            Reason.MISSING_ROLE,
            Reason.MISSING_CLAIM,
            Reason.CHECK_FAILED,
        }
    )

    def __init__(self, reason: Reason | str, detail: str, *, scopes: Iterable[str] = ()) -> None:
        super().__init__(reason, detail)
        self.scopes = tuple(scopes)
