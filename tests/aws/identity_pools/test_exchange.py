"""Tokens in exchange for AWS credentials: what is sent, what comes back, what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import trio

from cognito_guard import ANY_CLIENT, ConfigurationError, InvalidToken
from cognito_guard.aws import (
    AwsCredentials,
    CredentialExchange,
    CredentialsError,
    CredentialsRefused,
    CredentialsThrottled,
    CredentialsUnavailable,
    IdentityPoolUnknown,
    LoginRefused,
    Logins,
    RoleAmbiguous,
    RoleRefused,
)
from cognito_guard.testing import LocalUserPool

from ..kept_server import Behaviour, refuses, says
from .conftest import Make
from .server import IDENTITY_POOL, ROLE, IdentityServer, identity_of, sts_error

PROVIDER = "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"


def run(way: str, function: Callable[..., Any], *args: Any) -> Any:
    """At once, or under asyncio or trio."""
    if way == "sync":
        return function(*args)

    async def main() -> Any:
        return await function(*args)

    return asyncio.run(main()) if way == "asyncio" else trio.run(main)


def asked(exchange: CredentialExchange, way: str, token: str | Logins) -> AwsCredentials:
    """Credentials, in one of the ways."""
    name = "credentials" if way == "sync" else "acredentials"
    found: AwsCredentials = run(way, getattr(exchange, name), token)
    return found


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_the_enhanced_flow(
    server: IdentityServer, make: Make, pool: LocalUserPool, token: str, way: str
) -> None:
    """Two calls without a signature; times in UTC."""
    server.clock = lambda: 1_900_000_000.5
    exchange = make(account_id="123456789012", role_arn=ROLE, clock=lambda: 1_900_000_000)
    token = pool.id_token("ada", exp=1_900_000_600)
    given = asked(exchange, way, token)
    assert given.expires_at == datetime.fromtimestamp(1_900_003_600.5, UTC)
    assert given.expires_at.tzinfo is UTC
    logins = {PROVIDER: token}
    assert given.identity_id == identity_of(logins)
    parts = given.access_key_id, given.secret_access_key, given.session_token
    assert parts == ("ASIA2", "secret 2", "session 2")
    assert server.calls == [
        (
            "GetId",
            {"IdentityPoolId": IDENTITY_POOL, "AccountId": "123456789012", "Logins": logins},
        ),
        (
            "GetCredentialsForIdentity",
            {"IdentityId": given.identity_id, "Logins": logins, "CustomRoleArn": ROLE},
        ),
    ]
    assert repr(given) == "<AwsCredentials>"
    assert repr(exchange) == "<CredentialExchange in eu-west-1>"


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"])
def test_the_basic_flow(server: IdentityServer, make: Make, token: str, way: str) -> None:
    """The identity pool vouches for the user at STS, which gives the one role."""
    given = asked(make(flow="basic", role_arn=ROLE), way, token)
    assert given.access_key_id == "ASIA3"
    assert given.expires_at.tzinfo is UTC
    identity = identity_of({PROVIDER: token})
    assert given.identity_id == identity
    assert server.operations == ["GetId", "GetOpenIdToken", "AssumeRoleWithWebIdentity"]
    assert server.calls[2][1] == {
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": identity.partition(":")[2],
        "WebIdentityToken": f"about {identity}",
    }


def test_both_forms_of_the_issuer(server: IdentityServer, make: Make, pool: LocalUserPool) -> None:
    """One provider, whichever issuer a token names; unless another one is said."""
    updated = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
    token = pool.id_token("ada", iss=updated)
    make().credentials(token)
    assert server.calls[-1][1]["Logins"] == {PROVIDER: token}
    make(provider="login.example.com").credentials(token)
    assert server.calls[-1][1]["Logins"] == {"login.example.com": token}
    assert server.operations.count("GetId") == 2


def test_an_emulators_provider(server: IdentityServer) -> None:
    """Its issuer, less the scheme."""
    pool = LocalUserPool("local_1", issuer="http://127.0.0.1:9/local_1")
    exchange = CredentialExchange(IDENTITY_POOL, pool.trust(), url=server.url)
    exchange.credentials(pool.id_token("ada"))
    exchange.close()
    assert list(server.calls[-1][1]["Logins"]) == ["127.0.0.1:9/local_1"]


def test_logins_of_other_providers(server: IdentityServer, make: Make, token: str) -> None:
    """Passed on as they are; those of the pool among them are looked at."""
    saml = "arn:aws:iam::123456789012:saml-provider/office"
    exchange = make(pool=None)
    exchange.credentials(Logins({"accounts.google.com": "ya29.a", saml: "PHNhbWw+"}))
    assert server.calls[-1][1]["Logins"] == {"accounts.google.com": "ya29.a", saml: "PHNhbWw+"}
    developer = Logins({"cognito-identity.amazonaws.com": "dev"}, identity_id="eu-west-1:0-1")
    assert exchange.credentials(developer).identity_id == "eu-west-1:0-1"
    assert server.operations == ["GetId", *2 * ["GetCredentialsForIdentity"]]
    both = Logins({PROVIDER: token, "accounts.google.com": "ya29.a"})
    make().credentials(both)
    with pytest.raises(InvalidToken) as refused:
        make().credentials(Logins({PROVIDER: "ya29.a", "accounts.google.com": "ya29.a"}))
    assert refused.value.reason == "malformed_token"
    assert repr(both) == "<Logins>"


def test_nobody_in_particular(server: IdentityServer, make: Make) -> None:
    """Only where that is said, and somebody else each time, unless they say who they were."""
    with pytest.raises(ConfigurationError, match="unauthenticated=True"):
        make().credentials(Logins.unauthenticated())
    exchange = make(unauthenticated=True)
    first, second = (exchange.credentials(Logins.unauthenticated()) for _ in range(2))
    assert first.identity_id != second.identity_id
    again = Logins.unauthenticated(first.identity_id)
    assert exchange.credentials(again).identity_id == first.identity_id
    assert all("Logins" not in told for _, told in server.calls)
    exchange.end(Logins.unauthenticated())  # of which there is nothing to end
    with pytest.raises(ConfigurationError, match="identity_id"):
        Logins.unauthenticated("ada")


@pytest.mark.parametrize(
    ("reason", "more"),
    {
        "unknown_issuer": {"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another"},
        "wrong_token_use": {"token_use": "access"},
        "wrong_client": {"client_id": "another"},
        "token_expired": {"expires_in": -1},
        "malformed_claim": {"sub": 7},
    }.items(),
)
@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_tokens_that_are_sent_nowhere(
    server: IdentityServer, make: Make, pool: LocalUserPool, reason: str, more: Any, way: str
) -> None:
    """What is plainly no ID token of the pool and the client."""
    with pytest.raises(InvalidToken) as refused:
        asked(make(), way, pool.id_token("ada", **more))
    assert refused.value.reason == reason
    assert not server.calls


@pytest.mark.parametrize("claim", [{"aud": ["a"]}, {"exp": True}, {"exp": "1"}, {"sub": ""}])
def test_claims_of_another_shape(make: Make, pool: LocalUserPool, claim: Any) -> None:
    """A claim is there, and is none."""
    with pytest.raises(InvalidToken) as refused:
        make().credentials(pool.id_token("ada", claims=claim))
    assert refused.value.reason == "malformed_claim"


@pytest.mark.parametrize("junk", ["", "a.b.c", "x" * 20_000, "é", None, 7, b"token"])
def test_what_is_no_token(make: Make, junk: Any) -> None:
    """Whatever it is."""
    with pytest.raises(InvalidToken):
        make().credentials(junk)


def test_leeway_and_any_client(make: Make, pool: LocalUserPool) -> None:
    """Those of the pool count."""
    exchange = make(pool=pool.trust(leeway=300, client_ids=ANY_CLIENT))
    assert exchange.credentials(pool.id_token("ada", expires_in=-5, client_id="another"))


GOOD: dict[str, Any] = {
    "AccessKeyId": "A",
    "SecretKey": "B",
    "SessionToken": "C",
    "Expiration": 4e9,
}
SAID: dict[str, tuple[Behaviour, type[CredentialsError], str | None]] = {
    "token refused": (
        refuses("NotAuthorizedException", "Invalid login token. Token expired: 1 >= 0"),
        LoginRefused,
        "NotAuthorizedException",
    ),
    "linked": (
        refuses("ResourceConflictException"),
        LoginRefused,
        "ResourceConflictException",
    ),
    "pool unknown": (
        refuses("com.amazonaws#ResourceNotFoundException"),
        IdentityPoolUnknown,
        "ResourceNotFoundException",
    ),
    "ambiguous": (
        refuses("NotAuthorizedException", "The ambiguous role mapping rules denied this request"),
        RoleAmbiguous,
        "NotAuthorizedException",
    ),
    "role": (
        refuses("InvalidIdentityPoolConfigurationException"),
        RoleRefused,
        "InvalidIdentityPoolConfigurationException",
    ),
    "parameter": (
        refuses("InvalidParameterException"),
        CredentialsRefused,
        "InvalidParameterException",
    ),
    "throttled": (
        refuses("TooManyRequestsException"),
        CredentialsThrottled,
        "TooManyRequestsException",
    ),
    "429": (says(429, b"slow down", Retry_After="7"), CredentialsThrottled, None),
    "provider": (
        refuses("ExternalServiceException"),
        CredentialsUnavailable,
        "ExternalServiceException",
    ),
    "internal": (
        refuses("InternalErrorException", status=500),
        CredentialsUnavailable,
        "InternalErrorException",
    ),
    "rubbish": (says(200, b"<html>"), CredentialsUnavailable, None),
    "no object": (says(200, b"[]"), CredentialsUnavailable, None),
    "nothing": (says(200, b""), CredentialsUnavailable, None),
    "rubbish, refused": (says(403, b"<html>"), CredentialsUnavailable, None),
    "redirect": (says(302, b"", Location="http://127.0.0.1:1/"), CredentialsUnavailable, None),
    "too much": (says(200, b" " * 70_000), CredentialsUnavailable, None),
    "hung up": (lambda handler: handler.hang_up(), CredentialsUnavailable, None),
    "another's": (
        says(200, {"IdentityId": "eu-west-1:9", "Credentials": GOOD}),
        CredentialsUnavailable,
        None,
    ),
    "no id": (says(200, {"IdentityId": "?"}), CredentialsUnavailable, None),
}


@pytest.mark.parametrize("case", SAID)
@pytest.mark.parametrize("way", ["sync", "asyncio"])
def test_what_it_says_no_with(
    server: IdentityServer, exchange: CredentialExchange, token: str, case: str, way: str
) -> None:
    """Each by its own error, with AWS's word."""
    server.answers["GetCredentialsForIdentity"], kind, code = SAID[case]
    with pytest.raises(CredentialsError) as refused:
        asked(exchange, way, token)
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert str(refused.value).startswith(refused.value.detail)
    if case == "429":
        assert isinstance(refused.value, CredentialsUnavailable)
        assert refused.value.retry_after == 7


