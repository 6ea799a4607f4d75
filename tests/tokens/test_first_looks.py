"""verifier.py: what it sees at a glance is what the functions of claims.py say, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cognito_guard import ANY_CLIENT, Identity, InvalidToken, TokenVerifier, UserPool
from cognito_guard.tokens import claims as claim

from ..engine.forge import NOW, OMIT, Forge, b64, to_json
from ..engine.strategies import names, repeatable


class AnythingGoes:
    """A key set whose one key finds every signature good."""

    algorithm = "RS256"

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        return self

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See ``VerificationKey.verify``."""
        return True


_FORGE = Forge()
POOLS = [
    _FORGE.trust(jwks=AnythingGoes(), **arguments)
    for arguments in (
        {},
        {"token_use": "any", "client_ids": ANY_CLIENT, "leeway": 300},
        {"token_use": "id", "role_claim": None},
        {"resources": ["x"], "split_roles": True, "leeway": 0.5},
    )
]


def one_by_one(claims: dict[str, Any], pool: UserPool) -> Identity:
    """Every function of claims.py, in the documented order."""
    if claim.issuer(claims) not in pool.issuers:
        raise InvalidToken("unknown_issuer", "")
    claim.check_expiry(claims, NOW, pool.leeway)
    token_use = claim.check_token_use(claims, pool.token_uses)
    client_id = claim.check_client(claims, token_use, pool.client_ids)
    claim.check_other_times(claims, NOW, pool.leeway)
    claim.check_not_sender_constrained(claims)
    claim.check_ids(claims)
    if token_use == "access":
        claim.check_resource(claims, pool.resources)
    claim.subject(claims)
    return Identity(
        claims,
        token_use,
        client_id,
        claim.username(claims, token_use),
        claim.groups(claims),
        claim.scopes(claims),
        claim.roles(claims, pool.role_claim, pool.split_roles),
    )


def outcome(function: Any, *arguments: Any) -> Any:
    """All that an identity has, or the reason of the refusal."""
    try:
        return function(*arguments).__reduce__()[1]
    except InvalidToken as error:
        return error.reason


TIMES = [NOW, NOW - 1, NOW + 1, NOW + 400, 0, -1, 253_402_300_799, 253_402_300_800, NOW + 0.25]
TEXTS = ["", "access", "id", "x", "a b", Forge.client_id, Forge.issuer]
OTHERS = [None, True, False, [], ["x"], [1], {}, {"x": 1}, 10**300, -(10**300), 1.5]
VALUES = [*TIMES, *TEXTS, *OTHERS, OMIT]
NAMES = (
    "iss sub aud exp nbf iat auth_time jti origin_jti token_use client_id scope username cnf"
    " cognito:username cognito:groups custom:role"
)


def assert_alike(pool: UserPool, access: bool, changes: dict[str, Any]) -> None:
    """The verdict, the reason and the identity are those of the functions."""
    claims = (_FORGE.claims if access else _FORGE.id_claims)(changes)
    token = f"{b64(to_json(_FORGE.header()))}.{b64(to_json(claims))}.AAAA"
    verifier = TokenVerifier(pool, clock=lambda: NOW)

    assert outcome(verifier.verify, token) == outcome(one_by_one, claims, pool), changes


@pytest.mark.parametrize("access", [True, False])
@pytest.mark.parametrize("pool", POOLS, ids=range(len(POOLS)))
def test_one_odd_claim(pool: UserPool, access: bool) -> None:
    """A glance sees no less than the functions do, each claim having each of the values."""
    for name in NAMES.split():
        for value in VALUES:
            assert_alike(pool, access, {name: value})


@settings(repeatable, max_examples=500)
@given(
    st.sampled_from(POOLS),
    st.booleans(),
    st.dictionaries(names(NAMES), st.sampled_from(VALUES), min_size=2, max_size=5),
)
def test_several_odd_claims(pool: UserPool, access: bool, changes: dict[str, Any]) -> None:
    """Nor where several claims are odd: the first one in the order is told."""
    assert_alike(pool, access, changes)


@pytest.mark.parametrize("pool", POOLS, ids=range(len(POOLS)))
def test_good_tokens(pool: UserPool) -> None:
    """Each of the pools accepts something, or the test above would compare refusals alone."""
    tokens = [_FORGE.claims(aud="x"), _FORGE.id_claims()]

    assert any(isinstance(outcome(one_by_one, claims, pool), tuple) for claims in tokens)
