"""A Lambda function behind an HTTP API, called in a loop. ``python -m`` runs it.

Its route is one of Powertools' resolver, in three forms. A line of JSON in, one out, as of
``peers/worker.py``: ``{"form": NAME, "tokens": FILE}`` answers ``{"seconds": S}``, of one event for
each token. ``{"form": NAME, "token": TEXT}`` answers ``{"status": N}``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from . import CLIENT_ID, JWKS_URL, RESOURCE, USER_POOL_ID

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def event(token: str) -> dict[str, Any]:
    """An event of payload format 2.0, as an HTTP API sends it."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {token}", "host": "api.example.com"},
        "requestContext": {
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def resolver(middlewares: list[Any]) -> APIGatewayHttpResolver:
    """The route."""
    app = APIGatewayHttpResolver()

    @app.get("/", middlewares=middlewares)
    def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


def unguarded() -> Handler:
    """The route alone."""
    return resolver([]).resolve


def with_cognito_guard() -> Handler:
    """`guarded` around the resolver."""
    from cognito_guard import Guard, UserPool
    from cognito_guard_lambda import guarded

    pool = UserPool(USER_POOL_ID, client_ids=[CLIENT_ID], jwks=JWKS_URL, resources=[RESOURCE])
    app = resolver([])

    @guarded(Guard(pool))
    def handler(event: Any, context: Any, identity: Any) -> Any:
        return app.resolve(event, context)

    return handler


def with_powertools() -> Handler:
    """`JWTVerifier.require()`, its own middleware. It takes keys by https alone, so they are
    given."""
    from aws_lambda_powertools.utilities.auth_alpha import JWTVerifier

    with urlopen(JWKS_URL, timeout=60) as answer:  # noqa: S310 - loopback
        jwks = json.load(answer)
    verifier = JWTVerifier.cognito(
        user_pool_id=USER_POOL_ID, client_id=CLIENT_ID, audience=RESOURCE, jwks=jwks
    )
    return resolver([verifier.require()]).resolve


FORMS = {
    "unguarded": unguarded,
    "cognito_guard": with_cognito_guard,
    "Powertools `JWTVerifier`": with_powertools,
}


def answer(handlers: dict[str, Handler], form: str, tokens: str = "", token: str = "") -> Any:
    """The answer to a line."""
    if form not in handlers:
        handlers[form] = FORMS[form]()
    handler = handlers[form]
    if not tokens:
        return {"status": handler(event(token), None)["statusCode"]}
    with open(tokens, encoding="ascii") as file:
        events = [event(line) for line in file.read().split()]
    start = time.perf_counter()
    statuses = {handler(each, None)["statusCode"] for each in events}
    seconds = time.perf_counter() - start
    return {"seconds": seconds} if statuses == {200} else {"error": f"answered {statuses}"}


if __name__ == "__main__":
    pipe = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    made: dict[str, Handler] = {}
    for line in sys.stdin:
        pipe.write(json.dumps(answer(made, **json.loads(line))) + "\n")
        pipe.flush()
