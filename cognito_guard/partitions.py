"""What differs between the AWS partitions: how a region is spelt, the hosts of its issuers, and of
the keys of its load balancers.

Data only. Sources: the service model of botocore 1.44 for the EU Sovereign Cloud's DNS suffix; the
Amazon Cognito developer guide, "Verifying JSON web tokens", for the two issuer forms; the guide of
Application Load Balancers, "Authenticate users", for the keys. The key hosts of China and of the EU
Sovereign Cloud are not documented: ``keys`` of a ``LoadBalancer`` replaces them.
"""

from __future__ import annotations

import re
from typing import final

__all__ = ["PARTITIONS", "Partition", "partition_of"]


_ELB_KEYS = "https://public-keys.auth.elb.{region}.{dns_suffix}"
_GOVCLOUD_ELB_KEYS = "https://s3-{region}.{dns_suffix}/aws-elb-public-keys-prod-{region}"


@final
class Partition:
    """One AWS partition. ``region`` is the pattern of its regions' names, and fits no other's;
    ``load_balancer_keys`` is where a load balancer's key is, less the ``/`` and the ``kid``."""

    __slots__ = ("dns_suffix", "has_user_pools", "load_balancer_keys", "name", "region")

    def __init__(
        self,
        name: str,
        region: str,
        dns_suffix: str,
        load_balancer_keys: str = _ELB_KEYS,
        *,
        has_user_pools: bool = True,
    ) -> None:
        self.name = name
        self.region = region
        self.dns_suffix = dns_suffix
        self.load_balancer_keys = load_balancer_keys
        self.has_user_pools = has_user_pools

    def has(self, region: str) -> bool:
        """Whether the region is one of this partition, or would be if there were one."""
        return re.fullmatch(self.region, region) is not None


# The one of most comes first: then the others' patterns are compiled in no process of its users.
PARTITIONS = (
    Partition("aws", r"(?!cn-)[a-z]{2}-(?!gov-)[a-z]+-[0-9]", "amazonaws.com"),
    Partition("aws-us-gov", r"us-gov-[a-z]+-[0-9]", "amazonaws.com", _GOVCLOUD_ELB_KEYS),
    Partition("aws-eusc", r"eusc-[a-z]{2}-[a-z]+-[0-9]", "amazonaws.eu"),
    Partition("aws-cn", r"cn-[a-z]+-[0-9]", "amazonaws.com.cn", has_user_pools=False),
)

ORIGINAL_ISSUER = "https://cognito-idp.{region}.{dns_suffix}/{user_pool_id}"
UPDATED_ISSUER = "https://issuer-cognito-idp.{region}.{dns_suffix}/{user_pool_id}"


def partition_of(region: str) -> Partition | None:
    """The partition that a region belongs to, or ``None`` if its name fits none."""
    return next((one for one in PARTITIONS if one.has(region)), None)
