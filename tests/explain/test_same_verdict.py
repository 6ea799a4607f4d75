"""The first failure of an explanation is exactly the engine's reason, for whatever there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cognito_guard import (
    AccessDenied,
    AuthError,
    AuthorizationHeader,
    Cookie,
    Forwarded,
    Guard,
    Identity,
    KeysUnavailable,
    MissingCredentials,
    PolicyLike,
    RevocationsUnavailable,
    StaticKeySet,
    enforce,
    forbid_actor,
    require_acr,
    require_actor,
    require_claim,
    require_groups,
    require_mfa,
    require_recent_login,
    require_roles,
    require_scopes,
)
from cognito_guard.explain import explain_policy, tokens
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool, attacks

from ..differential import forwarded as forwarded_data
from ..differential.generate import all_tokens
from ..engine.forge import NOW, Forge
from ..engine.silence import secrets_of
from ..engine.strategies import (
    any_text,
    claim_names,
    edits,
    header_lines,
    header_names,
    json_values,
    repeatable,
    segments,
    token_like,
)
from ..engine.test_attacks import APPS, App, app, values
from ..engine.test_reports import Listed
from ..load_balancers.test_properties import Places, changes
from .same import assert_same, verdict

__all__ = ["app"]


def passes(_: Identity) -> bool:
    """A check of a user's that lets everybody in."""
    return True


def refuses(_: Identity) -> bool:
    """One that lets nobody in."""
    return False


def fails(_: Identity) -> bool:
    """One that raises what is no refusal."""
    raise LookupError


def denies(_: Identity) -> bool:
    """One that refuses by its own error."""
    raise AccessDenied("missing_claim", "Your own words.")


def misses(_: Identity) -> bool:
    """One that takes the credential for missing."""
    raise MissingCredentials("missing_credentials", "It is there.")


def cannot_say(_: Identity) -> bool:
    """One that has nobody to ask."""
    raise KeysUnavailable(3)


OWN = [passes, refuses, fails, denies, misses, cannot_say]
LEAVES: list[PolicyLike] = [
    *OWN,
    require_groups("admins"),
    require_groups("admins", "readers", match="any"),
    require_scopes("orders/read"),
    require_scopes("openid", "orders/none"),
    require_roles("editor"),
    require_claim("custom:team"),
    require_claim("cognito:groups", "admins", "x", match="any"),
    require_recent_login(300, clock=lambda: float(NOW)),
    require_acr("urn:cognito:loa:2"),
    require_mfa(),
    require_actor(),
    require_actor(subjects="bot", client_ids=["one", "two"], issuers="https://idp.example"),
    forbid_actor(),
]
leaf = st.sampled_from(LEAVES)


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def combine(one: Any, other: Any, both: bool) -> Any:
        if one in OWN and other in OWN:
            one = require_groups("admins") & one
        return one & other if both else one | other

    return st.builds(combine, inner, inner, st.booleans())


policies = st.recursive(leaf, _combined, max_leaves=6)


def ask_with(guard: Guard, token: Any, policy: PolicyLike | None) -> Callable[[], object]:
    """The engine's own way."""

    def ask() -> None:
        identity = guard.verify(token)
        if policy is not None:
            enforce(policy, identity)

    return ask


def same(guard: Guard, token: Any, policy: PolicyLike | None = None) -> str | None:
    """Of a token."""
    secrets = secrets_of(token) if isinstance(token, str) else set()
    return assert_same(guard.explain(token, policy=policy), ask_with(guard, token, policy), secrets)


def same_request(guard: Guard, headers: Any) -> str | None:
    """Of a request."""
    return assert_same(guard.explain_request(headers), lambda: guard.authenticate(headers))


# What a cache remembers is no matter here.
KINDS = [name for name in APPS if "cache" not in name]


