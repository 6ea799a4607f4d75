"""Under which name an identity pool knows a user pool."""

from __future__ import annotations

from ...errors import ConfigurationError
from ...partitions import partition_of
from ...tokens.user_pool import UserPool

__all__ = ["provider_of"]

# CognitoIdentityProvider, in the API reference of identity pools.
_PROVIDER = "cognito-idp.{region}.{dns_suffix}/{user_pool_id}"


def provider_of(pool: UserPool | None, said: object) -> str | None:
    """The key of the pool's tokens among the logins; ``None`` without a pool.

    It is one name for both forms of a pool's issuer: the API reference knows no other.
    """
    if said is not None and (pool is None or not isinstance(said, str) or not said):
        raise ConfigurationError(
            "provider must be the name under which the identity pool knows the UserPool"
        )
    if isinstance(said, str) or pool is None:
        return said if isinstance(said, str) else None
    user_pool_id = pool.user_pool_id
    region = user_pool_id.partition("_")[0]
    partition = partition_of(region)
    if partition is None:  # of an emulator, whose regions are no AWS ones
        return pool.issuers[0].partition("://")[2]
    return _PROVIDER.format(
        region=region, dns_suffix=partition.dns_suffix, user_pool_id=user_pool_id
    )
