"""A request as the event that a Lambda function gets, in the format of each door.

API Gateway developer guide, "Lambda proxy integrations" and "WebSocket APIs"; Lambda developer
guide, "Function URLs" and "Application Load Balancer". Only what tells something of the request is
as AWS has it; ids of accounts, APIs and requests are made up.
"""

from __future__ import annotations

from base64 import b64encode
from time import gmtime, strftime
from typing import Any
from urllib.parse import parse_qsl, unquote

from .kinds import Kind, Through

__all__ = [
    "ACCOUNT",
    "API",
    "REGION",
    "authorizer_event",
    "connect_event",
    "event_of",
    "method_arn",
]

ACCOUNT, API, REGION = "123456789012", "local0api0", "eu-west-1"
_REQUEST_ID = "JKJaXmPLvHcESHA="
_SOURCE = "127.0.0.1"
_TARGETS = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/local/6d0ecf831eec9f09"


def event_of(kind: Kind, through: Through) -> dict[str, Any]:
    """The event of a request."""
    if kind in ("http", "function-url"):
        return _payload_2(through, function_url=kind == "function-url")
    if kind in ("rest", "http-1.0"):
        event = _payload_1(through)
        return {"version": "1.0", **event} if kind == "http-1.0" else event
    several = _several(through.headers, lower=True)
    return {
        "requestContext": {"elb": {"targetGroupArn": _TARGETS}},
        "httpMethod": through.method,
        "path": through.path,
        **_of_load_balancer(kind, several, through.query),
        **_body(through.body, empty=""),
    }


def connect_event(through: Through, connection_id: str) -> dict[str, Any]:
    """The event of a WebSocket that opens."""
    return {
        **_headers_twice(through),
        **_query_twice(through.query),
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "messageDirection": "IN",
            "connectedAt": int(through.time * 1000),
            "connectionId": connection_id,
            **_context(through),
        },
        "isBase64Encoded": False,
    }


def method_arn(through: Through) -> str:
    """The name by which an authorizer's policy speaks of a request."""
    start = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{API}/{through.stage}"
    if through.route == "$connect":
        return f"{start}/$connect"
    return f"{start}/{through.method}{through.own_path}"


def authorizer_event(
    form: str, kind: Kind | None, through: Through, sources: list[str]
) -> dict[str, Any]:
    """What an authorizer is asked. ``kind``: ``None`` for a WebSocket."""
    if form == "TOKEN":
        return {
            "type": "TOKEN",
            "methodArn": method_arn(through),
            "authorizationToken": sources[0],
        }
    if form == "2.0":
        event = _payload_2(through, function_url=False)
        for name in ("body", "isBase64Encoded"):
            event.pop(name, None)
        return {
            **event,
            "type": "REQUEST",
            "routeArn": method_arn(through),
            "identitySource": sources,
        }
    event = connect_event(through, "local") if kind is None else _payload_1(through)
    for name in ("body", "isBase64Encoded"):
        event.pop(name, None)
    version = {"version": "1.0"} if kind in ("http", "http-1.0") else {}
    return {**version, "type": "REQUEST", "methodArn": method_arn(through), **event}


def _payload_1(through: Through) -> dict[str, Any]:
    resource = through.route.partition(" ")[2] or "/{proxy+}"
    return {
        "resource": resource,
        "path": through.path if through.base_path != f"/{through.stage}" else through.own_path,
        "httpMethod": through.method,
        **_headers_twice(through),
        **_query_twice(through.query),
        "pathParameters": dict(through.parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "local1",
            "resourcePath": resource,
            "httpMethod": through.method,
            "path": through.path,
            "accountId": ACCOUNT,
            "protocol": "HTTP/1.1",
            **_context(through),
        },
        **_body(through.body, empty=None),
    }


