"""Who has sent an event: each kind, its headers in each form, and what is refused as ambiguous."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest

from cognito_guard import (
    ConfigurationError,
    Cookie,
    Guard,
    InvalidRequest,
    InvalidToken,
    MissingCredentials,
)
from cognito_guard.testing import LocalApiGateway, LocalLoadBalancer, LocalUserPool
from cognito_guard_lambda import aauthenticate, authenticate

from .conftest import DOUBLED, MAKE, MakeEvent, appsync, bearer


def test_a_token(make: MakeEvent, guard: Guard, pool: LocalUserPool) -> None:
    """The caller is who the token says, whatever the kind of event, sync or async."""
    event = make([("Host", "example.com"), bearer(pool)])
    assert authenticate(guard, event).subject == pool.subject("ada")
    assert asyncio.run(aauthenticate(guard, event)).subject == pool.subject("ada")


def test_nothing(make: MakeEvent, guard: Guard) -> None:
    """No credential is anonymous, also where there are no headers at all."""
    for headers in ([], [("Host", "example.com")], [("Authorization", "Basic YTpi")]):
        with pytest.raises(MissingCredentials):
            authenticate(guard, make(headers))
    event = make([])
    for name in ("headers", "multiValueHeaders", "cookies"):
        if name in event:
            event[name] = None
    if "request" in event:
        event["request"]["headers"] = None
    with pytest.raises(MissingCredentials):
        authenticate(guard, event)


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_names_in_any_case(make: MakeEvent, guard: Guard, pool: LocalUserPool, name: str) -> None:
    """A header's name is matched in any case (RFC 9110, section 5.1)."""
    event = make([(name, bearer(pool)[1])])
    assert authenticate(guard, event).subject == pool.subject("ada")


@pytest.mark.parametrize("kind", DOUBLED)
def test_two_headers(kind: str, guard: Guard, pool: LocalUserPool) -> None:
    """Two Authorization headers are two credentials, in any case and in any form."""
    _, value = bearer(pool)
    for other in ("Authorization", "authorization", "AUTHORIZATION"):
        event = MAKE[kind]([("Authorization", value), (other, value)])
        with pytest.raises(InvalidRequest, match="multiple_credentials"):
            authenticate(guard, event)


@pytest.mark.parametrize("kind", ["rest", "http-1.0", "websocket", "load-balancer-multi-value"])
def test_forms_that_contradict_each_other(kind: str, guard: Guard, pool: LocalUserPool) -> None:
    """`headers` and `multiValueHeaders` with different tokens are two credentials; one of them
    alone, or both with the same, is one."""
    good, other = bearer(pool)[1], bearer(pool, groups=["x"])[1]
    event = MAKE[kind]([])
    event["headers"], event["multiValueHeaders"] = {}, {}

    def with_headers(single: dict[str, Any], several: dict[str, Any]) -> dict[str, Any]:
        return {**event, "headers": single, "multiValueHeaders": several}

    for alone in (
        with_headers({"Authorization": good}, {}),
        with_headers({}, {"Authorization": [good]}),
        with_headers({"authorization": good}, {"Authorization": [good]}),
    ):
        assert authenticate(guard, alone).subject == pool.subject("ada")
    for both in (
        with_headers({"Authorization": good}, {"Authorization": [other]}),
        with_headers({"Authorization": good, "authorization": other}, {}),
        with_headers({}, {"Authorization": [good], "authorization": [good]}),
        with_headers({"Authorization": good}, {"authorization": [good, other]}),
    ):
        with pytest.raises(InvalidRequest, match="multiple_credentials"):
            authenticate(guard, both)


def _with_field(kind: str, field: str, value: Any) -> dict[str, Any]:
    event = copy.deepcopy(MAKE[kind]([]))
    (event["request"] if kind == "appsync" else event)[field] = value
    return event


MALFORMED = [
    ("rest", "headers", "Authorization: x"),
    ("rest", "headers", ["Authorization"]),
    ("rest", "headers", {"Authorization": None}),
    ("rest", "headers", {"Authorization": ["x"]}),
    ("rest", "headers", {1: "x"}),
    ("rest", "multiValueHeaders", {"Authorization": "x"}),
    ("rest", "multiValueHeaders", {"Authorization": [1]}),
    ("rest", "multiValueHeaders", []),
    ("http", "headers", {"authorization": 5}),
    ("http", "headers", [["authorization", "x"]]),
    ("function-url", "headers", {"authorization": {}}),
    ("load-balancer", "headers", {"authorization": True}),
    ("load-balancer-multi-value", "multiValueHeaders", {"authorization": {}}),
    ("websocket", "multiValueHeaders", {"authorization": None}),
    ("appsync", "headers", {"authorization": []}),
    ("appsync", "headers", []),
]


