"""cognito_guard for ASGI: a middleware for any app, ``requires`` for Starlette, ``CognitoAuth`` for
FastAPI. This package itself needs no framework; ``.starlette`` and ``.fastapi`` import theirs.
"""

from .metadata import ResourceMetadata
from .middleware import AnonymousUser, Auth, CognitoMiddleware

__all__ = ["AnonymousUser", "Auth", "CognitoMiddleware", "ResourceMetadata"]
