"""One user pool in several regions: several issuers, and users that stay the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import Guard, InvalidToken, KeySet, UserPool
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard.tokens.verifier import TokenVerifier

from ..engine.duplicates import WAYS

POOL_ID = "eu-west-1_AbC123xyz"
HOME = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
UPDATED = f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
REPLICA = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"
THIRD = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL_ID}"


@pytest.fixture(scope="module")
def local() -> LocalUserPool:
    """The pool whose tokens are looked at."""
    return LocalUserPool(POOL_ID)


@pytest.mark.parametrize(
    ("regions", "issuers"),
    [
        (["us-east-1"], (HOME, UPDATED, REPLICA)),
        (["eu-west-1", "us-east-1"], (HOME, UPDATED, REPLICA)),
        (("us-east-1", "eu-central-1", "us-east-1"), (HOME, UPDATED, THIRD, REPLICA)),
        ({"eu-west-1"}, (HOME, UPDATED)),
    ],
)
def test_issuers(regions: Any, issuers: tuple[str, ...]) -> None:
    """Each replica has the original form with its region; the updated one has the pool's own."""
    assert UserPool(POOL_ID, client_ids=["a"], regions=regions).issuers == issuers


@pytest.mark.parametrize("duplicate", WAYS)
def test_a_copy_knows_them_too(duplicate: Callable[[Any], Any]) -> None:
    """A pool that was copied or pickled trusts the same issuers."""
    pool = UserPool(POOL_ID, client_ids=["a"], regions=["us-east-1"])
    assert duplicate(pool).issuers == pool.issuers


def test_a_sovereign_region() -> None:
    """Replicas are in the partition of the pool, with its domain."""
    pool = UserPool("us-gov-west-1_Gov123", client_ids=["a"], regions=["us-gov-east-1"])
    assert pool.issuers[2] == "https://cognito-idp.us-gov-east-1.amazonaws.com/us-gov-west-1_Gov123"


def test_one_home_for_all(local: LocalUserPool) -> None:
    """A user is the same user, whichever region signed the token."""
    guard = Guard(local.trust(regions=["us-east-1", "eu-central-1"]))
    for issuer in (HOME, UPDATED, REPLICA, THIRD):
        identity = guard.verify(local.access_token(iss=issuer))
        assert identity.issuer == issuer
        assert guard.home_issuer(identity) == HOME


@pytest.mark.parametrize(
    "issuer",
    [
        THIRD,
        REPLICA + "/",
        REPLICA.upper(),
        REPLICA.replace("https", "http"),
        f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{POOL_ID}",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC123xyz",
        "https://cognito-idp.us-east-1.amazonaws.com/eu-west-1_Another",
    ],
)
def test_other_issuers(local: LocalUserPool, issuer: str) -> None:
    """A region that was not named, a form that no region has, and another pool are refused."""
    with pytest.raises(InvalidToken, match="unknown_issuer"):
        Guard(local.trust(regions=["us-east-1"])).verify(local.access_token(iss=issuer))


def test_no_region_unless_named(local: LocalUserPool) -> None:
    """A pool without ``regions`` trusts its own region alone."""
    with pytest.raises(InvalidToken, match="unknown_issuer"):
        Guard(local.trust()).verify(local.access_token(iss=REPLICA))


def test_keys_of_each_region() -> None:
    """Each address has its own key set, is fetched ahead, and is shown by its issuer."""
    pool = UserPool(POOL_ID, client_ids=["a"], regions=["us-east-1"])
    verifier = TokenVerifier(pool)
    keys: dict[str, KeySet] = {issuer: keys for issuer, (_, keys) in verifier._trusted.items()}

    assert set(keys) == set(Guard(pool).health()) == {HOME, UPDATED, REPLICA}
    assert len({id(one) for one in keys.values()}) == 3
    ahead = [one.url for one in verifier._prefetch]
    assert ahead == [f"{issuer}/.well-known/jwks.json" for issuer in (HOME, REPLICA)]


def test_behind_a_load_balancer(local: LocalUserPool) -> None:
    """A load balancer in a replica's region forwards that region's tokens, of the same user."""
    alb = LocalLoadBalancer(local)
    replica = local.access_token("ada", iss=REPLICA)
    sent = {**alb.headers("ada"), "x-amzn-oidc-accesstoken": replica}
    guard = Guard(alb.trust(user_pool=local.trust(regions=["us-east-1"])), local.trust())

    identity = guard.authenticate(lambda name: [sent[name]] if name in sent else [])

    assert guard.home_issuer(identity) == HOME
