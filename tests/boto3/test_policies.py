"""The test evaluator of policies, held against what AWS's documentation says of its examples."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

import pytest

from ..needs import need

need(find_spec("moto") is not None, "moto: pip install 'moto[cognitoidp,server]'")

from example_apps.local_aws import Decision, NotEvaluated, PolicyEvaluator  # noqa: E402
from example_apps.local_aws.account import permission_policy, trust_policy  # noqa: E402

ALLOWED, EXPLICIT, IMPLICIT = Decision
ME, YOU = "eu-west-1:0000-me", "eu-west-1:1111-you"
SUB = "cognito-identity.amazonaws.com:sub"
VERSION = {"Version": "2012-10-17"}


def allow(**more: Any) -> dict[str, Any]:
    """A policy of one statement."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **more}
    return {**VERSION, "Statement": [statement]}


def test_a_home_for_each_user_name() -> None:
    """IAM user guide, "Variables and tags": the policy of a bucket with `${aws:username}`, which
    stands for the caller's own name."""
    policy = {
        **VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": ["arn:aws:s3:::mybucket"],
                "Condition": {"StringLike": {"s3:prefix": ["${aws:username}/*"]}},
            },
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject"],
                "Resource": ["arn:aws:s3:::mybucket/${aws:username}/*"],
            },
        ],
    }
    evaluator = PolicyEvaluator(json.dumps(policy))
    david = {"aws:username": "David"}
    for resource, action, more, said in (
        ("mybucket/David/a/b.txt", "s3:GetObject", {}, ALLOWED),
        ("mybucket/David/a", "s3:putobject", {}, ALLOWED),
        ("mybucket/David/a", "s3:DeleteObject", {}, IMPLICIT),
        ("mybucket/david/a", "s3:GetObject", {}, IMPLICIT),
        ("mybucket/Davide/a", "s3:GetObject", {}, IMPLICIT),
        ("mybucket/David", "s3:GetObject", {}, IMPLICIT),
        ("mybucket", "s3:ListBucket", {"s3:prefix": "David/a"}, ALLOWED),
        ("mybucket", "s3:ListBucket", {"s3:prefix": "Eve/"}, IMPLICIT),
        ("mybucket", "s3:ListBucket", {"s3:prefix": ""}, IMPLICIT),
        ("mybucket", "s3:ListBucket", {}, IMPLICIT),
    ):
        assert evaluator.decide(action, f"arn:aws:s3:::{resource}", {**david, **more}) is said
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::mybucket/David/a", {}) is IMPLICIT


def test_an_old_version_has_no_variables() -> None:
    """The same page: without the version of 2012 a variable is a text like any other."""
    old = {"Statement": allow(Resource="arn:aws:s3:::b/${aws:username}")["Statement"]}
    evaluator = PolicyEvaluator(old)
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/x", {"aws:username": "x"}) is IMPLICIT
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/${aws:username}", {}) is ALLOWED


def test_defaults_and_special_characters() -> None:
    """The same page: `${key, 'default'}`, `${*}`, `${?}` and `${$}`."""
    tagged = PolicyEvaluator(
        allow(Resource="arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*")
    )
    team = {"aws:PrincipalTag/team": "yellow"}
    assert tagged.decide("s3:GetObject", "arn:aws:s3:::b/yellow/a", team) is ALLOWED
    assert tagged.decide("s3:GetObject", "arn:aws:s3:::b/company-wide/a", {}) is ALLOWED
    assert tagged.decide("s3:GetObject", "arn:aws:s3:::b/company-wide/a", team) is IMPLICIT
    special = PolicyEvaluator(allow(Resource="arn:aws:s3:::b/${*}${?}${$}$"))
    assert special.decide("s3:GetObject", "arn:aws:s3:::b/*?$$", {}) is ALLOWED
    assert special.decide("s3:GetObject", "arn:aws:s3:::b/ab$$", {}) is IMPLICIT


