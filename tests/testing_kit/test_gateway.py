"""LocalApiGateway: the events that it makes, its routes, and what becomes of a function's answer.

That the doors differ in nothing else is in tests/contract; what an authorizer's answers do, in
tests/aws_lambda/test_authorizer.py.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cognito_guard.testing import LocalApiGateway, LocalAuthorizer
from cognito_guard.testing.gateway.authorizers import is_allowed

from ..raw import UPGRADE, ask


def echo(event: Any, context: Any) -> Any:
    """The event, as the answer's body."""
    return {"statusCode": 200, "body": json.dumps(event)}


@contextmanager
def served(handlers: Any, kind: Any = "http", **settings: Any) -> Iterator[httpx.Client]:
    """A client of an API on this machine."""
    with (
        LocalApiGateway(handlers, kind, **settings) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as client,
    ):
        yield client


def answering(returned: Any) -> Any:
    """A handler that returns this."""
    return lambda event, context: returned


HEADERS = [("Host", "x"), ("X-One", "1"), ("x-one", "2"), ("Cookie", "a=b; c=d")]


def test_payload_1() -> None:
    """Headers and query twice, names as sent; the last of several in the single form."""
    event = LocalApiGateway(echo, "rest", clock=lambda: 1e9).event(
        "/a%20b?x=1&x=2&y=%2F", HEADERS, method="POST", body=b"hello"
    )
    assert event["headers"] == {"Host": "x", "X-One": "2", "Cookie": "a=b; c=d"}
    assert event["multiValueHeaders"]["X-One"] == ["1", "2"]
    assert event["queryStringParameters"] == {"x": "2", "y": "/"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["/"]}
    assert (event["body"], event["isBase64Encoded"]) == ("hello", False)
    assert event["requestContext"]["requestTime"] == "09/Sep/2001:01:46:40 +0000"
    assert "version" not in event
    assert LocalApiGateway(echo, "http-1.0").event()["version"] == "1.0"
    assert LocalApiGateway(echo, "rest").event()["body"] is None


def test_payload_2() -> None:
    """Names in lower case, several values joined, cookies in a list; and a function URL leaves the
    cookies' header there as well."""
    for kind, has_header in (("http", False), ("function-url", True)):
        gateway = LocalApiGateway(echo, kind, clock=lambda: 1e9)  # type: ignore[arg-type]
        event = gateway.event("/a?x=1&x=2", HEADERS, body=b"\xff")
        assert event["headers"]["x-one"] == "1,2"
        assert ("cookie" in event["headers"]) is has_header
        assert event["cookies"] == ["a=b", "c=d"]
        assert event["queryStringParameters"] == {"x": "1,2"}
        assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)
        assert event["requestContext"]["timeEpoch"] == 10**12
        plain = gateway.event("/a")
        assert not {"cookies", "queryStringParameters", "body"} & set(plain)


