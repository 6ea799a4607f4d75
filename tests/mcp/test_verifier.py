"""Whose token it is and what it was issued for, and the settings that go with that."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from mcp.server import MCPServer
from mcp.server.auth.provider import principal_components

from cognito_guard import ConfigurationError, Cookie, Guard, Header, KeysUnavailable
from cognito_guard.testing import Fault, LocalLoadBalancer, LocalUserPool
from cognito_guard_mcp import CognitoTokenVerifier, MCPMiddleware, guarded_app, mcp_auth

RESOURCE = "https://mcp.example.com/mcp"


@pytest.fixture
def guard(pool: LocalUserPool) -> Guard:
    """A guard that knows the server's address."""
    return Guard(pool.trust(), resource=RESOURCE)


def verified(verifier: CognitoTokenVerifier, token: str) -> Any:
    """What the SDK gets."""
    return asyncio.run(verifier.verify_token(token))


def bound(pool: LocalUserPool, to: Any = RESOURCE, **more: Any) -> str:
    """A token of a user that was issued for a resource."""
    return pool.access_token("alice", claims={"aud": to}, **more)


def test_what_the_sdk_reads(guard: Guard, pool: LocalUserPool) -> None:
    """Issuer, subject and client, by which it binds sessions, and all claims."""
    token = bound(pool, scopes=["a", "b"])
    found = verified(CognitoTokenVerifier(guard), token)
    subject = pool.subject("alice")
    assert principal_components(found) == (pool.client_id, pool.issuer, subject)
    assert (found.token, found.scopes, found.resource) == (token, ["a", "b"], RESOURCE)
    assert found.claims["username"] == "alice"
    assert found.expires_at == guard.verify(token).expires_at
    assert found.model_copy(update={"scopes": []}).subject == subject


def test_it_shows_nothing(guard: Guard, pool: LocalUserPool) -> None:
    """Reports of errors show what a variable's repr says."""
    found = verified(CognitoTokenVerifier(guard), bound(pool))
    assert repr(found) == str(found) == f"{found}" == "<CognitoAccessToken>"


@pytest.mark.parametrize(
    ("aud", "strict", "lax"),
    [
        (RESOURCE, True, True),
        (f"{RESOURCE}/", True, True),
        ("https://mcp.example.com", False, False),
        ("https://mcp.example.com/mcp2", False, False),
        ("https://MCP.example.com/mcp", False, False),
        ("http://mcp.example.com/mcp", False, False),
        ("", False, False),
        (LocalUserPool.OMIT, False, True),
    ],
    ids=lambda each: each if isinstance(each, str) else "none",
)
def test_the_resource(guard: Guard, pool: LocalUserPool, aud: Any, strict: bool, lax: bool) -> None:
    """A user's token is for this server, or for none where that is allowed in so many words."""
    token = bound(pool, aud)
    assert (verified(CognitoTokenVerifier(guard), token) is not None) == strict
    allowing = CognitoTokenVerifier(guard, unsafe_allow_unbound=True)
    assert (verified(allowing, token) is not None) == lax


def test_a_slash_in_the_settings(pool: LocalUserPool) -> None:
    """The slash at the end may as well be the guard's."""
    verifier = CognitoTokenVerifier(Guard(pool.trust(), resource=f"{RESOURCE}/"))
    assert verified(verifier, bound(pool)) is not None


@pytest.mark.parametrize(
    "aud", [LocalUserPool.OMIT, RESOURCE, "https://other.example"], ids=["none", "ours", "another"]
)
def test_machines(guard: Guard, pool: LocalUserPool, aud: Any) -> None:
    """Cognito binds their tokens to nothing; one that says that it is bound has to be right."""
    token = pool.machine_token(claims={"aud": aud})
    let_in = aud != "https://other.example"
    assert (verified(CognitoTokenVerifier(guard), token) is not None) == let_in


def test_id_tokens(pool: LocalUserPool) -> None:
    """They are for the client, whatever they say."""
    guard = Guard(pool.trust(token_use="any"), resource=RESOURCE)
    assert verified(CognitoTokenVerifier(guard), pool.id_token("alice")) is None


