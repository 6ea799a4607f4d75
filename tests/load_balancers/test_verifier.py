"""verifier.py: the order of the checks, what comes of good data, and the token beside it.

``attacks`` has the hostile headers; here is what decides when more than one thing is wrong, and
what is never asked for until it may be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import pytest

from cognito_guard import (
    AccessDenied,
    AuthorizationHeader,
    ConfigurationError,
    Cookie,
    Credential,
    Forwarded,
    Guard,
    Header,
    Identity,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    LoadBalancerHeaders,
    MissingCredentials,
    Reason,
    VerificationKey,
)
from cognito_guard.load_balancers.keys import MISSES
from cognito_guard.load_balancers.pem import StaticPemKeySet
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..engine.forge import NOW
from ..engine.silence import assert_silent, assert_unsaid, secrets_of
from ..naming import steady

OMIT = LocalLoadBalancer.OMIT
OTHER_ARN = (
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/evil/0123456789abcdef"
)


@pytest.fixture(scope="module")
def alb() -> LocalLoadBalancer:
    """A load balancer that lives at ``NOW``."""
    return LocalLoadBalancer(LocalUserPool(clock=lambda: NOW))


class Watched:
    """Keys of a load balancer that note which ones were asked for."""

    def __init__(self, alb: LocalLoadBalancer) -> None:
        self._keys = StaticPemKeySet(alb.keys())
        self.asked: list[str] = []

    def key(self, kid: str, /) -> VerificationKey:
        """See ``KeySet.key``."""
        self.asked.append(kid)
        return self._keys.key(kid)


def trust(alb: LocalLoadBalancer, **arguments: Any) -> LoadBalancer:
    """Accepts what ``alb`` signs."""
    return LoadBalancer(
        **{"arns": [alb.arn], "client_id": alb.client_id, "keys": alb.keys(), **arguments}
    )


def with_pool(alb: LocalLoadBalancer, **arguments: Any) -> Guard:
    """A guard that wants the access token as well."""
    user_pool = alb.pool.trust(**arguments)
    return Guard(trust(alb, user_pool=user_pool), clock=lambda: NOW)


def ask(guard: Guard, headers: Mapping[str, str]) -> Identity:
    """Who sent these headers: the same for sync and async callers."""

    def values(name: str) -> list[str]:
        return [headers[name]] if name in headers else []

    identity = guard.authenticate(values)
    assert asyncio.run(guard.aauthenticate(values)) == identity
    return identity


def refused(guard: Guard, headers: Mapping[str, str], reason: Reason) -> None:
    """Sync and async callers are refused for this reason, and nothing is given away."""

    def values(name: str) -> list[str]:
        return [headers[name]] if name in headers else []

    secrets = {secret for value in headers.values() for secret in secrets_of(value)}
    for call in (
        lambda: guard.authenticate(values),
        lambda: asyncio.run(guard.aauthenticate(values)),
    ):
        with pytest.raises(InvalidToken) as caught:
            call()
        assert caught.value.reason is reason
        assert_silent(caught.value, secrets)


def data(value: str) -> dict[str, str]:
    """The data header alone."""
    return {"x-amzn-oidc-data": value}


def test_user_info_alone(alb: LocalLoadBalancer) -> None:
    """Without a user pool, the identity is the user info, and says so."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    identity = ask(guard, alb.headers("ada", role="editor", groups=["admins"], scopes=["a/b"]))

    assert (identity.source, identity.token_use) == ("user_info", "user_info")
    assert (identity.subject, identity.username) == (alb.pool.subject("ada"), "ada")
    assert (identity.client_id, identity.issuer) == (alb.client_id, alb.issuer)
    assert (identity.email, identity.email_verified) == ("ada@example.com", True)
    assert (identity.groups, identity.scopes, identity.roles) == ((), (), ("editor",))
    assert not identity.is_machine
    said = "<Identity from user info: 7 claims, 0 groups, 0 scopes, 1 roles; "
    assert repr(identity).startswith(said)
    assert guard.home_issuer(identity) == alb.issuer


