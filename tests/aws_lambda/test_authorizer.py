"""Authorizer: what it answers to each service, and what API Gateway then lets through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cognito_guard import ConfigurationError, Guard, KeysUnavailable, UserPool
from cognito_guard.testing import Fault, LocalApiGateway, LocalAuthorizer, LocalUserPool
from cognito_guard.testing.gateway.authorizers import is_allowed
from cognito_guard_lambda import Authorizer, Unauthorized

from .conftest import MAKE, appsync, bearer

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:local0api0/prod"
ARN = f"{STAGE}/GET/orders"


def token_event(value: str, arn: str = ARN) -> dict[str, Any]:
    """What a TOKEN authorizer is asked."""
    return {"type": "TOKEN", "methodArn": arn, "authorizationToken": value}


def request_event(headers: Any, arn: str = ARN) -> dict[str, Any]:
    """What a REQUEST authorizer is asked, payload format 1.0."""
    return {**MAKE["rest"](headers), "type": "REQUEST", "methodArn": arn}


def http_event(headers: Any, arn: str = ARN) -> dict[str, Any]:
    """The same in payload format 2.0."""
    made = MAKE["http"](headers)
    return {**made, "type": "REQUEST", "routeArn": arn, "identitySource": ["x"]}


def websocket_event(headers: Any) -> dict[str, Any]:
    """What is asked when a WebSocket opens."""
    arn = f"{STAGE}/$connect"
    return {**MAKE["websocket"](headers), "type": "REQUEST", "methodArn": arn}


def appsync_event(value: str) -> dict[str, Any]:
    """What AppSync asks."""
    context = {"apiId": "local", "accountId": "123456789012", "queryString": "{ orders }"}
    return {"authorizationToken": value, "requestContext": context}


def context_of(pool: LocalUserPool, answer: dict[str, Any], where: str = "context") -> None:
    """The context tells who is calling, in scalars."""
    context = answer[where]
    for name in ("exp", "iat", "auth_time"):
        assert context.pop(name).isdecimal()
    assert context.pop("jti") != context.pop("origin_jti")
    assert context == {
        "sub": pool.subject("ada"),
        "iss": pool.issuer,
        "client_id": pool.client_id,
        "token_use": "access",
        "username": "ada",
        "groups": "admins x,y",
        "scopes": "openid orders/read",
    }


@pytest.fixture
def value(pool: LocalUserPool) -> str:
    """The header of a caller who may."""
    return bearer(pool, groups=["admins", "x,y"], scopes=["openid", "orders/read"])[1]


def test_a_policy(guard: Guard, pool: LocalUserPool, value: str) -> None:
    """It allows the method and path that were asked for, and nothing else."""
    authorizer = Authorizer(guard, groups="admins", scopes="orders/read")
    for event in (token_event(value), request_event([("authorization", value)])):
        answer = authorizer(event, None)
        json.dumps(answer)
        context_of(pool, answer)
        assert answer == {
            "principalId": pool.subject("ada"),
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": ARN}],
            },
            "context": answer["context"],
        }
    answer = authorizer(websocket_event([("Authorization", value)]), None)
    assert answer["policyDocument"]["Statement"][0]["Resource"] == f"{STAGE}/$connect"


def test_a_machine(guard: Guard, pool: LocalUserPool) -> None:
    """It has no username, and is not given one."""
    answer = Authorizer(guard)(token_event(f"Bearer {pool.machine_token(scopes=['a/b'])}"))
    assert answer["context"]["sub"] == pool.client_id
    assert answer["context"]["groups"] == ""
    assert "username" not in answer["context"]


def test_a_policy_for_the_api(guard: Guard, value: str) -> None:
    """Where that is asked for: all of this API's stage, and no other stage or API."""
    answer = Authorizer(guard, covers="api")(token_event(value))
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == f"{STAGE}/*"
    for arn, allowed in (
        (ARN, True),
        (f"{STAGE}/DELETE/orders/5/items", True),
        (ARN.replace("/prod/", "/test/"), False),
        (ARN.replace("local0api0", "other"), False),
    ):
        assert is_allowed(answer["policyDocument"], arn) is allowed


def test_simple(guard: Guard, pool: LocalUserPool, value: str) -> None:
    """Payload format 2.0 is answered in the simple form, or by a policy where the API wants one."""
    event = http_event([("authorization", value)])
    answer = Authorizer(guard)(event, None)
    context_of(pool, answer)
    assert answer == {"isAuthorized": True, "context": answer["context"]}
    answer = Authorizer(guard, simple=False)(event, None)
    assert answer["policyDocument"]["Statement"][0]["Resource"] == ARN
    denied = Authorizer(guard, groups="owners")(event, None)
    assert denied["isAuthorized"] is False
    assert denied["context"]["reason"] == "missing_group"


