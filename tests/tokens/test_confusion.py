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

from ..engine.forge import NOW, OMIT, Forge
from ..engine.refusal import assert_refused


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
    other = UserPool(
        "eu-west-1_IntruderPool", client_ids=[forge.client_id], jwks={"keys": [intruder.jwk()]}
    )
    guard = Guard(forge.trust(), other, clock=lambda: NOW)

    assert_refused(guard, intruder.token(), Reason.BAD_SIGNATURE)
    of_its_own = intruder.token(intruder.claims(iss=other.issuers[0]))
    assert guard.verify(of_its_own).issuer == other.issuers[0]


def test_a_user_is_no_machine(forge: Forge) -> None:
    """A check that wants a machine refuses a user's token, even one whose ``sub`` is the client."""
    guard = forge.guard(checks=[lambda identity: identity.is_machine])

    assert_refused(guard, forge.token(), Reason.CHECK_FAILED)
    assert_refused(guard, forge.token(forge.claims(sub=forge.client_id)), Reason.CHECK_FAILED)
    machine = forge.claims(sub=forge.client_id, username=OMIT, origin_jti=OMIT)
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
    # Without tabs: pytest does not find a test again by a name that has one.
    ids=lambda value: str(*value.values()).expandtabs(1) if isinstance(value, dict) else None,
)
def test_names_are_compared_whole(
    forge: Forge, changes: dict[str, Any], policy: Any, reason: Reason
) -> None:
    """A scope, group or role counts as a whole name, never as a part of a longer text."""
    identity = forge.guard().verify(forge.token(forge.claims(changes)))

    with pytest.raises(AccessDenied) as caught:
        enforce(policy, identity)

    assert caught.value.reason is reason