def test_user_info_grants_no_groups(alb: LocalLoadBalancer) -> None:
    """What another provider calls groups is a claim like any other; groups are the user pool's."""
    identity = ask(
        Guard(trust(alb), clock=lambda: NOW),
        alb.headers("ada", claims={"cognito:groups": ["admins"], "scope": "a/b"}),
    )
    assert (identity.groups, identity.scopes) == ((), ())
    assert identity.claims["cognito:groups"] == ("admins",)


def test_user_info_and_token(alb: LocalLoadBalancer) -> None:
    """With a user pool, groups and scopes come from the access token, the rest from both."""
    guard = with_pool(alb)
    headers = alb.headers("ada", role="editor", groups=["admins"], scopes=["a/b"])
    identity = ask(guard, headers)

    assert (identity.source, identity.token_use) == ("user_info_and_token", "access")
    assert (identity.groups, identity.scopes) == (("admins",), ("a/b",))
    assert (identity.roles, identity.email) == (("editor",), "ada@example.com")
    assert identity.claims["client_id"] == alb.client_id
    assert identity.expires_at == NOW + 3600, "the token's claims come before the data's"
    assert repr(identity).startswith("<Identity from user info and an access token: ")
    assert identity != ask(Guard(trust(alb), clock=lambda: NOW), headers)


def test_the_updated_issuer(alb: LocalLoadBalancer) -> None:
    """A pool that changes its issuer keeps its users, also those behind a load balancer."""
    guard = with_pool(alb)
    token = alb.pool.access_token("ada", iss=alb.pool.updated_issuer)
    identity = ask(guard, alb.headers("ada", access_token=token))

    assert identity.issuer == alb.pool.updated_issuer
    assert guard.home_issuer(identity) == alb.issuer


