"""What differs between the AWS partitions: how a region is spelt, and the hosts of its issuers.

Data only. Sources: the service model of botocore 1.44 for the EU Sovereign Cloud's DNS suffix; the
Amazon Cognito developer guide, "Verifying JSON web tokens", for the two issuer forms. China has no
user pools, so a `cn-` region is in no partition here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["PARTITIONS", "Partition", "partition_of"]


class Partition(NamedTuple):
    """One AWS partition. ``region`` matches a whole region name."""

    name: str
    region: re.Pattern[str]
    dns_suffix: str


PARTITIONS = (
    Partition("aws-us-gov", re.compile(r"us-gov-[a-z]+-[0-9]"), "amazonaws.com"),
    Partition("aws-eusc", re.compile(r"eusc-[a-z]{2}-[a-z]+-[0-9]"), "amazonaws.eu"),
    Partition("aws", re.compile(r"(?!cn-)[a-z]{2}-(?!gov-)[a-z]+-[0-9]"), "amazonaws.com"),
)

ORIGINAL_ISSUER = "https://cognito-idp.{region}.{dns_suffix}/{user_pool_id}"
UPDATED_ISSUER = "https://issuer-cognito-idp.{region}.{dns_suffix}/{user_pool_id}"


def partition_of(region: str) -> Partition | None:
    """The partition that a region belongs to, or ``None`` if its name fits none."""
    return next((p for p in PARTITIONS if p.region.fullmatch(region)), None)
