"""fastapi-cognito: `CognitoAuth.auth_required`, the dependency, on a connection for each call."""

from __future__ import annotations

import sys

from fastapi_cognito import CognitoAuth, CognitoSettings
from starlette.requests import HTTPConnection
from worker import Worker, material

given = material()
auth = CognitoAuth(
    settings=CognitoSettings(
        check_expiration=True,
        jwt_header_name="Authorization",
        jwt_header_prefix="Bearer",
        userpools={
            "pool": {
                "region": given["region"],
                "userpool_id": given["user_pool_id"],
                "app_client_id": given["client_id"],
                "jwks_url": sys.argv[2],
            }
        },
    )
)


async def verify(token: str) -> None:
    """Its own checks."""
    headers = [(b"authorization", b"Bearer " + token.encode("ascii"))]
    await auth.auth_required(HTTPConnection({"type": "http", "headers": headers}))


Worker("fastapi-cognito", given, {"verify": verify}).serve()