@pytest.mark.parametrize(
    ("value", "typed"),
    [
        ("true", True),
        ("false", False),
        (True, True),
        ("TRUE", "TRUE"),
        ("1", "1"),
        (1, 1),
        (None, None),
        (["true"], ("true",)),
    ],
    ids=repr,
)
def test_booleans(alb: LocalLoadBalancer, value: Any, typed: Any) -> None:
    """Cognito's user info spells them as texts; they come out typed, and nothing else does."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    headers = alb.headers(email_verified=value, phone_number_verified=value, **{"custom:x": "true"})
    identity = ask(guard, headers)

    assert identity.claims["email_verified"] == typed
    assert type(identity.claims["phone_number_verified"]) is type(typed)
    assert identity.email_verified is (typed if isinstance(typed, bool) else None)
    assert identity.custom["x"] == "true"


# What is wrong, in the order in which it decides. Each row is wrong in all that comes after it too.
ORDER: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
    (Reason.BAD_SIGNATURE, {}, {}),
    (Reason.TOKEN_EXPIRED, {"exp": NOW}, {}),
    (Reason.UNKNOWN_ISSUER, {"iss": "https://evil.example"}, {}),
    (Reason.WRONG_CLIENT, {"client": "evil"}, {}),
    (Reason.WRONG_SIGNER, {"signer": OTHER_ARN}, {}),
    (Reason.MALFORMED_TOKEN, {"kid": "../../etc/passwd"}, {}),
    (Reason.UNSUPPORTED_HEADER, {"crit": ["exp"]}, {}),
    (Reason.UNSUPPORTED_ALGORITHM, {"alg": "ES384"}, {}),
]


def test_the_order_of_the_checks(alb: LocalLoadBalancer) -> None:
    """What is checked first decides, and no key is asked for before all of that is right."""
    keys = Watched(alb)
    guard = Guard(trust(alb, keys=keys, issuer=alb.issuer), clock=lambda: NOW)
    wrong: dict[str, Any] = {}
    for reason, header, _ in ORDER:
        wrong |= header
        value = alb.data(claims={"exp": 0, "iss": "", "sub": ""}, headers=wrong)
        keys.asked.clear()
        refused(guard, data(value[:-8] + "AAAAAA=="), reason)
        assert bool(keys.asked) is (reason is Reason.BAD_SIGNATURE)
    refused(guard, data(value + "."), Reason.MALFORMED_TOKEN)
    refused(guard, data("." * 20_000), Reason.TOKEN_TOO_LARGE)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, Reason.UNKNOWN_ISSUER),
        ({"iss": OMIT}, Reason.MALFORMED_CLAIM),
        ({"exp": NOW}, Reason.TOKEN_EXPIRED),
        ({"exp": OMIT}, Reason.MALFORMED_CLAIM),
        ({"exp": "later"}, Reason.MALFORMED_CLAIM),
        ({"nbf": NOW + 1}, Reason.TOKEN_NOT_YET_VALID),
        ({"sub": OMIT}, Reason.MALFORMED_CLAIM),
        ({"sub": ["a"]}, Reason.MALFORMED_CLAIM),
        ({"username": ["a"]}, Reason.MALFORMED_CLAIM),
        ({"cognito:groups": "admins"}, Reason.MALFORMED_CLAIM),
        ({"aud": [1]}, Reason.MALFORMED_CLAIM),
        ({"jti": 1}, Reason.MALFORMED_CLAIM),
        ({"scope": ["openid"]}, Reason.MALFORMED_CLAIM),
        ({"custom:role": 1}, Reason.MALFORMED_CLAIM),
    ],
    ids=steady,
)
@pytest.mark.parametrize("issuer", [None, "named"])
def test_claims_below_the_header(
    alb: LocalLoadBalancer, claims: dict[str, Any], reason: Reason, issuer: str | None
) -> None:
    """What the header says right, the payload has to say right as well."""
    guard = Guard(trust(alb, issuer=issuer and alb.issuer), clock=lambda: NOW)
    refused(guard, data(alb.data(claims=claims)), reason)


@pytest.mark.parametrize("field", ["signer", "client", "iss", "exp"])
@pytest.mark.parametrize("value", [OMIT, None, "", [], ["x"], {}], ids=steady)
def test_fields_only_below_the_header(alb: LocalLoadBalancer, field: str, value: Any) -> None:
    """A field that is missing or broken in the header is not looked for in the payload."""
    good = {"signer": alb.arn, "client": alb.client_id}
    guard = Guard(trust(alb), clock=lambda: NOW)
    refused(guard, data(alb.data(claims=good, headers={field: value})), Reason.MALFORMED_CLAIM)


@pytest.mark.parametrize(
    "kid",
    [
        "x",
        "6f35d1f73c8d48aa93fbb29f4f4f3221",
        "6f35d1f7-3c8d-48aa-93fb-b29f4f4f3221/",
        "../6f35d1f7-3c8d-48aa-93fb-b29f4f4f3221",
        "6f35d1f7-3c8d-48aa-93fb-b29f4f4f3221?",
        "6f35d1f7-3c8d-48aa-93fb-b29f4f4f322g",
    ],
)
def test_the_kid_is_a_uuid(alb: LocalLoadBalancer, kid: str) -> None:
    """It becomes a part of a URL, so nothing else will do."""
    keys = Watched(alb)
    guard = Guard(trust(alb, keys=keys), clock=lambda: NOW)
    refused(guard, data(alb.data(headers={"kid": kid})), Reason.MALFORMED_TOKEN)
    assert keys.asked == []


def test_leeway(alb: LocalLoadBalancer) -> None:
    """Clocks may differ by what was said, in the header and below it."""
    late = data(alb.data(expires_in=-3))

    assert ask(Guard(trust(alb, leeway=4), clock=lambda: NOW), late).username == "alice"
    refused(Guard(trust(alb, leeway=3), clock=lambda: NOW), late, Reason.TOKEN_EXPIRED)


def test_the_size_of_the_data(alb: LocalLoadBalancer) -> None:
    """Data of exactly the limit is looked at, one byte more is too large."""
    value = alb.data("ada")
    for limit, reason in ((len(value), None), (len(value) - 1, Reason.TOKEN_TOO_LARGE)):
        guard = Guard(trust(alb), max_token_bytes=limit, clock=lambda: NOW)
        if reason is None:
            assert ask(guard, data(value)).username == "ada"
        else:
            refused(guard, data(value), reason)


def test_split_roles(alb: LocalLoadBalancer) -> None:
    """A text of several roles is split where the load balancer says so, and nowhere else."""
    headers = alb.headers("ada", role="editor,admin")
    for split, roles in ((False, ("editor,admin",)), (True, ("editor", "admin"))):
        guard = Guard(trust(alb, split_roles=split), clock=lambda: NOW)
        assert ask(guard, headers).roles == roles


def test_health_of_an_address(alb: LocalLoadBalancer) -> None:
    """Each load balancer has the keys of its own address, and says how those are doing."""
    other = LocalLoadBalancer(alb.pool, arn=OTHER_ARN)
    addresses = {alb.arn: "https://keys.example/one", OTHER_ARN: "https://keys.example/two"}
    guard = Guard(*(trust(one, keys=addresses[one.arn]) for one in (alb, other)))
    assert {arn: health.source for arn, health in guard.health().items()} == addresses


def test_nothing_that_the_guard_looks_for(alb: LocalLoadBalancer) -> None:
    """What is missing is what the guard trusts, and no more."""
    pool, load_balancer = alb.pool.trust(), trust(alb)
    for trusted, missing in (
        ([pool], "no bearer token."),
        ([load_balancer], "no x-amzn-oidc-data header."),
        ([pool, load_balancer], "no bearer token and no x-amzn-oidc-data header."),
        ([load_balancer, pool], "no x-amzn-oidc-data header and no bearer token."),
    ):
        with pytest.raises(MissingCredentials) as caught:
            Guard(*trusted).authenticate(lambda name: [])
        assert caught.value.detail == f"The request carries {missing}"
    header = Header("X-Id-Token")
    for carriers, missing in (
        ([header], "no x-id-token header."),
        ([AuthorizationHeader(), header], "no bearer token."),
        ([Cookie("token")], "no bearer token."),
    ):
        error = Guard(pool, carriers=carriers).missing_credentials()
        assert error.detail == f"The request carries {missing}"


@pytest.mark.parametrize("number", [1, MISSES // 2, MISSES, 3 * MISSES])
def test_requests_for_new_ids_are_bounded_by_the_load_balancers(
    alb: LocalLoadBalancer, number: int
) -> None:
    """An address gets five of them at a time, or two for each load balancer whose keys it has."""
    arns = [f"{OTHER_ARN[:-2]}{index:02}" for index in range(number)]
    with alb.serve() as server:
        one = trust(alb, arns=[alb.arn, *arns[1:]], keys=server.url)
        guard = Guard(one, clock=lambda: NOW)
        for _ in range(2 * max(MISSES, 2 * number)):
            with pytest.raises((InvalidToken, KeysUnavailable)):
                ask(guard, data(alb.data("ada", headers={"kid": str(uuid4())})))
        assert server.requests == max(MISSES, 2 * number)


def test_padding_is_signed(alb: LocalLoadBalancer) -> None:
    """Without its padding the data is another text, which nobody has signed."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    padded = next(
        value
        for number in range(1, 10)
        if "=." in (value := alb.data("a" * number)) and value.count("=.") == 2
    )
    header, payload, signature = padded.split(".")
    assert ask(guard, data(padded)).username
    # The signature's own padding is not under the signature.
    assert ask(guard, data(padded.rstrip("="))).username
    for respelt in (f"{header.rstrip('=')}.{payload}", f"{header}.{payload.rstrip('=')}"):
        refused(guard, data(f"{respelt}.{signature}"), Reason.BAD_SIGNATURE)
    for wrong in (f"{padded}=", padded[:-1], f"={padded}", f"{header}=.{payload}.{signature}"):
        refused(guard, data(wrong), Reason.MALFORMED_TOKEN)


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: "",
        lambda text: text.rpartition(".")[0],
        lambda text: text.rpartition(".")[0] + ".",
        lambda text: f"{text}.{text}",
        lambda text: text.replace(".", "..", 1),
        lambda text: text.partition(".")[2],
        lambda text: f"\u00e9{text}",
        lambda text: text.replace(".", ". "),
        lambda text: text.rpartition(".")[0] + ".AB==",
        lambda text: text.rpartition(".")[0] + ".====",
    ],
    ids=[
        "nothing",
        "two parts",
        "no signature",
        "six parts",
        "no payload",
        "no header",
        "outside ASCII",
        "white space",
        "set trailing bits",
        "padding alone",
    ],
)
def test_spellings(alb: LocalLoadBalancer, respell: Callable[[str], str]) -> None:
    """Three parts in canonical base64url; anything else is no data."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    refused(guard, data(respell(alb.data())), Reason.MALFORMED_TOKEN)


def test_what_was_forwarded_is_not_shown(alb: LocalLoadBalancer) -> None:
    """The repr of what a request carries gives nothing away."""
    headers = alb.headers("ada")
    found = with_pool(alb).find_credential(lambda name: [headers[name]] * (name in headers))
    assert found is not None
    secrets = {secret for value in headers.values() for secret in secrets_of(value)}
    assert_unsaid(f"{found!r} {found.value!r}", secrets, "a credential")


def test_the_plain_identity(alb: LocalLoadBalancer) -> None:
    """It proves nothing, and must not say something else than the data."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    headers = alb.headers("ada")
    assert ask(guard, data(headers["x-amzn-oidc-data"])).username == "ada"
    others = ("", "\u4f60", alb.pool.subject("bob"), headers["x-amzn-oidc-identity"].upper())
    for other in others:
        refused(guard, {**headers, "x-amzn-oidc-identity": other}, Reason.IDENTITY_MISMATCH)


