"""load_balancer.py: what a LoadBalancer accepts as its arguments, and where its keys come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import ConfigurationError, LoadBalancer, StaticKeySet, UserPool
from cognito_guard.testing import LocalUserPool

from ..engine.duplicates import WAYS
from ..naming import steady
from ..tokens.test_user_pool import later, never

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/my-alb/50dc6c495c0c9188"
POOL = UserPool("eu-west-1_AbC123xyz", client_ids=["1example", "2example"])


def _load_balancer(**arguments: Any) -> LoadBalancer:
    return LoadBalancer(**{"arns": [ARN], "client_id": "1example", **arguments})


@pytest.mark.parametrize(
    ("partition", "region", "address"),
    [
        ("aws", "eu-west-1", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1",
        ),
        (
            "aws-us-gov",
            "us-gov-east-1",
            "https://s3-us-gov-east-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-east-1",
        ),
        ("aws-cn", "cn-north-1", "https://public-keys.auth.elb.cn-north-1.amazonaws.com.cn"),
        ("aws-eusc", "eusc-de-east-1", "https://public-keys.auth.elb.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_the_address_of_the_keys(partition: str, region: str, address: str) -> None:
    """Keys come from the region of the ARN, at the address that its partition has."""
    arn = ARN.replace("arn:aws:", f"arn:{partition}:").replace("eu-west-1", region)

    assert _load_balancer(arns=[arn]).key_sources == {arn: address}


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws-iso", "us-iso-east-1"), ("aws", "us-gov-west-1"), ("aws-us-gov", "eu-west-1")],
)
def test_an_unknown_partition_is_no_guess(partition: str, region: str) -> None:
    """Where no address is known, one has to be said."""
    arn = ARN.replace("arn:aws:", f"arn:{partition}:").replace("eu-west-1", region)

    with pytest.raises(ConfigurationError, match="pass keys= as well"):
        _load_balancer(arns=[arn])
    keys = "https://keys.example"
    assert _load_balancer(arns=[arn], keys=keys).key_sources == {arn: keys}


def test_keys_of_ones_own() -> None:
    """An address, PEM texts and a key set stand in for the region's address, for every ARN."""
    other = ARN.replace("eu-west-1", "eu-west-2")
    key_set = StaticKeySet(LocalUserPool().jwks())

    for keys in ("http://127.0.0.1:80", {"kid": "PEM"}, key_set):
        one = _load_balancer(arns=[ARN, other], keys=keys)
        assert one.key_sources == {ARN: keys, other: keys}


def test_issuers() -> None:
    """The issuer is the one that is named, or those of the user pool, or not held against any."""
    original, updated = POOL.issuers

    assert _load_balancer().issuers == ()
    assert _load_balancer(user_pool=POOL).issuers == (original, updated)
    assert _load_balancer(user_pool=POOL, issuer=updated).issuers == (updated,)
    assert _load_balancer(issuer="https://idp.example").issuers == ("https://idp.example",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"arns": []}, "arns must not be empty"),
        ({"arns": ARN}, "arns must be a list"),
        ({"arns": [None]}, "each of arns"),
        ({"arns": [""]}, "each of arns"),
        ({"arns": [ARN + " "]}, "whole ARNs"),
        ({"arns": [ARN + "\n"]}, "whole ARNs"),
        ({"arns": [ARN.upper()]}, "whole ARNs"),
        ({"arns": ["my-alb"]}, "whole ARNs"),
        ({"arns": [ARN.rpartition("/")[0]]}, "whole ARNs"),
        ({"arns": [ARN.replace("/app/", "/net/")]}, "whole ARNs"),
        ({"arns": [ARN.replace("123456789012", "1234")]}, "whole ARNs"),
        ({"arns": [ARN.replace("123456789012", "*")]}, "whole ARNs"),
        ({"arns": [ARN.replace("loadbalancer", "targetgroup")]}, "whole ARNs"),
        ({"arns": [ARN.replace("eu-west-1", "evil.example/")]}, "whole ARNs"),
        ({"client_id": ""}, "client_id must be a text"),
        ({"client_id": ["1example"]}, "client_id must be a text"),
        ({"client_id": None}, "client_id must be a text"),
        ({"issuer": ""}, "issuer must be the URL"),
        ({"issuer": "idp.example"}, "issuer must be the URL"),
        ({"user_pool": "eu-west-1_AbC123xyz"}, "user_pool must be a UserPool"),
        (
            {"user_pool": UserPool(POOL.user_pool_id, client_ids=["1example"], token_use="id")},
            "user_pool must accept access tokens",
        ),
        ({"user_pool": POOL, "client_id": "3example"}, "one of the client_ids of user_pool"),
        ({"user_pool": POOL, "issuer": "https://idp.example"}, "one of the issuers of user_pool"),
        ({"keys": 1}, "keys must be a URL"),
        ({"keys": "http://keys.example"}, "https only"),
        ({"keys": "file:///etc"}, "keys must come from a URL"),
        ({"keys": "https://keys.example/of?sig=x"}, "keys takes no query in its URL, since"),
        ({"role_claim": ""}, "role_claim must be a text"),
        ({"split_roles": "false"}, "split_roles must be True or False"),
        ({"leeway": -1}, "leeway must be between"),
        ({"leeway": "1"}, "leeway must be a number"),
        ({"checks": [later]}, "not async"),
    ],
    ids=steady,
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """Whatever would leave something unchecked stops the start, with the argument's name."""
    with pytest.raises(ConfigurationError, match=message):
        _load_balancer(**arguments)


def test_arns_and_client_have_no_default() -> None:
    """Leaving one of them out is an error, and not a waiver."""
    with pytest.raises(TypeError):
        LoadBalancer(client_id="1example")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        LoadBalancer([ARN])  # type: ignore[call-arg]


@pytest.mark.parametrize("duplicate", WAYS)
def test_it_cannot_be_changed(duplicate: Callable[[Any], Any]) -> None:
    """What was checked stays as it is, and a copy is a whole one."""
    one = _load_balancer(checks=[never], role_claim="a", split_roles=True, leeway=3)

    with pytest.raises(AttributeError, match="a LoadBalancer cannot be changed"):
        one.client_id = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del one.arns
    copied = duplicate(one)
    assert (copied.arns, copied.client_id, copied.leeway) == ({ARN}, "1example", 3)
    assert (copied.role_claim, copied.split_roles) == ("a", True)
    assert repr(one) == "<LoadBalancer with 1 ARNs>"
