"""Sessions: whom they act for, how they are renewed, and how they end."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import NoAuthTokenError
from botocore.loaders import JSONFileLoader

from cognito_guard import ConfigurationError, Guard, InvalidToken
from cognito_guard.login import LoginSession
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool
from cognito_guard_boto3 import (
    CredentialsEnded,
    CredentialsUnavailable,
    IdentityPool,
    LoginRefused,
    Logins,
)

from ..aws.identity_pools.server import IDENTITY_POOL, IdentityServer
from ..aws.kept_server import KeptServer, refuses, says

EXCHANGE = ["GetId", "GetCredentialsForIdentity"]
Make = Callable[..., IdentityPool]


@pytest.fixture
def make(server: IdentityServer, pool: LocalUserPool) -> Iterator[Make]:
    """Makes an identity pool."""
    made: list[IdentityPool] = []

    def make(**more: Any) -> IdentityPool:
        made.append(
            IdentityPool(IDENTITY_POOL, more.pop("pool", pool.trust()), url=server.url, **more)
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def identity_pool(make: Make) -> IdentityPool:
    """One."""
    return make()


class Clock:
    """A calendar that a test sets: ours, botocore's and that of AWS."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(server: IdentityServer) -> Clock:
    """One of them."""
    clock = Clock()
    server.clock = clock
    return clock


def lasting(pool: LocalUserPool, who: str = "ada", **more: Any) -> str:
    """An ID token that outlasts its credentials."""
    return pool.id_token(who, exp=1_900_086_400, **more)


def keys(session: boto3.Session) -> str:
    """The access key that a session signs with now."""
    key: str = session.get_credentials().get_frozen_credentials().access_key
    return key


@contextmanager
def client(
    session: boto3.Session, name: str, service: KeptServer, config: Any = None
) -> Iterator[Any]:
    """A client for ``service``."""
    with closing(session.client(name, endpoint_url=service.url, config=config)) as made:
        yield made


def signer(service: KeptServer) -> str:
    """Who signed the last request."""
    said = service.asked[-1][1]["Authorization"]
    found = re.search(r"Credential=([^/]+)/", said)
    return found[1] if found else said.partition(" ")[0]


def test_a_request(
    identity_pool: IdentityPool, server: IdentityServer, service: KeptServer, token: str
) -> None:
    """Signed by the user's keys, although the process has some of its own."""
    session = identity_pool.session(lambda: token)
    assert session.region_name == "eu-west-1"
    assert identity_pool.session(lambda: token, region_name="eu-central-1").region_name == (
        "eu-central-1"
    )
    assert not server.calls
    with client(session, "dynamodb", service) as dynamodb:
        dynamodb.list_tables()
        dynamodb.list_tables()
    assert signer(service) == "ASIA2"
    assert service.asked[-1][1]["X-Amz-Security-Token"] == "session 2"
    assert server.operations == EXCHANGE
    assert session.get_credentials().method == "cognito-identity-pool"


def test_no_token_of_the_process(
    identity_pool: IdentityPool, service: KeptServer, token: str
) -> None:
    """Where botocore prefers a bearer token that is in the environment, it gets none; a client that
    is told to sign does."""
    session = identity_pool.session(lambda: token)
    with client(session, "bedrock", service) as bedrock, pytest.raises(NoAuthTokenError):
        bedrock.list_foundation_models()
    assert not service.asked
    config = Config(auth_scheme_preference="sigv4")
    with client(session, "bedrock", service, config) as bedrock:
        bedrock.list_foundation_models()
    assert signer(service) == "ASIA2"


def test_nothing_to_fall_back_to(
    identity_pool: IdentityPool, server: IdentityServer, service: KeptServer, token: str
) -> None:
    """A user without credentials acts as nobody, and not as the process."""
    server.answers["GetId"] = refuses("NotAuthorizedException")
    with client(identity_pool.session(lambda: token), "dynamodb", service) as dynamodb:
        for _ in range(2):
            with pytest.raises(LoginRefused):
                dynamodb.list_tables()
    assert not service.asked