@pytest.mark.parametrize("app", KINDS, indirect=True, scope="module")
def test_the_attack_corpus(app: App) -> None:
    """Every attack there is, as a token and as a request, against every kind of app."""
    seen = set()
    for attack in attacks.CORPUS:
        if attack.fits(app.forge):
            if attack.token is not None:
                seen.add(same(app.guard, attack.token(app.forge)))
            headers = attack.headers(app.forge)
            if headers is not None:
                seen.add(same_request(app.guard, values(headers)))
    assert None not in seen
    assert len(seen) > 10


def test_the_differential_corpus(forge: Forge) -> None:
    """Every token that other libraries are asked about."""
    guard = forge.guard(token_use="any")
    seen = [same(guard, token) for token in all_tokens(forge).values()]

    assert seen.count(None) > 200
    assert len(set(seen)) > 10


@pytest.mark.parametrize("beside", [False, True])
def test_the_differential_corpus_of_load_balancers(forge: Forge, beside: bool) -> None:
    """All data that AWS's verifier is asked about, with and without an access token."""
    balancer = LocalLoadBalancer(forge.pool)
    pool = {"user_pool": forge.trust()} if beside else {}
    guard = Guard(balancer.trust(**pool), clock=lambda: float(NOW))
    token = forge.token(forge.claims(sub=forge.pool.subject("alice")))
    seen = []
    for generate in (
        forwarded_data.good,
        forwarded_data.changed,
        forwarded_data.bad,
        forwarded_data.spelt,
    ):
        for _, data in generate(balancer):
            headers = {
                "x-amzn-oidc-data": [data.encode("utf-8")],
                "x-amzn-oidc-accesstoken": [token] if beside else [],
            }
            seen.append(same_request(guard, lambda name, sent=headers: sent.get(name, [])))
    assert seen.count(None) > 100
    assert len(set(seen)) > 6


@pytest.fixture(scope="module")
def strict(forge: Forge) -> Guard:
    """A guard that meets claims with everything it has."""
    return forge.guard(token_use="any", leeway=0.5, split_roles=True, checks=[passes])


@repeatable
@given(
    any_text
    | token_like
    | segments
    | st.binary().map(lambda raw: raw.decode("latin-1"))
    | st.none()
    | st.binary()
)
@example("Bearer Bearer a.b.c")
@example("a.b.c.d.e")
def test_any_text(strict: Guard, text: object) -> None:
    """Text that nobody signed, and what is no text."""
    assert same(strict, text) is not None


@settings(repeatable, max_examples=300)
@given(
    st.dictionaries(claim_names, json_values, max_size=3),
    st.dictionaries(header_names, json_values, max_size=1),
    st.booleans(),
    edits | st.none(),
)
def test_any_claims(
    forge: Forge,
    strict: Guard,
    claims: dict[str, Any],
    header: dict[str, Any],
    as_id: bool,
    edit: Any,
) -> None:
    """Any claims and members of the header, really signed, and then perhaps edited."""
    good = forge.id_claims(claims) if as_id else forge.claims(claims)
    token = forge.token(good, forge.header(**header))
    if edit is not None:
        place, out, put = edit
        cut = place % (len(token) + 1)
        token = token[:cut] + put + token[cut + out :]
    same(strict, token)


@settings(repeatable, max_examples=200)
@given(
    policies,
    st.dictionaries(
        st.sampled_from(["cognito:groups", "scope", "custom:role", "act", "acr", "amr", "exp"]),
        st.sampled_from(
            [["admins"], ["readers", "x"], "orders/read openid", "editor", {"sub": "bot"}, 1]
        )
        | st.sampled_from(["urn:cognito:loa:3", ["pwd", "mfa"]]),
        max_size=3,
    ),
)
def test_any_policy(forge: Forge, policy: PolicyLike, claims: dict[str, Any]) -> None:
    """Any policy: of ours, of a user's, and all combinations, about a good caller and others."""
    guard = forge.guard()
    token = forge.token(forge.claims(claims))
    said = same(guard, token, policy)
    if verdict(lambda: guard.verify(token)) is None:
        identity = guard.verify(token)
        again = assert_same(explain_policy(policy, identity), lambda: enforce(policy, identity))
        assert again == said
    checked = forge.guard(checks=[passes, policy, refuses])
    assert same(checked, token) is not None


