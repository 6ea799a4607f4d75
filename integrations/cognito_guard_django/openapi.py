"""The OpenAPI security scheme, for drf-spectacular."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

__all__ = ["CognitoScheme"]


class CognitoScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``CognitoAuthentication`` as a bearer token."""

    target_class = "cognito_guard_django.rest_framework.CognitoAuthentication"
    name = "Cognito"
    match_subclasses = True

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The scheme as it stands in the document."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