def test_two_users(identity_pool: IdentityPool, pool: LocalUserPool) -> None:
    """Each by their own; two sessions of one token by the same."""
    ada, bob = pool.id_token("ada"), pool.id_token("bob")
    used = [keys(identity_pool.session(lambda one=one: one)) for one in (ada, bob, ada)]
    assert used == ["ASIA2", "ASIA4", "ASIA2"]


def test_a_login_session(identity_pool: IdentityPool, pool: LocalUserPool) -> None:
    """Itself, or a function that finds it."""
    identity = Guard(pool.trust()).verify(pool.access_token("ada"))
    token = pool.id_token("ada")
    signed_in = LoginSession(identity, "access", token, 0.0)
    assert signed_in.id_token == token
    assert keys(identity_pool.session(signed_in)) == "ASIA2"
    assert keys(identity_pool.session(lambda: signed_in)) == "ASIA2"


def test_logins(make: Make, server: IdentityServer) -> None:
    """Of other providers; and a guest stays the same guest."""
    identity_pool = make(pool=None, unauthenticated=True)
    assert keys(identity_pool.session(Logins({"accounts.google.com": "ya29.a"}))) == "ASIA2"
    server.life = 60  # so it is renewed on every use
    session = identity_pool.session(Logins.unauthenticated)
    keys(session)
    keys(session)
    assert server.operations == [*EXCHANGE, *EXCHANGE, "GetCredentialsForIdentity"]
    assert server.calls[-1][1] == server.calls[-2][1]


def test_renewed_by_botocore(
    make: Make, server: IdentityServer, pool: LocalUserPool, clock: Clock
) -> None:
    """From fifteen minutes before the end on, with a fresh token; not before."""
    tokens: list[str] = []

    def source() -> str:
        tokens.append(lasting(pool))
        return tokens[-1]

    session = make(clock=clock).session(source)
    assert keys(session) == "ASIA2"
    clock.now += 2700
    assert keys(session) == "ASIA2"
    clock.now += 1
    assert keys(session) == "ASIA4"
    assert len(tokens) == 2
    assert server.operations == 2 * EXCHANGE


