"""boto3 sessions that act as the user who has signed in, by an identity pool."""

from cognito_guard.aws import (
    AwsCredentials,
    CredentialsEnded,
    CredentialsError,
    CredentialsRefused,
    CredentialsThrottled,
    CredentialsUnavailable,
    IdentityPoolUnknown,
    LoginRefused,
    Logins,
    RoleAmbiguous,
    RoleRefused,
)

from .identity_pool import IdentityPool

__all__ = [
    "AwsCredentials",
    "CredentialsEnded",
    "CredentialsError",
    "CredentialsRefused",
    "CredentialsThrottled",
    "CredentialsUnavailable",
    "IdentityPool",
    "IdentityPoolUnknown",
    "LoginRefused",
    "Logins",
    "RoleAmbiguous",
    "RoleRefused",
]
