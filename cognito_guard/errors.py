"""Every error that cognito_guard raises, and the permanent reason codes.

.. code-block:: text

    CognitoGuardError
    ├── ConfigurationError            raised at start-up, or at the first request, as a 500
    ├── KeysUnavailable               503: our fault or AWS's, not the caller's
    │   └── RevocationsUnavailable    503: the revocation list cannot be asked
    └── AuthError(reason, detail)
        ├── MissingCredentials        401
        ├── InvalidRequest            400
        ├── InvalidToken              401
        ├── StepUpRequired            401, RFC 9470
        │   ├── LoginTooOld
        │   └── LoginTooWeak
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
    "LoginTooWeak",
    "MissingCredentials",
    "Reason",
    "RevocationsUnavailable",
    "StepUpRequired",
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
    # LoginTooWeak
    LOGIN_TOO_WEAK = "login_too_weak"
    # AccessDenied
    MISSING_SCOPE = "missing_scope"
    MISSING_GROUP = "missing_group"
    MISSING_ROLE = "missing_role"
    MISSING_CLAIM = "missing_claim"
    WRONG_ACTOR = "wrong_actor"
    # KeysUnavailable
    KEYS_UNAVAILABLE = "keys_unavailable"
    # RevocationsUnavailable
    REVOCATIONS_UNAVAILABLE = "revocations_unavailable"


class CognitoGuardError(Exception):
    """The base of every error that this library raises on purpose."""


class ConfigurationError(CognitoGuardError):
    """A setting is missing, wrong or unknown, or a guard is lost.

    Raised at start-up, while objects are built; or at the first request (500), where only that can
    show that a guard was lost.
    """


class KeysUnavailable(CognitoGuardError):
    """The keys that verify a token are not available now, so the token cannot be verified.

    ``retry_after``: whole seconds, at least 1, after which a new attempt may succeed. ``detail``:
    one sentence for people; at start-up, it says whose keys are missing and why.
    """

    reason: ClassVar[Reason] = Reason.KEYS_UNAVAILABLE

    def __init__(self, retry_after: int = 1, detail: str | None = None) -> None:
        super().__init__(retry_after, detail)
        self.retry_after = max(1, retry_after)
        self.detail = detail or "The keys that verify tokens cannot be fetched at the moment."

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class RevocationsUnavailable(KeysUnavailable):
    """The revocation list cannot be asked now, so it is unknown whether the token was revoked. Code
    that handles :class:`KeysUnavailable` handles this, too."""

    reason: ClassVar[Reason] = Reason.REVOCATIONS_UNAVAILABLE

    def __init__(self, retry_after: int = 1, detail: str | None = None) -> None:
        said = detail or "The list of revoked tokens cannot be asked at the moment."
        super().__init__(retry_after, said)


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
    """The credential is not sent as RFC 6750 requires, or there is more than one."""

    reasons = frozenset({Reason.MALFORMED_AUTHORIZATION, Reason.MULTIPLE_CREDENTIALS})


class InvalidToken(AuthError):
    """A token was present, but it is not trusted.

    ``set_cookie``: the ``Set-Cookie`` value that deletes the cookie, if the token came from a
    :class:`~cognito_guard.Cookie`; the challenge includes it. ``None`` otherwise.
    """

    set_cookie: str | None = None

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


class StepUpRequired(AuthError):
    """The caller is known, but the sign-in does not meet what the API requires (RFC 9470). Catch
    this one; raise one of its subclasses.

    ``max_age``: the number of seconds since the sign-in that the API accepts, or ``None``.
    ``acr_values``: the names of the sign-in levels that it accepts, the preferred one first; empty
    if the level is not the problem.
    """

    def __init__(
        self,
        reason: Reason | str,
        detail: str,
        *,
        max_age: int | None = None,
        acr_values: Iterable[str] = (),
    ) -> None:
        super().__init__(reason, detail)
        self.max_age = max_age
        self.acr_values = tuple(acr_values)


class LoginTooOld(StepUpRequired):
    """The caller is known but signed in too long ago. It has the attributes of
    :class:`StepUpRequired`."""

    reasons = frozenset({Reason.LOGIN_TOO_OLD})


class LoginTooWeak(StepUpRequired):
    """The caller is known but signed in with a method that is too weak. It has the attributes of
    :class:`StepUpRequired`."""

    reasons = frozenset({Reason.LOGIN_TOO_WEAK})


class AccessDenied(AuthError):
    """The caller is known and may not do this.

    ``scopes``: the scopes that the API requires; the challenge names them.
    """

    reasons = frozenset(
        {
            Reason.MISSING_SCOPE,
            Reason.MISSING_GROUP,
            Reason.MISSING_ROLE,
            Reason.MISSING_CLAIM,
            Reason.WRONG_ACTOR,
            Reason.CHECK_FAILED,
        }
    )

    def __init__(self, reason: Reason | str, detail: str, *, scopes: Iterable[str] = ()) -> None:
        super().__init__(reason, detail)
        self.scopes = tuple(scopes)
