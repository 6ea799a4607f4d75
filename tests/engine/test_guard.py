"""guard.py: where trust, carriers and challenges meet."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cognito_guard import (
    AuthError,
    AuthorizationHeader,
    Carrier,
    ConfigurationError,
    Cookie,
    Credential,
    Guard,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    LoadBalancerHeaders,
    MissingCredentials,
    Reason,
    RemoteKeySet,
    UserPool,
)
from cognito_guard.http.carriers import Forwarded
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .header_values import headers
from .silence import assert_unsaid, secrets_of


def test_verify(pool: LocalUserPool, guard: Guard) -> None:
    """A token becomes an identity, the same one in both ways of asking."""
    token = pool.access_token("alice", groups=["admins"])

    assert guard.verify(token) == asyncio.run(guard.averify(token))
    assert guard.verify(token).groups == ("admins",)


def test_each_pool_makes_its_own_demands(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """A token is held against the pool that it names, and against no other one's demands."""
    guard = Guard(pool.trust(), other_pool.trust(token_use="id"))

    assert guard.verify(pool.access_token()).client_id == pool.client_id
    assert guard.verify(other_pool.id_token()).client_id == other_pool.client_id
    for token, reason in {
        pool.id_token(): Reason.WRONG_TOKEN_USE,
        other_pool.access_token(): Reason.WRONG_TOKEN_USE,
        pool.access_token(client_id=other_pool.client_id): Reason.WRONG_CLIENT,
    }.items():
        with pytest.raises(InvalidToken) as caught:
            guard.verify(token)
        assert caught.value.reason is reason


def test_the_credential_is_found_with_its_carrier(pool: LocalUserPool) -> None:
    """An adapter learns what was found and where, because a cookie needs protection and a header
    does not; the repr of what was found does not show it."""
    cookie = Cookie("session")
    guard = Guard(pool.trust(), carriers=[AuthorizationHeader(), cookie])
    token = pool.access_token()

    found = guard.find_credential(headers(cookie=[f"session={token}"]))

    assert found == Credential(token, cookie)
    assert_unsaid(repr(found), secrets_of(token), "Credential")
    assert guard.find_credential(headers()) is None


def test_the_reprs_of_two_credentials_differ() -> None:
    """A cache that makes its keys of the repr of arguments tells the callers apart."""
    bearer, balancer = AuthorizationHeader(), LoadBalancerHeaders()
    values = [
        *("one.token", "another.token"),
        *(Forwarded("d"), Forwarded("e"), Forwarded("d", "t"), Forwarded("d", None, "t")),
    ]
    several = [Credential(value, bearer) for value in values]
    several += [Credential("one.token", bearer, (Credential(v, balancer),)) for v in values]

    assert len({repr(one) for one in several}) == len(several)
    for one in several:
        assert repr(one) == repr(Credential(one.value, one.carrier, one.others))


def _refused(guard: Guard, waits: bool, **lines: list[str]) -> AuthError | KeysUnavailable:
    def ask() -> object:
        asked = headers(**lines)
        return asyncio.run(guard.aauthenticate(asked)) if waits else guard.authenticate(asked)

    with pytest.raises((AuthError, KeysUnavailable)) as refused:
        ask()
    return refused.value


