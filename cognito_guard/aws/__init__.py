"""Cognito's own APIs, with the caller's token and no AWS credentials."""

from .callers import LiveCaller
from .errors import (
    AttributeRefused,
    CodeRefused,
    LiveCheckUnavailable,
    PasswordRefused,
    RequestRefused,
    ScopeMissing,
    Throttled,
    TokenRefused,
    UserApiError,
    UserApiUnavailable,
    UserGone,
)
from .identity_pools.credentials import AwsCredentials
from .identity_pools.errors import (
    CredentialsEnded,
    CredentialsError,
    CredentialsRefused,
    CredentialsThrottled,
    CredentialsUnavailable,
    IdentityPoolUnknown,
    LoginRefused,
    RoleAmbiguous,
    RoleRefused,
)
from .identity_pools.exchange import CredentialExchange, HeldCredentials
from .identity_pools.logins import Logins
from .live import LiveUsers
from .user import CodeDelivery, Device, Page, Session, User
from .user_api import UserApi

__all__ = [
    "AttributeRefused",
    "AwsCredentials",
    "CodeDelivery",
    "CodeRefused",
    "CredentialExchange",
    "CredentialsEnded",
    "CredentialsError",
    "CredentialsRefused",
    "CredentialsThrottled",
    "CredentialsUnavailable",
    "Device",
    "HeldCredentials",
    "IdentityPoolUnknown",
    "LiveCaller",
    "LiveCheckUnavailable",
    "LiveUsers",
    "LoginRefused",
    "Logins",
    "Page",
    "PasswordRefused",
    "RequestRefused",
    "RoleAmbiguous",
    "RoleRefused",
    "ScopeMissing",
    "Session",
    "Throttled",
    "TokenRefused",
    "User",
    "UserApi",
    "UserApiError",
    "UserApiUnavailable",
    "UserGone",
]
