"""Django REST framework: ``CognitoAuthentication``, permissions, and an exception handler that
keeps the challenge. Works with and without ``CognitoMiddleware``.
"""

from __future__ import annotations

from .authentication import CognitoAuthentication
from .handler import enforce, exception_handler
from .permissions import (
    CognitoPermission,
    HasAcr,
    HasGroup,
    HasMfa,
    HasRecentLogin,
    HasRole,
    HasScope,
    HasSession,
)
from .refusals import Refused

__all__ = [
    "CognitoAuthentication",
    "CognitoPermission",
    "HasAcr",
    "HasGroup",
    "HasMfa",
    "HasRecentLogin",
    "HasRole",
    "HasScope",
    "HasSession",
    "Refused",
    "enforce",
    "exception_handler",
]
