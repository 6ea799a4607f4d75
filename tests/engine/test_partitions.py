"""partitions.py: which regions have user pools, and how their hosts end."""

from __future__ import annotations

import pytest

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
    ],
)
def test_regions_with_user_pools(region: str, name: str, dns_suffix: str) -> None:
    """Each region belongs to exactly one partition, which knows how its hosts end."""
    partition = partition_of(region)

    assert partition is not None
    assert (partition.name, partition.dns_suffix) == (name, dns_suffix)
    assert [one for one in PARTITIONS if one.region.fullmatch(region)] == [partition]


@pytest.mark.parametrize(
    "region",
    [
        "",
        "local",
        "cn-north-1",
        "cn-northwest-1",
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
    """China has no user pools, and nothing that merely looks like a region makes a host name."""
    assert partition_of(region) is None
