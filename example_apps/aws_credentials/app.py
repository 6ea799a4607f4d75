"""An API that keeps each user's notes in S3, under a prefix of their own.

The app itself may not read them. It acts as the user, with credentials that an identity pool gives
for the user's ID token. The role's policy contains `${cognito-identity.amazonaws.com:sub}`, so a
mistake in this code shows nobody another user's notes.

    NOTES_IDENTITY_POOL_ID=... NOTES_BUCKET=... flask --app example_apps.aws_credentials.app run
"""

from __future__ import annotations

import os
from typing import Any

from botocore.exceptions import ClientError
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from cognito_guard import Guard
from cognito_guard_boto3 import CredentialsError, CredentialsUnavailable, IdentityPool
from cognito_guard_flask import CognitoGuard


def create_app(
    guard: Guard | None = None,
    identity_pool: IdentityPool | None = None,
    bucket: str | None = None,
    s3_url: str | None = None,
) -> Flask:
    """Create the API. The guard accepts ID tokens: ``COGNITO_TOKEN_USE=id``."""
    guard = guard or Guard.from_env()
    identity_pool = identity_pool or IdentityPool(
        os.environ["NOTES_IDENTITY_POOL_ID"], guard.user_pools[0], revocations=guard.revocations
    )
    bucket = bucket or os.environ["NOTES_BUCKET"]
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard)

    def mine(name: str) -> tuple[Any, str]:
        """Return an S3 client that acts as the caller, and the caller's prefix."""
        token = request.headers["Authorization"].partition(" ")[2].strip()
        s3 = identity_pool.session(lambda: token).client("s3", endpoint_url=s3_url)
        # A deliberate mistake: no caller should choose whose notes to read. IAM refuses it.
        owner = request.args.get("of") or identity_pool.credentials(token).identity_id
        return s3, f"{owner}/{name}"

    @app.get("/notes")
    @cognito.required
    def show() -> ResponseReturnValue:
        s3, prefix = mine("")
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return jsonify([one["Key"].removeprefix(prefix) for one in found])

    @app.get("/notes/<name>")
    @cognito.required
    def read(name: str) -> ResponseReturnValue:
        s3, key = mine(name)
        text: str = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
        return {"text": text}

    @app.put("/notes/<name>")
    @cognito.required
    def write(name: str) -> ResponseReturnValue:
        s3, key = mine(name)
        s3.put_object(Bucket=bucket, Key=key, Body=request.get_data())
        return {"owner": key.partition("/")[0]}, 201

    @app.errorhandler(CredentialsError)
    def no_credentials(error: CredentialsError) -> ResponseReturnValue:
        """Answer errors. The texts are for users, and contain no personal data."""
        if isinstance(error, CredentialsUnavailable):
            return {"detail": error.detail}, 503, {"Retry-After": str(error.retry_after)}
        return {"detail": error.detail, "code": error.code}, 403

    @app.errorhandler(ClientError)
    def refused(error: ClientError) -> ResponseReturnValue:
        """Answer errors of AWS, such as IAM's refusal of another user's notes."""
        answer = error.response
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        return {"code": answer["Error"]["Code"]}, status if status in (403, 404) else 502

    return app