def parts(**changes: Any) -> dict[str, Any]:
    """Credentials, with something wrong."""
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    "held",
    [
        *(parts(**{name: None}) for name in parts()),
        *(parts(Expiration=end) for end in ("soon", True, 1e300, float("nan"))),
        parts(SecretKey=7),
        parts(Expiration=1e9),
        None,
    ],
)
def test_credentials_that_lack_something(
    server: IdentityServer, exchange: CredentialExchange, token: str, held: Any
) -> None:
    """Or that are over already, by a clock that differs."""
    identity = identity_of({PROVIDER: token})
    told = {"IdentityId": identity, "Credentials": held}
    server.answers["GetCredentialsForIdentity"] = says(200, told)
    with pytest.raises(CredentialsUnavailable):
        exchange.credentials(token)


@pytest.mark.parametrize(
    ("answer", "kind"),
    {
        "access": (sts_error("AccessDenied", status=403), RoleRefused),
        "token": (sts_error("InvalidIdentityToken"), LoginRefused),
        "expired": (sts_error("ExpiredTokenException"), LoginRefused),
        "throttled": (sts_error("Throttling"), CredentialsThrottled),
        "region": (sts_error("RegionDisabledException", status=403), CredentialsRefused),
        "down": (sts_error("InternalFailure", status=500), CredentialsUnavailable),
        "provider": (sts_error("IDPCommunicationError"), CredentialsUnavailable),
        "rubbish": (says(200, b"{}"), CredentialsUnavailable),
        "bytes": (says(200, b"\xff\xfe<"), CredentialsUnavailable),
        "entities": (
            says(
                200,
                b'<!DOCTYPE a [<!ENTITY b "c">]><a><AccessKeyId>&b;</AccessKeyId>'
                b"<SecretAccessKey>B</SecretAccessKey><SessionToken>C</SessionToken>"
                b"<Expiration>2099-01-01T00:00:00Z</Expiration></a>",
            ),
            CredentialsUnavailable,
        ),
        "no end": (
            says(200, b"<a><AccessKeyId>A</AccessKeyId><Expiration>2099-01-01</Expiration></a>"),
            CredentialsUnavailable,
        ),
        "the year 1": (
            says(200, b"<a><Expiration>0001-01-01T00:00:00+23:00</Expiration></a>"),
            CredentialsUnavailable,
        ),
        "a part": (
            says(200, b"<a><AccessKeyId/><Expiration>2099-01-01T00:00:00Z</Expiration></a>"),
            CredentialsUnavailable,
        ),
    }.values(),
)
def test_what_sts_says_no_with(
    server: IdentityServer,
    make: Make,
    token: str,
    answer: Behaviour,
    kind: type[CredentialsError],
) -> None:
    """In its own words, which are XML."""
    server.answers["AssumeRoleWithWebIdentity"] = answer
    with pytest.raises(CredentialsError) as refused:
        make(flow="basic", role_arn=ROLE).credentials(token)
    assert type(refused.value) is kind