@pytest.mark.parametrize("scheme", ["Bearer ", ""])
def test_appsync(guard: Guard, pool: LocalUserPool, value: str, scheme: str) -> None:
    """AppSync is told who it is, and for how long that holds: never beyond the token's end."""
    event = appsync_event(value.replace("Bearer ", scheme))
    answer = Authorizer(guard)(event)
    context_of(pool, answer, "resolverContext")
    assert (answer["isAuthorized"], answer["ttlOverride"]) == (True, 0)
    assert Authorizer(guard, cache_seconds=300)(event)["ttlOverride"] == 300
    soon = appsync_event(pool.access_token(expires_in=100))
    assert 0 < Authorizer(guard, cache_seconds=300)(soon)["ttlOverride"] <= 100
    for refused, authorizer in (
        (appsync_event(""), Authorizer(guard)),
        (appsync_event(pool.access_token(expires_in=-1)), Authorizer(guard, cache_seconds=300)),
        (event, Authorizer(guard, groups="owners")),
    ):
        assert authorizer(refused) == {"isAuthorized": False, "ttlOverride": 0}


def _events(value: str | None) -> Iterator[dict[str, Any]]:
    headers = [] if value is None else [("Authorization", value)]
    if value is not None:
        yield token_event(value)
    yield request_event(headers)
    yield http_event(headers)
    yield websocket_event(headers)


def test_nobody(guard: Guard, pool: LocalUserPool) -> None:
    """Without a good token, API Gateway is told to answer 401: by this text, to the letter."""
    for bad, reason in (
        (None, "missing_credentials"),
        ("Basic YTpi", "missing_credentials"),
        ("Bearer", "malformed_authorization"),
        (f"Bearer {pool.access_token(expires_in=-1)}", "token_expired"),
        (f"Bearer {pool.id_token()}", "wrong_token_use"),
    ):
        for event in _events(bad):
            with pytest.raises(Unauthorized) as raised:
                Authorizer(guard)(event)
            assert str(raised.value) == "Unauthorized"
            assert str(raised.value.__cause__).startswith(f"{reason}: ")
    for event in _events(bearer(pool, level=1)[1]):
        with pytest.raises(Unauthorized):  # a stronger sign-in is asked for with 401
            Authorizer(guard, mfa=True)(event)


def test_who_may_not(guard: Guard, pool: LocalUserPool, value: str) -> None:
    """Is denied, with the reason and the challenge for API Gateway's own answer."""
    for event in _events(value):
        answer = Authorizer(guard, scopes="refunds", simple=False)(event)
        (statement,) = answer["policyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Resource"] in (ARN, f"{STAGE}/$connect")
        assert answer["principalId"] == pool.subject("ada")
        assert answer["context"] == {
            "reason": "missing_scope",
            "challenge": 'Bearer error="insufficient_scope", scope="refunds"',
        }


def test_no_keys(pool: LocalUserPool, value: str, closed_port: int) -> None:
    """A key outage is an error of ours, and nobody's "no" that is then kept."""
    address = f"http://127.0.0.1:{closed_port}/jwks.json"
    guard = Guard(UserPool(pool.user_pool_id, client_ids=[pool.client_id], jwks=address))
    for event in (*_events(value), appsync_event(value)):
        with pytest.raises(KeysUnavailable):
            Authorizer(guard)(event)


UNKNOWN = [
    *("", "*", "arn", "arn:aws:s3:::bucket", "arn:aws:lambda:eu-west-1:123456789012:function:x"),
    *(None, 5, [ARN]),
    STAGE,
    f"{STAGE}/",
    f"{STAGE}/orders",
    f"{STAGE}/$default",
    f"{STAGE}/get/orders",
    ARN.replace("/prod/", "/*/"),
    ARN.replace("local0api0", "*"),
    ARN.replace("123456789012", "*"),
    ARN.replace("eu-west-1", "*"),
    ARN.replace("GET", "*"),
    f" {ARN}",
]


@pytest.mark.parametrize("arn", UNKNOWN, ids=str)
def test_an_unknown_arn(guard: Guard, value: str, arn: Any) -> None:
    """Nothing is answered about what is no request of an API."""
    for covers in ("route", "api"):
        for event in (token_event(value, arn), http_event([("authorization", value)], arn)):
            with pytest.raises(ConfigurationError, match="ARN"):
                Authorizer(guard, covers=covers)(event)  # type: ignore[arg-type]


