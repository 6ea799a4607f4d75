"""An account in the local AWS: a user pool, an identity pool, a role, a bucket; as a team makes it.

The documentation shows the same in the console, the CLI, CloudFormation and Terraform.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cognito_guard import UserPool

from .front import LocalAws

__all__ = ["Account", "permission_policy", "trust_policy"]

PASSWORD = "Correct-horse-9-battery"


def trust_policy(identity_pool_id: str) -> dict[str, Any]:
    """Who may have the role: those who have signed in at this identity pool."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": "cognito-identity.amazonaws.com"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {"cognito-identity.amazonaws.com:aud": identity_pool_id},
                    "ForAnyValue:StringLike": {
                        "cognito-identity.amazonaws.com:amr": "authenticated"
                    },
                },
            }
        ],
    }


def permission_policy(bucket: str) -> dict[str, Any]:
    """What the role allows: the bucket, as far as things begin with the identity's own id."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": f"arn:aws:s3:::{bucket}/${{cognito-identity.amazonaws.com:sub}}/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {
                    "StringLike": {"s3:prefix": "${cognito-identity.amazonaws.com:sub}/*"}
                },
            },
        ],
    }


@dataclass(frozen=True)
class Account:
    """What there is in it. Users are made by ``sign_up``."""

    aws: LocalAws
    cognito: Any
    user_pool_id: str
    client_id: str
    identity_pool_id: str
    role_arn: str
    bucket: str

    @classmethod
    def create(cls, aws: LocalAws, name: str = "notes") -> Account:
        """Make all of it. ``name`` is one of a kind in its AWS."""
        cognito, identities = aws.client("cognito-idp"), aws.client("cognito-identity")
        iam, s3 = aws.client("iam"), aws.client("s3")
        user_pool_id = cognito.create_user_pool(PoolName=name)["UserPool"]["Id"]
        client_id = cognito.create_user_pool_client(
            UserPoolId=user_pool_id,
            ClientName="web",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]["ClientId"]
        provider = f"cognito-idp.{aws.region}.amazonaws.com/{user_pool_id}"
        identity_pool_id = identities.create_identity_pool(
            IdentityPoolName=name,
            AllowUnauthenticatedIdentities=False,
            CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client_id}],
        )["IdentityPoolId"]
        role_arn = iam.create_role(
            RoleName=f"{name}-users",
            AssumeRolePolicyDocument=json.dumps(trust_policy(identity_pool_id)),
        )["Role"]["Arn"]
        iam.put_role_policy(
            RoleName=f"{name}-users",
            PolicyName="own-notes",
            PolicyDocument=json.dumps(permission_policy(name)),
        )
        identities.set_identity_pool_roles(
            IdentityPoolId=identity_pool_id, Roles={"authenticated": role_arn}
        )
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})
        for one in (identities, iam, s3):
            one.close()
        return cls(aws, cognito, user_pool_id, client_id, identity_pool_id, role_arn, name)

    def close(self) -> None:
        """Close the connections that are kept."""
        self.cognito.close()

    def sign_up(self, username: str) -> None:
        """A new user, who may sign in at once."""
        self.cognito.admin_create_user(UserPoolId=self.user_pool_id, Username=username)
        self.cognito.admin_set_user_password(
            UserPoolId=self.user_pool_id, Username=username, Password=PASSWORD, Permanent=True
        )

    def sign_in(self, username: str) -> str:
        """The user's ID token."""
        token: str = self.cognito.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]["IdToken"]
        return token

    def trust(self, **arguments: Any) -> UserPool:
        """What an app writes to accept the ID tokens."""
        arguments = {"client_ids": [self.client_id], "token_use": "id", **arguments}
        return self.aws.user_pool(self.user_pool_id, **arguments)