def test_no_token_for_sts(server: IdentityServer, make: Make, token: str) -> None:
    """GetOpenIdToken without one."""
    server.answers["GetOpenIdToken"] = says(200, {"IdentityId": "eu-west-1:0"})
    with pytest.raises(CredentialsUnavailable, match="no token"):
        make(flow="basic", role_arn=ROLE).credentials(token)


WRONG: dict[str, dict[str, Any]] = {
    "a user pool": {"identity_pool_id": "eu-west-1_LocalPool"},
    "no text": {"identity_pool_id": 7},
    "too long": {"identity_pool_id": "eu-west-1:" + "0" * 60},
    "no region": {"identity_pool_id": "moon:0"},
    "no pool": {"pool": "eu-west-1_LocalPool"},
    "flow": {"flow": "Enhanced"},
    "basic without role": {"flow": "basic"},
    "role": {"role_arn": "arn:aws:iam::1:role/x"},
    "account": {"account_id": 123456789012},
    "sts": {"sts_url": "https://sts.example.com/"},
    "url": {"url": "http://example.com/"},
    "entries": {"max_entries": 0},
    "unauthenticated": {"unauthenticated": "false"},
    "list": {"revocations": object()},
    "list of nobody": {"pool": None, "revocations": "?"},
    "provider": {"provider": ""},
    "provider of nobody": {"pool": None, "provider": "x"},
}


