"""A user pool's token: one step for each check of ``tokens.verifier``, in its order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast, final

from ..errors import InvalidToken, KeysUnavailable, Reason
from ..identity import Identity
from ..keys import KeySet
from ..keys.lookup import find_key
from ..keys.signature import VerificationKey
from ..tokens import claims as claim
from . import hints, words
from .policies import add_checks
from .steps import Steps
from .text import Text, read

if TYPE_CHECKING:
    from ..load_balancers.load_balancer import LoadBalancer
    from ..tokens.revoked import RevocationCheck
    from ..tokens.user_pool import UserPool
    from ..tokens.verifier import TokenVerifier

__all__ = [
    "Signed",
    "ask_list",
    "check_groups",
    "check_ids",
    "check_key",
    "check_roles",
    "check_scopes",
    "check_subject",
    "check_times",
    "explain_token",
]


@final
class Signed:
    """What a signature is over, and the key that it is held against. Says nothing of what it
    holds, so that it may be in a variable while a key set or a key of a user's own is asked."""

    __slots__ = ("key", "keys", "text", "unavailable")

    def __init__(self, text: Text, keys: KeySet | None) -> None:
        self.text = text
        self.keys = keys
        self.key: VerificationKey | None = None
        self.unavailable = False

    def find(self) -> VerificationKey:
        """The key."""
        try:
            # It is looked for where both are known.
            return find_key(cast("KeySet", self.keys), cast("str", self.text.kid))
        except KeysUnavailable:
            self.unavailable = True
            raise

    def check_algorithm(self) -> None:
        """The key decides what the signature is; the header only has to agree."""
        if self.key is None or self.key.algorithm != (self.text.header or {}).get("alg"):
            raise InvalidToken(
                Reason.UNSUPPORTED_ALGORITHM, "The token's algorithm is not that of its key."
            )

    def check(self) -> None:
        """The signature. Nothing but ``True`` is a yes."""
        key, text = self.key, self.text
        if key is None or key.verify(text.signing_input or b"", text.signature or b"") is not True:
            raise InvalidToken(Reason.BAD_SIGNATURE, "The token's signature does not match.")


@final
class _Case:
    """A token, and what was found out about it. Silent as well.

    ``pool``: the one that the issuer names. Where that is none and only one is trusted, that one,
    so that there is more to say; but then without keys.
    """

    __slots__ = ("client_id", "keys", "now", "others", "pool", "text", "token_use")

    def __init__(self, text: Text, now: float) -> None:
        self.text = text
        self.now = now
        self.pool: UserPool | None = None
        self.keys: KeySet | None = None
        self.others: list[KeySet] = []
        self.token_use: str | None = None
        self.client_id: str | None = None

    @property
    def claims(self) -> dict[str, Any]:
        """What could be read of the claims."""
        return self.text.claims or {}

    @property
    def leeway(self) -> float:
        """Seconds by which clocks may differ."""
        return 0 if self.pool is None else self.pool.leeway

    def find_pool(self, trusted: dict[str, tuple[UserPool, KeySet]], issuer: str | None) -> None:
        """Whom the token is held against."""
        pools = {id(pool): pool for pool, _ in trusted.values()}
        key_sets = {id(keys): keys for _, keys in trusted.values()}
        if issuer is not None:
            self.pool, self.keys = trusted[issuer]
        elif len(pools) == 1:
            (self.pool,) = pools.values()
        self.others = [keys for keys in key_sets.values() if keys is not self.keys]


def explain_token(steps: Steps, verifier: TokenVerifier, text: Text) -> Identity | None:
    """Every check of a token, and who is calling if all of them passed."""
    case = _Case(text, verifier._clock())
    read(steps, text, max_bytes=verifier._max_bytes, algorithm="RS256")
    _before_the_key(steps, case, verifier._trusted)
    check_key(steps, Signed(text, case.keys), case.others)
    identity = _after_the_key(steps, case)
    ask_list(steps, verifier._revoked, identity)
    if case.pool is not None:
        add_checks(steps, case.pool.asked, identity)
    return identity if steps.good else None


# As in the verifier, no frame has claims in a variable while code of a user's runs: these two do,
# and call none.


