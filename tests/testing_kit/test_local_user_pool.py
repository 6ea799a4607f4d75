"""LocalUserPool: its tokens look and verify as those of Amazon Cognito do."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cognito_guard import ANY_CLIENT, Guard, InvalidToken, Reason, UserPool
from cognito_guard.testing import LocalUser, LocalUserPool

NOW = 1_800_000_000
ORIGINAL = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
UPDATED = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A pool whose clock stands still."""
    return LocalUserPool(clock=lambda: NOW + 0.75)


def header_of(token: str) -> dict[str, Any]:
    """The JOSE header of a token."""
    return jwt.get_unverified_header(token)


def claims_of(pool: LocalUserPool, token: str) -> dict[str, Any]:
    """The claims of a token, its signature checked by PyJWT with the published key of its kid."""
    keys = {key["kid"]: jwt.PyJWK(key) for key in pool.jwks()["keys"]}
    payload = jwt.PyJWS().decode(token, keys[header_of(token)["kid"]], algorithms=["RS256"])
    claims: dict[str, Any] = json.loads(payload)
    return claims


def guard(pool: LocalUserPool, **arguments: Any) -> Guard:
    """A guard that trusts the pool and lives in its time."""
    return Guard(pool.trust(**arguments), clock=lambda: NOW)


# What is in a token.

COMMON = {"iss": ORIGINAL, "auth_time": NOW, "iat": NOW, "exp": NOW + 3600}
RANDOM = {"jti", "origin_jti", "event_id"}


def test_access_token_has_the_claims_of_cognitos(pool: LocalUserPool) -> None:
    """What Cognito puts into an access token is there, and nothing else."""
    claims = claims_of(pool, pool.access_token("bob"))
    assert all(isinstance(claims.pop(name), str) for name in RANDOM)
    assert claims == {
        **COMMON,
        "sub": pool.subject("bob"),
        "client_id": pool.client_id,
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "username": "bob",
        "version": 2,
    }


def test_id_token_has_the_claims_of_cognitos(pool: LocalUserPool) -> None:
    """What Cognito puts into an ID token is there, and nothing else."""
    claims = claims_of(pool, pool.id_token("bob"))
    assert all(isinstance(claims.pop(name), str) for name in RANDOM)
    assert claims == {
        **COMMON,
        "sub": pool.subject("bob"),
        "aud": pool.client_id,
        "token_use": "id",
        "cognito:username": "bob",
        "email": "bob@example.com",
        "email_verified": True,
    }


def test_machine_token_has_the_claims_of_cognitos(pool: LocalUserPool) -> None:
    """A client that signed in as itself is its own subject and has no user."""
    claims = claims_of(pool, pool.machine_token(scopes=["orders/read", "orders/write"]))
    assert isinstance(claims.pop("jti"), str)
    assert claims == {
        **COMMON,
        "sub": pool.client_id,
        "client_id": pool.client_id,
        "token_use": "access",
        "scope": "orders/read orders/write",
        "version": 2,
    }


def test_header_has_kid_and_alg_and_nothing_else(pool: LocalUserPool) -> None:
    """Cognito's header has no typ, and each use of token has a key of its own."""
    access, id_ = header_of(pool.access_token()), header_of(pool.id_token())
    assert set(access) == set(id_) == {"kid", "alg"}
    assert access["alg"] == id_["alg"] == "RS256"
    assert access["kid"] != id_["kid"]
    assert header_of(pool.machine_token()) == access


def test_arguments_become_claims(pool: LocalUserPool) -> None:
    """Groups, scopes, a role, an address, another client and a lifetime are said by name."""
    access = claims_of(
        pool,
        pool.access_token(
            groups=["admins", "staff"], scopes=["a/b", "c/d"], role="editor", client_id="other"
        ),
    )
    assert access["cognito:groups"] == ["admins", "staff"]
    assert (access["scope"], access["custom:role"]) == ("a/b c/d", "editor")
    assert access["client_id"] == "other"
    id_ = claims_of(
        pool,
        pool.id_token(
            groups=["x"], role="editor", email="b@b.example", client_id="other", expires_in=-5
        ),
    )
    assert (id_["cognito:groups"], id_["custom:role"]) == (["x"], "editor")
    assert (id_["email"], id_["aud"], id_["exp"]) == ("b@b.example", "other", NOW - 5)
    machine = claims_of(pool, pool.machine_token(client_id="other", expires_in=60))
    assert (machine["sub"], machine["client_id"], machine["exp"]) == ("other", "other", NOW + 60)


