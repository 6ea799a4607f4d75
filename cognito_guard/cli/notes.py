"""What to note about a token that somebody inspects: what it is, and what would get it refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import ConfigurationError, InvalidToken
from ..load_balancers.claims import check_key_id
from ..tokens import claims as claim
from ..tokens.user_pool import ANY_CLIENT, UserPool
from .diagnosis import Diagnosis
from .output import shown

__all__ = ["notes"]

_DATA = (
    "It says that it is a load balancer's data (x-amzn-oidc-data), signed by the one that its "
    "signer names."
)

_UNUSED_MEMBERS = ("jku", "x5u", "x5c", "jwk")


def notes(diagnosis: Diagnosis, now: float) -> list[str]:
    """One sentence for each thing to note, in the order of their weight."""
    found = [f"Would be refused: {error.reason}: {error.detail}" for error in diagnosis.refusals]
    if diagnosis.claims is not None:
        header = diagnosis.header if diagnosis.is_data else None
        found += [
            f"Would be refused: {error.reason}: {error.detail}"
            for error in _refusals(_checks(diagnosis.claims, header, now))
        ]
        found += [
            _kind(diagnosis.claims) if header is None else _DATA,
            _issuer(diagnosis.claims.get("iss")),
        ]
    found += [
        f'The header\'s "{name}" is never looked at: a token does not choose its own key.'
        for name in _UNUSED_MEMBERS
        if name in (diagnosis.header or {})
    ]
    return found


def _refusals(checks: Iterable[Callable[[], object]]) -> Iterator[InvalidToken]:
    for check in checks:
        try:
            check()
        except InvalidToken as refusal:
            yield refusal


def _checks(
    claims: dict[str, Any], header: dict[str, Any] | None, now: float
) -> list[Callable[[], object]]:
    """What the engine asks of each claim, without a pool that would say what is accepted.

    ``header`` is that of a load balancer's data, which has claims as well.
    """
    first: list[Callable[[], object]] = [
        lambda: claim.issuer(claims),
        lambda: claim.check_expiry(claims, now, 0),
    ]
    last: list[Callable[[], object]] = [
        lambda: claim.check_other_times(claims, now, 0),
        lambda: claim.subject(claims),
        lambda: claim.groups(claims),
    ]
    if header is not None:
        return [
            lambda: check_key_id(str(header.get("kid"))),
            lambda: claim.signer(header),
            lambda: claim.client(header),
            lambda: claim.issuer(header),
            lambda: claim.check_expiry(header, now, 0),
            *first,
            *last,
        ]
    token_use = claims.get("token_use")
    last += [
        lambda: claim.check_not_sender_constrained(claims),
        lambda: claim.scopes(claims),
    ]
    if token_use in ("access", "id"):
        last += [
            lambda: claim.check_client(claims, token_use, None),
            lambda: claim.username(claims, token_use),
        ]
    return [*first, lambda: claim.check_token_use(claims, frozenset({"access", "id"})), *last]


def _kind(claims: dict[str, Any]) -> str:
    token_use = claims.get("token_use")
    if token_use == "id":
        return (
            "It says that it is an ID token. Those tell an app who signed in; an API takes access "
            "tokens unless it says otherwise (--token-use id)."
        )
    if token_use != "access":
        return "It does not say that it is an access token or an ID token (token_use)."
    if "username" not in claims and claims.get("sub") == claims.get("client_id"):
        return "It says that it is the access token of a machine (client_credentials)."
    return "It says that it is the access token of a user."


def _issuer(issuer: object) -> str:
    pool_id = issuer.rpartition("/")[2] if isinstance(issuer, str) else ""
    try:
        forms = UserPool(pool_id, client_ids=ANY_CLIENT).issuers
    except ConfigurationError:
        forms = ()
    for form, name in zip(forms, ("original", "updated"), strict=False):
        if issuer == form:
            return f"Its issuer is the {name} form of user pool {shown(pool_id)}."
    return "Its issuer is not an AWS user pool; pass the issuer of an emulator with --issuer."