@pytest.mark.parametrize("subject", ["uid=ada,dc=example", "ad\u00e1", "\u4f60\u597d"])
def test_subjects_of_other_providers(alb: LocalLoadBalancer, subject: str) -> None:
    """A subject with a comma is one subject; one outside ASCII arrives as its UTF-8."""
    guard = Guard(trust(alb), clock=lambda: NOW)
    raw = subject.encode("utf-8").decode("latin-1")
    headers = {**data(alb.data(sub=subject)), "x-amzn-oidc-identity": raw}
    assert ask(guard, headers).subject == subject
    refused(guard, {**headers, "x-amzn-oidc-identity": f"{raw}."}, Reason.IDENTITY_MISMATCH)


def test_the_token_beside(alb: LocalLoadBalancer) -> None:
    """It has to be there, an access token, good, of the same user and of the same client."""
    guard = with_pool(alb)
    pool = alb.pool
    headers = alb.headers("ada")
    alone = data(headers["x-amzn-oidc-data"])
    refused(guard, alone, Reason.IDENTITY_MISMATCH)
    for token, reason in (
        (pool.access_token("bob"), Reason.IDENTITY_MISMATCH),
        (pool.access_token("ada", client_id="other"), Reason.WRONG_CLIENT),
        (pool.access_token("ada", expires_in=0), Reason.TOKEN_EXPIRED),
        (pool.id_token("ada"), Reason.WRONG_TOKEN_USE),
        (LocalUserPool(clock=lambda: NOW).access_token("ada"), Reason.UNKNOWN_KEY),
        ("opaque", Reason.MALFORMED_TOKEN),
        ("", Reason.MALFORMED_TOKEN),
    ):
        refused(guard, {**headers, "x-amzn-oidc-accesstoken": token}, reason)