def _before_the_key(steps: Steps, case: _Case, trusted: dict[str, tuple[UserPool, KeySet]]) -> None:
    claims, now = case.claims, case.now
    there = case.text.claims is not None
    issuer = steps.check(
        "issuer",
        lambda: claim.check_issuer(claims, trusted),
        expected=lambda: words.listed(trusted),
        actual=lambda: f"iss {words.claim(claims, 'iss')}",
        hint=lambda: hints.issuer(claims, trusted),
        when=there,
    )
    case.find_pool(trusted, issuer)
    pool = case.pool
    steps.check(
        "expiry",
        lambda: claim.check_expiry(claims, now, case.leeway),
        expected=f"exp after {words.clock(now)}{hints.by_leeway(case.leeway)}",
        actual=lambda: hints.time_in(claims, "exp", now),
        hint=lambda: hints.expiry(claims, now),
        when=there,
    )
    uses = frozenset() if pool is None else pool.token_uses
    said = claims.get("token_use")
    steps.check(
        "token_use",
        lambda: claim.check_token_use(claims, uses),
        expected=None if pool is None else f"token_use {words.listed(uses)}",
        actual=lambda: f"token_use {words.claim(claims, 'token_use')}",
        hint=lambda: hints.token_use(said, uses),
        when=there and pool is not None,
    )
    # The claims are held against the kind of token that it is, also where that is the wrong one.
    case.token_use = said if isinstance(said, str) and said in ("access", "id") else None
    accepted = None if pool is None else pool.client_ids
    name = "aud" if said == "id" else "client_id"
    case.client_id = steps.check(
        "client",
        lambda: claim.check_client(claims, case.token_use or "", accepted),
        expected=f"{name}: any" if accepted is None else f"{name} {words.listed(accepted)}",
        actual=lambda: f"{name} {words.claim(claims, name)}",
        hint=lambda: hints.client(claims, name, accepted),
        when=pool is not None and case.token_use is not None,
    )


def _after_the_key(steps: Steps, case: _Case) -> Identity | None:
    claims, pool, token_use = case.claims, case.pool, case.token_use
    there = case.text.claims is not None
    check_times(steps, claims, case.now, case.leeway, there=there)
    steps.check(
        "sender",
        lambda: claim.check_not_sender_constrained(claims),
        expected="no cnf",
        actual=lambda: f"cnf {words.claim(claims, 'cnf')}",
        when=there,
    )
    check_ids(steps, claims, there=there)
    steps.check(
        "actor",
        lambda: claim.check_actor(claims),
        expected="no act, or one that says who acts",
        actual=lambda: f"act {words.claim(claims, 'act')}",
        when=there,
    )
    resources = None if pool is None else pool.resources
    if token_use == "access" and (resources is not None or "aud" in claims):
        steps.check(
            "resource",
            lambda: claim.check_resource(claims, resources),
            expected="aud: texts" if resources is None else f"aud {words.listed(resources)}",
            actual=lambda: f"aud {words.claim(claims, 'aud')}",
            hint=lambda: hints.resource(claims),
        )
    check_subject(steps, claims, there=there)
    name = "cognito:username" if token_use == "id" else "username"
    username = steps.check(
        "username",
        lambda: claim.username(claims, token_use or ""),
        expected=f"{name}: a text, or absent for a machine",
        actual=lambda: f"{name} {words.claim(claims, name)}",
        when=there and token_use is not None,
    )
    groups = check_groups(steps, claims, there=there)
    scopes = check_scopes(steps, claims, there=there)
    roles = check_roles(steps, claims, pool, there=there)
    if not steps.good or token_use is None or case.client_id is None:
        return None
    found = (groups or (), scopes or (), roles or ())
    return Identity(claims, token_use, case.client_id, username, *found)


def check_key(
    steps: Steps, signed: Signed, others: Iterable[KeySet] = (), *, about_data: bool = False
) -> None:
    """The key that a token names, and its signature. A key set may fetch keys for this.

    ``others``: key sets that may have the key instead. ``about_data``: of a load balancer.
    """
    text = signed.text

    def hint() -> str | None:
        if signed.unavailable:
            return hints.unavailable(signed.keys)
        return hints.unknown_key_of_data() if about_data else hints.unknown_key(text, others)

    signed.key = steps.check(
        "key",
        signed.find,
        expected="a key of the issuer with this kid",
        actual=lambda: f"kid {words.value(text.kid)}",
        hint=hint,
        when=signed.keys is not None and text.kid is not None,
    )
    steps.check(
        "key_algorithm",
        signed.check_algorithm,
        expected=lambda: None if signed.key is None else f"alg {signed.key.algorithm}",
        actual=lambda: f"alg {words.claim(text.header or {}, 'alg')}",
        when=signed.key is not None,
    )
    steps.check(
        "signature",
        signed.check,
        expected="the signature of the key over header and payload",
        actual=lambda: f"{len(text.signature or b'')} bytes",
        hint=lambda: hints.signature(text.signature or b"", 64 if about_data else 256),
        when=signed.key is not None and text.signature is not None,
    )


