"""partitions.py: which regions have user pools, and how their hosts end."""

from __future__ import annotations

import pytest

from cognito_guard import ConfigurationError, UserPool
from cognito_guard.partitions import PARTITIONS, partition_of


@pytest.mark.parametrize(
    ("region", "name", "dns_suffix"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("us-east-1", "aws", "amazonaws.com"),
        ("ap-southeast-7", "aws", "amazonaws.com"),
        ("il-central-1", "aws", "amazonaws.com"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("us-gov-east-1", "aws-us-gov", "amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
    ],
)
def test_regions(region: str, name: str, dns_suffix: str) -> None:
    """Each region belongs to exactly one partition, which knows how its hosts end."""
    partition = partition_of(region)

    assert partition is not None
    assert (partition.name, partition.dns_suffix) == (name, dns_suffix)
    assert [one for one in PARTITIONS if one.has(region)] == [partition]


@pytest.mark.parametrize(
    "region",
    [
        "",
        "local",
        "eu-gov-west-1",
        "eu-west",
        "eu-west-12",
        "EU-WEST-1",
        "eu-west-1 ",
        "eu-west-1\n",
        "eu-west-\u0661",
        "eu-west-1.evil.example/",
        "eusc-east-1",
    ],
)
def test_what_is_no_region(region: str) -> None:
    """Nothing that merely looks like a region makes a host name."""
    assert partition_of(region) is None


def test_china_has_no_user_pools() -> None:
    """A user pool there is a mistake; a load balancer is not."""
    assert [one.name for one in PARTITIONS if not one.has_user_pools] == ["aws-cn"]
    with pytest.raises(ConfigurationError, match="no AWS region with user pools"):
        UserPool("cn-north-1_AbC123xyz", client_ids=["c"])
