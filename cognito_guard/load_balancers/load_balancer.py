"""LoadBalancer: which Application Load Balancers are trusted. The one parser of their ARNs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast, final

from .._support import arguments
from ..errors import ConfigurationError
from ..partitions import partition_of
from ..tokens.user_pool import UserPool

if TYPE_CHECKING:
    from ..identity import Identity
    from ..keys import KeySet

__all__ = ["LoadBalancer"]

Check: TypeAlias = "Callable[[Identity], object]"

# Elastic Load Balancing user guide: `arn:PARTITION:elasticloadbalancing:REGION:ACCOUNT:` and
# `loadbalancer/app/NAME/ID`; a name has at most 32 letters, digits and hyphens.
_ARN = (
    r"arn:([a-z][a-z0-9-]*):elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:"
    r"loadbalancer/app/[A-Za-z0-9-]{1,32}/[A-Za-z0-9]+"
)


@final
class LoadBalancer(arguments.Frozen):
    """Load balancers whose ``x-amzn-oidc-*`` headers are trusted after verification.

    ``arns``
        The ARNs of the load balancers: a list of at least one whole ARN. All load balancers in a
        region sign with keys from the same address, so only the ARN identifies yours.
    ``client_id``
        The client that the listener signs users in with.
    ``issuer``
        The issuer in the listener's settings. The default is any issuer of ``user_pool``. Without a
        ``user_pool``, any issuer that these load balancers name is accepted.
    ``user_pool``
        A :class:`UserPool`. The load balancer must then forward its access token
        (``x-amzn-oidc-accesstoken``), which is verified, too. Groups and scopes are only available
        this way. It must accept access tokens of ``client_id``.
    ``keys``
        Where the public keys come from instead of the address of the ARN's region: a URL to which
        ``/{kid}`` is appended (https, or http on loopback), PEM texts by ``kid``, or any
        :class:`KeySet`.
    ``role_claim``, ``split_roles``, ``leeway``, ``checks``
        As for a :class:`UserPool`.

    Application Load Balancers user guide, "Authenticate users using an Application Load Balancer".
    Raises :class:`ConfigurationError` for an argument that is wrong or empty; the message names it.
    """

    __slots__ = (
        "arns",
        "checks",
        "client_id",
        "issuers",
        "key_sources",
        "leeway",
        "role_claim",
        "split_roles",
        "user_pool",
    )

    arns: frozenset[str]
    client_id: str
    issuers: tuple[str, ...]
    key_sources: Mapping[str, str | Mapping[str, str] | KeySet]
    user_pool: UserPool | None
    role_claim: str | None
    split_roles: bool
    leeway: float
    checks: tuple[Check, ...]

    def __init__(
        self,
        arns: Iterable[str],
        *,
        client_id: str,
        issuer: str | None = None,
        user_pool: UserPool | None = None,
        keys: str | Mapping[str, str] | KeySet | None = None,
        role_claim: str | None = "custom:role",
        split_roles: bool = False,
        leeway: float = 0,
        checks: Iterable[Check] = (),
    ) -> None:
        text = arguments.text
        whole = arguments.texts("arns", arns)
        claim, split = arguments.roles(role_claim, split_roles)
        own_keys = None if keys is None else _keys(keys)
        self._set(
            {
                "arns": whole,
                "client_id": text("client_id", client_id),
                "issuers": _issuers(issuer, _user_pool(user_pool, client_id, claim, split)),
                "key_sources": {arn: _key_address(arn, own_keys) for arn in whole},
                "user_pool": user_pool,
                "role_claim": claim,
                "split_roles": split,
                "leeway": arguments.leeway(leeway),
                "checks": arguments.checks(checks),
            }
        )

    def __repr__(self) -> str:
        return f"<LoadBalancer with {len(self.arns)} ARNs>"


def _key_address(
    arn: str, keys: str | Mapping[str, str] | KeySet | None
) -> str | Mapping[str, str] | KeySet:
    """Where the keys of a load balancer come from. Its own region's address, unless overridden."""
    match = re.fullmatch(_ARN, arn)
    if match is None:
        raise ConfigurationError(
            "arns must hold whole ARNs of Application Load Balancers, such as "
            "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/my-alb/0123456789abcdef"
        )
    if keys is not None:
        return keys
    partition_name, region = match.groups()
    partition = partition_of(region)
    if partition is None or partition.name != partition_name:
        raise ConfigurationError(
            f"arns names region {region!r} of partition {partition_name!r}, whose keys are at an "
            "address that is not known here; pass keys= as well"
        )
    return partition.load_balancer_keys.format(region=region, dns_suffix=partition.dns_suffix)


def _user_pool(
    user_pool: UserPool | None, client_id: str, role_claim: str | None, split_roles: bool
) -> UserPool | None:
    if user_pool is None:
        return None
    if not isinstance(user_pool, UserPool):
        raise ConfigurationError("user_pool must be a UserPool")
    if "access" not in user_pool.token_uses:
        raise ConfigurationError("user_pool must accept access tokens (token_use)")
    if user_pool.client_ids is not None and client_id not in user_pool.client_ids:
        raise ConfigurationError("client_id must be one of the client_ids of user_pool")
    of_the_pool = (user_pool.role_claim, user_pool.split_roles)
    if of_the_pool not in (("custom:role", False), (role_claim, split_roles)):
        raise ConfigurationError(
            "role_claim and split_roles of user_pool would have no effect: those of the load "
            "balancer apply to its callers; set the same values for both"
        )
    return user_pool


def _issuers(issuer: str | None, user_pool: UserPool | None) -> tuple[str, ...]:
    pool_issuers = () if user_pool is None else user_pool.issuers
    if issuer is None:
        return pool_issuers
    if pool_issuers and issuer not in pool_issuers:
        raise ConfigurationError("issuer must be one of the issuers of user_pool")
    return (arguments.issuer_url(issuer),)


def _keys(keys: str | Mapping[str, str] | KeySet) -> str | Mapping[str, str] | KeySet:
    if callable(getattr(keys, "key", None)):
        return cast("KeySet", keys)
    if isinstance(keys, str):
        if "?" in keys:  # the kid would become a part of the query, and a secret in it be logged
            raise ConfigurationError("keys takes no query in its URL, since /{kid} comes after it")
        from ..network.fetch import check_url

        return check_url(keys)
    if isinstance(keys, Mapping):
        return keys
    raise ConfigurationError("keys must be a URL, PEM texts by their kid, or a KeySet")
