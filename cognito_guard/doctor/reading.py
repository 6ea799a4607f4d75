"""What was read of AWS, in the shapes of its own APIs.

Every mapping is as boto3 gives it: ``UserPoolType`` of DescribeUserPool, ``UserPoolClientType`` of
DescribeUserPoolClient, ``GroupType`` of ListGroups, the answers of DescribeIdentityPool and
GetIdentityPoolRoles, the policy documents of IAM. Nothing here is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

__all__ = ["IdentityPoolRead", "RolePolicy", "UserPoolRead", "named", "signs_in_users"]

_REFRESH = "ALLOW_REFRESH_TOKEN_AUTH"


@final
class UserPoolRead(NamedTuple):
    """A user pool, its clients and its groups, and what the user says of it."""

    pool: Mapping[str, Any]
    clients: Sequence[Mapping[str, Any]] = ()
    groups: Sequence[Mapping[str, Any]] = ()
    trusted_attributes: Sequence[str] = ("custom:role",)
    """Attributes by which apps decide, so that only the server may write them."""
    fronts: Sequence[str] = ()
    """What signs users in with this pool and knows the original issuer alone: for people."""


@final
class RolePolicy(NamedTuple):
    """A policy of an IAM role. ``arn``: that of a managed policy, none for an inline one."""

    role: str
    name: str
    arn: str | None
    document: Mapping[str, Any]


@final
class IdentityPoolRead(NamedTuple):
    """An identity pool, and the policies of the roles for users who are signed in."""

    pool: Mapping[str, Any]
    policies: Sequence[RolePolicy] = ()


def named(client: Mapping[str, Any]) -> str:
    """An app client, for people."""
    name = client.get("ClientName")
    return f"the app client {client['ClientId']}" + (f" ({name})" if name else "")


def signs_in_users(client: Mapping[str, Any]) -> bool:
    """Whether a client can get tokens of users, and not those of a machine alone."""
    granted = set(client.get("AllowedOAuthFlows") or ())
    machine = client.get("AllowedOAuthFlowsUserPoolClient") and granted == {"client_credentials"}
    # Without a list of its own, a client may sign users in by SRP.
    flows = client.get("ExplicitAuthFlows")
    return not (machine and flows is not None and set(flows) <= {_REFRESH})