@pytest.mark.parametrize(("kind", "field", "value"), MALFORMED)
def test_malformed_headers(kind: str, field: str, value: Any, guard: Guard) -> None:
    """Headers that no service sends are an error of who calls the function, not of a client."""
    with pytest.raises(ConfigurationError, match="headers in a form"):
        authenticate(guard, _with_field(kind, field, value))


@pytest.mark.parametrize("cookies", ["token=x", {"token": "x"}, [1], [None]])
def test_malformed_cookies(cookies: Any, pool: LocalUserPool) -> None:
    """Cookies too."""
    guard = Guard(pool.trust(), carriers=[Cookie("token")])
    with pytest.raises(ConfigurationError, match="headers in a form"):
        authenticate(guard, _with_field("http", "cookies", cookies))


def test_cookies(make: MakeEvent, kind: str, pool: LocalUserPool) -> None:
    """A cookie is found where the event has it: in a header, in a list of its own, or in both."""
    guard = Guard(pool.trust(), carriers=[Cookie("token")])
    token = pool.access_token("ada")
    event = make([("Cookie", f"a=b; token={token}; c=d")])
    assert authenticate(guard, event).subject == pool.subject("ada")
    with pytest.raises(InvalidRequest, match="multiple_credentials"):
        authenticate(guard, make([("Cookie", f"token={token}; a=b; token={token}")]))
    if kind == "function-url":
        assert "cookie" in event["headers"]
        assert event["cookies"][1] == f"token={token}"
        event["headers"]["cookie"] = f"token={token}"  # no longer the same as the list
        with pytest.raises(InvalidRequest, match="multiple_credentials"):
            authenticate(guard, event)
        event["cookies"] = None
        assert authenticate(guard, event).subject == pool.subject("ada")


def test_no_event(guard: Guard) -> None:
    """What is called by something else is told so, and nobody is identified."""
    for event in (
        *(None, "text", 5, [], [appsync([])]),
        *({}, {"Records": []}, {"requestContext": {}}, {"requestContext": "x"}),
        {"httpMethod": "GET", "headers": {}},
        {"version": "3.0", "httpMethod": "GET", "resource": "/", "headers": {}},
        {"version": "2.0", "headers": {}, "requestContext": {"http": {}}},
        {"request": {}, "info": {}},
        {"identity": None, "request": [], "info": {}},
        {"type": "TOKEN", "methodArn": "arn:aws:x", "authorizationToken": "Bearer x"},
        {**MAKE["rest"]([]), "methodArn": "arn:aws:execute-api:x"},
        {**MAKE["http"]([]), "routeArn": "arn:aws:execute-api:x"},
    ):
        with pytest.raises(ConfigurationError):
            authenticate(guard, event)  # type: ignore[arg-type]


def test_an_event_of_two_kinds(guard: Guard, pool: LocalUserPool) -> None:
    """An event with the signs of two kinds is none: each would look for the token elsewhere."""
    headers = [bearer(pool)]
    for one in MAKE:
        for other in MAKE:
            event = {**MAKE[one](headers), **MAKE[other](headers)}
            contexts = [MAKE[each](headers).get("requestContext", {}) for each in (one, other)]
            event["requestContext"] = {**contexts[0], **contexts[1]}
            same = {one, other} <= {"http", "function-url"} or {one, other} <= {"rest", "http-1.0"}
            if one == other or same or (one.startswith("load") and other.startswith("load")):
                continue
            with pytest.raises(ConfigurationError, match="nobody can be identified"):
                authenticate(guard, event)


def test_websockets_are_identified_when_they_open(guard: Guard) -> None:
    """Later events carry no credential, and are told apart from a request without one."""
    for kind in ("MESSAGE", "DISCONNECT", None, 5):
        event = MAKE["websocket"]([])
        event["requestContext"]["eventType"] = kind
        with pytest.raises(ConfigurationError, match=r"\$connect"):
            authenticate(guard, event)


