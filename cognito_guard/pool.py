"""UserPool: which tokens of which user pool are accepted. The one parser of a user pool id."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, final

from . import _arguments as arguments
from .errors import ConfigurationError
from .partitions import ORIGINAL_ISSUER, UPDATED_ISSUER, partition_of

if TYPE_CHECKING:
    from .identity import Identity
    from .keys import KeySet

__all__ = ["ANY_CLIENT", "AnyClient", "Check", "TokenUse", "UserPool"]

TokenUse: TypeAlias = Literal["access", "id", "any"]
Check: TypeAlias = "Callable[[Identity], object]"

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
"""Says aloud that a token of any app client of the pool is accepted."""


@final
class UserPool(arguments.Frozen):
    """A user pool whose tokens are trusted, and the conditions a token must meet.

    ``user_pool_id``
        ``REGION_NAME``, for example ``eu-west-1_AbC123xyz``. It implies the two issuers that AWS
        uses for a pool, and both are accepted, compared as whole strings.
    ``client_ids``
        The app clients whose tokens are accepted: a list of at least one id, or ``ANY_CLIENT``.
    ``token_use``
        ``"access"``, ``"id"`` or ``"any"``.
    ``resources``
        Resource identifiers, one of which an access token's ``aud`` must equal (RFC 8707, resource
        binding). ``None`` leaves ``aud`` of access tokens unchecked.
    ``issuer``
        Replaces both issuers. For emulators and private networks.
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
        Your own checks, run last, each called with the verified :class:`~cognito_guard.Identity`.
        A check passes by returning ``None`` or ``True``; it refuses by raising an ``AuthError`` or
        by returning anything else.

    Raises :class:`ConfigurationError`, naming the argument, for anything wrong or empty.
    """

    __slots__ = (
        "checks",
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
    token_uses: frozenset[str]
    resources: frozenset[str] | None
    issuers: tuple[str, ...]
    jwks: Mapping[str, Any] | str | KeySet | None
    role_claim: str | None
    split_roles: bool
    leeway: float
    checks: tuple[Check, ...]

    def __init__(
        self,
        user_pool_id: str,
        *,
        client_ids: Iterable[str] | AnyClient,
        token_use: TokenUse = "access",
        resources: Iterable[str] | None = None,
        issuer: str | None = None,
        jwks: Mapping[str, Any] | str | os.PathLike[str] | KeySet | None = None,
        role_claim: str | None = "custom:role",
        split_roles: bool = False,
        leeway: float = 0,
        checks: Iterable[Check] = (),
    ) -> None:
        text = arguments.text
        self._set(
            {
                "user_pool_id": user_pool_id,
                "client_ids": _client_ids(client_ids),
                "token_uses": _token_uses(token_use),
                "resources": (
                    None if resources is None else arguments.texts("resources", resources)
                ),
                "issuers": _issuers(user_pool_id, issuer),
                "jwks": _jwks(jwks),
                "role_claim": None if role_claim is None else text("role_claim", role_claim),
                "split_roles": arguments.boolean("split_roles", split_roles),
                "leeway": arguments.leeway(leeway),
                "checks": arguments.checks(checks),
            }
        )

    def __repr__(self) -> str:
        return f"<UserPool {self.user_pool_id}>"


def _issuers(user_pool_id: str, issuer: str | None) -> tuple[str, ...]:
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
        return (arguments.issuer_url(issuer),)
    partition = partition_of(region)
    if partition is None or not partition.has_user_pools:
        raise ConfigurationError(
            f"user_pool_id names {region!r}, which is no AWS region with user pools; for an "
            "emulator, pass issuer= as well"
        )
    return tuple(
        form.format(region=region, dns_suffix=partition.dns_suffix, user_pool_id=user_pool_id)
        for form in (ORIGINAL_ISSUER, UPDATED_ISSUER)
    )


def _client_ids(client_ids: Iterable[str] | AnyClient) -> frozenset[str] | None:
    if isinstance(client_ids, AnyClient):
        return None
    ids = arguments.texts("client_ids", client_ids, "; to accept any client, pass ANY_CLIENT")
    for client_id in ids:
        arguments.client_id("client_ids must hold app client ids", client_id)
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
