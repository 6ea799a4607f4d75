"""What an identity pool, or STS behind it, says no with.

.. code-block:: text

    CognitoGuardError
    └── CredentialsError
        ├── LoginRefused             a token is not, or no longer, good for the identity pool
        ├── IdentityPoolUnknown      there is no such identity pool, or no such identity in it
        ├── RoleAmbiguous            the pool's rules do not come to one role
        ├── RoleRefused              there is no role, or it does not trust the identity pool
        ├── CredentialsRefused       anything else that is refused
        ├── CredentialsEnded         the user of the credentials is no longer signed in
        └── CredentialsUnavailable   no usable answer: down, slow, throttled
            └── CredentialsThrottled too many requests

``code`` is AWS's own word, such as ``NotAuthorizedException``. No error holds a token, a key, an id
of a user or of a pool, or anything else that was sent or came.
"""

from __future__ import annotations

from ...errors import CognitoGuardError

__all__ = [
    "CredentialsEnded",
    "CredentialsError",
    "CredentialsRefused",
    "CredentialsThrottled",
    "CredentialsUnavailable",
    "IdentityPoolUnknown",
    "LoginRefused",
    "RoleAmbiguous",
    "RoleRefused",
]


class CredentialsError(CognitoGuardError):
    """No credentials are available.

    ``code``: the name of AWS's exception, or ``None`` if there was no answer.
    """

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail, code)
        self.detail = detail
        self.code = code

    def __str__(self) -> str:
        return self.detail if self.code is None else f"{self.detail} ({self.code})"


class LoginRefused(CredentialsError):
    """AWS refuses a token: it has expired or was revoked, its provider or app client is unknown to
    the identity pool, or its login is linked to another identity. Or there was no token, and the
    identity pool allows no unauthenticated identities."""


class IdentityPoolUnknown(CredentialsError):
    """The region has no such identity pool, or the pool has no such identity."""


class RoleAmbiguous(CredentialsError):
    """The rules of the identity pool match several roles or none, and are set to deny this. Set
    ``role_arn``, or give the user's groups different precedences."""


class RoleRefused(CredentialsError):
    """The identity pool has no role for the user, or the role does not trust the identity pool."""


class CredentialsRefused(CredentialsError):
    """AWS refuses the request; ``code`` says why."""


class CredentialsEnded(CredentialsError):
    """The user is no longer signed in: there is no token to get new credentials with."""


class CredentialsUnavailable(CredentialsError):
    """There was no usable answer.

    ``retry_after``: whole seconds, at least 1, after which a new attempt may succeed.
    """

    def __init__(self, detail: str, code: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, code)
        self.retry_after = max(1, retry_after)


class CredentialsThrottled(CredentialsUnavailable):
    """Too many requests."""
