"""User pools at an emulator, set up and signed in to with boto3, as any team would do it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple
from unittest import mock

from cognito_guard import Guard, UserPool

from ..needs import need
from .process import environment

ALICE, ADA = "alice@example.com", "ada@example.com"
PASSWORD = "Correct-horse-9-battery"


class Tokens(NamedTuple):
    """What a sign-in yields."""

    access: str
    id: str
    refresh: str | None = None


@dataclass(frozen=True)
class Pool:
    """A user pool at an emulator, with two app clients, a group ``admins`` and two users.

    Alice is in no group; Ada is in ``admins``, and her ``custom:role`` is ``editor``. ``overrides``
    are the arguments of ``UserPool`` that this emulator needs.
    """

    aws: Any
    id: str
    client_id: str
    other_client_id: str
    overrides: dict[str, str]

    def trust(self, **arguments: Any) -> UserPool:
        """What an application writes to accept this pool's tokens for its first client."""
        arguments = {"client_ids": [self.client_id], **self.overrides, **arguments}
        return UserPool(self.id, **arguments)

    def guard(self, **arguments: Any) -> Guard:
        """A guard that trusts this pool."""
        return Guard(self.trust(**arguments))

    def sign_in(self, username: str, client_id: str | None = None) -> Tokens:
        """As an application in the user's hands does it."""
        answer = self.aws.initiate_auth(
            ClientId=client_id or self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        return _tokens(answer)

    def sign_in_by_admin(self, username: str) -> Tokens:
        """As a server with AWS credentials does it."""
        answer = self.aws.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        return _tokens(answer)

    def refresh(self, refresh_token: str | None) -> Tokens:
        """New tokens for a refresh token. Raises ``NotAuthorizedException`` of boto3."""
        answer = self.aws.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
        return _tokens(answer)

    def add_user(self, username: str, *, role: str | None = None) -> None:
        """A user who may sign in at once."""
        attributes = {"email": username} | ({} if role is None else {"custom:role": role})
        self.aws.admin_create_user(
            UserPoolId=self.id,
            Username=username,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            MessageAction="SUPPRESS",
        )
        self.aws.admin_set_user_password(
            UserPoolId=self.id, Username=username, Password=PASSWORD, Permanent=True
        )

    def add_to_admins(self, username: str) -> None:
        """Put a user into the group."""
        self.aws.admin_add_user_to_group(UserPoolId=self.id, Username=username, GroupName="admins")

    def remove_from_admins(self, username: str) -> None:
        """Take a user out of the group."""
        self.aws.admin_remove_user_from_group(
            UserPoolId=self.id, Username=username, GroupName="admins"
        )


def create_pool(aws: Any, overrides: Callable[[str], dict[str, str]]) -> Pool:
    """Make a user pool with all that the tests look at."""
    pool_id = aws.create_user_pool(
        PoolName="orders",
        UsernameAttributes=["email"],
        Schema=[{"Name": "role", "AttributeDataType": "String", "Mutable": True}],
    )["UserPool"]["Id"]
    client_id, other_client_id = (
        aws.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName=name,
            ExplicitAuthFlows=[
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        )["UserPoolClient"]["ClientId"]
        for name in ("web", "another")
    )
    aws.create_group(UserPoolId=pool_id, GroupName="admins")
    pool = Pool(aws, pool_id, client_id, other_client_id, overrides(pool_id))
    pool.add_user(ALICE)
    pool.add_user(ADA, role="editor")
    pool.add_to_admins(ADA)
    return pool


@dataclass(frozen=True)
class Emulator:
    """A running emulator with two user pools that know nothing of each other.

    ``tokens`` are those of the sign-ins, by who and which use; ``sign_out`` ends the sign-ins of a
    user, as far as the emulator can.
    """

    name: str
    origin: str
    pool: Pool
    other_pool: Pool
    sign_out: Callable[[Pool, str, Tokens], None]
    tokens: dict[str, str]


def furnish(
    name: str,
    origin: str,
    aws: Any,
    overrides: Callable[[str], dict[str, str]],
    sign_out: Callable[[Pool, str, Tokens], None],
) -> Emulator:
    """Make two user pools and sign everybody in."""
    pool, other_pool = create_pool(aws, overrides), create_pool(aws, overrides)
    signed_in = {
        "alice": pool.sign_in(ALICE),
        "ada": pool.sign_in_by_admin(ADA),
        "another client": pool.sign_in(ADA, pool.other_client_id),
        "another pool": other_pool.sign_in(ADA),
    }
    tokens: dict[str, str] = {}
    for who, issued in signed_in.items():
        tokens |= {f"{who}, access": issued.access, f"{who}, id": issued.id}
    for use in ("access", "id"):
        # Ada's claims under the signature of Alice's token.
        head, _, signature = tokens[f"alice, {use}"].split(".")
        claims = tokens[f"ada, {use}"].split(".")[1]
        tokens[f"tampered, {use}"] = f"{head}.{claims}.{signature}"
    return Emulator(name, origin, pool, other_pool, sign_out, tokens)


@contextmanager
def no_account() -> Iterator[None]:
    """Put the process into an environment without an AWS account."""
    with mock.patch.dict(os.environ, environment(), clear=True):
        yield


def cognito_client(origin: str) -> Any:
    """boto3's client of the user pool API, for the emulator at ``origin`` and nothing else."""
    need(find_spec("boto3") is not None, "boto3: pip install boto3")
    import boto3
    from botocore.config import Config

    config = Config(retries={"total_max_attempts": 1}, connect_timeout=60, read_timeout=60)
    with no_account():
        client = boto3.Session().client(
            "cognito-idp",
            endpoint_url=origin,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=config,
        )
    # Node.js closes a connection that has rested for 5 s, perhaps just when it is used again.
    client.meta.events.register("before-send", _use_no_connection_twice)
    return client


def _use_no_connection_twice(request: Any, **_: Any) -> None:
    request.headers["Connection"] = "close"


def _tokens(answer: dict[str, Any]) -> Tokens:
    result = answer["AuthenticationResult"]
    return Tokens(result["AccessToken"], result["IdToken"], result.get("RefreshToken"))
