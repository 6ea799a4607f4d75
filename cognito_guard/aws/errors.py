"""What Cognito's user API says no with.

.. code-block:: text

    CognitoGuardError
    ├── KeysUnavailable
    │   └── LiveCheckUnavailable     503: nobody can say whether the user is still signed in
    └── UserApiError
        ├── TokenRefused             the access token is not, or no longer, good
        ├── ScopeMissing             it lacks the scope aws.cognito.signin.user.admin (or openid)
        ├── UserGone                 there is no such user any more
        ├── AttributeRefused         an attribute, or its value, is not taken
        ├── PasswordRefused          the old password is wrong, or the new one is not good enough
        ├── CodeRefused              a verification code that is wrong or too old
        ├── RequestRefused           anything else that Cognito refuses
        └── UserApiUnavailable       no usable answer: down, slow, throttled
            └── Throttled            too many requests

``code`` is Cognito's own word, such as ``NotAuthorizedException``. No error holds a token, the
value of an attribute, a password, or anything else that was sent or came.
"""

from __future__ import annotations

from ..errors import CognitoGuardError, KeysUnavailable

__all__ = [
    "AttributeRefused",
    "CodeRefused",
    "LiveCheckUnavailable",
    "PasswordRefused",
    "RequestRefused",
    "ScopeMissing",
    "Throttled",
    "TokenRefused",
    "UserApiError",
    "UserApiUnavailable",
    "UserGone",
]


class UserApiError(CognitoGuardError):
    """A call of the user API failed.

    ``code``: the name of Cognito's exception, or ``None`` if there was no answer.
    """

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail, code)
        self.detail = detail
        self.code = code

    def __str__(self) -> str:
        return self.detail if self.code is None else f"{self.detail} ({self.code})"


class LiveCheckUnavailable(KeysUnavailable):
    """Cognito cannot be asked now whether a user is still signed in. It is handled like any
    :class:`~cognito_guard.KeysUnavailable`: 503, with ``Retry-After``."""

    def __init__(self, retry_after: int = 1, detail: str | None = None) -> None:
        said = "Whether the user is still signed in cannot be asked at the moment."
        super().__init__(retry_after, detail or said)


class TokenRefused(UserApiError):
    """The access token is not, or no longer, valid for a call: sign in again."""


class ScopeMissing(UserApiError):
    """The access token lacks ``scope``, which the call needs. Signing in again only helps if you
    request that scope."""

    def __init__(self, detail: str, code: str | None = None, *, scope: str) -> None:
        super().__init__(detail, code)
        self.scope = scope


class UserGone(UserApiError):
    """The user no longer exists."""


class AttributeRefused(UserApiError):
    """An attribute is not writable, does not exist, or does not accept the value."""


class PasswordRefused(UserApiError):
    """The previous password is wrong, or the proposed one does not meet the pool's policy."""


class CodeRefused(UserApiError):
    """A verification code is wrong or too old."""


class RequestRefused(UserApiError):
    """Cognito refuses the request; ``code`` says why."""


class UserApiUnavailable(UserApiError):
    """There was no usable answer. It is unknown whether a change was made.

    ``retry_after``: whole seconds, at least 1, after which a new attempt may succeed.
    """

    def __init__(self, detail: str, code: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, code)
        self.retry_after = max(1, retry_after)


class Throttled(UserApiUnavailable):
    """Too many requests. Nothing was done."""
