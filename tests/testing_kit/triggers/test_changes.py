"""What pre token generation changes in tokens, what it cannot, and what ends the request."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard.testing.triggers import Changes, TriggerFailed, changes_of

CLIENT = "1example23456789"
KEPT = ("acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce")
KEPT += ("origin_jti", "sub", "token_use", "dev:rank")
KEPT_IN_ID = (*KEPT, "aud", "cognito:username", "identities")
KEPT_IN_ACCESS = (*KEPT, "client_id", "device_key", "event_id", "scope", "username", "version")


def of_v1(details: object) -> Changes:
    """What a function says in version 1."""
    return changes_of("V1_0", {"claimsOverrideDetails": details}, CLIENT)


def of_v2(*, of_id: object = None, access: object = None, **more: object) -> Changes:
    """What a function says in version 2, which is what it says in version 3."""
    details = {"idTokenGeneration": of_id, "accessTokenGeneration": access, **more}
    changes = changes_of("V2_0", {"claimsAndScopeOverrideDetails": details}, CLIENT)
    third = changes_of("V3_0", {"claimsAndScopeOverrideDetails": details}, CLIENT)
    assert third == changes
    return changes


def test_version_1() -> None:
    """Claims of the ID token, none of the access token."""
    changes = of_v1(
        {
            "claimsToAddOrOverride": {"custom:role": "editor", "plan": "pro"},
            "claimsToSuppress": ["email", "plan"],
        }
    )
    assert changes == Changes(id_claims={"custom:role": "editor", "plan": None, "email": None})


def test_version_2() -> None:
    """Claims of both, of any kind, and scopes."""
    value = {"text": "x", "list": [1, 2.5, True, {"deep": None}]}
    changes = of_v2(
        of_id={"claimsToAddOrOverride": {"profile": value, "address": "here"}},
        access={
            "claimsToAddOrOverride": {"custom:role": value, "aud": CLIENT, "count": 0},
            "claimsToSuppress": ["plan"],
            "scopesToAdd": ["orders/read", "openid"],
            "scopesToSuppress": ["aws.cognito.signin.user.admin"],
        },
    )
    assert changes.id_claims == {"profile": value, "address": "here"}
    assert changes.access_claims == {
        "custom:role": value,
        "aud": CLIENT,
        "count": 0,
        "plan": None,
    }
    before = ("openid", "aws.cognito.signin.user.admin")
    assert changes.scopes(before) == ("openid", "orders/read")
    assert changes.groups is None


@pytest.mark.parametrize("version", ["V1_0", "V2_0", "V3_0"])
def test_nothing(version: Any) -> None:
    """No answer, an empty one, and that of another version are no changes."""
    other = {"claimsToAddOrOverride": {"plan": "pro"}}
    said = {
        "claimsOverrideDetails": None if version == "V1_0" else other,
        "claimsAndScopeOverrideDetails": {"accessTokenGeneration": other}
        if version == "V1_0"
        else {},
    }
    assert changes_of(version, {}, CLIENT) == Changes()
    assert changes_of(version, said, CLIENT) == Changes()


def test_what_an_id_token_keeps() -> None:
    """These are neither changed nor suppressed, and nothing is said of it."""
    asked = {
        "claimsToAddOrOverride": dict.fromkeys(KEPT_IN_ID, "x"),
        "claimsToSuppress": list(KEPT_IN_ID),
    }
    assert of_v1(asked) == Changes()
    assert of_v2(of_id=asked) == Changes()


def test_what_an_access_token_keeps() -> None:
    """These are neither changed nor suppressed; an audience is the client or none."""
    asked = {
        "claimsToAddOrOverride": dict.fromkeys((*KEPT_IN_ACCESS, "aud"), "x"),
        "claimsToSuppress": [*KEPT_IN_ACCESS, "aud"],
        "scopesToAdd": ["aws.cognito.signin.user.admin", "aws.cognito/dcr/register"],
    }
    assert of_v2(access=asked) == Changes()


def test_groups() -> None:
    """They are replaced as a whole, and suppressed by an object that is empty or null."""
    kept = {"groupsToOverride": ["a", "b"], "iamRolesToOverride": [], "preferredRole": None}
    assert of_v1({"groupOverrideDetails": kept}) == Changes(groups=("a", "b"))
    assert of_v2(groupOverrideDetails=kept) == Changes(groups=("a", "b"))
    for empty in ({}, None, {"groupsToOverride": None}, {"groupsToOverride": []}):
        assert of_v1({"groupOverrideDetails": empty}) == Changes(groups=())
    arn = "arn:aws:iam::123456789012:role/editors"
    roles = {"groupsToOverride": ["a"], "iamRolesToOverride": [arn], "preferredRole": arn}
    assert of_v2(groupOverrideDetails=roles) == Changes(
        id_claims={"cognito:roles": [arn], "cognito:preferred_role": arn}, groups=("a",)
    )


def test_groups_as_claims() -> None:
    """Claims of Cognito's own cannot be added, but groups can be suppressed."""
    changes = of_v2(
        access={
            "claimsToAddOrOverride": {"cognito:groups": ["admins"], "cognito:roles": ["x"]},
            "claimsToSuppress": ["cognito:groups"],
        }
    )
    assert changes == Changes(access_claims={"cognito:groups": None})