class SaysMissing:
    """Other people's code, which raises the error that adapters take for an absent credential."""

    ambient = False

    def __init__(self, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm

    def __call__(self, *_: object) -> NoReturn:
        """As of a clock, or a check."""
        raise MissingCredentials(Reason.MISSING_CREDENTIALS, "So it says.")

    find = key = verify = __call__  # as of a carrier, a key set, a key


class KeyOnly:
    """A key set with one key, which is other people's code."""

    def __init__(self, key: SaysMissing) -> None:
        self._key = key

    def key(self, kid: str, /) -> Any:
        """See ``KeySet.key``."""
        return self._key


SAY_MISSING: dict[str, Callable[[LocalUserPool], Guard]] = {
    "a key set": lambda pool: Guard(pool.trust(jwks=SaysMissing())),
    "a key": lambda pool: Guard(pool.trust(jwks=KeyOnly(SaysMissing()))),
    "a check": lambda pool: Guard(pool.trust(checks=[SaysMissing()])),
    "a clock": lambda pool: Guard(pool.trust(), clock=SaysMissing()),
}


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("build", SAY_MISSING.values(), ids=SAY_MISSING)
def test_a_credential_that_is_there_is_not_missing(
    pool: LocalUserPool, build: Callable[[LocalUserPool], Guard], waits: bool
) -> None:
    """Whoever is asked about a credential, and calls it missing, makes nobody anonymous."""
    guard, token = build(pool), pool.access_token()

    error = _refused(guard, waits, authorization=[f"Bearer {token}"])
    assert isinstance(error, InvalidToken)
    assert error.reason is Reason.CHECK_FAILED
    with pytest.raises(InvalidToken) as caught:
        asyncio.run(guard.averify(token)) if waits else guard.verify(token)
    assert caught.value.reason is Reason.CHECK_FAILED


@pytest.mark.parametrize("waits", [False, True])
def test_what_was_forwarded_is_not_missing(pool: LocalUserPool, waits: bool) -> None:
    """The same, for what a load balancer forwards, alone and beside a token."""
    balancer = LocalLoadBalancer(pool)
    sent = {name.lower().replace("-", "_"): [text] for name, text in balancer.headers().items()}
    beside = {**sent, "authorization": [f"Bearer {pool.access_token()}"]}
    for keys in (SaysMissing(), KeyOnly(SaysMissing("ES256"))):
        trusted = balancer.trust(keys=keys)
        for guard, lines in (
            (Guard(trusted), sent),
            (Guard(trusted, pool.trust()), beside),
            (Guard(pool.trust(), trusted), beside),
        ):
            error = _refused(guard, waits, **lines)
            assert isinstance(error, InvalidToken)
            assert error.reason is Reason.CHECK_FAILED


def test_a_cookie_that_is_taken_for_missing_is_dropped(pool: LocalUserPool) -> None:
    """As after any other refusal of its token."""
    cookie = Cookie("session")
    guard = Guard(pool.trust(jwks=SaysMissing()), carriers=[cookie])
    for waits in (False, True):
        error = _refused(guard, waits, cookie=[f"session={pool.access_token()}"])
        assert dict(guard.challenge(error).headers)["Set-Cookie"] == cookie.deletion


@pytest.mark.parametrize("first", [False, True])
def test_a_carrier_that_says_missing_hides_no_other(pool: LocalUserPool, first: bool) -> None:
    """One that raises what it should return finds nothing, and the other carriers are asked."""
    carriers: list[Carrier] = [AuthorizationHeader(), SaysMissing()]
    guard = Guard(pool.trust(), carriers=carriers[::-1] if first else carriers)

    good, bad = pool.access_token(), pool.access_token(expires_in=-1)
    assert guard.authenticate(headers(authorization=[f"Bearer {good}"])).username == "alice"
    assert isinstance(_refused(guard, False, authorization=[f"Bearer {bad}"]), InvalidToken)
    assert isinstance(_refused(guard, False), MissingCredentials)


def test_no_credential_is_its_own_error(guard: Guard) -> None:
    """An absent credential is told apart from a bad one: only that can ever be anonymous."""
    with pytest.raises(MissingCredentials) as caught:
        guard.authenticate(headers())
    assert caught.value.reason is Reason.MISSING_CREDENTIALS

    with pytest.raises(InvalidToken):
        guard.authenticate(headers(authorization=["Bearer x"]))


class Ambient:
    """Half a carrier."""

    ambient = True


WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no pool": ((), {}, "a Guard needs one UserPool or LoadBalancer"),
    "a pool id": (("eu-west-1_AbC123xyz",), {}, "a Guard needs one UserPool or LoadBalancer"),
    "a list of pools": (([],), {}, "a Guard needs one UserPool or LoadBalancer"),
    "no carriers": ((), {"carriers": []}, "carriers must not be empty"),
    "a carrier by name": ((), {"carriers": ["cookie"]}, "each of carriers must"),
    "a carrier that is none": ((), {"carriers": [object()]}, "each of carriers must"),
    "a carrier's class": ((), {"carriers": [AuthorizationHeader]}, "each of carriers must"),
    "a carrier that finds nothing": ((), {"carriers": [Ambient()]}, "each of carriers must"),
    "one carrier, no list": ((), {"carriers": AuthorizationHeader()}, "carriers must be a list"),
    "an empty realm": ((), {"realm": ""}, "realm must be printable ASCII"),
    "a quoted realm": ((), {"realm": 'a"b'}, "realm must be printable ASCII"),
    "a realm with a backslash": ((), {"realm": "a\\b"}, "realm must be printable ASCII"),
    "a realm with a newline": ((), {"realm": "a\nb"}, "realm must be printable ASCII"),
    "a realm outside ASCII": ((), {"realm": "caf\u00e9"}, "realm must be printable ASCII"),
    "a realm that is no text": ((), {"realm": 1}, "realm must be printable ASCII"),
    "a size of nothing": ((), {"max_token_bytes": 0}, "max_token_bytes must be a whole number"),
    "a size below": ((), {"max_token_bytes": -1}, "max_token_bytes must be a whole number"),
    "a size as text": ((), {"max_token_bytes": "1"}, "max_token_bytes must be a whole number"),
    "a size as bool": ((), {"max_token_bytes": True}, "max_token_bytes must be a whole number"),
}


