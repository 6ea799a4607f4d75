"""No report of an error shows a token or a claim: a table of the places where other code fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn

import pytest

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    ConfigurationError,
    Credential,
    Guard,
    Identity,
    MissingCredentials,
    StaticKeySet,
    UserPool,
    enforce,
    require_claim,
    require_groups,
)
from cognito_guard._support.silence import Unsaid, forget_locals, silent
from cognito_guard.keys.signature import RS256Key
from cognito_guard.load_balancers.pem import StaticPemKeySet
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .reports import assert_nothing_shown, shown_by, shown_now
from .silence import secrets_of

POOL = LocalUserPool(client_id="client0of0the0reports")
USER = "alice.of.the.reports"
ALB = LocalLoadBalancer(POOL)
CLAIMS = {"custom:team": "team-of-the-reports", "cognito:groups": ["group-of-the-reports"]}
# Made when the tests are collected, which may be long before they run.
DAY = 24 * 3600
TOKEN = POOL.access_token(USER, claims=CLAIMS, expires_in=DAY)
SIGNED_IN = Guard(POOL.trust()).verify(TOKEN)
SENT = {
    "authorization": f"Bearer {TOKEN}",
    **ALB.headers(USER, access_token=ALB.access_token(USER, expires_in=DAY)),
    "x-amzn-oidc-data": ALB.data(USER, expires_in=DAY),
}
KIDS = {key["kid"] for key in POOL.jwks()["keys"]} | set(ALB.keys())
SECRETS = (secrets_of(TOKEN) | secrets_of(SENT["x-amzn-oidc-data"])) - KIDS
SECRETS |= {value for value in SENT.values() if len(value) >= 8}


class Accident(Exception):
    """What goes wrong by accident."""


class Fails:
    """Other people's code, which fails when it is asked for the ``at``-th time, and notes what
    frames that are under way show then."""

    ambient = False
    algorithm = "RS256"

    def __init__(self, answer: Any = None, at: int = 1) -> None:
        self.answer = answer
        self.at = at
        self.live: list[tuple[str, str]] = []

    def __call__(self, *arguments: Any) -> Any:
        self.at -= 1
        if not self.at:
            self.live = shown_now()
            raise Accident
        return self.answer(*arguments) if callable(self.answer) else self.answer

    def find(self, headers: object) -> NoReturn:
        """As of a carrier."""
        return self(headers)

    def key(self, kid: str, /) -> Any:
        """As of a key set."""
        return self(kid)

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """As of a key."""
        return self(signing_input, signature)


class Keys:
    """A key set whose one key is another's code."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        return self._key


class EllipticKey(Fails):
    """As above, for a load balancer."""

    algorithm = "ES256"


class Headers(dict[str, str]):
    """Headers as frameworks have them: the repr shows all of them, and so does a method's."""

    def values_of(self, name: str) -> list[str]:
        """All values of a header."""
        return [self[name]] if name in self else []


class Listed:
    """A list of a user's own, on which nobody is."""

    refresh_seconds = 3600.0

    def __init__(self, asked: Callable[..., Any]) -> None:
        self._asked = asked

    def is_revoked(self, identity: Identity, issuer: str, /) -> Any:
        """As of a list. ``False``, or it fails."""
        return self._asked()

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> Any:
        """As of a list."""
        return self._asked()

    def revoke(self, *revocations: object) -> None:
        """As of a list."""
        self._asked()

    async def arevoke(self, *revocations: object) -> None:
        """As of a list."""
        self._asked()

    def health(self) -> Any:
        """As of a list."""


def only(*names: str) -> Headers:
    """Some of the headers of the request."""
    return Headers({name: value for name, value in SENT.items() if name.startswith(names)})


BEARER, FORWARDED, BOTH = only("authorization"), only("x-amzn"), only("a", "x")


def pool_guard(**arguments: Any) -> Guard:
    """Trusts the pool."""
    return Guard(POOL.trust(**arguments))


def alb_guard(pool: UserPool | None = None, clock: Any = None, **arguments: Any) -> Guard:
    """Trusts the load balancer."""
    more = {} if clock is None else {"clock": clock}
    return Guard(ALB.trust(user_pool=pool, **arguments), **more)