def _payload_2(through: Through, *, function_url: bool) -> dict[str, Any]:
    joined: dict[str, str] = {}
    for name, value in through.headers:
        name = name.lower()
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    # All cookies, with each in a place of its own. A function URL leaves the header too.
    cookies = joined.get("cookie") if function_url else joined.pop("cookie", None)
    pairs = parse_qsl(through.query, keep_blank_values=True)
    query: dict[str, str] = {}
    for name, value in pairs:
        query[name] = f"{query[name]},{value}" if name in query else value
    said = {} if through.authorizer is None else {"authorizer": dict(through.authorizer)}
    return {
        "version": "2.0",
        "routeKey": through.route,
        "rawPath": unquote(through.path),
        "rawQueryString": through.query,
        **({} if cookies is None else {"cookies": _cookies(through)}),
        "headers": joined,
        **({"queryStringParameters": query} if query else {}),
        "requestContext": {
            "accountId": "anonymous" if function_url else ACCOUNT,
            "apiId": API,
            **said,
            "domainName": f"{API}.lambda-url.{REGION}.on.aws" if function_url else _domain(),
            "domainPrefix": API,
            "http": {
                "method": through.method,
                "path": unquote(through.path),
                "protocol": "HTTP/1.1",
                "sourceIp": _SOURCE,
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": _REQUEST_ID,
            "routeKey": through.route,
            "stage": through.stage,
            "time": _clock_text(through.time),
            "timeEpoch": int(through.time * 1000),
        },
        **({"pathParameters": dict(through.parameters)} if through.parameters else {}),
        **_body(through.body, empty=None, or_nothing=True),
    }


def _cookies(through: Through) -> list[str]:
    lines = [value for name, value in through.headers if name.lower() == "cookie"]
    return [pair.strip() for line in lines for pair in line.split(";")]


def _context(through: Through) -> dict[str, Any]:
    """What the contexts of REST and WebSocket APIs have in common."""
    agent = [value for name, value in through.headers if name.lower() == "user-agent"]
    said = {} if through.authorizer is None else {"authorizer": dict(through.authorizer)}
    return {
        "apiId": API,
        **said,
        "domainName": _domain(),
        "extendedRequestId": _REQUEST_ID,
        "identity": {"sourceIp": _SOURCE, "userAgent": agent[-1] if agent else None},
        "requestId": _REQUEST_ID,
        "requestTime": _clock_text(through.time),
        "requestTimeEpoch": int(through.time * 1000),
        "stage": through.stage,
    }


def _domain() -> str:
    return f"{API}.execute-api.{REGION}.amazonaws.com"


def _clock_text(seconds: float) -> str:
    return strftime("%d/%b/%Y:%H:%M:%S +0000", gmtime(seconds))


def _headers_twice(through: Through) -> dict[str, Any]:
    several = _several(through.headers)
    return {"headers": _last(several), "multiValueHeaders": several}


def _query_twice(text: str) -> dict[str, Any]:
    several: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        several.setdefault(name, []).append(value)
    return {
        "queryStringParameters": _last(several) or None,
        "multiValueQueryStringParameters": several or None,
    }


def _of_load_balancer(kind: Kind, several: dict[str, list[str]], query: str) -> dict[str, Any]:
    # In the query, a load balancer decodes nothing.
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    if kind == "load-balancer":
        asked = {name: value for name, _, value in pairs}
        return {"headers": _last(several), "queryStringParameters": asked}
    listed: dict[str, list[str]] = {}
    for name, _, value in pairs:
        listed.setdefault(name, []).append(value)
    return {"multiValueHeaders": several, "multiValueQueryStringParameters": listed}


def _several(headers: tuple[tuple[str, str], ...], *, lower: bool = False) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    spelt: dict[str, str] = {}
    for name, value in headers:
        name = spelt.setdefault(name.lower(), name.lower() if lower else name)
        found.setdefault(name, []).append(value)
    return found


def _last(several: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in several.items()}


def _body(body: bytes, *, empty: str | None, or_nothing: bool = False) -> dict[str, Any]:
    if not body:
        return (
            {"isBase64Encoded": False} if or_nothing else {"body": empty, "isBase64Encoded": False}
        )
    try:
        return {"body": body.decode("utf-8"), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": b64encode(body).decode("ascii"), "isBase64Encoded": True}