def test_a_renewal_that_fails(
    make: Make,
    server: IdentityServer,
    pool: LocalUserPool,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is held does until ten minutes before its end; then there is a clear error, and not one
    of the service in the midst of something."""
    token = lasting(pool)
    session = make(clock=clock).session(lambda: token)
    assert keys(session) == "ASIA2"
    server.answers["GetCredentialsForIdentity"] = says(500, b"")
    clock.now += 2701
    assert keys(session) == "ASIA2"
    clock.now += 300
    with pytest.raises(CredentialsUnavailable) as failed, caplog.at_level(logging.DEBUG):
        keys(session)
    assert failed.value.retry_after >= 1
    assert "mandatory refresh" in caplog.text


def test_nobody_is_signed_in_any_more(make: Make, pool: LocalUserPool, clock: Clock) -> None:
    """A source without a token: the session ends ten minutes before its credentials do."""
    source: list[str | None] = [lasting(pool)]
    session = make(clock=clock).session(lambda: source[0])
    assert keys(session) == "ASIA2"
    source[0] = None
    clock.now += 2701
    assert keys(session) == "ASIA2"
    clock.now += 300
    with pytest.raises(CredentialsEnded, match="Nobody is signed in"):
        keys(session)


def test_used_after_the_sign_out(
    make: Make, service: KeptServer, pool: LocalUserPool, server: IdentityServer
) -> None:
    """At once, where the guard has a list; the session of another sign-in goes on."""
    revocations = MemoryRevocationList()
    guard = Guard(pool.trust(), revocations=revocations)
    identity_pool = make(revocations=revocations)
    tokens = [pool.id_token("ada", origin_jti=one) for one in ("1", "2")]
    session, other = (identity_pool.session(lambda one=one: one) for one in tokens)
    with (
        client(session, "dynamodb", service) as dynamodb,
        client(other, "dynamodb", service) as going_on,
    ):
        dynamodb.list_tables()
        going_on.list_tables()
        guard.sign_out(guard.verify(pool.access_token("ada", origin_jti="1")))
        for _ in range(2):
            with pytest.raises(InvalidToken) as refused:
                dynamodb.list_tables()
            assert refused.value.reason == "revoked"
        going_on.list_tables()
    assert len(service.asked) == 3
    assert server.operations == 2 * EXCHANGE


def test_an_end(identity_pool: IdentityPool, pool: LocalUserPool) -> None:
    """Of a token, without a list; a source that has a new sign-in goes on."""
    source = [pool.id_token("ada")]
    session = identity_pool.session(lambda: source[0])
    assert keys(session) == "ASIA2"
    identity_pool.end(source[0])
    with pytest.raises(InvalidToken) as refused:
        keys(session)
    assert refused.value.reason == "revoked"
    source[0] = pool.id_token("ada")
    assert keys(session) == "ASIA4"


def test_a_source_that_changes_its_mind(make: Make, pool: LocalUserPool, clock: Clock) -> None:
    """A session is one user's."""
    source = [lasting(pool)]
    session = make(clock=clock).session(lambda: source[0])
    keys(session)
    source[0] = lasting(pool, "bob")
    clock.now += 3001
    with pytest.raises(InvalidToken) as refused:
        keys(session)
    assert refused.value.reason == "identity_mismatch"
    source[0] = lasting(pool)
    assert keys(session) == "ASIA6"


def test_a_hundred_threads(
    identity_pool: IdentityPool, server: IdentityServer, service: KeptServer, token: str
) -> None:
    """Of sessions of their own, for one user: one exchange."""
    together = threading.Barrier(100)

    def ask(_: int) -> str:
        session = identity_pool.session(lambda: token)
        together.wait(60)
        return keys(session)

    with ThreadPoolExecutor(100) as threads:
        assert set(threads.map(ask, range(100))) == {"ASIA2"}
    assert server.operations == EXCHANGE


def test_descriptions_are_read_once(
    identity_pool: IdentityPool, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all sessions of an identity pool; boto3's own are among them."""
    read: list[str] = []
    load_file = JSONFileLoader.load_file

    def note(self: Any, path: str) -> Any:
        found = load_file(self, path)
        if found is not None:
            read.append(path)
        return found

    monkeypatch.setattr(JSONFileLoader, "load_file", note)
    counts = []
    for _ in range(3):
        session = identity_pool.session(lambda: token)
        session.client("s3").close()
        session.resource("s3").meta.client.close()
        counts.append(len(read))
    assert counts[0] == counts[2] > 0
    assert any("resources" in path for path in read)
    assert identity_pool._descriptions is not None
    assert len(identity_pool._descriptions.search_paths) == 3


async def _later() -> str:
    return "never"


@pytest.mark.parametrize("source", [None, "a token", 7, _later, str])
def test_what_is_no_source(identity_pool: IdentityPool, source: Any) -> None:
    """Said when the session is made."""
    with pytest.raises(ConfigurationError, match="token_source"):
        identity_pool.session(source)


@pytest.mark.parametrize("given", [b"token", 7, object()])
def test_what_is_no_token(identity_pool: IdentityPool, given: Any) -> None:
    """Said when it is needed."""
    with pytest.raises(ConfigurationError, match="token_source"):
        keys(identity_pool.session(lambda: given))


def test_a_source_that_has_to_be_awaited(identity_pool: IdentityPool) -> None:
    """Is none, and leaves no coroutine behind."""
    with pytest.raises(ConfigurationError, match="coroutine"):
        keys(identity_pool.session(lambda: _later()))


def test_what_the_source_raises(identity_pool: IdentityPool) -> None:
    """Comes out as it is."""

    def source() -> str:
        raise LookupError("of the source")

    with pytest.raises(LookupError, match="of the source"):
        keys(identity_pool.session(source))


def test_reprs(identity_pool: IdentityPool, token: str) -> None:
    """Say nothing."""
    session = identity_pool.session(lambda: token)
    keys(session)
    assert repr(identity_pool) == "<IdentityPool in eu-west-1>"
    assert "ASIA" not in repr(session.get_credentials())
    assert "ASIA" not in repr(session.get_credentials().renewal)
