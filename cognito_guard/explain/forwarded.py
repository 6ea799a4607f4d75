"""What a load balancer forwards: one step for each check of ``load_balancers.verifier``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast, final

from ..identity import Identity, with_user_info
from ..keys import KeySet
from ..load_balancers import claims as data
from ..tokens import claims as claim
from . import hints, words
from .policies import add_checks
from .steps import Steps
from .text import Text, read
from .tokens import (
    Signed,
    ask_list,
    check_groups,
    check_ids,
    check_key,
    check_roles,
    check_scopes,
    check_subject,
    check_times,
    explain_token,
)

if TYPE_CHECKING:
    from ..http.carriers import Forwarded
    from ..load_balancers.load_balancer import LoadBalancer
    from ..load_balancers.verifier import LoadBalancerVerifier
    from ..tokens.verifier import TokenVerifier

__all__ = ["explain_forwarded"]

_Trusted = Mapping[str, dict[str, "tuple[LoadBalancer, KeySet]"]]


@final
class _Case:
    """Data, and what was found out about it. Says nothing of what it holds."""

    __slots__ = ("forwarded", "issuer", "keys", "load_balancer", "now", "subject", "text")

    def __init__(self, forwarded: Forwarded, now: float) -> None:
        self.forwarded = forwarded
        self.text = Text(forwarded.data)
        self.now = now
        self.load_balancer: LoadBalancer | None = None
        self.keys: KeySet | None = None
        self.issuer: str | None = None
        self.subject: str | None = None

    @property
    def leeway(self) -> float:
        """Seconds by which clocks may differ."""
        return 0 if self.load_balancer is None else self.load_balancer.leeway


def explain_forwarded(
    steps: Steps, verifier: LoadBalancerVerifier, forwarded: Forwarded
) -> Identity | None:
    """Every check of the data, and of the access token beside it; and who is calling if all of them
    passed."""
    case = _Case(forwarded, verifier._clock())
    own = steps.under("data.")
    read(own, case.text, max_bytes=verifier._max_bytes, algorithm="ES256", padded=True)
    _before_the_key(own, case, verifier._trusted)
    check_key(own, Signed(case.text, case.keys), about_data=True)
    _after_the_key(own, case)
    balancer = case.load_balancer
    tokens = None if balancer is None else verifier._access_tokens.get(balancer)
    token = None
    if tokens is not None:
        token = _access_token(steps, case, cast("TokenVerifier", tokens))
    identity = _caller(own, case, token, alone=tokens is None)
    ask_list(own, verifier._revoked, identity)
    if balancer is not None:
        add_checks(own, balancer.checks, identity)
    return identity if steps.good else None


def _access_token(steps: Steps, case: _Case, verifier: TokenVerifier) -> Identity | None:
    """The token that came along, and each of its checks."""
    steps.check(
        "access_token",
        lambda: data.access_token(case.forwarded) and None,
        expected="x-amzn-oidc-accesstoken beside the data",
        actual=lambda: words.ABSENT if case.forwarded.access_token is None else "there",
    )
    if case.forwarded.access_token is None:
        return None
    return explain_token(steps.under("access_token."), verifier, Text(case.forwarded.access_token))


# No frame has claims in a variable while code of a user's runs: these do, and call none.


def _before_the_key(steps: Steps, case: _Case, trusted: _Trusted) -> None:
    header = case.text.header or {}
    there, now = case.text.header is not None, case.now
    steps.check(
        "key_uuid",
        lambda: data.check_key_id(case.text.kid or ""),
        expected="kid: a UUID",
        actual=lambda: f"kid {words.claim(header, 'kid')}",
        when=case.text.kid is not None,
    )
    signer = steps.check(
        "signer",
        lambda: data.check_signer(header, trusted),
        expected=lambda: f"signer {words.listed(trusted)}",
        actual=lambda: f"signer {words.claim(header, 'signer')}",
        hint=lambda: hints.signer(header, trusted),
        when=there,
    )
    clients = trusted[signer] if signer is not None else {}
    client = steps.check(
        "client",
        lambda: data.check_client(header, clients),
        expected=lambda: f"client {words.listed(clients)}" if clients else None,
        actual=lambda: f"client {words.claim(header, 'client')}",
        hint=lambda: hints.client(header, "client", frozenset(clients), "ALB_CLIENT_ID"),
        when=signer is not None,
    )
    if client is not None:
        case.load_balancer, case.keys = clients[client]
    accepted = () if case.load_balancer is None else case.load_balancer.issuers
    case.issuer = steps.check(
        "issuer",
        lambda: data.check_issuer(header, accepted),
        expected=lambda: f"iss {words.listed(accepted)}" if accepted else "iss: any",
        actual=lambda: f"iss {words.claim(header, 'iss')}",
        hint=lambda: hints.issuer(header, accepted),
        when=client is not None,
    )
    _check_expiry(steps, "expiry", case, header, there=there, now=now)


def _check_expiry(
    steps: Steps, name: str, case: _Case, claims: dict[str, Any], *, there: bool, now: float
) -> None:
    steps.check(
        name,
        lambda: claim.check_expiry(claims, now, case.leeway),
        expected=f"exp after {words.clock(now)}{hints.by_leeway(case.leeway)}",
        actual=lambda: hints.time_in(claims, "exp", now),
        hint=lambda: hints.expiry_of_data(claims, now),
        when=there,
    )


def _after_the_key(steps: Steps, case: _Case) -> None:
    claims = case.text.claims or {}
    there, now = case.text.claims is not None, case.now
    steps.check(
        "payload_issuer",
        lambda: data.check_same_issuer(claims, case.issuer or ""),
        expected=lambda: f"iss {words.value(case.issuer)}, as in the header",
        actual=lambda: f"iss {words.claim(claims, 'iss')}",
        when=there and case.issuer is not None,
    )
    _check_expiry(steps, "payload_expiry", case, claims, there=there, now=now)
    check_times(steps, claims, now, case.leeway, there=there)
    check_ids(steps, claims, there=there)
    steps.check(
        "resource",
        lambda: claim.check_resource(claims, None),
        expected="no aud, or texts",
        actual=lambda: f"aud {words.claim(claims, 'aud')}",
        when=there,
    )
    check_scopes(steps, claims, there=there)
    case.subject = check_subject(steps, claims, there=there)
    named = case.forwarded.identity
    steps.check(
        "identity_header",
        lambda: data.check_identity_header(named, case.subject or ""),
        expected="no x-amzn-oidc-identity, or the sub of the data",
        actual=lambda: words.ABSENT if named is None else words.value(named),
        when=case.subject is not None,
    )


def _caller(steps: Steps, case: _Case, token: Identity | None, *, alone: bool) -> Identity | None:
    """Who is calling. ``alone``: no access token belongs to the data."""
    balancer, there = case.load_balancer, case.text.claims is not None
    claims = {**(case.text.claims or {})}
    data.type_booleans(claims)
    check_groups(steps, claims, there=there)
    if alone:
        username = steps.check(
            "username",
            lambda: claim.username(claims, "access"),
            expected="username: a text, or absent",
            actual=lambda: f"username {words.claim(claims, 'username')}",
            when=there,
        )
        roles = check_roles(steps, claims, balancer, there=there)
        if not steps.good or balancer is None:
            return None
        by_data = (claims, "user_info", balancer.client_id, username)
        return Identity(*by_data, (), (), roles or (), "user_info")
    _check_belonging(steps, case, token)
    if token is None or balancer is None:
        check_roles(steps, claims, balancer, there=False)
        return None
    both: dict[str, Any] = {**claims, **token._claims}
    roles = check_roles(steps, both, balancer, there=there)
    return with_user_info(token, claims, lambda _: roles or ()) if steps.good else None


def _check_belonging(steps: Steps, case: _Case, token: Identity | None) -> None:
    """That the access token and the data belong together."""
    client_id = "" if case.load_balancer is None else case.load_balancer.client_id
    there = token is not None
    told: Any = token
    steps.check(
        "token_use_beside",
        lambda: data.check_token_kind(told),
        expected="an access token beside the data",
        actual=lambda: f"token_use {words.value(told.token_use)}",
        when=there,
    )
    steps.check(
        "client_beside",
        lambda: data.check_token_client(told, client_id),
        expected=f"client_id {words.value(client_id)} in the access token",
        actual=lambda: f"client_id {words.value(told.client_id)}",
        when=there,
    )
    steps.check(
        "subject_beside",
        lambda: data.check_token_subject(told, case.subject or ""),
        expected=lambda: f"sub {words.value(case.subject)} in the access token",
        actual=lambda: f"sub {words.value(told.subject)}",
        when=there,
    )