@pytest.mark.parametrize(("trusted", "keywords", "message"), WRONG.values(), ids=WRONG)
def test_wrong_arguments(
    pool: LocalUserPool, trusted: tuple[Any, ...], keywords: dict[str, Any], message: str
) -> None:
    """A guard that could not guard is a configuration error when it is built."""
    with pytest.raises(ConfigurationError, match=message):
        Guard(*(trusted if not keywords else (pool.trust(),)), **keywords)


@pytest.mark.parametrize("keywords", [{"max_token_bytes": 1}, {"realm": " ~"}], ids=str)
def test_arguments_at_the_edge(pool: LocalUserPool, keywords: dict[str, Any]) -> None:
    """The smallest size and the outermost characters of a realm are still right."""
    assert Guard(pool.trust(), **keywords)


def test_an_unknown_argument_is_an_error(pool: LocalUserPool) -> None:
    """A misspelt argument is not swallowed."""
    with pytest.raises(TypeError, match="audience"):
        Guard(pool.trust(), audience="1example23456789")  # type: ignore[call-arg]


def test_two_pools_with_one_issuer(pool: LocalUserPool) -> None:
    """Which of two descriptions of one pool counts would be a guess."""
    with pytest.raises(ConfigurationError, match="two user pools share the issuer https://"):
        Guard(pool.trust(), pool.trust(token_use="id"))


def test_the_size_limit(pool: LocalUserPool) -> None:
    """``max_token_bytes`` is the longest token that is looked at."""
    token = pool.access_token()

    assert Guard(pool.trust(), max_token_bytes=len(token)).verify(token)
    with pytest.raises(InvalidToken) as caught:
        Guard(pool.trust(), max_token_bytes=len(token) - 1).verify(token)
    assert caught.value.reason is Reason.TOKEN_TOO_LARGE


def test_the_clock(pool: LocalUserPool) -> None:
    """The clock that a guard was given decides what has expired, at the time of each call."""
    now = [0.0]
    guard = Guard(pool.trust(), clock=lambda: now[0])
    token = pool.access_token()

    assert guard.verify(token)
    now[0] = guard.verify(token).expires_at or 0
    with pytest.raises(InvalidToken) as caught:
        guard.verify(token)
    assert caught.value.reason is Reason.TOKEN_EXPIRED


def test_a_clock_that_breaks_lets_nobody_in(pool: LocalUserPool) -> None:
    """Not even with a token that was good before, and is remembered."""
    now = [pool.clock()]
    balancer = LocalLoadBalancer(pool)
    guard = Guard(pool.trust(), balancer.trust(), clock=lambda: now[0])
    token, forwarded = pool.access_token(), balancer.headers()["x-amzn-oidc-data"]
    for _ in range(2):
        assert guard.verify(token).username == "alice"
        assert guard.authenticate(headers(x_amzn_oidc_data=[forwarded])).username == "alice"

    now[0] = nan
    for lines in ({"authorization": [f"Bearer {token}"]}, {"x_amzn_oidc_data": [forwarded]}):
        error = _refused(guard, False, **lines)
        assert error.reason is Reason.TOKEN_EXPIRED
        assert _refused(guard, True, **lines).reason is error.reason


