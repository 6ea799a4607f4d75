"""guard.py: where trust, carriers and challenges meet."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import (
    AuthorizationHeader,
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
)
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


def test_challenges_are_logged_by_reason_alone(
    guard: Guard, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """A refusal leaves one log record: the status and the reason code."""
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