def real_key_set() -> Any:
    """What a key set says where it does not fail."""
    return StaticKeySet(POOL.jwks()).key


now = __import__("time").time

# The guard, with the code that fails in it; the request; and how often it is sent.
PLACES: dict[str, tuple[Callable[[Fails], Guard], Fails, Headers, int]] = {
    "a check": (lambda it: pool_guard(checks=[it]), Fails(), BEARER, 1),
    "a check, of a token that is remembered": (
        lambda it: pool_guard(checks=[it]),
        Fails(at=3),
        BEARER,
        3,
    ),
    "a check, no cache": (
        lambda it: Guard(POOL.trust(checks=[it]), cache_entries=0),
        Fails(),
        BEARER,
        1,
    ),
    "a client check": (lambda it: pool_guard(client_check=it), Fails(), BEARER, 1),
    "a policy as a check": (
        lambda it: pool_guard(checks=[require_groups("group-x") | it]),
        Fails(),
        BEARER,
        1,
    ),
    "a key set": (lambda it: pool_guard(jwks=it), Fails(), BEARER, 1),
    "a key set, of a token that is remembered": (
        lambda it: pool_guard(jwks=it),
        Fails(real_key_set(), at=3),
        BEARER,
        3,
    ),
    "a key": (lambda it: pool_guard(jwks=Keys(it)), Fails(), BEARER, 1),
    "a clock": (lambda it: Guard(POOL.trust(), clock=it), Fails(), BEARER, 1),
    "a clock, of a token that is remembered": (
        lambda it: Guard(POOL.trust(), clock=it),
        Fails(now, at=3),
        BEARER,
        3,
    ),
    "a clock, of a token that has expired": (
        lambda it: Guard(POOL.trust(), clock=it),
        Fails(lambda: now() + (1e6 if it_is_late() else 0), at=4),
        BEARER,
        3,
    ),
    "a carrier": (
        lambda it: Guard(POOL.trust(), carriers=[AuthorizationHeader(), it]),
        Fails(at=2),  # the guard asks about an empty request first, for `Vary`
        BEARER,
        1,
    ),
    "a load balancer's check": (lambda it: alb_guard(checks=[it]), Fails(), FORWARDED, 1),
    "a load balancer's key set": (lambda it: alb_guard(keys=it), Fails(), FORWARDED, 1),
    "a load balancer's key": (
        lambda it: alb_guard(keys=Keys(it)),
        EllipticKey(),
        FORWARDED,
        1,
    ),
    "a load balancer's clock": (lambda it: alb_guard(clock=it), Fails(), FORWARDED, 1),
    "a check of its access token": (
        lambda it: alb_guard(POOL.trust(checks=[it])),
        Fails(),
        FORWARDED,
        1,
    ),
    "a key set of its access token": (
        lambda it: alb_guard(POOL.trust(jwks=it)),
        Fails(),
        FORWARDED,
        1,
    ),
    "a check beside a token": (
        lambda it: Guard(POOL.trust(), ALB.trust(checks=[it])),
        Fails(),
        BOTH,
        1,
    ),
    "a check beside a load balancer": (
        lambda it: Guard(ALB.trust(), POOL.trust(checks=[it])),
        Fails(),
        BOTH,
        1,
    ),
}
PLACES |= {
    "a check, of data that is remembered": (
        lambda it: alb_guard(checks=[it]),
        Fails(at=3),
        FORWARDED,
        3,
    ),
    "a clock, of data that is remembered": (
        lambda it: Guard(ALB.trust(), clock=it),
        Fails(now, at=3),
        FORWARDED,
        3,
    ),
    "a list, of data that is remembered": (
        lambda it: Guard(ALB.trust(), revocations=Listed(it)),
        Fails(False, at=3),
        FORWARDED,
        3,
    ),
    "a list": (lambda it: Guard(POOL.trust(), revocations=Listed(it)), Fails(), BEARER, 1),
    "a list, of a token that is remembered": (
        lambda it: Guard(POOL.trust(), revocations=Listed(it)),
        Fails(False, at=3),
        BEARER,
        3,
    ),
    "a load balancer's list": (
        lambda it: Guard(ALB.trust(), revocations=Listed(it)),
        Fails(),
        FORWARDED,
        1,
    ),
    "a list beside a load balancer": (
        lambda it: Guard(ALB.trust(), POOL.trust(), revocations=Listed(it)),
        Fails(),
        BOTH,
        1,
    ),
}
_late: list[bool] = []


