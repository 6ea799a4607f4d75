"""Each check on the shapes that AWS documents: what it says of a bad setting, and of a good one.

``tests/doctor/test_moto.py`` has the same cases through an API. What moto does not have is here
alone: the roles of an identity pool, callback addresses that Cognito would refuse, the secret of a
client as AWS gives it.
"""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from cognito_guard.doctor import (
    LEVELS,
    Finding,
    IdentityPoolRead,
    RolePolicy,
    UserPoolRead,
    check_identity_pool,
    check_user_pool,
    reaches,
    worst_first,
)

from .cases import (
    ARN,
    CASES,
    CLIENT,
    CLIENT_ID,
    NOTHING,
    POOL,
    POOL_ID,
    SCHEMA,
    Case,
    title,
    with_changes,
)

SUB = "${cognito-identity.amazonaws.com:sub}"
IDENTITY_POOL = {
    "IdentityPoolId": "eu-west-1:11111111-2222-3333-4444-555555555555",
    "AllowUnauthenticatedIdentities": False,
}


def read(case: Case, **more: Any) -> UserPoolRead:
    """What is read of a pool with one client."""
    identity = {"Id": POOL_ID, "Name": "orders", "Arn": ARN, "SchemaAttributes": SCHEMA}
    pool = {**identity, **with_changes(POOL, case.pool)}
    ids = {"UserPoolId": POOL_ID, "ClientId": CLIENT_ID}
    client = {**ids, **with_changes(CLIENT, case.client)}
    return UserPoolRead(pool, [client], [{"GroupName": one} for one in case.groups], **more)


def found(read: UserPoolRead) -> list[tuple[str, str]]:
    """What is said, in short."""
    return [(one.id, one.level) for one in check_user_pool(read)]


@pytest.mark.parametrize("case", CASES, ids=title)
def test_what_is_wrong(case: Case) -> None:
    """A bad setting is one finding, with all that a finding has, and the only one."""
    (finding,) = check_user_pool(read(case))
    assert (finding.id, finding.level) == (case.id, case.level)
    assert POOL_ID in finding.what or CLIENT_ID in finding.what
    assert finding.why.endswith(".")
    assert shlex.split(finding.fix)[:2] in (["aws", "cognito-idp"], ["aws", "cognito-identity"])


@pytest.mark.parametrize("case", NOTHING, ids=title)
def test_what_is_right(case: Case) -> None:
    """Of good settings nothing is said, and of those that do not count."""
    assert found(read(case)) == []


@pytest.mark.parametrize(
    ("type_", "fronts", "expected"),
    [
        ("UPDATED", ["the load balancer x"], [("updated-issuer", "error")]),
        ("UPDATED", [], []),
        ("ORIGINAL", ["the load balancer x"], []),
    ],
)
def test_updated_issuer(type_: str, fronts: list[str], expected: list[tuple[str, str]]) -> None:
    """The updated issuer is wrong where something stands in front that does not take it."""
    case = Case("", "", pool={"IssuerConfiguration": {"Type": type_}})
    assert found(read(case, fronts=fronts)) == expected


def test_other_trusted_attributes() -> None:
    """What apps decide by is the user's to say; a standard attribute is writable by default."""
    case = Case("", "", client={"WriteAttributes": None})
    attributes = ["email", "custom:tenant"]
    assert found(read(case, trusted_attributes=attributes)) == [
        ("role-attribute-writable", "error")
    ]
    assert found(read(case, trusted_attributes=["custom:tenant"])) == []  # the pool has none


def test_secret_binds_refresh_tokens() -> None:
    """A client with a secret need not rotate; its secret is in no finding."""
    secret = "a-secret-of-the-client"
    settings = {"RefreshTokenRotation": None, "ClientSecret": secret}
    assert found(read(Case("", "", client=settings))) == []
    whole = {**settings, **dict.fromkeys(CLIENT), "AccessTokenValidity": 90}
    said = [*check_user_pool(read(Case("", "", client={**whole, **settings})))]
    assert len(said) > 2
    assert secret not in repr(said)


def test_bare_client() -> None:
    """A client of which AWS tells nothing but its ids, and a pool of which it tells nothing."""
    pool = UserPoolRead({"Id": POOL_ID}, [{"UserPoolId": POOL_ID, "ClientId": CLIENT_ID}])
    assert {one for one, _ in found(pool)} == {
        "mfa-off",
        "revocation-off",
        "rotation-off",
        "user-existence-errors",
    }


def test_many_groups() -> None:
    """Some groups are named, and the others counted."""
    case = Case("", "", groups=tuple("abcdefg"), pool={"AdminCreateUserConfig": {}})
    (finding,) = check_user_pool(read(case))
    assert "(a, b, c, d, e and 2 more)" in finding.what


def test_address_that_is_none() -> None:
    """An address that cannot be read is passed over."""
    assert found(read(Case("", "", client={"CallbackURLs": ["http://[x"]}))) == []


def test_unauthenticated_identities() -> None:
    """Credentials for everybody are one finding."""
    assert [*check_identity_pool(IdentityPoolRead(IDENTITY_POOL))] == []
    open_to_all = {**IDENTITY_POOL, "AllowUnauthenticatedIdentities": True}
    (finding,) = check_identity_pool(IdentityPoolRead(open_to_all))
    assert (finding.id, finding.level) == ("unauthenticated-identities", "warning")


def policy(*statements: Any, arn: str | None = None, single: bool = False) -> RolePolicy:
    """A policy of these statements; ``single``: of the first, which is then in no list."""
    document = {"Version": "2012-10-17", "Statement": statements[0] if single else [*statements]}
    return RolePolicy("signed-in", "files", arn, document)


def allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    """A statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def own(bucket: str) -> str:
    """The objects of the caller."""
    return f"arn:aws:s3:::{bucket}/{SUB}/*"


ALL = "arn:aws:s3:::files/*"


def under(operator: str, key: str, action: Any, *others: str) -> dict[str, Any]:
    """A statement with a condition that names the user, about everybody's data. ``others``: what
    else the key may be."""
    return allow(action, "*", Condition={operator: {key: [f"{SUB}/*", *others]}})


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", own("files")),
        allow(["s3:GetObject", "s3:PutObject"], [own("files"), own("more")]),
        allow(
            "s3:ListBucket",
            "arn:aws:s3:::files",
            Condition={"StringLike": {"s3:prefix": [f"{SUB}/*"]}},
        ),
        allow(
            "dynamodb:GetItem",
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
            Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SUB]}},
        ),
        allow(
            "s3:ListBucket",
            "arn:aws:s3:::files",
            Condition={"StringLike": {"s3:delimiter": "/", "s3:prefix": f"{SUB}/*"}},
        ),
        under("ForAnyValue:StringLike", "s3:prefix", "s3:ListBucket"),
        allow("s3:*", "arn:aws:s3:::files/${aws:PrincipalTag/sub}/*"),
        allow("execute-api:Invoke", "*"),
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
    ],
)
def test_policies_that_name_the_user(statement: dict[str, Any]) -> None:
    """What is the user's own, and what is no data, is right."""
    assert [*check_identity_pool(IdentityPoolRead(IDENTITY_POOL, [policy(statement)]))] == []


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        (allow("s3:GetObject", ALL), "warning"),
        (allow(["s3:GetObject", "s3:PutObject"], ALL), "error"),
        (allow("s3:*", [own("files"), ALL]), "error"),
        (allow("S3:DeleteObject", ALL), "error"),
        (allow("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:1:table/orders"), "warning"),
        (allow("*", "*"), "error"),
        (allow("*:*", "*"), "error"),
        (under("StringLikeIfExists", "s3:prefix", ["s3:ListBucket", "s3:PutObject"]), "error"),
        (under("StringNotLike", "s3:prefix", "s3:ListBucket"), "warning"),
        (under("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "dynamodb:*"), "error"),
        (under("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "dynamodb:Scan"), "warning"),
        (under("ForAllValues:StringLike", "s3:prefix", "s3:*"), "error"),
        (
            under("ForAllValues:StringLike", "dynamodb:LeadingKeys", ["dynamodb:GetItem", "s3:*"]),
            "error",
        ),
        (under("ForAnyValue:StringLike", "dynamodb:LeadingKeys", "dynamodb:GetItem"), "warning"),
        (under("StringLike", "s3:prefix", "s3:ListBucket", "*"), "warning"),
        (under("StringLike", "s3:prefix", "s3:ListBucket", "reports/*"), "warning"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "error"),
        ({"Effect": "Allow", "Action": "s3:*", "NotResource": own("files")}, "error"),
    ],
)
def test_policies_for_all(statement: dict[str, Any], level: str) -> None:
    """A statement that gives each user what belongs to others is found, whatever its form."""
    for single in (False, True):
        read = IdentityPoolRead(IDENTITY_POOL, [policy(statement, single=single)])
        (finding,) = check_identity_pool(read)
        assert (finding.id, finding.level) == ("identity-policy-unscoped", level)


def _fix(given: RolePolicy) -> list[str]:
    (finding,) = check_identity_pool(IdentityPoolRead(IDENTITY_POOL, [given]))
    return shlex.split(finding.fix)


def _document(words: list[str]) -> Any:
    return json.loads(words[words.index("--policy-document") + 1])


def test_folders_of_all_become_folders_of_each() -> None:
    """Where objects of S3 are all that is wrong, the command writes the policy that is meant."""
    untouched = allow("execute-api:Invoke", "*")
    words = _fix(policy(allow("s3:GetObject", [ALL, own("more")]), untouched))
    assert words[:3] == ["aws", "iam", "put-role-policy"]
    mended = _document(words)
    assert mended["Statement"] == [
        allow("s3:GetObject", [own("files"), own("more")]),
        untouched,
    ]
    after = RolePolicy("signed-in", "files", None, mended)
    assert [*check_identity_pool(IdentityPoolRead(IDENTITY_POOL, [after]))] == []


def test_policies_that_nobody_can_mend_for_you() -> None:
    """Otherwise the command takes the policy away."""
    everything = allow("*", "*")
    assert _fix(policy(everything))[2] == "delete-role-policy"
    assert _fix(policy({"Effect": "Allow", "NotAction": "a:b"}))[2] == "delete-role-policy"
    own_arn = "arn:aws:iam::123456789012:policy/files"
    assert _fix(policy(everything, arn=own_arn))[2] == "detach-role-policy"
    words = _fix(policy(allow("s3:GetObject", ALL), arn=own_arn))
    assert words[2] == "create-policy-version"
    assert "--set-as-default" in words
    of_aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    words = _fix(policy(allow("s3:GetObject", ALL), arn=of_aws))
    assert words[2:] == ["detach-role-policy", "--role-name", "signed-in", "--policy-arn", of_aws]


def test_order_and_levels() -> None:
    """Worst first, and in the order of the checks within a level."""
    found = [Finding(name, level, "") for name, level in (("c", "ok"), ("a", "info"))]
    found += [Finding("b", "info", ""), Finding("d", "error", "")]
    assert [one.id for one in worst_first(found)] == ["d", "a", "b", "c"]
    assert [reaches(Finding("", level, ""), "warning") for level in LEVELS] == [
        True,
        True,
        False,
        False,
    ]
    assert found[0].as_dict() == {"id": "c", "level": "ok", "what": "", "why": "", "fix": ""}