def test_load_balancer() -> None:
    """Either form, in lower case, and the query as it was sent."""
    single = LocalApiGateway(echo, "load-balancer").event("/?x=1&x=%2F", HEADERS)
    assert single["headers"]["x-one"] == "2"
    assert single["queryStringParameters"] == {"x": "%2F"}
    assert "multiValueHeaders" not in single
    several = LocalApiGateway(echo, "load-balancer-multi-value").event("/?x=1&x=2", HEADERS)
    assert several["multiValueHeaders"]["x-one"] == ["1", "2"]
    assert several["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert "headers" not in several


def test_routes() -> None:
    """The route that says most of the path is taken, and its parameters are decoded."""
    handlers = dict.fromkeys(
        ["GET /orders", "GET /orders/{id}", "ANY /orders/{id}", "ANY /orders/{rest+}"], echo
    )
    with served(handlers) as client:
        for method, path, route, parameters in (
            ("GET", "/orders", "GET /orders", None),
            ("GET", "/orders/a%2Fb", "GET /orders/{id}", {"id": "a/b"}),
            ("PUT", "/orders/5", "ANY /orders/{id}", {"id": "5"}),
            ("GET", "/orders/5/items", "ANY /orders/{rest+}", {"rest": "5/items"}),
        ):
            event = client.request(method, path).json()
            assert (event["routeKey"], event.get("pathParameters")) == (route, parameters)
        assert client.post("/orders").status_code == 404
    with served({**handlers, "$default": echo}, "rest") as client:
        assert client.get("/orders/5").json()["resource"] == "/orders/{id}"
        assert client.get("/other").json()["resource"] == "/{proxy+}"


def test_stages_and_base_paths() -> None:
    """Payload format 1.0 leaves the stage out of its path, and nothing else does."""
    for kind, base, path, event_path in (
        ("rest", None, "/prod", "/me"),
        ("rest", "/v1", "/v1", "/v1/me"),
        ("rest", "", "", "/me"),
        ("http", None, "", "/me"),
        ("http", "/v1/", "/v1", "/v1/me"),
    ):
        with served({"GET /me": echo}, kind, base_path=base) as client:
            assert client.base_url.path == f"{path}/"
            event = client.get("/me").json()
            assert event.get("path", event.get("rawPath")) == event_path
            context = event["requestContext"]
            assert context.get("path", context.get("http", {}).get("path")) == f"{path}/me"
            if base:
                root = str(client.base_url).removesuffix(f"{path}/")
                assert httpx.get(f"{root}/xx/me", trust_env=False, timeout=60).status_code == 404
    with served(echo, "http", stage="test", base_path=None) as client:
        assert client.get("/me").json()["rawPath"] == "/test/me"
        beside = f"{str(client.base_url).rstrip('/')}x/me"
        assert httpx.get(beside, trust_env=False, timeout=60).status_code == 404


def test_answers() -> None:
    """Headers in both forms, cookies, bytes, and what is no answer."""
    both = {
        "statusCode": 201,
        "headers": {"X-One": "1", "Content-Type": "text/plain"},
        "multiValueHeaders": {"Set-Cookie": ["a=b", "c=d"]},
        "body": "aGVsbG8=",
        "isBase64Encoded": True,
    }
    with served(answering(both), "rest") as client:
        answer = client.get("/")
        assert (answer.status_code, answer.text, answer.headers["x-one"]) == (201, "hello", "1")
        assert answer.headers.get_list("set-cookie") == ["a=b", "c=d"]
        assert client.head("/").text == ""
    with served(answering(both), "load-balancer-multi-value") as client:
        assert "x-one" not in client.get("/").headers
    with served(answering({**both, "cookies": ["e=f"]}), "http") as client:
        assert client.get("/").headers.get_list("set-cookie") == ["e=f"]
    with served(answering({"statusCode": 599})) as client:
        assert client.get("/").status_code == 599
    with served(answering({"statusCode": 204})) as client:
        assert "content-length" not in client.get("/").headers
    # Payload format 2.0 takes anything for a body.
    for returned, text in (({"a": 1}, '{"a": 1}'), ("text", "text"), (None, "null")):
        with served(answering(returned)) as client:
            assert (client.get("/").status_code, client.get("/").text) == (200, text)
        with served(answering(returned), "rest") as client:
            assert client.get("/").status_code == 502
    for wrong in (
        {"statusCode": "no"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"X-A": "a\r\nX-B: b"}},
        {"statusCode": 200, "body": "a", "isBase64Encoded": True},
    ):
        with served(answering(wrong), "http") as client:
            assert client.get("/").status_code == 500


def test_www_authenticate_is_renamed() -> None:
    """By a REST API and a function URL, in any case; not by the others."""
    answer = {"statusCode": 401, "headers": {"www-authenticate": "Bearer"}}
    for kind, renamed in (("rest", 1), ("function-url", 1), ("http", 0), ("load-balancer", 0)):
        with served(answering(answer), kind) as client:
            headers = client.get("/").headers
            assert ("x-amzn-remapped-www-authenticate" in headers) == renamed
            assert ("www-authenticate" in headers) != renamed


def test_the_loop_of_a_handler() -> None:
    """A handler finds one, as in Lambda. Mangum takes it."""

    async def say() -> Any:
        return {"statusCode": 200, "body": "ran"}

    def handler(event: Any, context: Any) -> Any:
        return asyncio.get_event_loop().run_until_complete(say())

    async def awaited(event: Any, context: Any) -> Any:
        return await say()

    with served({"GET /": handler, "GET /awaited": awaited}) as client:
        answers = [client.get(path).text for path in ("/", "/", "/awaited", "/")]
    assert answers == ["ran"] * 4


def test_functions_that_fail(caplog: pytest.LogCaptureFixture) -> None:
    """Are answered as AWS does, and told of in the log."""

    async def fails(event: Any, context: Any) -> Any:
        raise KeyError(context.get_remaining_time_in_millis())

    for kind, status in (("http", 500), ("rest", 502)):
        with caplog.at_level(logging.CRITICAL, "cognito_guard"), served(fails, kind) as client:
            assert client.get("/").status_code == status
    with served(answering({1, 2})) as client:  # no JSON
        assert client.get("/").status_code == 500


def test_requests_that_are_none() -> None:
    """Are refused by the door."""
    with LocalApiGateway(echo) as gateway:
        assert repr(gateway) == "<LocalApiGateway http>"
        assert ask(gateway.url, "/", [b"Content-Length: 1", b"Content-Length: 2"]).status == 400
        assert ask(gateway.url).status == 200