def test_a_lenient_pool_is_not_lenient_here(alb: LocalLoadBalancer) -> None:
    """A pool for all clients and both kinds of token: still, it is the listener's access token."""
    from cognito_guard import ANY_CLIENT

    guard = with_pool(alb, token_use="any", client_ids=ANY_CLIENT)
    headers = alb.headers("ada")
    for token, reason in (
        (alb.pool.id_token("ada"), Reason.WRONG_TOKEN_USE),
        (alb.pool.access_token("ada", client_id="other"), Reason.WRONG_CLIENT),
    ):
        refused(guard, {**headers, "x-amzn-oidc-accesstoken": token}, reason)
    assert ask(guard, headers).username == "ada"


def test_another_pools_token_beside(alb: LocalLoadBalancer, pool: LocalUserPool) -> None:
    """A guard that trusts a second pool does not take its tokens for those of the first."""
    other = LocalUserPool("eu-west-1_OtherPool", client_id=alb.client_id, clock=lambda: NOW)
    user_pool = alb.pool.trust()
    guard = Guard(other.trust(), user_pool, trust(alb, user_pool=user_pool), clock=lambda: NOW)
    headers = alb.headers("ada", sub=other.subject("ada"), access_token=other.access_token("ada"))
    refused(guard, headers, Reason.UNKNOWN_ISSUER)


