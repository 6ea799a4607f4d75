"""Decides who is calling a web app on Amazon Cognito, and says why not when the answer is no."""

import typing

from .errors import (
    AccessDenied,
    AuthError,
    CognitoGuardError,
    ConfigurationError,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    LoginTooWeak,
    MissingCredentials,
    Reason,
    RevocationsUnavailable,
    StepUpRequired,
)
from .guard import Guard
from .http.carriers import (
    AuthorizationHeader,
    Carrier,
    Cookie,
    Credential,
    Forwarded,
    Header,
    HeaderValues,
    LoadBalancerHeaders,
)
from .identity import Identity
from .keys import KeySet
from .keys.signature import VerificationKey
from .network.waiting import Pending
from .tokens.user_pool import ANY_CLIENT, DYNAMIC_CLIENTS, UserPool
from .tokens.verifier import TokenVerifier

# Verifying a token needs none of these, and each module costs a fresh process time. So they are
# loaded when somebody names them (PEP 562), by `__getattr__` below.
if typing.TYPE_CHECKING:
    from ._support.reach import reachable, wrapped
    from .actor import Actor
    from .http.challenge import Challenge
    from .http.exempt import ExemptPaths
    from .http.preflight import PREFLIGHT_HEADERS, is_preflight
    from .http.recheck import Recheck
    from .http.resource import MetadataAnswer
    from .keys.health import KeyHealth
    from .keys.remote import RemoteKeySet
    from .keys.saved import SavedKeySet
    from .keys.static import StaticKeySet
    from .load_balancers.load_balancer import LoadBalancer
    from .policy import (
        Policy,
        PolicyLike,
        build_policy,
        enforce,
        forbid_actor,
        require_acr,
        require_actor,
        require_claim,
        require_groups,
        require_mfa,
        require_recent_login,
        require_roles,
        require_scopes,
    )

__all__ = [  # noqa: RUF022  # sorted as Python sorts, which a test holds
    "ANY_CLIENT",
    "AccessDenied",
    "Actor",
    "AuthError",
    "AuthorizationHeader",
    "Carrier",
    "Challenge",
    "CognitoGuardError",
    "ConfigurationError",
    "Cookie",
    "Credential",
    "DYNAMIC_CLIENTS",
    "ExemptPaths",
    "Forwarded",
    "Guard",
    "Header",
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
    "LoginTooWeak",
    "MetadataAnswer",
    "MissingCredentials",
    "PREFLIGHT_HEADERS",
    "Pending",
    "Policy",
    "PolicyLike",
    "Reason",
    "Recheck",
    "RemoteKeySet",
    "RevocationsUnavailable",
    "SavedKeySet",
    "StaticKeySet",
    "StepUpRequired",
    "TokenVerifier",
    "UserPool",
    "VerificationKey",
    "build_policy",
    "enforce",
    "forbid_actor",
    "is_preflight",
    "reachable",
    "require_acr",
    "require_actor",
    "require_claim",
    "require_groups",
    "require_mfa",
    "require_recent_login",
    "require_roles",
    "require_scopes",
    "wrapped",
]

__version__ = "0.1.0"

_LATER = {
    "._support.reach": ("reachable", "wrapped"),
    ".actor": ("Actor",),
    ".http.challenge": ("Challenge",),
    ".http.exempt": ("ExemptPaths",),
    ".http.preflight": ("PREFLIGHT_HEADERS", "is_preflight"),
    ".http.recheck": ("Recheck",),
    ".http.resource": ("MetadataAnswer",),
    ".keys.health": ("KeyHealth",),
    ".keys.remote": ("RemoteKeySet",),
    ".keys.saved": ("SavedKeySet",),
    ".keys.static": ("StaticKeySet",),
    ".load_balancers.load_balancer": ("LoadBalancer",),
    ".policy": (
        "Policy",
        "PolicyLike",
        "build_policy",
        "enforce",
        "forbid_actor",
        "require_acr",
        "require_actor",
        "require_claim",
        "require_groups",
        "require_mfa",
        "require_recent_login",
        "require_roles",
        "require_scopes",
    ),
}


def __getattr__(name: str) -> object:
    for module, names in _LATER.items():
        if name in names:
            from importlib import import_module

            value = globals()[name] = getattr(import_module(module, __name__), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
