"""Good tokens in the wrong place: of another kind, another client, another pool, another right."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    Guard,
    Reason,
    UserPool,
    enforce,
    require_groups,
    require_roles,
    require_scopes,
)

from .forge import NOW, OMIT, Forge
from .recipes import Recipe, claims, id_claims, tables
from .refusal import assert_refused

CLIENT = Forge.client_id

# For a guard that accepts ID tokens.
ID_TOKENS: dict[Reason, dict[str, Recipe]] = {
    Reason.MALFORMED_CLAIM: {
        "aud missing": id_claims(aud=OMIT),
        "aud missing, client_id in its place": id_claims(aud=OMIT, client_id=CLIENT),
        "aud a list": id_claims(aud=[CLIENT]),
        "aud null": id_claims(aud=None),
        "username a number": id_claims({"cognito:username": 1}),
    },
    Reason.WRONG_CLIENT: {
        "aud of another client": id_claims(aud="9example97531086"),
        "aud of another client, client_id ours": id_claims(
            aud="9example97531086", client_id=CLIENT
        ),
        "aud a prefix": id_claims(aud=CLIENT[:-1]),
    },
    Reason.WRONG_TOKEN_USE: {
        "an access token": claims(),
        "an access token with an aud": claims(aud=CLIENT),
    },
}

# For a guard that asks for a resource.
RESOURCES: dict[Reason, dict[str, Recipe]] = {
    Reason.MALFORMED_CLAIM: {
        "aud a list": claims(aud=["https://api.example.com"]),
        "aud null": claims(aud=None),
        "aud empty": claims(aud=""),
    },
    Reason.WRONG_RESOURCE: {
        "aud missing": claims(),
        "aud of another resource": claims(aud="https://other.example.com"),
        "aud a prefix": claims(aud="https://api.example.co"),
        "aud with a slash": claims(aud="https://api.example.com/"),
        "aud the client": claims(aud=CLIENT),
    },
}


@pytest.mark.parametrize(("recipe", "reason"), tables(ID_TOKENS))
def test_where_id_tokens_are_accepted(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """An ID token is held against its ``aud``, a whole text; an access token is not one."""
    guard = forge.guard(token_use="id")

    assert_refused(guard, recipe(forge), reason)
    assert guard.verify(id_claims()(forge)).client_id == CLIENT


@pytest.mark.parametrize(("recipe", "reason"), tables(RESOURCES))
def test_where_a_resource_is_asked_for(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """Resource binding goes by the whole ``aud`` of an access token."""
    guard = forge.guard(resources=["https://api.example.com", "https://v2.example.com"])

    assert_refused(guard, recipe(forge), reason)
    assert guard.verify(claims(aud="https://api.example.com")(forge)).client_id == CLIENT
    both = forge.guard(resources=["https://api.example.com"], token_use="any")
    assert both.verify(id_claims()(forge)).client_id == CLIENT


@pytest.mark.parametrize("swapped", [False, True], ids=["access for ID", "ID for access"])
def test_token_kinds_are_not_confused(forge: Forge, swapped: bool) -> None:
    """The kind that is accepted passes, the other one is refused, and the detail says which."""
    kinds = {"access": forge.token(), "id": forge.token(forge.id_claims())}
    accepted, other = ("id", "access") if swapped else ("access", "id")
    guard = forge.guard(token_use=accepted)

    assert guard.verify(kinds[accepted]).token_use == accepted
    assert_refused(guard, kinds[other], Reason.WRONG_TOKEN_USE)


def test_keys_belong_to_their_issuer(forge: Forge) -> None:
    """Pool B's key does not verify pool A's token, not even under the same ``kid``."""
    intruder = Forge()
    other = UserPool("eu-west-1_IntruderPool", client_ids=[CLIENT], jwks={"keys": [intruder.jwk()]})
    guard = Guard(forge.trust(), other, clock=lambda: NOW)

    assert_refused(guard, intruder.token(), Reason.BAD_SIGNATURE)
    of_its_own = intruder.token(intruder.claims(iss=other.issuers[0]))
    assert guard.verify(of_its_own).issuer == other.issuers[0]


def test_a_user_is_no_machine(forge: Forge) -> None:
    """A check that wants a machine refuses a user's token, even one whose ``sub`` is the client."""
    guard = forge.guard(checks=[lambda identity: identity.is_machine])

    assert_refused(guard, forge.token(), Reason.CHECK_FAILED)
    assert_refused(guard, forge.token(forge.claims(sub=CLIENT)), Reason.CHECK_FAILED)
    machine = forge.claims(sub=CLIENT, username=OMIT, origin_jti=OMIT)
    assert guard.verify(forge.token(machine)).is_machine


@pytest.mark.parametrize(
    ("changes", "policy", "reason"),
    [
        ({"scope": "orders/read"}, require_scopes("orders/rea"), Reason.MISSING_SCOPE),
        ({"scope": "xorders/read"}, require_scopes("orders/read"), Reason.MISSING_SCOPE),
        (
            {"scope": "orders/read,orders/write"},
            require_scopes("orders/read"),
            Reason.MISSING_SCOPE,
        ),
        (
            {"scope": "orders/read\torders/write"},
            require_scopes("orders/read"),
            Reason.MISSING_SCOPE,
        ),
        ({"cognito:groups": ["xadminx"]}, require_groups("admin"), Reason.MISSING_GROUP),
        ({"cognito:groups": ["x,admins"]}, require_groups("admins"), Reason.MISSING_GROUP),
        ({"cognito:groups": ["[admins]"]}, require_groups("admins"), Reason.MISSING_GROUP),
        ({"cognito:groups": ["ADMINS"]}, require_groups("admins"), Reason.MISSING_GROUP),
        ({"custom:role": "editor,admin"}, require_roles("admin"), Reason.MISSING_ROLE),
        ({"custom:role": "editor admin"}, require_roles("admin"), Reason.MISSING_ROLE),
    ],
    ids=lambda value: str(next(iter(value.values()))) if isinstance(value, dict) else None,
)
def test_names_are_compared_whole(
    forge: Forge, changes: dict[str, Any], policy: Any, reason: Reason
) -> None:
    """A scope, group or role counts as a whole name, never as a part of a longer text."""
    identity = forge.guard().verify(forge.token(forge.claims(changes)))

    with pytest.raises(AccessDenied) as caught:
        enforce(policy, identity)

    assert caught.value.reason is reason