def it_is_late() -> bool:
    """From the third time on."""
    _late.append(True)
    return len(_late) > 2


def ask(guard: Guard, headers: Any) -> object:
    """As a framework's adapter does."""
    return guard.authenticate(headers)


def aask(guard: Guard, headers: Any) -> object:
    """As an adapter of an async framework does."""
    return asyncio.run(guard.aauthenticate(headers))


def find_then_ask(guard: Guard, headers: Any) -> object:
    """As an adapter does that has to know where the credential was."""
    credential = guard.find_credential(headers)
    assert credential is not None
    return guard.verify_credential(credential)


WAYS = [ask, aask, find_then_ask]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("build", "fails", "sent", "times"), PLACES.values(), ids=PLACES)
def test_an_accident_in_other_code(
    way: Any, build: Any, fails: Fails, sent: Headers, times: int
) -> None:
    """Neither the frames that the error came through nor those under way show who called."""
    _late.clear()
    fails = type(fails)(fails.answer, fails.at)
    guard = build(fails)
    for _ in range(times - 1):
        way(guard, sent.values_of)
    with pytest.raises(Accident) as caught:
        way(guard, sent.values_of)

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2
    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("waits", [False, True])
def test_a_list_that_cannot_be_written(waits: bool, everywhere: bool) -> None:
    """Whom it is about is not shown either."""
    fails = Fails()
    guard = Guard(POOL.trust(), revocations=Listed(fails))
    identity = Guard(POOL.trust()).verify(TOKEN)

    def sign_out() -> None:
        if waits:
            asyncio.run(guard.asign_out(identity, everywhere=everywhere))
        else:
            guard.sign_out(identity, everywhere=everywhere)

    with pytest.raises(Accident) as caught:
        sign_out()

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 1
    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 1


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize(
    ("name", "argument", "keywords", "error"),
    [
        ("sign_out", TOKEN, {}, TypeError),
        ("sign_out", TOKEN, {"everywhere": True}, TypeError),
        (
            "sign_out_user",
            POOL.subject(USER),
            {"issuer": "another"},
            ConfigurationError,
        ),
    ],
    ids=["a token", "a token, everywhere", "an unknown issuer"],
)
def test_a_sign_out_of_nobody(
    name: str, argument: str, keywords: dict[str, Any], error: type[Exception], waits: bool
) -> None:
    """What was passed by mistake is not shown."""
    guard = Guard(POOL.trust(), revocations=MemoryRevocationList())

    def sign_out() -> None:
        if waits:
            asyncio.run(getattr(guard, f"a{name}")(argument, **keywords))
        else:
            getattr(guard, name)(argument, **keywords)

    with pytest.raises(error) as caught:
        sign_out()

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 1


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("name", ["sign_out", "sign_out_user"])
def test_a_clock_that_fails_at_a_sign_out(name: str, waits: bool) -> None:
    """Nobody is shown, neither by what the error came through nor by what is under way. (The issuer
    is the guard's own.)"""
    fails, secrets = Fails(), SECRETS - {POOL.issuer}
    guard = Guard(POOL.trust(), revocations=MemoryRevocationList(), clock=fails)
    who: Any = POOL.subject(USER) if name == "sign_out_user" else SIGNED_IN

    def sign_out() -> None:
        if waits:
            asyncio.run(getattr(guard, f"a{name}")(who))
        else:
            getattr(guard, name)(who)

    with pytest.raises(Accident) as caught:
        sign_out()

    assert assert_nothing_shown(shown_by(caught.value), secrets) >= 1
    assert assert_nothing_shown(iter(fails.live), secrets) >= 1