class Unsure(Listed):
    """A list that gives whatever it was told to."""

    def is_revoked(self, identity: Identity, issuer: str, /) -> Any:
        """As of a list."""
        answer = self._asked()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (False, None),
        (True, "revoked"),
        (None, "revoked"),
        (RevocationsUnavailable(1), "revocations_unavailable"),
        (LookupError(), "LookupError"),
        (MissingCredentials("missing_credentials", "x"), "check_failed"),
    ],
    ids=["no", "yes", "no answer", "unavailable", "an error", "missing"],
)
def test_revocation(forge: Forge, answer: object, wanted: str | None) -> None:
    """What a list says, for a token and for what a load balancer forwards."""
    balancer = LocalLoadBalancer(forge.pool)
    guard = Guard(
        forge.trust(),
        balancer.trust(user_pool=forge.trust(role_claim=None), role_claim=None),
        clock=lambda: float(NOW),
        revocations=Unsure(lambda: answer),
    )

    assert same(guard, forge.token()) == wanted
    assert same(guard, forge.token(forge.claims(exp=NOW - 1))) == "token_expired"
    headers = balancer.headers("alice")
    assert same_request(guard, lambda name: [headers[name]] if name in headers else []) == wanted


class Keys:
    """A key set that gives whatever it was told to."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Key:
    """A key that says what it was told to say."""

    def __init__(self, answer: Any, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        self._answer = answer

    def verify(self, *_: bytes) -> Any:
        """As of a key."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (Keys(KeysUnavailable(1)), "keys_unavailable"),
        (Keys(MissingCredentials("missing_credentials", "x")), "check_failed"),
        (Keys(LookupError()), "LookupError"),
        (Keys(Key(True)), None),
        (Keys(Key("yes")), "bad_signature"),
        (Keys(Key(LookupError())), "LookupError"),
        (Keys(Key(True, "ES256")), "unsupported_algorithm"),
        (StaticKeySet(LocalUserPool().jwks()), "unknown_key"),
    ],
    ids=["unavailable", "missing", "an error", "yes", "a text", "key fails", "ES256", "unknown"],
)
def test_keys(forge: Forge, keys: Any, wanted: str | None) -> None:
    """What a key set and a key of a user's own say."""
    assert same(forge.guard(jwks=keys), forge.token()) == wanted


def test_several_pools(forge: Forge) -> None:
    """Every token of two pools, and of a third that nobody trusts, against a guard of two."""
    other = LocalUserPool("eu-west-1_OtherPool", clock=lambda: NOW)
    third = LocalUserPool("us-east-1_ForgedPool", clock=lambda: NOW)
    client_check = passes
    guard = Guard(
        forge.trust(resources=["https://api.example"]),
        other.trust(token_use="id", client_check=lambda _: client_check is not passes),
        clock=lambda: float(NOW),
    )
    said = [
        same(guard, token)
        for pool in (forge.pool, other, third)
        for token in (pool.access_token(), pool.id_token(), pool.machine_token())
    ]

    assert said[:3] == ["wrong_resource", "wrong_token_use", "wrong_resource"]
    assert said[3:6] == ["wrong_token_use", "wrong_client", "wrong_token_use"]
    assert said[6:] == ["unknown_issuer"] * 3
    assert same(guard, forge.token(forge.claims(aud="https://api.example"))) is None