def test_what_a_variable_brings_is_no_wildcard() -> None:
    """A user who is called `*` has no more than that name."""
    evaluator = PolicyEvaluator(allow(Resource="arn:aws:s3:::b/${aws:username}/*"))
    star = {"aws:username": "*"}
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/David/a", star) is IMPLICIT
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/*/a", star) is ALLOWED


def test_the_policies_of_the_documentation() -> None:
    """Cognito developer guide, "IAM roles": access to the objects under the own identity."""
    evaluator = PolicyEvaluator(permission_policy("notes"))
    context = {SUB: ME}
    for who, action, said in (
        (ME, "s3:GetObject", ALLOWED),
        (ME, "s3:PutObject", ALLOWED),
        (YOU, "s3:GetObject", IMPLICIT),
        (YOU, "s3:PutObject", IMPLICIT),
        ("${cognito-identity.amazonaws.com:sub}", "s3:GetObject", IMPLICIT),
    ):
        assert evaluator.decide(action, f"arn:aws:s3:::notes/{who}/a", context) is said
    bucket = "arn:aws:s3:::notes"
    for prefix, said in ((f"{ME}/", ALLOWED), (f"{YOU}/", IMPLICIT), ("", IMPLICIT)):
        found = evaluator.decide("s3:ListBucket", bucket, {**context, "s3:prefix": prefix})
        assert found is said


def test_leading_keys() -> None:
    """The same page, for DynamoDB; and "Conditions with multiple context keys or values"."""
    policy = allow(
        Action=["dynamodb:GetItem"],
        Resource=["arn:aws:dynamodb:us-west-2:123456789012:table/MyTable"],
        Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"${{{SUB}}}"]}},
    )
    evaluator = PolicyEvaluator(policy)
    table = "arn:aws:dynamodb:us-west-2:123456789012:table/MyTable"
    for keys, said in (([ME], ALLOWED), ([ME, ME], ALLOWED), ([ME, YOU], IMPLICIT), ([], ALLOWED)):
        context = {SUB: ME, "dynamodb:LeadingKeys": keys}
        assert evaluator.decide("dynamodb:GetItem", table, context) is said
    assert evaluator.decide("dynamodb:GetItem", table, {SUB: ME}) is ALLOWED  # no key at all


def test_trust_policies() -> None:
    """Cognito developer guide, "Role trust and permissions": the identity pool, and whether the
    user has signed in, or signed in with one provider."""
    federated = "cognito-identity.amazonaws.com"
    action, pool = "sts:AssumeRoleWithWebIdentity", "us-east-1:12345678-dead-beef-cafe-123456790ab"
    evaluator = PolicyEvaluator(trust_policy(pool))
    for aud, amr, principal, said in (
        (pool, ["authenticated", "graph.facebook.com"], federated, ALLOWED),
        (pool, ["unauthenticated"], federated, IMPLICIT),
        (pool, [], federated, IMPLICIT),
        ("us-east-1:another", ["authenticated"], federated, IMPLICIT),
        (pool, ["authenticated"], "accounts.google.com", IMPLICIT),
    ):
        context = {f"{federated}:aud": aud, f"{federated}:amr": amr}
        assert evaluator.decide(action, None, context, principal=principal) is said
    assert evaluator.decide(action, None, {}, principal=federated) is IMPLICIT


def test_a_deny_wins() -> None:
    """IAM user guide, "Policy evaluation logic": implicitly nothing is allowed; an allow overrides
    that, and an explicit deny overrides it in turn, in whichever policy it stands."""
    deny = {**VERSION, "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*/secret"}}
    evaluator = PolicyEvaluator(deny, allow())
    assert PolicyEvaluator().decide("s3:GetObject", "arn:aws:s3:::b/a", {}) is IMPLICIT
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/a", {}) is ALLOWED
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/secret", {}) is EXPLICIT
    assert evaluator.decide("s3:PutObject", "arn:aws:s3:::b/a", {}) is IMPLICIT


def test_not_action_and_not_resource() -> None:
    """All but those."""
    policy = allow()["Statement"][0]
    policy = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::b/secret/?"}
    evaluator = PolicyEvaluator({**VERSION, "Statement": policy})
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/a", {}) is ALLOWED
    assert evaluator.decide("iam:CreateUser", "arn:aws:s3:::b/a", {}) is IMPLICIT
    assert evaluator.decide("s3:GetObject", "arn:aws:s3:::b/secret/a", {}) is IMPLICIT


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds"),
    [
        ("StringEquals", "a*", "a*", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "a?", "ab", True),
        ("StringNotLike", "a*", "ab", False),
        ("ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], True),
        ("ForAnyValue:StringEquals", ["a", "b"], ["c"], False),
        ("ForAnyValue:StringEquals", "a", None, False),
        ("ForAllValues:StringLike", ["a*", "b"], ["ax", "b"], True),
        ("ForAllValues:StringLike", ["a*", "b"], ["ax", "c"], False),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("Null", "true", None, True),
        ("Null", "false", None, False),
        ("Null", "false", "a", True),
    ],
)
def test_condition_operators(operator: str, wanted: Any, value: Any, holds: bool) -> None:
    """IAM user guide, "Condition operators"; the name of a key in any case."""
    evaluator = PolicyEvaluator(allow(Condition={operator: {"S3:Prefix": wanted}}))
    context = {} if value is None else {"s3:prefix": value}
    decided = evaluator.decide("s3:GetObject", "arn:aws:s3:::b/a", context)
    assert (decided is ALLOWED) is holds


@pytest.mark.parametrize(
    "policy",
    [
        {"Version": "2030-01-01", "Statement": []},
        allow(Condition={"NumericEquals": {"a": "1"}}),
        allow(Condition={"SomeValues:StringEquals": {"a": "1"}}),
        allow(Condition={"StringEquals": {"b": "1"}}),
        allow(Unknown="x"),
        allow(Principal="*"),
        {**VERSION, "Statement": {"Effect": "Allow", "Action": "*"}},
    ],
)
def test_what_it_does_not_know(policy: Any) -> None:
    """It does not guess."""
    with pytest.raises(NotEvaluated):
        PolicyEvaluator(policy).decide("s3:GetObject", "x", {"a": "1", "b": ["1", "2"]})


def test_why_it_is_there() -> None:
    """Moto's own evaluation knows no variables. When it does, this can go."""
    from moto.iam.access_control import IAMPolicy, PermissionResult

    policy = IAMPolicy({"policy_document": json.dumps(permission_policy("notes"))})
    decided = policy.is_action_permitted("s3:GetObject", f"arn:aws:s3:::notes/{ME}/a")
    assert decided is PermissionResult.NEUTRAL
