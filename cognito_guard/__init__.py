"""Decides who is calling a web app on Amazon Cognito, and says why not when the answer is no."""

from .alb import LoadBalancer
from .carriers import (
    AuthorizationHeader,
    Carrier,
    Cookie,
    Forwarded,
    HeaderValues,
    LoadBalancerHeaders,
)
from .challenge import Challenge
from .errors import (
    AccessDenied,
    AuthError,
    CognitoGuardError,
    ConfigurationError,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    MissingCredentials,
    Reason,
)
from .guard import Credential, Guard
from .identity import Identity
from .keys import KeyHealth, KeySet, RemoteKeySet, StaticKeySet
from .policy import (
    Policy,
    PolicyLike,
    build_policy,
    enforce,
    require_claim,
    require_groups,
    require_recent_login,
    require_roles,
    require_scopes,
)
from .pool import ANY_CLIENT, UserPool
from .signature import VerificationKey
from .verifier import TokenVerifier
from .waiting import Pending

__all__ = [
    "ANY_CLIENT",
    "AccessDenied",
    "AuthError",
    "AuthorizationHeader",
    "Carrier",
    "Challenge",
    "CognitoGuardError",
    "ConfigurationError",
    "Cookie",
    "Credential",
    "Forwarded",
    "Guard",
    "HeaderValues",
    "Identity",
    "InvalidRequest",
    "InvalidToken",
    "KeyHealth",
    "KeySet",
    "KeysUnavailable",
    "LoadBalancer",
    "LoadBalancerHeaders",
    "LoginTooOld",
    "MissingCredentials",
    "Pending",
    "Policy",
    "PolicyLike",
    "Reason",
    "RemoteKeySet",
    "StaticKeySet",
    "TokenVerifier",
    "UserPool",
    "VerificationKey",
    "build_policy",
    "enforce",
    "require_claim",
    "require_groups",
    "require_recent_login",
    "require_roles",
    "require_scopes",
]
