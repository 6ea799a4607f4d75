"""UserPool: which tokens of which user pool are accepted. The one parser of a user pool id."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, final

from .._support import arguments
from .._support.callables import require_callable
from ..errors import ConfigurationError, InvalidToken, Reason
from ..partitions import ORIGINAL_ISSUER, UPDATED_ISSUER, Partition, partition_of

if TYPE_CHECKING:
    from ..identity import Identity
    from ..keys import KeySet

__all__ = [
    "ANY_CLIENT",
    "DYNAMIC_CLIENTS",
    "AnyClient",
    "Check",
    "ClientCheck",
    "DynamicClients",
    "TokenUse",
    "UserPool",
    "aws_home",
    "home_of",
    "homes_of",
]

TokenUse: TypeAlias = Literal["access", "id", "any"]
Check: TypeAlias = "Callable[[Identity], object]"
ClientCheck: TypeAlias = "Callable[[str], bool]"

# CreateUserPool: `[\w-]+_[0-9a-zA-Z]+`, at most 55 characters. An emulator's region is no AWS one.
_MAX_POOL_ID = 55


@final
class AnyClient:
    """The type of :data:`ANY_CLIENT`."""

    def __repr__(self) -> str:
        return "ANY_CLIENT"

    def __reduce__(self) -> str:
        return "ANY_CLIENT"


ANY_CLIENT: Final = AnyClient()
"""Accepts a token of any app client of the pool."""


@final
class DynamicClients:
    """The type of :data:`DYNAMIC_CLIENTS`."""

    def __repr__(self) -> str:
        return "DYNAMIC_CLIENTS"

    def __reduce__(self) -> str:
        return "DYNAMIC_CLIENTS"


DYNAMIC_CLIENTS: Final = DynamicClients()
"""Clients register themselves, so ``resources`` or ``client_check`` must decide which tokens are
accepted."""


@final
class UserPool(arguments.Frozen):
    """A user pool whose tokens are trusted, and the conditions a token must meet.

    ``user_pool_id``
        ``REGION_NAME``, for example ``eu-west-1_AbC123xyz``. It implies the two issuers that AWS
        uses for a pool, and both are accepted, compared as whole strings.
    ``client_ids``
        The app clients whose tokens are accepted: a list of at least one id (which may be the URL
        of a client's metadata), ``ANY_CLIENT``, or ``DYNAMIC_CLIENTS`` if clients register
        themselves and their ids are not known in advance. ``DYNAMIC_CLIENTS`` needs ``resources``
        or ``client_check``: otherwise anybody could register a client and get access.
    ``client_check``
        A function that takes the client's id as a text and returns ``True`` if that client is
        accepted. Any other result refuses the token (``wrong_client``). It is called on every
        request whose token is otherwise valid.
    ``token_use``
        ``"access"``, ``"id"`` or ``"any"``.
    ``resources``
        Resource identifiers, one of which an access token's ``aud`` must equal (RFC 8707, resource
        binding). ``None`` leaves ``aud`` of access tokens unchecked. For access tokens only: an ID
        token is bound to no resource.
    ``regions``
        The AWS regions that have a replica of a multi-Region pool. Their tokens name that region in
        the original form of the issuer. Users stay the same: ``Guard.home_issuer`` returns the
        pool's own issuer. The pool's own region may be in the list.
    ``issuer``
        Replaces all issuers. For emulators and private networks.
    ``jwks``
        Where the keys come from instead of ``{issuer}/.well-known/jwks.json``: a JWKS as a mapping,
        the path of a JWKS file, a URL, or any object that is a :class:`~cognito_guard.KeySet`.
        A mapping and a file never touch the network.
    ``role_claim``, ``split_roles``
        The claim behind ``identity.roles`` (``None`` for no roles), and whether its text holds
        several roles, split on commas and spaces.
    ``leeway``
        Seconds, 0 to 300, by which clocks may differ when ``exp`` and ``nbf`` are compared.
    ``checks``
        Your own checks. They run last; each is called with the verified
        :class:`~cognito_guard.Identity`. A check passes by returning ``None`` or ``True``; it
        refuses by raising an ``AuthError`` or by returning anything else.

    Raises :class:`ConfigurationError` for an argument that is wrong or empty; the message names it.
    """

    __slots__ = (
        "asked",
        "checks",
        "client_check",
        "client_ids",
        "issuers",
        "jwks",
        "leeway",
        "resources",
        "role_claim",
        "split_roles",
        "token_uses",
        "user_pool_id",
    )

    user_pool_id: str
    client_ids: frozenset[str] | None
    client_check: ClientCheck | None
    token_uses: frozenset[str]
    resources: frozenset[str] | None
    issuers: tuple[str, ...]
    jwks: Mapping[str, Any] | str | KeySet | None
    role_claim: str | None
    split_roles: bool
    leeway: float
    checks: tuple[Check, ...]
    asked: tuple[Check, ...]
    """The app's own checks, in the order in which they run."""

    def __init__(
        self,
        user_pool_id: str,
        *,
        client_ids: Iterable[str] | AnyClient | DynamicClients,
        client_check: ClientCheck | None = None,
        token_use: TokenUse = "access",
        resources: Iterable[str] | None = None,
        regions: Iterable[str] | None = None,
        issuer: str | None = None,
        jwks: Mapping[str, Any] | str | os.PathLike[str] | KeySet | None = None,
        role_claim: str | None = "custom:role",
        split_roles: bool = False,
        leeway: float = 0,
        checks: Iterable[Check] = (),
    ) -> None:
        if client_check is not None:
            require_callable("client_check", client_check)
            # As a `Policy` does: it would be asked about a text.
            if hasattr(client_check, "__and__"):
                raise ConfigurationError(
                    "client_check is asked about the id of a client, a policy about an Identity: "
                    "write a function of a text"
                )
        if client_ids is DYNAMIC_CLIENTS and resources is None and client_check is None:
            raise ConfigurationError(
                "client_ids=DYNAMIC_CLIENTS needs resources= or client_check= as well: anybody may "
                "register a client"
            )
        token_uses = _token_uses(token_use)
        if resources is not None and token_uses != {"access"}:
            raise ConfigurationError(
                'resources are for token_use="access" alone: an ID token is bound to no resource, '
                "so each would pass"
            )
        claim, split = arguments.roles(role_claim, split_roles)
        own = arguments.checks(checks)
        self._set(
            {
                "user_pool_id": user_pool_id,
                "client_ids": _client_ids(client_ids),
                "client_check": client_check,
                "token_uses": token_uses,
                "resources": None if resources is None else arguments.resources(resources),
                "issuers": _issuers(user_pool_id, issuer, regions),
                "jwks": _jwks(jwks),
                "role_claim": claim,
                "split_roles": split,
                "leeway": arguments.leeway(leeway),
                "checks": own,
                "asked": own if client_check is None else (_OfAClient(client_check), *own),
            }
        )

    def __repr__(self) -> str:
        return f"<UserPool {self.user_pool_id}>"

    def of_client(self, client_id: str) -> UserPool:
        """The same pool, trusted for what one app client gets when a user signs in: ID and access
        tokens, for any resource. The app's own checks do not run."""
        from copy import copy

        same = copy(self)
        same._set(
            {
                "client_ids": frozenset({client_id}),
                "client_check": None,
                "token_uses": frozenset({"access", "id"}),
                "resources": None,
                "checks": (),
                "asked": (),
            }
        )
        return same