def test_one_text_is_one_group_or_scope(pool: LocalUserPool) -> None:
    """A text where a list belongs stands for itself, not for its characters."""
    claims = claims_of(pool, pool.access_token(groups="admins", scopes="orders/read"))
    assert (claims["cognito:groups"], claims["scope"]) == (["admins"], "orders/read")


def test_what_is_known_of_a_user_is_in_the_tokens() -> None:
    """Groups are in both kinds, attributes in ID tokens; what a call says comes first."""
    ada = LocalUser("ada", ["admins"], "editor", "a@a.example", {"name": "Ada Lovelace"})
    pool = LocalUserPool(users=[ada], clock=lambda: NOW)
    assert (pool.users, pool.user("ada")) == ({"ada": ada}, ada)
    assert pool.user("bob") == LocalUser("bob")
    access, id_ = claims_of(pool, pool.access_token("ada")), claims_of(pool, pool.id_token("ada"))
    assert access["cognito:groups"] == id_["cognito:groups"] == ["admins"]
    assert not {"custom:role", "email", "name"} & access.keys()
    assert (id_["custom:role"], id_["email"], id_["name"]) == ("editor", ada.email, "Ada Lovelace")
    said = pool.id_token("ada", groups=[], role="reader", email="b@b.example", name="Ada")
    id_ = claims_of(pool, said)
    assert "cognito:groups" not in id_
    assert (id_["custom:role"], id_["email"], id_["name"]) == ("reader", "b@b.example", "Ada")
    assert "cognito:groups" not in claims_of(pool, pool.access_token("ada", groups=()))
    assert "cognito:groups" not in claims_of(pool, pool.access_token("bob"))


@pytest.mark.parametrize("kind", ["access_token", "id_token", "machine_token"])
def test_any_claim_may_be_added_replaced_or_left_out(kind: str, pool: LocalUserPool) -> None:
    """Keywords and ``claims`` have the last word; OMIT takes a claim away."""
    issue = getattr(pool, kind)
    token = issue(
        claims={"custom:tier": "gold", "jti": "from claims", "exp": 1},
        jti="from a keyword",
        acr="urn:cognito:loa:2",
        iat=pool.OMIT,
        sub=None,
    )
    claims = claims_of(pool, token)
    assert (claims["custom:tier"], claims["acr"]) == ("gold", "urn:cognito:loa:2")
    assert (claims["jti"], claims["exp"], claims["sub"]) == ("from a keyword", 1, None)
    assert "iat" not in claims


def test_no_two_tokens_are_the_same_and_a_user_always_is(pool: LocalUserPool) -> None:
    """Every token has its own ids; a user's subject depends on the pool and the name alone."""
    first, second = (claims_of(pool, pool.access_token("bob")) for _ in range(2))
    assert all(first[name] != second[name] for name in RANDOM)
    assert first["sub"] == second["sub"] == LocalUserPool().subject("bob")
    assert first["sub"] != pool.subject("alice")
    assert first["sub"] != LocalUserPool("eu-west-1_OtherPool").subject("bob")


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"iss": ["a", "list"], "exp": "tomorrow", "sub": 7, "aud": {}},
        {"nan": float("nan"), "huge": 10**400, "bool": True},
        {"\ud800": "a lone surrogate"},
    ],
    ids=["none", "of the wrong types", "odd numbers", "odd text"],
)
def test_anything_can_be_signed(claims: dict[str, Any], pool: LocalUserPool) -> None:
    """Tests need tokens that no pool would issue: the claims are signed as they are."""
    token = pool.sign(claims, use="id", headers={"kid": "mine", "typ": "JWT", "x": 1})
    head, payload, _ = (urlsafe_b64decode(part + "==") for part in token.split("."))
    assert json.dumps(json.loads(payload)) == json.dumps(claims)
    assert json.loads(head) == {"alg": "RS256", "kid": "mine", "typ": "JWT", "x": 1}