def test_challenges_are_logged_by_reason_alone(
    pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal leaves one log record: the status and the reason code."""
    guard = Guard(pool.trust())  # which has no sum of what other tests were refused
    caplog.set_level(logging.DEBUG)
    token = pool.access_token(claims={"exp": 1})

    with pytest.raises(InvalidToken) as caught:
        guard.authenticate(headers(authorization=[f"Bearer {token}"]))
    answer = guard.challenge(caught.value)
    guard.challenge(KeysUnavailable(3))

    assert answer.status == 401
    assert caplog.messages == [
        "refused with 401: token_expired",
        "refused with 503: keys_unavailable",
    ]
    assert {record.name for record in caplog.records} == {"cognito_guard"}
    for record in caplog.records:
        said = repr((record.msg, record.args, record.exc_info))
        assert_unsaid(said, secrets_of(token), "the log")


def test_verification_logs_nothing(
    guard: Guard, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a good nor a bad token leaves a trace in the log by itself."""
    caplog.set_level(logging.DEBUG)
    guard.verify(pool.access_token())
    with pytest.raises(InvalidToken):
        guard.verify(pool.id_token())

    assert caplog.records == []


def test_keys_can_be_fetched_ahead(pool: LocalUserPool) -> None:
    """``prefetch`` starts what the first request would otherwise wait for, once for all."""
    asked: list[str] = []
    was_asked = threading.Event()

    def get(url: str) -> bytes:
        asked.append(url)
        was_asked.set()
        return json.dumps(pool.jwks()).encode()

    guard = Guard(pool.trust(jwks=RemoteKeySet("https://keys.example/jwks.json", get=get)))
    assert asked == []
    guard.prefetch()
    assert was_asked.wait(30)
    assert guard.verify(pool.access_token()).username == "alice"
    guard.prefetch()
    assert guard.verify(pool.access_token()).username == "alice"
    assert asked == ["https://keys.example/jwks.json"]


def test_the_keys_behind_a_load_balancer_can_be_fetched_ahead(pool: LocalUserPool) -> None:
    """Those of its user pool: nobody knows the ids of its own before they are named."""
    alb = LocalLoadBalancer(pool)
    with pool.serve() as pool_keys, alb.serve() as keys:
        user_pool = pool.trust(jwks=pool_keys.url)
        balanced = LoadBalancer(
            [alb.arn], client_id=alb.client_id, user_pool=user_pool, keys=keys.url
        )
        guard = Guard(balanced)
        guard.prefetch()
        sent = alb.headers("alice")
        identity = guard.authenticate(lambda name: [sent[name]] if name in sent else [])
        assert identity.username == "alice"
        assert (pool_keys.requests, keys.requests) == (1, 1)
        # One and the same pool has its keys only once.
        both = Guard(user_pool, balanced)
        both.prefetch()
        assert both.verify(pool.access_token()).username == "alice"
        assert both.authenticate(lambda name: [sent[name]] if name in sent else []) == identity
        assert pool_keys.requests == 2


def test_the_carriers_are_those_of_the_trusted(pool: LocalUserPool) -> None:
    """Nobody looks for the credentials of a party that is not trusted."""
    alb = LocalLoadBalancer(pool)
    balanced = LoadBalancer([alb.arn], client_id=alb.client_id, keys=alb.keys())
    kinds = {
        (pool.trust(),): [AuthorizationHeader],
        (balanced,): [LoadBalancerHeaders],
        (balanced, pool.trust()): [LoadBalancerHeaders, AuthorizationHeader],
        (pool.trust(), balanced): [AuthorizationHeader, LoadBalancerHeaders],
    }
    for trusted, expected in kinds.items():
        assert list(map(type, Guard(*trusted).carriers)) == expected
    with pytest.raises(ConfigurationError, match="name one as well"):
        Guard(balanced, carriers=[Cookie("session")])
    with pytest.raises(ConfigurationError, match="each of carriers must be one"):
        Guard(pool.trust(), balanced, carriers=[LoadBalancerHeaders()])


def test_static_keys_need_no_prefetch(guard: Guard) -> None:
    """Where nothing is to be fetched, ``prefetch`` does nothing."""
    assert guard.prefetch() is None  # type: ignore[func-returns-value]


def test_from_env(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A guard can be described by the process's environment, or by any other mapping of texts."""
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(pool.jwks()))
    settings = {
        "COGNITO_USER_POOL_ID": pool.user_pool_id,
        "COGNITO_CLIENT_IDS": pool.client_id,
        "COGNITO_JWKS": str(keys),
        "COGNITO_REALM": "api",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    for guard in (Guard.from_env(), Guard.from_env({**settings, "PATH": "/bin"})):
        assert guard.verify(pool.access_token()).username == "alice"
        assert guard.realm == "api"


def test_from_mapping(pool: LocalUserPool) -> None:
    """A guard can be described by typed settings under a prefix of one's own."""
    guard = Guard.from_mapping(
        {
            "AUTH_USER_POOL_ID": pool.user_pool_id,
            "AUTH_CLIENT_IDS": [pool.client_id],
            "AUTH_JWKS": pool.jwks(),
            "AUTH_COOKIE": "session",
            "SECRET_KEY": "not ours",
        },
        prefix="AUTH_",
    )

    token = pool.access_token()
    assert guard.authenticate(headers(cookie=[f"session={token}"])).username == "alice"
    assert guard.authenticate(headers(authorization=[f"Bearer {token}"])).username == "alice"


@pytest.mark.parametrize("waits", [False, True])
def test_the_cookie_of_a_refused_token_is_dropped(pool: LocalUserPool, waits: bool) -> None:
    """Otherwise a browser brings it for good. What came in the header has no cookie to drop."""
    cookie = Cookie("session", path="/app")
    guard = Guard(pool.trust(), carriers=[AuthorizationHeader(), cookie])

    def dropped(**lines: list[str]) -> str | None:
        answer = guard.challenge(_refused(guard, waits, **lines))
        return dict(answer.headers).get("Set-Cookie")

    expired = pool.access_token(expires_in=-1)
    assert dropped(cookie=[f"session={expired}"]) == cookie.deletion
    assert dropped(cookie=["session=junk"]) == cookie.deletion
    assert dropped(authorization=[f"Bearer {expired}"]) is None
    # Two places, of which one may be good: nobody knows which.
    assert dropped(cookie=["session=a; session=b"]) is None
    assert dropped(authorization=["Bearer x"], cookie=["session=a"]) is None


@pytest.mark.parametrize("waits", [False, True])
def test_no_cookie_is_dropped_while_no_key_can_be_had(pool: LocalUserPool, waits: bool) -> None:
    """Nobody can say whether the token is good."""
    trusted = UserPool(
        pool.user_pool_id, client_ids=[pool.client_id], jwks="http://127.0.0.1:1/jwks.json"
    )
    guard = Guard(trusted, carriers=[Cookie("session")])
    error = _refused(guard, waits, cookie=[f"session={pool.access_token()}"])
    assert isinstance(error, KeysUnavailable)
    assert "Set-Cookie" not in dict(guard.challenge(error).headers)


def test_one_error_for_all_requests_drops_no_other_cookie(pool: LocalUserPool) -> None:
    """A check may raise an error that it made once; whose cookie goes is said anew each time."""
    same = InvalidToken("check_failed", "No.")

    def check(identity: object) -> None:
        raise same

    guard = Guard(pool.trust(checks=[check]), carriers=[AuthorizationHeader(), Cookie("session")])
    token = pool.access_token()
    for lines, dropped in (
        ({"cookie": [f"session={token}"]}, True),
        ({"authorization": [f"Bearer {token}"]}, False),
    ):
        answer = guard.challenge(_refused(guard, False, **lines))
        assert ("Set-Cookie" in dict(answer.headers)) is dropped


_NOTHING_LOADED = """
import sys
from cognito_guard import Guard, InvalidToken, KeysUnavailable, MissingCredentials, UserPool
from cognito_guard.revocation import MemoryRevocationList

path, good, late, other, nowhere = sys.argv[1:]
of_file = UserPool("eu-west-1_LocalPool", client_ids=["1example23456789"], jwks=path)
fetched = UserPool("eu-west-1_Another00", client_ids=["1example23456789"], jwks=nowhere)
guard = Guard(of_file, fetched, revocations=MemoryRevocationList())
told = []
guard.add_listener(told.append)

class NoMore:
    def find_spec(name, path=None, target=None):
        if name.startswith("cognito_guard"):
            raise OSError(24, "no file can be opened: " + name)

sys.meta_path.insert(0, NoMore)
for expected, answer in (
    (InvalidToken, lambda: guard.verify(late)),
    (KeysUnavailable, lambda: guard.verify(other)),
    (MissingCredentials, lambda: guard.authenticate(lambda name: [])),
):
    try:
        answer()
    except expected as error:
        guard.challenge(error, method="GET", path="/")
identity = guard.verify(good)
guard.health()
guard.sign_out(identity)
try:
    guard.verify(good)
except InvalidToken as error:
    assert error.reason == "revoked"
assert sum(type(event).__name__ == "RequestRefused" for event in told) == 3
"""


def test_no_request_loads_a_module(pool: LocalUserPool, tmp_path: Path) -> None:
    """What a guard needs is there when it is made. A request that had to load a part would fail
    where no file can be opened any more, and a fork in the midst of it would stop the child."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(pool.jwks()), encoding="utf-8")
    tokens = [pool.access_token(), pool.access_token(expires_in=-60)]
    tokens.append(LocalUserPool("eu-west-1_Another00").access_token())
    arguments = [path, *tokens, "http://127.0.0.1:9/jwks.json"]
    subprocess.run(
        [sys.executable, "-W", "error", "-c", _NOTHING_LOADED, *arguments], check=True, timeout=60
    )
