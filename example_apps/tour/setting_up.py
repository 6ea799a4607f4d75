"""What a team makes at AWS, once, with boto3: the pool, the users, and what their role allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, NamedTuple

from ..local_aws import LocalAws
from ..local_aws.account import permission_policy, trust_policy

__all__ = ["PASSWORD", "Tokens", "clients", "make_identity_pool", "sign_in", "sign_up"]

PASSWORD = "Correct-horse-9-battery"


class Tokens(NamedTuple):
    """What a sign-in yields, and what is used here: the refresh token is not."""

    access: str
    id: str


class Clients(NamedTuple):
    """boto3's clients, with the credentials of whom the account belongs to."""

    cognito: Any
    identities: Any
    iam: Any
    s3: Any


@contextmanager
def clients(aws: LocalAws) -> Iterator[Clients]:
    """Make them, and close them in the end."""
    names = ("cognito-idp", "cognito-identity", "iam", "s3")
    with ExitStack() as kept:
        yield Clients(*(kept.enter_context(closing(aws.client(name))) for name in names))


def sign_up(cognito: Any, client_id: str, username: str) -> None:
    """A new user, as the page for it does it. It takes no AWS credentials."""
    cognito.sign_up(
        ClientId=client_id,
        Username=username,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )


def sign_in(cognito: Any, client_id: str, username: str) -> Tokens:
    """A sign-in by name and password. It takes no AWS credentials."""
    answer = cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    return Tokens(answer["AccessToken"], answer["IdToken"])


def make_identity_pool(owner: Clients, provider: str, client_id: str, bucket: str) -> str:
    """An identity pool for the users of a user pool, the role that it gives them, and a bucket.

    ``provider``: ``cognito-idp.REGION.amazonaws.com/USER_POOL_ID``. Gives the identity pool's id.
    """
    identity_pool_id: str = owner.identities.create_identity_pool(
        IdentityPoolName=bucket,
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": client_id}],
    )["IdentityPoolId"]
    role_arn = owner.iam.create_role(
        RoleName=f"{bucket}-users",
        AssumeRolePolicyDocument=json.dumps(trust_policy(identity_pool_id)),
    )["Role"]["Arn"]
    owner.iam.put_role_policy(
        RoleName=f"{bucket}-users",
        PolicyName="own-prefix",
        PolicyDocument=json.dumps(permission_policy(bucket)),
    )
    owner.identities.set_identity_pool_roles(
        IdentityPoolId=identity_pool_id, Roles={"authenticated": role_arn}
    )
    owner.s3.create_bucket(Bucket=bucket)
    return identity_pool_id
