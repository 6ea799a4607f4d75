"""The commands that mend what was found, for a shell with the AWS CLI and ``jq``.

``update-user-pool``, ``update-user-pool-client`` and ``update-identity-pool`` set whatever they are
not given to its default (Amazon Cognito developer guide, "Updating user pool and app client
configuration"). So each command reads all settings, changes one and writes all of them back. It
reads when it runs: commands for several findings may be run one after another.

An AWS CLI that is too old leaves out what it does not know, and would so reset it. The command
looks for what doctor has read, and gives up where that is missing.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

__all__ = [
    "CLIENT_ONLY_READ",
    "POOL_ONLY_READ",
    "aws",
    "change_client",
    "change_identity_pool",
    "change_pool",
    "literal",
]

CLIENT_ONLY_READ = ("ClientSecret", "ClientType", "CreationDate", "LastModifiedDate")
"""The members of ``UserPoolClientType`` that ``UpdateUserPoolClient`` does not take."""

POOL_ONLY_READ = (
    "AliasAttributes",
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "Name",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    "UsernameAttributes",
    "UsernameConfiguration",
)
"""Those of ``UserPoolType`` that ``UpdateUserPool`` does not take, or by another name."""

# What came into the API since 2024, by its path. What is older, every AWS CLI in use knows.
_LATE_IN_CLIENT = (("RefreshTokenRotation",),)
_LATE_IN_POOL = (
    ("AcrConfiguration",),
    ("DcrConfiguration",),
    ("IssuerConfiguration",),
    ("KeyConfiguration",),
    ("LambdaConfig", "InboundFederation"),
    ("Policies", "PasswordPolicy", "PasswordHistorySize"),
    ("Policies", "SignInPolicy"),
    ("SmsConfiguration", "EumsSms"),
    ("UserPoolAddOns", "AdvancedSecurityAdditionalFlows"),
    ("UserPoolTier",),
)
_TOO_OLD = "this AWS CLI does not know all of the settings; nothing was changed"

# Of the two names for one number of days, the API takes the newer one alone.
_NEWER_DAYS = (
    "if .Policies.PasswordPolicy.TemporaryPasswordValidityDays "
    "then del(.AdminCreateUserConfig.UnusedAccountValidityDays) else . end"
)


def aws(service: str, operation: str, *arguments: str) -> str:
    """A command of the AWS CLI, quoted for a shell."""
    return shlex.join(["aws", service, operation, *arguments])


def literal(value: object) -> str:
    """A value in a program for ``jq``."""
    return json.dumps(value)


def change_client(client: Mapping[str, Any], change: str) -> str:
    """Change an app client, with a program for ``jq`` that changes its settings."""
    pool_id, client_id = client["UserPoolId"], client["ClientId"]
    region = ("--region", _region(pool_id))
    named = (*region, "--user-pool-id", pool_id, "--client-id", client_id)
    return _changed(
        aws("cognito-idp", "describe-user-pool-client", *named, "--output", "json"),
        f".UserPoolClient | {_whole(client, _LATE_IN_CLIENT)}"
        f"{_without(CLIENT_ONLY_READ)} | {change}",
        # The whole answer would show the client's secret.
        aws(
            "cognito-idp",
            "update-user-pool-client",
            *region,
            "--query",
            "UserPoolClient.ClientId",
        ),
    )


def change_pool(pool: Mapping[str, Any], change: str) -> str:
    """Change a user pool, as :func:`change_client`."""
    pool_id = pool["Id"]
    region = ("--region", _region(pool_id))
    return _changed(
        aws(
            "cognito-idp",
            "describe-user-pool",
            *region,
            "--user-pool-id",
            pool_id,
            "--output",
            "json",
        ),
        f".UserPool | {_whole(pool, _LATE_IN_POOL)}.UserPoolId = .Id | .PoolName = .Name | "
        f"{_without(POOL_ONLY_READ)} | {_NEWER_DAYS} | {change}",
        aws("cognito-idp", "update-user-pool", *region),
    )


def change_identity_pool(identity_pool: Mapping[str, Any], change: str) -> str:
    """Change an identity pool, as :func:`change_client`."""
    pool_id = identity_pool["IdentityPoolId"]
    region = ("--region", pool_id.partition(":")[0])
    return _changed(
        aws(
            "cognito-identity",
            "describe-identity-pool",
            *region,
            "--identity-pool-id",
            pool_id,
            "--output",
            "json",
        ),
        change,
        aws("cognito-identity", "update-identity-pool", *region),
    )


def _changed(read: str, program: str, write: str) -> str:
    # Not through a pipe: some versions of the AWS CLI read the file twice. Where reading fails, the
    # text is empty, and the command that writes refuses it.
    return f'{write} --cli-input-json "$({read} | {shlex.join(["jq", program])})"'


def _whole(read: Mapping[str, Any], late: tuple[tuple[str, ...], ...]) -> str:
    """That all is there that was read."""
    paths = [path for path in late if _is_in(read, path)]
    if not paths:
        return ""
    listed = ", ".join(literal(path) for path in paths)
    return (
        f". as $all | if all({listed}; . as $path | $all | getpath($path) != null) then . "
        f"else error({literal(_TOO_OLD)}) end | "
    )


def _is_in(read: Any, path: tuple[str, ...]) -> bool:
    return not path or (path[0] in read and _is_in(read[path[0]], path[1:]))


def _without(names: tuple[str, ...]) -> str:
    return f"del({', '.join(f'.{name}' for name in names)})"


def _region(user_pool_id: str) -> str:
    return user_pool_id.partition("_")[0]
