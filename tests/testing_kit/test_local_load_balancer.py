"""LocalLoadBalancer: its headers look and verify as those of an Application Load Balancer do."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64decode
from typing import Any

import jwt
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cognito_guard import Guard, Identity, InvalidToken, LoadBalancer, Reason
from cognito_guard.testing import LocalLoadBalancer, LocalUser, LocalUserPool

NOW = 1_800_000_000
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/local/50dc6c495c0c9188"


@pytest.fixture(scope="module")
def pool() -> LocalUserPool:
    """A pool whose clock stands still."""
    return LocalUserPool(clock=lambda: NOW + 0.75)


@pytest.fixture(scope="module")
def balancer(pool: LocalUserPool) -> LocalLoadBalancer:
    """Signs in the users of ``pool``."""
    return LocalLoadBalancer(pool)


def opened(balancer: LocalLoadBalancer, data: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of an ``x-amzn-oidc-data``, its signature checked."""
    head, payload, signature = data.split(".")
    header = json.loads(urlsafe_b64decode(head))
    raw = urlsafe_b64decode(signature)
    assert len(raw) == 64
    r, s = (int.from_bytes(part, "big") for part in (raw[:32], raw[32:]))
    key = load_pem_public_key(balancer.keys()[header["kid"]].encode("ascii"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(encode_dss_signature(r, s), f"{head}.{payload}".encode("ascii"), ec.ECDSA(SHA256()))
    return header, json.loads(urlsafe_b64decode(payload))


def test_data_is_what_a_load_balancer_signs(balancer: LocalLoadBalancer) -> None:
    """Header fields and user info are those of a load balancer's, in its order, and no more."""
    header, claims = opened(balancer, balancer.data("bob"))
    assert uuid.UUID(header["kid"]).version == 4
    assert list(header.items()) == [
        ("typ", "JWT"),
        ("kid", next(iter(balancer.keys()))),
        ("alg", "ES256"),
        ("iss", ISSUER),
        ("client", "1example23456789"),
        ("signer", ARN),
        ("exp", NOW + 3600),
    ]
    assert claims == {
        "sub": balancer.pool.subject("bob"),
        "email_verified": "true",
        "email": "bob@example.com",
        "username": "bob",
        "exp": NOW + 3600,
        "iss": ISSUER,
    }


@pytest.mark.parametrize("length", range(3))
def test_every_part_is_padded(balancer: LocalLoadBalancer, length: int) -> None:
    """Parts keep their ``=`` whatever their length is; the signature's is always two."""
    parts = balancer.sign({"x": "y" * length}, headers={"x": "y" * length}).split(".")
    assert [len(part) % 4 for part in parts] == [0, 0, 0]
    assert [part.count("=") for part in parts[1:]] == [{0: 1, 1: 0, 2: 2}[length], 2]


def test_signature_covers_the_padding(balancer: LocalLoadBalancer) -> None:
    """Without the padding it is not what was signed: a verifier must take the bytes as sent."""
    head, payload, signature = balancer.sign({"x": ""}).split(".")
    assert payload.endswith("=")
    with pytest.raises(InvalidSignature):
        opened(balancer, f"{head}.{payload.rstrip('=')}.{signature}")


def test_pyjwt_agrees(balancer: LocalLoadBalancer) -> None:
    """A library that nobody here wrote finds signature, claims and key in order."""
    data = balancer.data("bob")
    header = jwt.get_unverified_header(data)
    pem = balancer.keys()[header["kid"]]
    claims = jwt.decode(data, pem, algorithms=["ES256"], options={"verify_exp": False})
    assert claims["username"] == "bob"


def test_headers_are_the_three_of_a_signed_in_user(
    balancer: LocalLoadBalancer, pool: LocalUserPool
) -> None:
    """Signed user info, the pool's access token for the same user, and the subject as it is."""
    headers = balancer.headers("bob", groups=["admins"], role="editor", email="b@b.example")
    assert list(headers) == ["x-amzn-oidc-accesstoken", "x-amzn-oidc-identity", "x-amzn-oidc-data"]
    assert headers["x-amzn-oidc-identity"] == pool.subject("bob")
    _, claims = opened(balancer, headers["x-amzn-oidc-data"])
    assert (claims["sub"], claims["email"]) == (pool.subject("bob"), "b@b.example")
    assert claims["custom:role"] == "editor"
    assert "cognito:groups" not in claims
    guard = Guard(pool.trust(), clock=lambda: NOW)
    identity = guard.verify(headers["x-amzn-oidc-accesstoken"])
    assert (identity.username, identity.groups) == ("bob", ("admins",))
    assert (identity.scopes, identity.roles) == (("openid",), ())


def test_headers_may_disagree(balancer: LocalLoadBalancer, pool: LocalUserPool) -> None:
    """A test can put another access token or another subject there."""
    headers = balancer.headers("bob", access_token="anything", sub="another", exp=1)
    assert headers["x-amzn-oidc-accesstoken"] == "anything"
    assert headers["x-amzn-oidc-identity"] == "another"
    _, claims = opened(balancer, headers["x-amzn-oidc-data"])
    assert (claims["sub"], claims["exp"]) == ("another", 1)
    headers = balancer.headers("bob", claims={"sub": balancer.OMIT})
    assert headers["x-amzn-oidc-identity"] == ""
    assert "sub" not in opened(balancer, headers["x-amzn-oidc-data"])[1]


def test_what_is_known_of_a_user_is_in_the_headers() -> None:
    """Groups are in the access token, attributes in the user info, where Booleans are texts."""
    claims = {"name": "Ada", "phone_number_verified": False, "custom:n": "1"}
    pool = LocalUserPool(users=[LocalUser("ada", ["admins"], "editor", "a@a.example", claims)])
    balancer = LocalLoadBalancer(pool)
    _, info = opened(balancer, balancer.data("ada"))
    assert info["email_verified"] == "true"
    assert info["phone_number_verified"] == "false"
    assert (info["name"], info["custom:n"]) == ("Ada", "1")
    assert (info["custom:role"], info["email"]) == ("editor", "a@a.example")
    assert "cognito:groups" not in info
    token = balancer.headers("ada")["x-amzn-oidc-accesstoken"]
    assert Guard(pool.trust()).verify(token).groups == ("admins",)
    token = balancer.headers("ada", groups=[])["x-amzn-oidc-accesstoken"]
    assert Guard(pool.trust()).verify(token).groups == ()


def test_any_claim_and_field_may_be_added_replaced_or_left_out(
    balancer: LocalLoadBalancer,
) -> None:
    """Keywords and ``claims`` decide on claims, ``headers`` on fields, OMIT takes one away."""
    data = balancer.data(
        claims={"custom:tier": "gold", "email": "from claims"},
        email_verified="false",
        sub=balancer.OMIT,
        iss=None,
        headers={"signer": "mine", "client": balancer.OMIT, "alg": "none", "x": 1},
    )
    header, claims = opened(balancer, data)
    assert (claims["custom:tier"], claims["email"]) == ("gold", "from claims")
    assert (claims["email_verified"], claims["iss"], "sub" in claims) == ("false", None, False)
    assert (header["signer"], header["alg"], header["x"]) == ("mine", "none", 1)
    assert "client" not in header


def test_lifetime_is_in_both_places(balancer: LocalLoadBalancer) -> None:
    """Header and claims expire together unless told otherwise."""
    header, claims = opened(balancer, balancer.data(expires_in=-5))
    assert (header["exp"], claims["exp"]) == (NOW - 5, NOW - 5)
    header, claims = opened(balancer, balancer.data(exp=7, headers={"exp": "x"}))
    assert (header["exp"], claims["exp"]) == ("x", 7)


@pytest.mark.parametrize(
    "claims",
    [{}, {"iss": ["a", "list"], "exp": "tomorrow"}, {"huge": 10**400}, {"\ud800": "lone"}],
    ids=["none", "of the wrong types", "odd numbers", "odd text"],
)
def test_anything_can_be_signed(claims: dict[str, Any], balancer: LocalLoadBalancer) -> None:
    """Tests need data that no load balancer would sign: the claims are signed as they are."""
    assert opened(balancer, balancer.sign(claims))[1] == claims


# What the load balancer is.


def test_everything_about_it_can_be_said() -> None:
    """Name, client, issuer, clock: another account's or another IdP's load balancer."""
    arn = ARN.replace("123456789012", "999999999999")
    balancer = LocalLoadBalancer(
        arn=arn, client_id="c", issuer="https://idp.example", clock=lambda: NOW
    )
    assert repr(balancer) == f"<LocalLoadBalancer {arn}>"
    headers = balancer.headers()
    header, claims = opened(balancer, headers["x-amzn-oidc-data"])
    assert (header["signer"], header["client"]) == (arn, "c")
    assert (header["iss"], claims["iss"]) == ("https://idp.example", "https://idp.example")
    assert header["exp"] == NOW + 3600
    token = jwt.decode(
        headers["x-amzn-oidc-accesstoken"], options={"verify_signature": False}, algorithms=[]
    )
    assert (token["iss"], token["client_id"]) == ("https://idp.example", "c")


def test_rotation_withdraws_the_key(pool: LocalUserPool) -> None:
    """After a rotation there is one key again, with another ``kid``."""
    balancer = LocalLoadBalancer(pool)
    old, old_key, data = balancer.keys(), balancer.signing_key(), balancer.data()
    balancer.rotate()
    assert not old.keys() & balancer.keys().keys()
    assert len(balancer.keys()) == 1
    assert balancer.signing_key() is not old_key
    opened(balancer, balancer.data())
    with pytest.raises(KeyError):
        opened(balancer, data)


def test_access_token_is_the_pools_for_this_client(pool: LocalUserPool) -> None:
    """It takes the arguments of the pool's own, which have the last word."""
    balancer = LocalLoadBalancer(pool, client_id="c")
    guard = Guard(pool.trust(client_ids=["c", "d"]), clock=lambda: NOW)
    identity = guard.verify(balancer.access_token("bob", role="x", claims={"custom:y": "z"}))
    assert (identity.client_id, identity.scopes, identity.roles) == ("c", ("openid",), ("x",))
    assert identity.claims["custom:y"] == "z"
    identity = guard.verify(balancer.access_token("bob", client_id="d", scopes=["a/b", "c/d"]))
    assert (identity.client_id, identity.scopes) == ("d", ("a/b", "c/d"))


def test_trust_is_for_this_load_balancer_only(
    balancer: LocalLoadBalancer, pool: LocalUserPool
) -> None:
    """``trust`` accepts this signer, client and issuer, and what its arguments say instead."""
    trusted = balancer.trust()
    assert isinstance(trusted, LoadBalancer)
    assert (trusted.arns, trusted.client_id) == ({ARN}, balancer.client_id)
    assert (trusted.issuers, trusted.user_pool) == ((ISSUER,), None)

    def caller(headers: dict[str, str], **arguments: Any) -> Identity:
        guard = Guard(balancer.trust(**arguments), clock=lambda: NOW)
        values = {name: [value.encode("ascii")] for name, value in headers.items()}
        return guard.authenticate(lambda name: values.get(name, []))

    identity = caller(balancer.headers("bob", groups=["admins"]))
    assert (identity.subject, identity.groups) == (pool.subject("bob"), ())
    assert (identity.source, identity.claims["email_verified"]) == ("user_info", True)
    identity = caller(balancer.headers("bob", groups=["admins"]), user_pool=pool.trust())
    assert (identity.source, identity.groups) == ("user_info_and_token", ("admins",))
    with balancer.serve() as keys:
        assert caller(balancer.headers("bob"), keys=keys.url).subject == pool.subject("bob")
        assert keys.requests == 1
    other = ARN.replace("123456789012", "999999999999")
    for forged, reason in (
        (LocalLoadBalancer(pool, arn=other), Reason.WRONG_SIGNER),
        (LocalLoadBalancer(pool, client_id="other"), Reason.WRONG_CLIENT),
        (LocalLoadBalancer(pool, issuer="https://other.example"), Reason.UNKNOWN_ISSUER),
        (LocalLoadBalancer(pool), Reason.UNKNOWN_KEY),
    ):
        with pytest.raises(InvalidToken) as caught:
            caller(forged.headers("bob"))
        assert caught.value.reason is reason
    stranger = LocalLoadBalancer(pool, arn=other)
    identity = caller(stranger.headers("bob"), arns=[other], keys=stranger.keys())
    assert identity.subject == pool.subject("bob")