def test_websockets() -> None:
    """One that the function accepts is opened and held; another one gets the function's answer."""
    for status, wanted in ((200, 101), (204, 101), (403, 403)):
        with LocalApiGateway(echo, websocket=answering({"statusCode": status})) as gateway:
            assert ask(gateway.url, "/", UPGRADE).status == wanted
    with LocalApiGateway(echo) as gateway:  # no WebSocket API: a request like any other
        assert ask(gateway.url, "/", UPGRADE).status == 200
    event = LocalApiGateway(echo).connect_event(HEADERS)
    assert event["multiValueHeaders"]["X-One"] == ["1", "2"]
    assert event["requestContext"]["eventType"] == "CONNECT"


@pytest.mark.parametrize(
    "returned",
    [
        *(None, [], "x", {}, {"isAuthorized": "true"}, {"isAuthorized": 1}),
        {"isAuthorized": True, "context": {"groups": ["a"]}},
        {"isAuthorized": True, "context": 5},
    ],
    ids=str,
)
def test_an_authorizer_that_answers_nonsense(returned: Any) -> None:
    """Lets nobody in: 500."""
    authorizer = LocalAuthorizer(answering(returned), "2.0", identity_sources=[])
    with served(echo, authorizer=authorizer) as client:
        assert client.get("/").status_code == 500


def test_an_authorizer_without_identity_sources() -> None:
    """Is asked each time. The context arrives as it is in payload format 2.0, and as texts
    before."""
    told = {"isAuthorized": True, "context": {"a": "b", "n": 5, "yes": True, "no": None}}
    authorizer = LocalAuthorizer(answering(told), "2.0", identity_sources=[])
    with served(echo, authorizer=authorizer) as client:
        for _ in range(2):
            said = client.get("/").json()["requestContext"]["authorizer"]
            assert said == {"lambda": told["context"]}
        assert authorizer.calls == 2
    statement = {"Action": "execute-api:*", "Effect": "Allow", "Resource": ["arn:*"]}
    policy = {
        "principalId": "x",
        "policyDocument": {"Statement": [statement]},
        "context": told["context"],
    }
    with served(
        echo, "rest", authorizer=LocalAuthorizer(answering(policy), cache_seconds=0)
    ) as client:
        said = client.get("/", headers={"Authorization": "x"}).json()["requestContext"]
        assert said["authorizer"] == {
            "a": "b",
            "n": "5",
            "yes": "true",
            "no": None,
            "principalId": "x",
        }


def test_answers_are_kept_for_a_while() -> None:
    """And asked for anew when that is over."""
    now = [100.0]
    told = {"isAuthorized": True}
    authorizer = LocalAuthorizer(answering(told), "2.0", cache_seconds=60, clock=lambda: now[0])
    with served(echo, authorizer=authorizer) as client:
        for moment, calls in ((100.0, 1), (159.0, 1), (160.0, 2)):
            now[0] = moment
            assert client.get("/", headers={"Authorization": "x"}).status_code == 200
            assert authorizer.calls == calls
        client.get("/", headers={"Authorization": "y"})
        assert authorizer.calls == 3


def test_an_authorizer_that_fails() -> None:
    """Only one text is a refusal; any other error is 500."""
    for text, status in (("Unauthorized", 401), ("unauthorized", 500), ("Unauthorized.", 500)):

        def fails(event: Any, context: Any, text: str = text) -> Any:
            raise ValueError(text)

        with served(echo, authorizer=LocalAuthorizer(fails, "2.0")) as client:
            assert client.get("/", headers={"Authorization": "x"}).status_code == status


def test_policies() -> None:
    """An explicit "no" comes first, and silence is "no"."""
    allow = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "arn:a/*"}
    deny = {**allow, "Effect": "Deny", "Resource": ["arn:a/x?"]}
    other = {**allow, "Action": "s3:*"}
    for statements, arn, allowed in (
        ([allow], "arn:a/b/c", True),
        ([allow], "arn:b", False),
        ([allow, deny], "arn:a/xy", False),
        ([allow, deny], "arn:a/x", True),
        ([other], "arn:a/b", False),
        ([], "arn:a/b", False),
    ):
        assert is_allowed({"Statement": statements}, arn) is allowed


def test_mistakes() -> None:
    """Settings that there are not."""
    for make in (
        lambda: LocalApiGateway(echo, "soap"),  # type: ignore[arg-type]
        lambda: LocalApiGateway({"get /": echo}),
        lambda: LocalApiGateway(echo, "function-url", authorizer=LocalAuthorizer(echo)),
        lambda: LocalAuthorizer(echo, "JWT"),  # type: ignore[arg-type]
        lambda: LocalAuthorizer(echo, identity_sources=["query.x"]),
        lambda: LocalAuthorizer(echo, identity_sources=["context.x"]),
        lambda: LocalAuthorizer(echo, "TOKEN", identity_sources=[]),
    ):
        with pytest.raises(ValueError, match=r"."):
            make()