UNRECOGNIZABLE: list[object] = [
    [],
    "no",
    {"claimsToAddOrOverride": ["plan"]},
    {"claimsToAddOrOverride": {"plan": None}},
    {"claimsToSuppress": "plan"},
    {"claimsToSuppress": {"plan": True}},
    {"claimsToSuppress": [7]},
]
OF_VALUES: list[object] = [
    {"claimsToAddOrOverride": {"plan": value}} for value in (7, True, ["pro"], {"name": "pro"})
]
OF_GROUPS: list[object] = [
    ["admins"],
    {"groupsToOverride": "admins"},
    {"groupsToOverride": [None]},
    {"iamRolesToOverride": "arn"},
    {"preferredRole": ["arn"]},
]
OF_SCOPES: list[object] = ["orders/read", [7], [""], ["orders/read orders/write"], [" orders/read"]]


@pytest.mark.parametrize("details", [*UNRECOGNIZABLE, *OF_VALUES])
def test_unrecognizable_in_version_1(details: object) -> None:
    """Also values that are no texts."""
    with pytest.raises(TriggerFailed) as refused:
        of_v1(details)
    assert refused.value.name == "InvalidLambdaResponseException"


@pytest.mark.parametrize("part", UNRECOGNIZABLE)
def test_unrecognizable_in_version_2(part: object) -> None:
    """In either token."""
    for asked in ({"of_id": part}, {"access": part}):
        with pytest.raises(TriggerFailed, match="InvalidLambdaResponseException"):
            of_v2(**asked)


@pytest.mark.parametrize(
    "name", ["address", "email_verified", "phone_number_verified", "updated_at"]
)
def test_claims_that_are_plain(name: str) -> None:
    """In an ID token; an access token takes them."""
    for value in ({"of": "many"}, ["many"]):
        added = {"claimsToAddOrOverride": {name: value}}
        with pytest.raises(TriggerFailed, match="InvalidLambdaResponseException"):
            of_v2(of_id=added)
        assert of_v2(access=added).access_claims == {name: value}


@pytest.mark.parametrize("given", OF_GROUPS)
def test_unrecognizable_groups(given: object) -> None:
    """In either version."""
    with pytest.raises(TriggerFailed, match="InvalidLambdaResponseException"):
        of_v1({"groupOverrideDetails": given})
    with pytest.raises(TriggerFailed, match="InvalidLambdaResponseException"):
        of_v2(groupOverrideDetails=given)


@pytest.mark.parametrize("given", OF_SCOPES)
def test_unrecognizable_scopes(given: object) -> None:
    """A scope with a space in it would be two."""
    for name in ("scopesToAdd", "scopesToSuppress"):
        with pytest.raises(TriggerFailed, match="InvalidLambdaResponseException"):
            of_v2(access={name: given})


def test_silence() -> None:
    """What a trigger adds to a token is in no repr."""
    assert "editor" not in repr(of_v1({"claimsToAddOrOverride": {"custom:role": "editor"}}))