# What the pool is.


def test_published_keys_are_public_and_as_cognitos(pool: LocalUserPool) -> None:
    """Two RSA keys of 2048 bits, with just the members that Cognito publishes."""
    keys = pool.jwks()["keys"]
    assert [set(key) for key in keys] == [{"alg", "e", "kid", "kty", "n", "use"}] * 2
    assert {(key["kty"], key["alg"], key["use"], key["e"]) for key in keys} == {
        ("RSA", "RS256", "sig", "AQAB")
    }
    assert {pool.signing_key(use).key_size for use in ("access", "id")} == {2048}
    assert isinstance(pool.signing_key("id"), rsa.RSAPrivateKey)
    assert repr(pool) == "<LocalUserPool eu-west-1_LocalPool>"


def test_both_issuer_forms_are_known(pool: LocalUserPool) -> None:
    """Tokens name the original issuer unless told otherwise; the updated one is at hand."""
    assert (pool.issuer, pool.updated_issuer) == (ORIGINAL, UPDATED)
    for token in (pool.access_token(), pool.access_token(iss=pool.updated_issuer)):
        assert guard(pool).verify(token).subject == pool.subject("alice")


def test_issuer_may_be_any(pool: LocalUserPool) -> None:
    """A pool in no region of AWS's names an issuer of its own, and is trusted under it."""
    local = LocalUserPool("local_abc", issuer="http://127.0.0.1:9229/local_abc", clock=lambda: NOW)
    assert local.issuer == "http://127.0.0.1:9229/local_abc"
    assert guard(local).verify(local.access_token()).subject == local.subject("alice")


def test_region_that_is_none_needs_an_issuer() -> None:
    """Without an issuer there would be nothing to put into the tokens."""
    with pytest.raises(ValueError, match="'local' is no AWS region; pass issuer="):
        LocalUserPool("local_abc").access_token()


def test_trust_is_a_user_pool_for_this_pool_only(pool: LocalUserPool) -> None:
    """``trust`` accepts this pool's client and keys, and what its arguments say instead."""
    trusted = pool.trust()
    assert isinstance(trusted, UserPool)
    assert trusted.client_ids == {pool.client_id}
    with pytest.raises(InvalidToken) as caught:
        guard(pool).verify(pool.access_token(client_id="other"))
    assert caught.value.reason is Reason.WRONG_CLIENT
    anybody = guard(pool, client_ids=ANY_CLIENT, token_use="any")
    assert anybody.verify(pool.id_token(client_id="other")).client_id == "other"
    stranger = LocalUserPool(clock=lambda: NOW)
    with pytest.raises(InvalidToken) as caught:
        guard(pool).verify(stranger.access_token())
    assert caught.value.reason is Reason.UNKNOWN_KEY


def test_rotation_replaces_both_keys() -> None:
    """After a rotation both keys are new, and tokens of before are signed by withdrawn ones."""
    pool = LocalUserPool(clock=lambda: NOW)
    before = {key["kid"] for key in pool.jwks()["keys"]}
    old = pool.access_token()
    pool.rotate()
    assert not before & {key["kid"] for key in pool.jwks()["keys"]}
    assert guard(pool).verify(pool.access_token()).subject == pool.subject("alice")
    with pytest.raises(InvalidToken) as caught:
        guard(pool).verify(old)
    assert caught.value.reason is Reason.UNKNOWN_KEY


def test_clock_is_the_machines_unless_given() -> None:
    """A pool without a clock issues tokens that are good now."""
    pool = LocalUserPool()
    assert Guard(pool.trust()).verify(pool.access_token()).subject == pool.subject("alice")
    with pytest.raises(InvalidToken) as caught:
        Guard(pool.trust()).verify(pool.access_token(expires_in=-1))
    assert caught.value.reason is Reason.TOKEN_EXPIRED
