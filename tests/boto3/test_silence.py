"""No token and no key in an error, a report of one, or a log, at any level."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import trio

from cognito_guard import ConfigurationError, Guard
from cognito_guard.revocation import MemoryRevocationList
from cognito_guard.testing import LocalUserPool
from cognito_guard_boto3 import IdentityPool, Logins

from ..aws.identity_pools.server import IDENTITY_POOL, ROLE, IdentityServer, sts_error
from ..aws.kept_server import Behaviour, refuses, says
from ..engine.reports import assert_nothing_shown, shown_by
from ..engine.silence import assert_silent, assert_unsaid, secrets_of

LOUD = "secret@lovelace.example"
SECRETS = {"secret 2", "secret 3", "session 2", "session 3", "about eu-west-1", LOUD, "ya29.secret"}

ANSWERS: dict[str, Behaviour] = {
    "rubbish": says(200, LOUD.encode()),
    "refused": refuses("NotAuthorizedException", LOUD),
    "unknown": refuses("UnknownException", LOUD),
    "no name": refuses(LOUD, LOUD),
    "throttled": refuses("TooManyRequestsException", LOUD),
    "another's": says(200, {"IdentityId": LOUD, "Credentials": {"SecretKey": LOUD}, "Token": LOUD}),
    "xml": sts_error("AccessDenied", LOUD),
    "nothing": lambda handler: handler.hang_up(),
}
OPERATIONS = {
    "GetId": {},
    "GetCredentialsForIdentity": {},
    "GetOpenIdToken": {"flow": "basic", "role_arn": ROLE},
    "AssumeRoleWithWebIdentity": {"flow": "basic", "role_arn": ROLE},
}


def silent(error: BaseException, *tokens: str) -> None:
    """Neither the error nor a report of it says anything."""
    hidden = SECRETS.union(*map(secrets_of, tokens)) - {"cognito-idp", "eu-west-1"}
    assert_silent(error, hidden)
    assert_nothing_shown(shown_by(error), hidden)


def run(way: str, identity_pool: IdentityPool, said: str | Logins) -> Any:
    """In each of the ways in."""
    if way == "sync":
        return identity_pool.credentials(said)
    if way == "session":
        session = identity_pool.session(lambda: said)
        return session.get_credentials().get_frozen_credentials()

    async def main() -> Any:
        return await identity_pool.acredentials(said)

    return asyncio.run(main()) if way == "asyncio" else trio.run(main)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", ["sync", "asyncio", "trio", "session"])
def test_whatever_comes_back(
    server: IdentityServer,
    pool: LocalUserPool,
    token: str,
    operation: str,
    answer: str,
    way: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And however it is asked; with every log at its loudest."""
    more: Any = OPERATIONS[operation]
    server.answers[operation] = ANSWERS[answer]
    more = {**more, "sts_url": server.url} if more else more
    identity_pool = IdentityPool(IDENTITY_POOL, pool.trust(), url=server.url, **more)
    with caplog.at_level(logging.DEBUG), pytest.raises(Exception) as failed:
        run(way, identity_pool, token)
    identity_pool.close()
    silent(failed.value, token)
    hidden = SECRETS | secrets_of(token)
    for record in caplog.records:
        assert_unsaid(f"{record.getMessage()} {record.exc_text}", hidden, record.name)


@pytest.mark.parametrize("way", ["sync", "asyncio", "session"])
def test_when_all_goes_well(
    server: IdentityServer,
    pool: LocalUserPool,
    token: str,
    way: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An SDK would tell its log of both."""
    identity_pool = IdentityPool(IDENTITY_POOL, pool.trust(), url=server.url)
    with caplog.at_level(logging.DEBUG):
        given = run(way, identity_pool, token)
    identity_pool.close()
    assert given
    hidden = SECRETS | secrets_of(token)
    for record in caplog.records:
        assert_unsaid(f"{record.getMessage()} {record.exc_text}", hidden, record.name)


class Broken(MemoryRevocationList):
    """A list with a fault."""

    def is_revoked(self, *_: object) -> bool:
        raise LookupError("broken")

    async def ais_revoked(self, *_: object) -> bool:
        raise LookupError("broken")


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio", "session"])
@pytest.mark.parametrize("fault", ["list", "clock", "signed out", "token"])
def test_while_code_of_others_runs(
    server: IdentityServer, pool: LocalUserPool, token: str, way: str, fault: str
) -> None:
    """A list, a clock; and what is refused without AWS."""

    def clock() -> float:
        if fault == "clock":
            raise LookupError("broken")
        return 1_900_000_000

    token = pool.id_token("ada", exp=1_900_000_100)
    revocations = Broken() if fault == "list" else MemoryRevocationList()
    server.clock = lambda: 1_900_000_000
    identity_pool = IdentityPool(
        IDENTITY_POOL, pool.trust(), url=server.url, revocations=revocations, clock=clock
    )
    if fault == "signed out":
        Guard(pool.trust(), revocations=revocations).sign_out_user(
            Guard(pool.trust(token_use="id", leeway=0)).verify(pool.id_token("ada")).subject
        )
    said: str | Logins = token if fault != "token" else f"{token}junk!"
    with pytest.raises(Exception) as failed:
        run(way, identity_pool, said)
    identity_pool.close()
    silent(failed.value, token)


@pytest.mark.parametrize("way", ["sync", "asyncio", "session"])
def test_logins(server: IdentityServer, pool: LocalUserPool, way: str) -> None:
    """Tokens of others are passed on, and said to nobody else."""
    server.answers["GetId"] = refuses("NotAuthorizedException")
    identity_pool = IdentityPool(IDENTITY_POOL, None, url=server.url)
    with pytest.raises(Exception) as failed:
        run(way, identity_pool, Logins({"accounts.google.com": "ya29.secret"}))
    identity_pool.close()
    silent(failed.value)
    with pytest.raises(Exception) as failed:
        Logins({"accounts.google.com": "ya29.secret\n"})
    assert_silent(failed.value, SECRETS)


def test_what_is_wrong_with_what_is_said(pool: LocalUserPool, token: str) -> None:
    """A token in the place of something else, or among what is no token."""
    identity_pool = IdentityPool(IDENTITY_POOL, pool.trust())
    ways: list[Callable[[], object]] = [
        lambda: identity_pool.session(token),  # type: ignore[arg-type]
        lambda: Logins({"a": token, "b": f"{token}\n"}),
        lambda: Logins({"a": token}, identity_id=token),
        lambda: Logins.unauthenticated(token),
        lambda: Logins(token),  # type: ignore[arg-type]
    ]
    for way in ways:
        with pytest.raises(ConfigurationError) as wrong:
            way()
        error = wrong.value
        # Not the frames of this test, which has the token.
        while error.__traceback__ is not None and __name__ in str(
            error.__traceback__.tb_frame.f_globals["__name__"]
        ):
            error.__traceback__ = error.__traceback__.tb_next
        silent(error, token)