class _OfAClient:
    """A check that asks about the client alone. No closure, so that a pool can be pickled."""

    __slots__ = ("_accepts",)

    def __init__(self, accepts: ClientCheck) -> None:
        self._accepts = accepts

    def __call__(self, identity: Identity) -> None:
        if self._accepts(identity.client_id) is not True:
            raise InvalidToken(
                Reason.WRONG_CLIENT,
                "The token was issued to an app client that is not accepted here.",
            )


def home_of(issuer: str) -> str:
    """The issuer to store the users of a pool under, whichever of its issuers this is: the original
    form in the pool's own region. An issuer that is not at AWS is returned unchanged."""
    return aws_home(issuer) or issuer


class _Homes(dict[str, str]):
    """A load balancer that trusts no issuer by name forwards users of any: none is kept."""

    def __missing__(self, issuer: str) -> str:
        return home_of(issuer)


def homes_of(issuers: Iterable[str]) -> dict[str, str]:
    """For each of these issuers, which a guard trusts, the one to store its users under; and for
    any other that is asked for."""
    return _Homes((issuer, home_of(issuer)) for issuer in issuers)


def aws_home(issuer: str) -> str | None:
    """The original form of a pool's issuer in its own region, which the pool's id names; ``None``
    if this is not an issuer of a pool at AWS."""
    address, _, user_pool_id = issuer.rpartition("/")
    try:
        home = _issuers(user_pool_id, None, None)[0]
    except ConfigurationError:
        return None
    own_region = user_pool_id.partition("_")[0]
    region = address.partition("cognito-idp.")[2].partition(".")[0]
    partition = partition_of(region)
    if partition is None or partition is not partition_of(own_region):
        return None
    # In either form and in any region of the partition. Whole texts, so nothing else comes in.
    named = {"region": region, "dns_suffix": partition.dns_suffix, "user_pool_id": user_pool_id}
    forms = (ORIGINAL_ISSUER.format(**named), UPDATED_ISSUER.format(**named))
    return home if issuer in forms else None