def check_times(
    steps: Steps, claims: dict[str, Any], now: float, leeway: float, *, there: bool
) -> None:
    """``nbf``, ``iat`` and ``auth_time``."""
    steps.check(
        "not_before",
        lambda: claim.check_not_before(claims, now, leeway),
        expected=f"no nbf, or one before {words.clock(now)}{hints.by_leeway(leeway)}",
        actual=lambda: hints.time_in(claims, "nbf", now),
        hint=lambda: hints.clock_behind(claims, "nbf", now),
        when=there,
    )
    for name, claimed in (("issued_at", "iat"), ("signed_in_at", "auth_time")):
        steps.check(
            name,
            lambda claimed=claimed: claim.check_past(claims, claimed),  # type: ignore[misc]
            expected=f"no {claimed}, or a number of seconds since 1970",
            actual=lambda claimed=claimed: hints.time_in(claims, claimed, now),  # type: ignore[misc]
            hint=lambda claimed=claimed: hints.clock_behind(claims, claimed, now),  # type: ignore[misc]
            note=lambda claimed=claimed: hints.clock_behind(claims, claimed, now),  # type: ignore[misc]
            when=there,
        )


def check_ids(steps: Steps, claims: dict[str, Any], *, there: bool) -> None:
    """``jti`` and ``origin_jti``."""
    steps.check(
        "token_ids",
        lambda: claim.check_ids(claims),
        expected="no jti and origin_jti, or texts",
        actual=lambda: (
            f"jti {words.claim(claims, 'jti')}, origin_jti {words.claim(claims, 'origin_jti')}"
        ),
        when=there,
    )


def check_subject(steps: Steps, claims: dict[str, Any], *, there: bool) -> str | None:
    """``sub``."""
    return steps.check(
        "subject",
        lambda: claim.subject(claims),
        expected="sub: a text",
        actual=lambda: f"sub {words.claim(claims, 'sub')}",
        when=there,
    )


def check_groups(steps: Steps, claims: dict[str, Any], *, there: bool) -> tuple[str, ...] | None:
    """``cognito:groups``."""
    return steps.check(
        "groups",
        lambda: claim.groups(claims),
        expected="cognito:groups: a list of texts, or absent",
        actual=lambda: f"cognito:groups {words.claim(claims, 'cognito:groups')}",
        hint=lambda: hints.groups(claims),
        when=there,
    )


def check_scopes(steps: Steps, claims: dict[str, Any], *, there: bool) -> tuple[str, ...] | None:
    """``scope``."""
    return steps.check(
        "scopes",
        lambda: claim.scopes(claims),
        expected="scope: a text, separated by spaces, or absent",
        actual=lambda: f"scope {words.claim(claims, 'scope')}",
        when=there,
    )


def check_roles(
    steps: Steps,
    claims: dict[str, Any],
    party: UserPool | LoadBalancer | None,
    *,
    there: bool,
) -> tuple[str, ...] | None:
    """The roles, in the claim that a pool or a load balancer names; nothing for none."""
    name = None if party is None else party.role_claim
    if party is None or name is None:
        return ()
    return steps.check(
        "roles",
        lambda: claim.roles(claims, name, party.split_roles),
        expected=f"{name}: texts, or absent",
        actual=lambda: f"{name} {words.claim(claims, name)}",
        when=there,
    )


def ask_list(steps: Steps, revoked: RevocationCheck | None, identity: Identity | None) -> None:
    """Whether the caller was signed out, where there is a list."""
    if revoked is None:
        return
    steps.check(
        "revocation",
        lambda: revoked.ask(cast("Identity", identity)),
        expected="not on the list of what was revoked",
        hint="The user signed out, or was signed out. A new sign-in gives a valid token.",
        when=identity is not None and steps.good,
    )