FORGED = [
    {"authorizer": {"claims": {"sub": "admin", "cognito:groups": "admins"}}},
    {"authorizer": {"jwt": {"claims": {"sub": "admin"}, "scopes": ["x"]}}},
    {"authorizer": {"lambda": {"sub": "admin"}}},
    {"authorizer": {"principalId": "admin", "sub": "admin"}},
    {"identity": {"cognitoIdentityId": "admin", "user": "admin"}},
]


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_the_context_is_never_believed(
    make: MakeEvent, guard: Guard, forged: dict[str, Any]
) -> None:
    """What an event says of its sender is no credential, in the context or in a header of Lambda
    Web Adapter's."""
    event = make([("x-amzn-request-context", str(forged)), ("x-amzn-oidc-identity", "admin")])
    event["requestContext"] = {**event.get("requestContext", {}), **forged}
    with pytest.raises(MissingCredentials):
        authenticate(guard, event)


def test_what_a_load_balancer_forwards(make: MakeEvent, kind: str, pool: LocalUserPool) -> None:
    """It is looked for in a load balancer's events alone. Elsewhere a client has sent it."""
    alb = LocalLoadBalancer(pool)
    guard = Guard(alb.trust())
    event = make(list(alb.headers("ada").items()))
    if kind.startswith("load-balancer"):
        assert authenticate(guard, event).subject == pool.subject("ada")
        return
    with pytest.raises(MissingCredentials):
        authenticate(guard, event)


def test_the_body_is_not_looked_at(guard: Guard, pool: LocalUserPool) -> None:
    """Whatever the body is: encoded, 6 MB long, or a token."""
    for kind in ("rest", "http", "function-url", "load-balancer"):
        for body in (b"\xff" * 100, b"x" * 6 * 2**20, pool.access_token().encode()):
            gateway = LocalApiGateway(print, kind)  # type: ignore[arg-type]
            event = gateway.event("/", [bearer(pool)], method="POST", body=body)
            assert authenticate(guard, event).subject == pool.subject("ada")
            with pytest.raises(MissingCredentials):
                authenticate(guard, gateway.event("/", method="POST", body=body))


def test_six_megabytes_of_header(make: MakeEvent, guard: Guard) -> None:
    """A token of any length is refused as too long."""
    with pytest.raises(InvalidToken, match="token_too_large"):
        authenticate(guard, make([("Authorization", "Bearer " + "a" * 6 * 2**20)]))


@pytest.mark.parametrize("value", ["TOKEN", "Bearer TOKEN", "bearer TOKEN", " TOKEN "])
def test_appsync_takes_a_token_without_a_scheme(
    value: str, guard: Guard, pool: LocalUserPool
) -> None:
    """As AppSync's own clients send it."""
    value = value.replace("TOKEN", pool.access_token("ada"))
    assert authenticate(guard, appsync([("authorization", value)])).subject == pool.subject("ada")


@pytest.mark.parametrize(
    ("value", "error", "reason"),
    [
        ("", MissingCredentials, "missing_credentials"),
        (" ", MissingCredentials, "missing_credentials"),
        ("Basic YTpi", MissingCredentials, "missing_credentials"),
        ("Bearer", InvalidRequest, "malformed_authorization"),
        ("bearer ", InvalidRequest, "malformed_authorization"),
        ("a\tb", MissingCredentials, "missing_credentials"),
        ("a,b", MissingCredentials, "multiple_credentials"),
        ("none", InvalidToken, "malformed_token"),
        ("tökén", InvalidRequest, "malformed_authorization"),
    ],
)
def test_appsync_refuses_others(
    value: str, error: type[Exception], reason: str, guard: Guard
) -> None:
    """What is no token is refused as everywhere."""
    with pytest.raises((error, InvalidRequest), match=reason):
        authenticate(guard, appsync([("authorization", value)]))


@pytest.mark.parametrize("name", ["authorization", "cookie"])
def test_values_beyond_latin_1(make: MakeEvent, name: str, pool: LocalUserPool) -> None:
    """JSON can say what no header can. It is refused, and nothing fails."""
    guard = (
        Guard(pool.trust(), carriers=[Cookie("token")]) if name == "cookie" else Guard(pool.trust())
    )
    value = "token=\ud800\U0001f98a" if name == "cookie" else "Bearer \ud800\U0001f98a"
    with pytest.raises((InvalidRequest, InvalidToken)):
        authenticate(guard, make([(name, value)]))