def test_events_that_ask_nothing(guard: Guard, value: str) -> None:
    """A request, or what is none, is no question."""
    headers = [("authorization", value)]
    for event in (
        *(None, [], "x", {}, appsync(headers)),
        *(MAKE[kind](headers) for kind in MAKE),
        {"type": "TOKEN", "methodArn": ARN},
        {"type": "TOKEN", "methodArn": ARN, "authorizationToken": None},
        {**token_event(value), "version": "2.0"},
        {**request_event(headers), "version": "2.0"},
        {**request_event(headers), "version": "3.0"},
        {**request_event(headers), "routeArn": ARN},
        {**http_event(headers), "version": "1.0"},
        {**http_event(headers), "methodArn": ARN},
        {**http_event(headers), "type": "OTHER"},
        {**appsync_event(value), "type": "REQUEST"},
        {**appsync_event(value), "requestContext": {}},
        {**appsync_event(value), "requestContext": "x"},
        {**websocket_event(headers), "requestContext": {"connectionId": "x"}},
    ):
        with pytest.raises(ConfigurationError):
            Authorizer(guard)(event)  # type: ignore[arg-type]


def test_mistakes(guard: Guard) -> None:
    """What could not work is an error when it is written."""
    for wrong in (
        *({"covers": "all"}, {"covers": None}, {"simple": "yes"}, {"simple": None}),
        *({"cache_seconds": each} for each in (-1, 3601, 1.5, True, "60")),
        *({"groups": []}, {"policy": bool}),
    ):
        with pytest.raises(ConfigurationError):
            Authorizer(guard, **wrong)
    with pytest.raises(ConfigurationError):
        Authorizer(None)  # type: ignore[arg-type]
    assert repr(Authorizer(guard)) == "<Authorizer covers='route'>"


def test_names_with_spaces(guard: Guard, pool: LocalUserPool) -> None:
    """A group that only a trigger can write would be two in the context: nobody guesses."""
    for groups in (["admins x"], [""], ["a", "\tb"]):
        with pytest.raises(ConfigurationError, match="space"):
            Authorizer(guard)(token_event(bearer(pool, groups=groups)[1]))


# What API Gateway makes of it.


def say(event: Any, context: Any) -> Any:
    """Says where the request has arrived, and what the authorizer told."""
    told = event["requestContext"].get("authorizer")
    where = event.get("path", event.get("rawPath"))
    return {"statusCode": 200, "body": json.dumps({"path": where, "authorizer": told})}


@contextmanager
def api(authorizer: LocalAuthorizer, kind: Any) -> Iterator[httpx.Client]:
    """An API with that authorizer, and a client of it."""
    with (
        LocalApiGateway(say, kind, authorizer=authorizer) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as client,
    ):
        yield client


WAYS = [
    ("rest", "TOKEN", {}),
    ("rest", "REQUEST", {}),
    ("http", "REQUEST", {}),
    ("http", "2.0", {"simple": True}),
    ("http", "2.0", {"simple": False}),
]


@pytest.mark.parametrize(("kind", "form", "more"), WAYS)
def test_through_api_gateway(
    kind: str, form: Any, more: dict[str, Any], guard: Guard, pool: LocalUserPool, value: str
) -> None:
    """401 for nobody, 403 for who may not, and the handler is told who it is."""
    handler = Authorizer(guard, groups="admins", **more)
    authorizer = LocalAuthorizer(handler, form, cache_seconds=0, **more)
    with api(authorizer, kind) as client:
        assert client.get("/orders").status_code == 401
        assert authorizer.calls == 0  # the identity source is missing
        for bad, status in (("Bearer x", 401), (bearer(pool)[1], 403)):
            assert client.get("/orders", headers={"Authorization": bad}).status_code == status
        answer = client.get("/orders", headers={"Authorization": value})
        assert answer.status_code == 200
        told = answer.json()["authorizer"]
        assert (told.get("lambda") or told)["sub"] == pool.subject("ada")