@pytest.mark.parametrize("place", ["a check", "a key set", "a key", "a clock"])
@pytest.mark.parametrize(
    "verify",
    [
        lambda guard: guard.verify(TOKEN),
        lambda guard: asyncio.run(guard.averify(TOKEN)),
        lambda guard: guard._tokens.verify(TOKEN),
        lambda guard: asyncio.run(guard._tokens.averify(TOKEN)),
    ],
    ids=["verify", "averify", "TokenVerifier.verify", "TokenVerifier.averify"],
)
def test_the_argument_is_gone(place: str, verify: Any) -> None:
    """The token that a user hands to ``verify`` is no variable of ours any more when other code
    fails."""
    build, fails, _, _ = PLACES[place]
    fails = Fails(fails.answer, fails.at)
    with pytest.raises(Accident) as caught:
        verify(build(fails))

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2
    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


@pytest.mark.parametrize("way", [ask, aask, find_then_ask])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("form", ["function", "object", "method", "partial"])
def test_a_function_of_headers_that_fails(way: Any, at: int, form: str) -> None:
    """Whichever header it fails on, those that were read before are in no variable."""
    fails = Fails(BOTH.values_of, at)

    def function(name: str) -> Any:
        return fails(name)

    class Method(Headers):
        """Headers whose method fails."""

        def values_of(self, name: str) -> Any:
            """As above."""
            return fails(name)

    forms = {
        "function": function,
        "object": fails,
        "method": Method(BOTH).values_of,
        "partial": partial(lambda _, name: fails(name), BOTH),
    }
    with pytest.raises(Accident) as caught:
        way(Guard(POOL.trust(), ALB.trust()), forms[form])

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2
    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


def refusing(**headers: str) -> Headers:
    """A request with these headers in place of the good ones."""
    return Headers({name.replace("_", "-"): value for name, value in headers.items()})