def _issuers(
    user_pool_id: str, issuer: str | None, regions: Iterable[str] | None
) -> tuple[str, ...]:
    """The issuers that a pool's tokens may name, the original form first."""
    whole = user_pool_id if isinstance(user_pool_id, str) else ""
    region, _, name = whole.partition("_")
    letters = region.replace("-", "x")
    if not (
        letters.isalnum() and name.isalnum() and whole.isascii() and len(whole) <= _MAX_POOL_ID
    ):
        raise ConfigurationError(
            "user_pool_id must be REGION_NAME as AWS shows it, for example eu-west-1_AbC123xyz"
        )
    if issuer is not None:
        if regions is not None:
            raise ConfigurationError("issuer replaces the issuers of all regions; leave one out")
        return (arguments.issuer_url(issuer),)
    partition = partition_of(region)
    if partition is None or not partition.has_user_pools:
        raise ConfigurationError(
            f"user_pool_id names {region!r}, which is no AWS region with user pools: copy the id "
            "from the Cognito console; for an emulator, pass issuer= as well"
        )
    replicas = _replicas(region, partition, regions)
    forms = [(ORIGINAL_ISSUER, region), (UPDATED_ISSUER, region)]
    forms += [(ORIGINAL_ISSUER, replica) for replica in replicas]
    return tuple(
        form.format(region=where, dns_suffix=partition.dns_suffix, user_pool_id=user_pool_id)
        for form, where in forms
    )


def _replicas(home: str, partition: Partition, regions: Iterable[str] | None) -> list[str]:
    """The regions of a pool but its own, which all are in one partition."""
    if regions is None:
        return []
    named = arguments.texts("regions", regions)
    if not all(partition.has(region) for region in named):
        raise ConfigurationError(
            "each of regions must be the name of an AWS region, such as eu-west-1, in the "
            "partition of the pool"
        )
    return sorted(named - {home})


def _client_ids(client_ids: Iterable[str] | AnyClient | DynamicClients) -> frozenset[str] | None:
    if isinstance(client_ids, AnyClient | DynamicClients):
        return None
    ids = arguments.texts(
        "client_ids",
        client_ids,
        "; list the ids of your app clients (ANY_CLIENT accepts every client of the pool)",
    )
    for client_id in ids:
        hint = arguments.alone([client_id])
        arguments.client_id("client_ids must hold app client ids", client_id, hint)
    return ids


def _token_uses(token_use: TokenUse) -> frozenset[str]:
    if token_use == "any":
        return frozenset({"access", "id"})
    if token_use in ("access", "id"):
        return frozenset({token_use})
    raise ConfigurationError('token_use must be "access", "id" or "any"')


def _jwks(
    jwks: Mapping[str, Any] | str | os.PathLike[str] | KeySet | None,
) -> Mapping[str, Any] | str | KeySet | None:
    if jwks is None or callable(getattr(jwks, "key", None)):
        return cast("KeySet | None", jwks)
    if isinstance(jwks, Mapping):
        return jwks
    if isinstance(jwks, str | os.PathLike) and (path := os.fspath(jwks)):
        return path
    raise ConfigurationError("jwks must be a JWKS as a mapping, a path, a URL or a KeySet")