@repeatable
@given(
    st.lists(header_lines, max_size=2),
    st.lists(header_lines, max_size=2),
    st.sampled_from(["", "Bearer "]),
    st.booleans(),
)
def test_any_request(
    forge: Forge, authorization: list[Any], cookie: list[Any], scheme: str, good: bool
) -> None:
    """A request of any header values."""
    cookies = [
        f"session={line}" if isinstance(line, str) else b"session=" + line for line in cookie
    ]
    more = [f"{scheme}{forge.token()}"] if good else []
    sent = {"authorization": [*authorization, *more], "cookie": cookies}
    guard = Guard(
        forge.trust(),
        carriers=[AuthorizationHeader(), Cookie("session")],
        clock=lambda: float(NOW),
    )
    same_request(guard, lambda name: sent.get(name, []))


@pytest.fixture(scope="module")
def places(forge: Forge) -> Places:
    """What an attacker on a load balancer has."""
    own = Forge(load_balancer=LocalLoadBalancer(forge.pool))
    own.pool = forge.pool
    return Places(own, own.balancer)


@pytest.mark.parametrize("kind", ["with access token", "user info alone", "beside a bearer token"])
@repeatable
@given(changes, st.sampled_from([None, "alice", "bob"]))
@example([], None)
def test_any_forwarded(
    forge: Forge, places: Places, kind: str, made: list[Any], bearer: str | None
) -> None:
    """Any mutation of a good set of headers of a load balancer, and a token beside it."""
    alb = LocalLoadBalancer(forge.pool)
    trusted: list[Any] = [
        alb.trust(
            keys=places.keys,
            checks=[passes],
            **({"user_pool": forge.trust()} if kind == "with access token" else {}),
        )
    ]
    headers = list(places.good)
    if kind == "beside a bearer token":
        trusted.insert(0, forge.trust())
        if bearer is not None:
            headers.append(("authorization", f"Bearer {forge.pool.access_token(bearer)}"))
    for change in made:
        change(headers, places)
    same_request(
        Guard(*trusted, clock=lambda: float(NOW)),
        lambda name: [value for key, value in headers if key == name],
    )


def test_errors_of_requests(forge: Forge) -> None:
    """What fails before there is a credential, and a carrier that breaks its word."""

    class Odd:
        """A carrier that finds bytes."""

        ambient = False

        def find(self, headers: Any) -> Any:
            """As of a carrier."""
            return b"token"

    def broken(name: str) -> list[str]:
        raise LookupError(name)

    guard = forge.guard()
    assert same_request(guard, broken) == "LookupError"
    assert same_request(guard, lambda _: "text") == "TypeError"
    assert same_request(guard, lambda _: []) == "missing_credentials"
    assert same_request(Guard(forge.trust(), carriers=[Odd()]), lambda _: []) == "TypeError"


def test_a_drift_is_seen(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the two went different ways, the tests above would fail."""
    monkeypatch.setattr(tokens, "check_times", lambda *_, **__: None)
    with pytest.raises(AssertionError):
        same(forge.guard(), forge.token(forge.claims(nbf=NOW + 1)))


def test_auth_errors_of_any_kind(forge: Forge) -> None:
    """A key set that refuses in its own way is told as it is."""
    refusal: AuthError = AccessDenied("missing_group", "Your own words.")
    assert same(forge.guard(jwks=Keys(refusal)), forge.token()) == "missing_group"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ("junk", "malformed_token"),
        ("a.b.c", "malformed_token"),
        ("x" * 20_000, "token_too_large"),
        (LocalLoadBalancer().data(), "wrong_signer"),
    ],
    ids=["junk", "parts", "long", "good"],
)
def test_data_of_a_load_balancer_that_a_carrier_makes(data: str, wanted: str) -> None:
    """A guard that trusts no load balancer refuses what somebody's carrier takes for its data, for
    the first fault that there is."""

    class Data:
        ambient = False

        def find(self, headers: object) -> Forwarded:
            """As of a carrier."""
            return Forwarded(data)

    reason = same_request(Guard(LocalUserPool().trust(), carriers=[Data()]), {})
    wanted = {
        "x" * 20_000: "token_too_large",
        "junk": "malformed_token",
        "a.b.c": "malformed_token",
    }
    assert reason == wanted.get(data, "wrong_signer")