@pytest.mark.parametrize("case", WRONG)
def test_settings(pool: LocalUserPool, case: str) -> None:
    """What is wrong is said at start-up."""
    from cognito_guard.revocation import MemoryRevocationList

    arguments = {"identity_pool_id": IDENTITY_POOL, "pool": pool.trust(), **WRONG[case]}
    if arguments.get("revocations") == "?":
        arguments["revocations"] = MemoryRevocationList()
    with pytest.raises(ConfigurationError) as wrong:
        CredentialExchange(**arguments)
    assert str(wrong.value).startswith("url must" if case == "url" else "")


def test_addresses(pool: LocalUserPool) -> None:
    """By the region of the identity pool, in each partition; an emulator's have to be said."""
    place = CredentialExchange("cn-north-1:0", pool.trust(), flow="basic", role_arn=ROLE)._place
    assert place.url == "https://cognito-identity.cn-north-1.amazonaws.com.cn/"
    assert place.sts_url == "https://sts.cn-north-1.amazonaws.com.cn/"
    local = CredentialExchange("local:0", pool.trust(), url="http://127.0.0.1:9/")
    assert repr(local) == "<CredentialExchange in local>"


@pytest.mark.parametrize(
    "tokens", [{}, None, {"a": ""}, {"": "b"}, {"a": 7}, {"é": "b"}, {"a" * 129: "b"}]
)
def test_wrong_logins(tokens: Any) -> None:
    """Names and tokens that AWS would not take."""
    with pytest.raises(ConfigurationError):
        Logins(tokens)
    with pytest.raises(ConfigurationError):
        Logins({"a": "b"}, identity_id="nobody")
    with pytest.raises(ConfigurationError):
        Logins({str(number): "a" for number in range(11)})


def test_logins_without_a_pool(make: Make, token: str) -> None:
    """A bare token is the pool's."""
    with pytest.raises(ConfigurationError, match="Logins"):
        make(pool=None).credentials(token)
