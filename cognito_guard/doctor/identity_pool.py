"""What to look at in an identity pool, and in the policies of its roles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from .commands import aws, change_identity_pool
from .findings import Finding
from .reading import IdentityPoolRead, RolePolicy

__all__ = ["check_identity_pool"]

_SUB = "${cognito-identity.amazonaws.com:sub}"
# What tells one user's data from another's: the identity, or a tag made of a claim ("Attributes for
# access control").
_SCOPES = (_SUB, "${aws:principaltag/")
# The services whose data is told apart by policies. `*` is in all of them.
_DYNAMODB = "dynamodb:"
_DATA = ("s3:", _DYNAMODB)
_SCAN = "dynamodb:scan"
# The one key for data that a request may have several of.
_LEADING_KEYS = "dynamodb:leadingkeys"
_READS = ("get", "list", "query", "scan", "batchget", "describe", "head")


def check_identity_pool(read: IdentityPoolRead) -> Iterator[Finding]:
    """All that is to be said of an identity pool."""
    pool = read.pool
    if pool.get("AllowUnauthenticatedIdentities"):
        yield Finding(
            "unauthenticated-identities",
            "warning",
            f"Anybody gets AWS credentials of {pool['IdentityPoolId']}, without signing in.",
            "Everybody on the internet may do what the role for guests allows, at your expense. "
            "The pool's id is in every app that uses it.",
            change_identity_pool(pool, ".AllowUnauthenticatedIdentities = false"),
        )
    for policy in read.policies:
        yield from _check_policy(policy)


def _check_policy(policy: RolePolicy) -> Iterator[Finding]:
    statements = [one for one in _listed(policy.document.get("Statement")) if _is_shared(one)]
    if not statements:
        return
    reads = all(_only_reads(one) for one in statements)
    actions = sorted({action for one in statements for action in _actions(one)})
    yield Finding(
        "identity-policy-unscoped",
        "warning" if reads else "error",
        f"The policy {policy.name} of the role {policy.role} allows {', '.join(actions)} on "
        f"resources that do not name the user ({_SUB}).",
        f"All users of the identity pool share the role: each one may "
        f"{'read' if reads else 'read, change and delete'} what belongs to the others.",
        _fix(policy, statements),
    )


def _is_shared(statement: Mapping[str, Any]) -> bool:
    """Whether a statement gives every user the same data."""
    if statement.get("Effect") != "Allow" or not _actions(statement):
        return False
    keyed = all(map(_has_leading_keys, _actions(statement)))
    for operator, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            # One of the values is enough for a request.
            own = all(map(_names_user, _listed(values)))
            if own and _holds(operator.lower(), key.lower(), keyed):
                return False
    # Of NotResource, all but what it names.
    return not all(map(_names_user, _listed(statement.get("Resource", "*"))))


def _holds(operator: str, key: str, keyed: bool) -> bool:
    """Whether a condition holds a user to what it names: not if it is for all but that, nor if it
    is true of a request that does not have the key, or has others beside it. ``keyed``: whether all
    requests have ``dynamodb:LeadingKeys``."""
    if operator.endswith("ifexists") or "not" in operator:
        return False
    # "ForAllValues" is true where there is no key, too.
    if operator.startswith("forallvalues:"):
        return key == _LEADING_KEYS and keyed
    # "ForAnyValue" is true of a batch in which one item is the user's.
    return not (operator.startswith("foranyvalue:") and key == _LEADING_KEYS)


def _has_leading_keys(action: str) -> bool:
    """Whether all requests for an action name items by their keys. A scan does not."""
    action = action.lower()
    return action.startswith(_DYNAMODB) and not fnmatchcase(_SCAN, action)


def _actions(statement: Mapping[str, Any]) -> list[str]:
    """The actions on data; `*` where all but some are allowed."""
    if "NotAction" in statement:
        return ["*"]
    actions = _listed(statement.get("Action"))
    return [one for one in actions if one.startswith("*") or one.lower().startswith(_DATA)]


def _only_reads(statement: Mapping[str, Any]) -> bool:
    return all(one.partition(":")[2].lower().startswith(_READS) for one in _actions(statement))


def _names_user(value: object) -> bool:
    text = json.dumps(value).lower()
    return any(scope in text for scope in _SCOPES)


def _listed(value: Any) -> list[Any]:
    """One, or several, as policies have it."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _fix(policy: RolePolicy, statements: list[Mapping[str, Any]]) -> str:
    role, name = ("--role-name", policy.role), ("--policy-name", policy.name)
    if policy.arn is None:
        if all(map(_can_be_scoped, statements)):
            document = json.dumps(_scoped(policy.document))
            return aws("iam", "put-role-policy", *role, *name, "--policy-document", document)
        return aws("iam", "delete-role-policy", *role, *name)
    arn = ("--policy-arn", policy.arn)
    if ":aws:policy/" not in policy.arn and all(map(_can_be_scoped, statements)):
        scoped = ("--policy-document", json.dumps(_scoped(policy.document)))
        return aws("iam", "create-policy-version", *arn, *scoped, "--set-as-default")
    return aws("iam", "detach-role-policy", *role, *arn)


def _can_be_scoped(statement: Mapping[str, Any]) -> bool:
    """Whether all that is wrong are objects of S3 without the user in their name."""
    resources = _listed(statement.get("Resource"))
    return bool(resources) and all(_names_user(one) or _is_folder(one) for one in resources)


def _is_folder(resource: str) -> bool:
    return resource.startswith("arn:aws") and ":s3:::" in resource and resource.endswith("/*")


def _scoped(document: Mapping[str, Any]) -> dict[str, Any]:
    statements = [
        {**one, "Resource": [_own_folder(resource) for resource in _listed(one["Resource"])]}
        if _is_shared(one)
        else one
        for one in _listed(document["Statement"])
    ]
    return {**document, "Statement": statements}


def _own_folder(resource: str) -> str:
    return resource if _names_user(resource) else f"{resource[:-1]}{_SUB}/*"