def test_checks_run_last(alb: LocalLoadBalancer) -> None:
    """A check sees the whole caller, and refuses by returning anything but None or True."""
    seen: list[Identity] = []

    def check(identity: Identity) -> bool:
        seen.append(identity)
        return identity.username != "bob"

    user_pool = alb.pool.trust()
    guard = Guard(trust(alb, user_pool=user_pool, checks=[check]), clock=lambda: NOW)
    assert ask(guard, alb.headers("ada", groups=["g"])) == seen[-1]
    assert seen[-1].groups == ("g",)
    refused(guard, alb.headers("bob"), Reason.CHECK_FAILED)

    def deny(identity: Identity) -> None:
        raise AccessDenied(Reason.CHECK_FAILED, "No.")

    with pytest.raises(AccessDenied):
        ask(Guard(trust(alb, checks=[deny]), clock=lambda: NOW), alb.headers())


def test_a_key_of_another_algorithm(alb: LocalLoadBalancer) -> None:
    """The key decides; a user pool's key under the load balancer's kid does not."""

    class Wrong:
        def key(self, kid: str, /) -> VerificationKey:
            from cognito_guard import StaticKeySet

            jwks = alb.pool.jwks()
            return StaticKeySet(jwks).key(jwks["keys"][0]["kid"])

    guard = Guard(trust(alb, keys=Wrong()), clock=lambda: NOW)
    refused(guard, alb.headers(), Reason.UNSUPPORTED_ALGORITHM)


@pytest.mark.parametrize("answer", [1, "no", (False, "why"), None, False])
def test_a_key_says_yes_with_true(alb: LocalLoadBalancer, answer: object) -> None:
    """An answer that Python only takes for true verifies no signature."""

    class Wordy:
        algorithm = "ES256"

        def __init__(self, answer: object) -> None:
            self._answer = answer

        def key(self, kid: str, /) -> Any:
            return self

        def verify(self, signing_input: bytes, signature: bytes) -> Any:
            return self._answer

    assert ask(Guard(trust(alb, keys=Wordy(True)), clock=lambda: NOW), alb.headers())
    guard = Guard(trust(alb, keys=Wordy(answer)), clock=lambda: NOW)
    refused(guard, alb.headers(), Reason.BAD_SIGNATURE)


def test_no_load_balancer_is_trusted(alb: LocalLoadBalancer) -> None:
    """A guard that trusts user pools alone refuses what a load balancer signed."""
    forwarded = Credential(Forwarded(alb.data()), LoadBalancerHeaders())
    guard = Guard(alb.pool.trust(), clock=lambda: NOW)
    for verify in (guard.verify_credential, lambda one: asyncio.run(guard.averify_credential(one))):
        with pytest.raises(InvalidToken) as refusal:
            verify(forwarded)
        assert refusal.value.reason == Reason.WRONG_SIGNER


def test_several_load_balancers(alb: LocalLoadBalancer) -> None:
    """Data is held against the load balancer that signed it, and its client there."""
    second = LocalLoadBalancer(alb.pool, arn=OTHER_ARN, client_id="2example")
    third = LocalLoadBalancer(alb.pool, client_id="3example")
    guard = Guard(trust(alb), trust(second), trust(third), clock=lambda: NOW)
    for one in (alb, second, third):
        assert ask(guard, one.headers("ada")).client_id == one.client_id
    mixed = LocalLoadBalancer(alb.pool, arn=OTHER_ARN, client_id=alb.client_id)
    refused(guard, mixed.headers(), Reason.WRONG_CLIENT)
    with pytest.raises(ConfigurationError, match="share the client"):
        Guard(trust(alb), trust(alb))


