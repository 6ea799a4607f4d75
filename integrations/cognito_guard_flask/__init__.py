"""cognito_guard for Flask: the extension ``CognitoGuard`` guards views, blueprints and whole apps,
and ``current_identity`` says who is calling.
"""

from .current import current_identity
from .extension import CognitoGuard
from .metadata import ResourceMetadata
from .refusal import Refusal

__all__ = ["CognitoGuard", "Refusal", "ResourceMetadata", "current_identity"]