@pytest.mark.parametrize(
    ("kind", "form"), [("rest", "TOKEN"), ("rest", "REQUEST"), ("http", "2.0")]
)
def test_a_kept_answer_for_one_route_lets_nobody_into_another(
    kind: str, form: Any, guard: Guard, value: str
) -> None:
    """Though API Gateway keeps the answers by the token alone, and whatever the client asks for."""
    greedy = ["/*", "/**", "/%3F%3F%3F%3F%3F%3F", "/orders/*", "/$%7B*%7D", "/orders/../*"]
    for path in ["/orders", *greedy]:
        authorizer = LocalAuthorizer(Authorizer(guard, simple=False), form, simple=False)
        with api(authorizer, kind) as client:
            headers = {"Authorization": value}
            first = client.request("GET", path, headers=headers)
            others = ["/admin", "/orders/5", "/order", "/ordersx", "/", "/a", "/abcd"]
            for other in others:
                answer = client.get(other, headers=headers)
                assert (answer.status_code, path, other) == (403, path, other)
            assert authorizer.calls == 1
            assert first.status_code == (200 if path == "/orders" else first.status_code)
            # The other method of the same path is another route.
            assert client.post("/orders", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["/*", "*", "/?????", "/orders/*", "/${*}", "/${aws:userid}", "/o*s"]
)
def test_a_path_that_could_stand_for_others(path: str, guard: Guard, value: str) -> None:
    """In an ARN, decoded or not, it allows none of them, and not even itself."""
    for covers, allowed in (("route", False), ("api", True)):
        authorizer = Authorizer(guard, covers=covers)  # type: ignore[arg-type]
        answer = authorizer(token_event(value, f"{STAGE}/GET/{path.removeprefix('/')}"))
        policy = answer["policyDocument"]
        for other in ("/orders", "/admin", "/orders/5", "/", path):
            assert is_allowed(policy, f"{STAGE}/GET{other}") is allowed


@pytest.mark.parametrize(
    ("kind", "form", "sources"),
    [
        ("rest", "REQUEST", ["context.httpMethod", "context.path"]),
        ("http", "2.0", ["context.httpMethod", "context.path"]),
    ],
)
def test_answers_that_are_kept_by_route(
    kind: str, form: Any, sources: list[str], guard: Guard, value: str
) -> None:
    """With the method and the path among the identity sources, each route has its own answer."""
    authorizer = LocalAuthorizer(
        Authorizer(guard, simple=False),
        form,
        simple=False,
        identity_sources=["header.Authorization", *sources],
    )
    with api(authorizer, kind) as client:
        for _ in range(2):
            for path in ("/orders", "/admin", "/orders/5"):
                answer = client.get(path, headers={"Authorization": value})
                assert (answer.status_code, answer.json()["path"]) == (200, path)
        assert authorizer.calls == 3


@pytest.mark.parametrize(
    ("kind", "form", "simple"),
    [("rest", "TOKEN", True), ("http", "2.0", False), ("http", "2.0", True)],
)
def test_answers_that_are_kept_by_the_token(
    kind: str, form: Any, simple: bool, guard: Guard, pool: LocalUserPool, value: str
) -> None:
    """`covers="api"`, and the simple form, say for every route what is true of every route."""
    authorizer = LocalAuthorizer(
        Authorizer(guard, groups="admins", covers="api", simple=simple), form, simple=simple
    )
    with api(authorizer, kind) as client:
        for header, status in ((value, 200), (bearer(pool)[1], 403)):
            for path in ("/orders", "/admin", "/orders/5"):
                answer = client.get(path, headers={"Authorization": header})
                assert answer.status_code == status
        assert authorizer.calls == 2


def test_an_outage_is_not_kept(pool: LocalUserPool, value: str) -> None:
    """500 while no key can be had, and the next request asks again."""
    with pool.serve() as keys:
        guard = Guard(UserPool(pool.user_pool_id, client_ids=[pool.client_id], jwks=keys.url))
        authorizer = LocalAuthorizer(Authorizer(guard), "TOKEN")
        with api(authorizer, "rest") as client:
            headers = {"Authorization": value}
            with keys.failing(Fault.SERVER_ERROR):
                for _ in range(2):
                    assert client.get("/orders", headers=headers).status_code == 500
            assert authorizer.calls == 2


def test_websockets(guard: Guard, pool: LocalUserPool, value: str) -> None:
    """The authorizer of a WebSocket API is asked when it opens."""
    from ..raw import UPGRADE, ask

    authorizer = LocalAuthorizer(Authorizer(guard, groups="admins"))
    with LocalApiGateway(say, websocket=say, authorizer=authorizer) as gateway:
        for header, status in ((value, 101), (bearer(pool)[1], 403), ("Bearer x", 401)):
            lines = [*UPGRADE, f"Authorization: {header}".encode()]
            assert ask(gateway.url, "/", lines).status == status


def test_the_class_says_nothing_of_a_token(guard: Guard, value: str) -> None:
    """What an authorizer raises has the reason, and nothing of the token."""
    with pytest.raises(Unauthorized) as raised:
        Authorizer(guard)(token_event(value[:-5]))
    said = f"{raised.value!r} {raised.value.__cause__!r}"
    assert not re.search("eyJ", said)
