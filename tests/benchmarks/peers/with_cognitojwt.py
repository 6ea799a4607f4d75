"""cognitojwt: `decode`, which checks signature, expiry and client, with the key set in a file."""

from __future__ import annotations

import os
import sys

import cognitojwt
from worker import Worker, material

given = material()
os.environ["AWS_COGNITO_JWKS_PATH"] = sys.argv[2]


def verify(token: str) -> None:
    """Its own checks."""
    cognitojwt.decode(
        token, given["region"], given["user_pool_id"], app_client_id=given["client_id"]
    )


Worker("cognitojwt", given, {"verify": verify}).serve()