@pytest.mark.parametrize("token", ["", "junk", "a.b.c", "Bearer a.b.c"])
def test_what_is_no_token(guard: Guard, token: str) -> None:
    """The SDK is told that it is not good."""
    assert verified(CognitoTokenVerifier(guard), token) is None


def test_leeway(pool: LocalUserPool) -> None:
    """The SDK looks at the time as well, and has no leeway."""
    guard = Guard(pool.trust(leeway=60), resource=RESOURCE)
    token = bound(pool, expires_in=-30)
    assert verified(CognitoTokenVerifier(guard), token).expires_at is None
    later = verified(CognitoTokenVerifier(guard), bound(pool))
    assert later.expires_at > time.time()


def test_no_keys(pool: LocalUserPool) -> None:
    """An outage is not the caller's fault."""
    with pool.serve() as keys, keys.failing(Fault.SERVER_ERROR):
        guard = Guard(pool.trust(jwks=keys.url), resource=RESOURCE)
        with pytest.raises(KeysUnavailable):
            verified(CognitoTokenVerifier(guard), bound(pool))


def test_settings(guard: Guard, pool: LocalUserPool) -> None:
    """Issuer and resource letter by letter, and no comparison that refuses machines."""
    auth = mcp_auth(guard, resource=RESOURCE, required_scopes=("a",))
    assert str(auth.issuer_url) == pool.issuer
    assert str(auth.resource_server_url) == RESOURCE
    assert (auth.required_scopes, auth.validate_token_resource) == (["a"], False)
    rootless = mcp_auth(Guard(pool.trust(), resource="https://mcp.example.com"))
    assert str(rootless.resource_server_url) == "https://mcp.example.com"


def test_wrong_arguments(guard: Guard, pool: LocalUserPool) -> None:
    """They stop the start."""
    plain = Guard(pool.trust())
    cookie = Guard(pool.trust(), resource=RESOURCE, carriers=[Cookie("token")])
    alb = Guard(pool.trust(), LocalLoadBalancer(pool).trust(), resource=RESOURCE)
    wrong: Any = None
    for make, problem in (
        (lambda: CognitoTokenVerifier(wrong), "must be a cognito_guard.Guard"),
        (lambda: CognitoTokenVerifier(plain), "needs the URL"),
        (lambda: CognitoTokenVerifier(cookie), "for browsers"),
        (lambda: CognitoTokenVerifier(alb), "for browsers"),
        (lambda: CognitoTokenVerifier(guard, unsafe_allow_unbound=wrong), "True or False"),
        (lambda: mcp_auth(wrong), "with a resource"),
        (lambda: mcp_auth(plain), "with a resource"),
        (lambda: mcp_auth(guard, resource=f"{RESOURCE}/"), "letter by letter"),
        (lambda: MCPMiddleware(wrong, verifier=wrong), "must be a CognitoTokenVerifier"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            make()
    verifier = CognitoTokenVerifier(guard)
    for scopes in ("orders/read", 1, [""], ["a b"]):
        with pytest.raises(ConfigurationError):
            MCPMiddleware(wrong, verifier=verifier, required_scopes=scopes)  # type: ignore[arg-type]
    assert CognitoTokenVerifier(Guard(pool.trust(), resource=RESOURCE, carriers=[Header("X-T")]))


def test_a_server_that_is_not_guarded(guard: Guard, pool: LocalUserPool) -> None:
    """The verifier has to be the server's own, and the settings those of its guard."""
    verifier, other = CognitoTokenVerifier(guard), CognitoTokenVerifier(guard)
    elsewhere = Guard(pool.trust(), resource="https://other.example")
    servers: list[MCPServer[Any]] = [
        MCPServer("none"),
        MCPServer("other", token_verifier=other, auth=mcp_auth(guard)),
        MCPServer("elsewhere", token_verifier=verifier, auth=mcp_auth(elsewhere)),
    ]
    for server in servers:
        with pytest.raises(ConfigurationError):
            guarded_app(server, verifier)