def test_both_kinds_of_credential(alb: LocalLoadBalancer) -> None:
    """The kind that the guard names first says who is calling; the other has to be good too."""
    pool, headers = alb.pool, alb.headers("ada")
    bearer = {"authorization": f"Bearer {pool.access_token('bob')}"}
    bad_bearer = {"authorization": f"Bearer {pool.access_token('bob', expires_in=0)}"}
    bad_data = {"x-amzn-oidc-data": alb.data("ada", headers={"signer": OTHER_ARN})}
    for trusted, decides in (
        ((pool.trust(), trust(alb)), "bob"),
        ((trust(alb), pool.trust()), "ada"),
    ):
        guard = Guard(*trusted, unsafe_allow_mixed_identities=True, clock=lambda: NOW)
        assert ask(guard, headers).username == "ada"
        assert ask(guard, bearer).username == "bob"
        assert ask(guard, {**headers, **bearer}).username == decides
        refused(guard, {**headers, **bad_bearer}, Reason.TOKEN_EXPIRED)
        refused(guard, {**headers, **bearer, **bad_data}, Reason.WRONG_SIGNER)
        found = guard.find_credential(lambda name: [{**headers, **bearer}[name]])
        assert found is not None
        assert found.ambient is (decides == "ada")


def test_what_is_no_credential(alb: LocalLoadBalancer) -> None:
    """The plain headers alone, and all three to a guard that trusts no load balancer."""
    headers = alb.headers("ada")
    plain = {name: value for name, value in headers.items() if not name.endswith("data")}
    for guard, sent in (
        (with_pool(alb), plain),
        (with_pool(alb), {"authorization": f"Bearer {alb.pool.access_token()}"}),
        (Guard(alb.pool.trust(), clock=lambda: NOW), headers),
    ):
        with pytest.raises(MissingCredentials):
            ask(guard, sent)


@pytest.mark.parametrize("joined", [True, False], ids=["joined by a server", "as sent"])
@pytest.mark.parametrize("name", ["data", "accesstoken", "identity"])
def test_a_header_twice(alb: LocalLoadBalancer, name: str, joined: bool) -> None:
    """Two copies of a header are an error, even where they agree."""
    headers = {key: [value] for key, value in alb.headers("ada").items()}
    key = f"x-amzn-oidc-{name}"
    headers[key] = [",".join(headers[key] * 2)] if joined else headers[key] * 2
    expected = InvalidToken if joined and name == "identity" else InvalidRequest
    with pytest.raises(expected):
        with_pool(alb).authenticate(lambda name: headers.get(name, []))


def test_bytes_and_spaces(alb: LocalLoadBalancer) -> None:
    """Values come as bytes or as text, with white space that HTTP does not count."""
    headers = {name: [f" {value}\t".encode()] for name, value in alb.headers("ada").items()}
    assert with_pool(alb).authenticate(lambda name: headers.get(name, [])).username == "ada"


def test_wrong_keys(alb: LocalLoadBalancer) -> None:
    """Static keys that cannot verify anything stop the start."""
    for keys, message in (
        ({}, "keys must not be empty"),
        ({"a": "no key"}, "one of keys is not usable"),
        ({"a": "\ud800"}, "one of keys is not usable"),
        ({1: "a"}, "PEM texts by their kid"),
        ({"a": b"a"}, "PEM texts by their kid"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            Guard(trust(alb, keys=keys))
    refused(
        Guard(trust(alb), clock=lambda: NOW),
        LocalLoadBalancer(alb.pool).headers(),
        Reason.UNKNOWN_KEY,
    )
    assert repr(StaticPemKeySet(alb.keys())) == "<StaticPemKeySet of 1 keys>"