LATE = POOL.access_token(USER, expires_in=-5, claims=CLAIMS)
REFUSED: dict[str, tuple[Guard, Headers]] = {
    "expired": (pool_guard(), refusing(authorization=f"Bearer {LATE}")),
    "another signature": (pool_guard(), refusing(authorization=f"Bearer {TOKEN[:-8]}AAAAAAAA")),
    "another client": (pool_guard(client_ids=["other"]), BEARER),
    "no resource": (pool_guard(resources=["x"]), BEARER),
    "another issuer": (Guard(LocalUserPool("eu-west-1_Other").trust()), BEARER),
    "no key": (pool_guard(jwks=LocalUserPool().jwks()), BEARER),
    "a wrong claim": (
        pool_guard(),
        refusing(authorization=f"Bearer {POOL.access_token(claims={**CLAIMS, 'scope': [TOKEN]})}"),
    ),
    "two parts": (pool_guard(), refusing(authorization=f"Bearer {TOKEN.rpartition('.')[0]}")),
    "no JSON": (pool_guard(), refusing(authorization=f"Bearer {TOKEN[:30]}x{TOKEN[30:]}")),
    "too large": (Guard(POOL.trust(), max_token_bytes=50), BEARER),
    "two tokens": (pool_guard(), refusing(authorization=f"Bearer {TOKEN} {TOKEN}")),
    "two headers": (pool_guard(), refusing(authorization=f"Bearer {TOKEN}, Bearer {TOKEN}")),
    "a check": (pool_guard(checks=[lambda _: False]), BEARER),
    "a client check": (pool_guard(client_check=lambda _: False), BEARER),
    "another load balancer": (
        alb_guard(arns=[ALB.arn[:-4] + "0000"], keys=ALB.keys()),
        FORWARDED,
    ),
    "another key of load balancers": (alb_guard(keys=LocalLoadBalancer(POOL).keys()), FORWARDED),
    "another access token": (
        alb_guard(POOL.trust()),
        Headers({**FORWARDED, "x-amzn-oidc-accesstoken": POOL.access_token("bob")}),
    ),
    "another subject": (
        alb_guard(POOL.trust()),
        Headers({**FORWARDED, "x-amzn-oidc-identity": "someone-else"}),
    ),
    "another caller": (
        Guard(ALB.trust(), POOL.trust()),
        Headers({**FORWARDED, "authorization": f"Bearer {POOL.access_token('bob')}"}),
    ),
    "two of a forwarded header": (
        alb_guard(),
        Headers({**FORWARDED, "x-amzn-oidc-data": f"{SENT['x-amzn-oidc-data']},x"}),
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("guard", "sent"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_that_is_reported(way: Any, guard: Guard, sent: Headers) -> None:
    """Whoever reports refusals as well, or does not catch them, learns no token from us."""
    with pytest.raises(AuthError) as caught:
        way(guard, sent.values_of)

    secrets = set(SECRETS)
    for value in sent.values():
        secrets |= secrets_of(value.removeprefix("Bearer ").split(",")[0]) - KIDS
    assert_nothing_shown(shown_by(caught.value), secrets)


@pytest.mark.parametrize(
    "policy",
    [
        require_claim("custom:team", "another") | (lambda _: Fails()()),
        require_claim("custom:team", "team-of-the-reports") & (lambda _: Fails()()),
        require_claim("custom:team", "another"),
        require_groups("another"),
    ],
    ids=["|", "&", "a claim", "a group"],
)
def test_a_policy_that_fails(policy: Any) -> None:
    """A policy looks at claims, and leaves none in a variable when it refuses or fails."""
    identity = pool_guard().verify(TOKEN)
    asked_for = {"team-of-the-reports"}  # by the policy itself, in the program's own words
    with pytest.raises((Accident, AuthError)) as caught:
        enforce(policy, identity)

    assert assert_nothing_shown(shown_by(caught.value), SECRETS - asked_for) >= 2


CHANGES: list[Callable[[Any], object]] = [
    lambda claims: claims.__setitem__("role", "admin"),
    lambda claims: claims.__delitem__("sub"),
    lambda claims: claims.__ior__({"role": "admin"}),
    lambda claims: claims.clear(),
    lambda claims: claims.pop("sub"),
    lambda claims: claims.popitem(),
    lambda claims: claims.setdefault("role", TOKEN),
    lambda claims: claims.update({"role": "admin"}),
    lambda claims: claims.update(role=TOKEN),
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("of", [lambda identity: identity.claims, lambda identity: identity.custom])
def test_a_change_of_claims_that_is_refused(of: Any, change: Callable[[Any], object]) -> None:
    """Whoever writes into the claims learns that he cannot; the report does not list them."""
    claims = of(pool_guard().verify(TOKEN))
    with pytest.raises(TypeError, match="cannot be changed") as caught:
        change(claims)

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) == 1


CLAIMS_OF_IT = dict(pool_guard().verify(TOKEN).claims)
GUARD = Guard(POOL.trust(), ALB.trust())

WRONG_ARGUMENTS: dict[str, Callable[[Any], object]] = {
    "enforce": partial(enforce, require_groups("a")),
    "enforce of a function": partial(enforce, lambda _: True),
    "a policy": require_groups("a"),
    "two policies": require_groups("a") & require_claim("a"),
    "either policy": require_groups("a") | require_claim("a"),
    "verify_credential": GUARD.verify_credential,
    "averify_credential": lambda it: asyncio.run(GUARD.averify_credential(it)),
    "home_issuer": GUARD.home_issuer,
    "challenge": GUARD.challenge,
    "authenticate": GUARD.authenticate,
    "aauthenticate": lambda it: asyncio.run(GUARD.aauthenticate(it)),
    "find_credential": GUARD.find_credential,
}


@pytest.mark.parametrize(
    "argument",
    [TOKEN, TOKEN.encode("ascii"), CLAIMS_OF_IT, [TOKEN]],
    ids=lambda it: type(it).__name__,
)
@pytest.mark.parametrize("call", WRONG_ARGUMENTS.values(), ids=WRONG_ARGUMENTS)
def test_an_argument_of_another_kind(call: Callable[[Any], object], argument: Any) -> None:
    """A token or claims where something else belongs: the error says so, and shows none of it."""
    with pytest.raises(TypeError) as caught:
        call(argument)

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 1
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "value",
    [TOKEN.encode("ascii"), {TOKEN}, [{"a": (b"", TOKEN)}]],
    ids=["bytes", "a set", "a list"],
)
def test_a_required_value_of_another_kind(value: Any) -> None:
    """The same, for a value that no claim can have."""
    with pytest.raises(ConfigurationError) as caught:
        require_claim("token", "a", value)

    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2


def test_nobody_is_shown() -> None:
    """An anonymous user of somebody else's may hold what was refused."""

    class Nobody(dict[str, str]):
        is_authenticated = False

    for call in (require_groups("a"), partial(enforce, require_groups("a"))):
        with pytest.raises(MissingCredentials) as caught:
            call(Nobody(tried=TOKEN))  # type: ignore[arg-type]
        assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 1


def test_what_is_handed_round_is_no_container() -> None:
    """Collectors show the members of tuples, whatever their repr says: these are none."""
    credential = Guard(POOL.trust(), ALB.trust()).find_credential(BOTH.values_of)

    assert isinstance(credential, Credential)
    for one in (credential, *credential.others):
        assert isinstance(one, str) or not hasattr(one, "__iter__")
    assert not any(secret in repr(credential) for secret in SECRETS)
    with pytest.raises(TypeError):
        json.dumps(credential)


def test_frames_of_others_are_left_alone() -> None:
    """Only our own variables are forgotten: the report of a fault in other code stays whole."""

    def broken() -> NoReturn:
        kept = "a variable of somebody else's"
        raise Accident(kept)

    with pytest.raises(Accident) as caught:
        pool_guard(checks=[lambda _: broken()]).verify(TOKEN)
    forget_locals(caught.value)

    trace = caught.value.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    assert trace.tb_frame.f_locals["kept"] == "a variable of somebody else's"


def test_errors_in_a_circle_are_forgotten_once() -> None:
    """An error may name itself as what led to it."""
    one, other = Accident("one"), Accident("other")
    one.__context__, other.__context__ = other, one

    forget_locals(one)


def test_keys_of_load_balancers_as_objects() -> None:
    """The table's key sets stand for real ones."""
    assert StaticPemKeySet(ALB.keys()).key(next(iter(ALB.keys())))


@pytest.mark.parametrize(
    ("where", "guard", "sent"),
    [
        ("cognito_guard.tokens.claims.scopes", pool_guard(), BEARER),
        ("cognito_guard.tokens.parsing.decode_base64url", pool_guard(), BEARER),
        (
            "cognito_guard.keys.signature.PKCS1v15",
            pool_guard(jwks=Keys(RS256Key("k", None))),
            BEARER,
        ),
        ("cognito_guard.load_balancers.verifier.check_same_issuer", alb_guard(), FORWARDED),
        ("cognito_guard.tokens.parsing.PADDING", alb_guard(), FORWARDED),
        ("cognito_guard.http.carriers._TOKEN", pool_guard(), BEARER),
    ],
)
def test_a_fault_of_our_own(
    where: str, guard: Guard, sent: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong in our own code, or in a library below, is reported without the token."""
    monkeypatch.setattr(where, Fails())

    with pytest.raises(Exception) as caught:  # whatever comes of it
        guard.authenticate(sent.values_of)

    assert not isinstance(caught.value, AuthError)
    assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2


class Plain:
    """As any object: its repr says nothing."""

    def __call__(self, name: str) -> list[str]:
        return []


class Telling(Plain):
    def __repr__(self) -> str:
        return TOKEN


class Holding(Plain):
    """A container, whose members a report shows."""

    def __iter__(self) -> Iterator[str]:
        return iter([TOKEN])


class Indexed(Plain):
    """Another one."""

    def __getitem__(self, name: str) -> str:
        return TOKEN


def test_what_gives_the_headers_is_wrapped_where_it_would_tell_them() -> None:
    """Functions and objects as any are called as they are; what has more to show is not shown."""
    as_they_are = [lambda name: [name], Plain()]
    assert [silent(one) for one in as_they_are] == as_they_are
    for one in (Telling(), Holding(), Indexed(), {}.get, Telling().__call__):
        assert isinstance(silent(one), Unsaid)
