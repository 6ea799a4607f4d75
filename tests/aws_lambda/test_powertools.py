"""Powertools for AWS Lambda: its event handlers with our middleware, and its data classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cognito_guard import ConfigurationError, Cookie, Guard, Identity, enforce, require_groups
from cognito_guard.testing import LocalApiGateway, LocalUserPool, attacks
from cognito_guard_lambda import Authorizer, authenticate, guarded

from ..needs import need
from ..raw import ask
from .conftest import MAKE, bearer
from .test_authorizer import http_event, request_event, token_event

try:
    from aws_lambda_powertools.event_handler import (
        ALBResolver,
        APIGatewayHttpResolver,
        APIGatewayRestResolver,
        LambdaFunctionUrlResolver,
    )
    from aws_lambda_powertools.utilities.data_classes import (
        ALBEvent,
        APIGatewayProxyEvent,
        APIGatewayProxyEventV2,
        APIGatewayWebSocketEvent,
        AppSyncResolverEvent,
        LambdaFunctionUrlEvent,
    )
    from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
        APIGatewayAuthorizerEventV2,
        APIGatewayAuthorizerRequestEvent,
        APIGatewayAuthorizerTokenEvent,
    )

    from cognito_guard_lambda.powertools import IDENTITY, requires
except ImportError:
    need(False, "aws-lambda-powertools, from the group test")

# The resolver, the door that it is for, and the header that the challenge arrives in.
DOORS: list[tuple[Any, Any, str]] = [
    (APIGatewayRestResolver, "rest", "x-amzn-remapped-www-authenticate"),
    (APIGatewayHttpResolver, "http", "www-authenticate"),
    (LambdaFunctionUrlResolver, "function-url", "x-amzn-remapped-www-authenticate"),
    (ALBResolver, "load-balancer", "www-authenticate"),
    (ALBResolver, "load-balancer-multi-value", "www-authenticate"),
]


@contextmanager
def served(resolver: Any, kind: Any, guard: Guard) -> Iterator[httpx.Client]:
    """An app of Powertools with three guarded routes."""
    app = resolver()

    @app.get("/me", middlewares=[requires(guard)])
    def me() -> dict[str, str]:
        identity: Identity = app.context[IDENTITY]
        return {"subject": identity.subject}

    @app.get("/admin", middlewares=[requires(guard, groups="admins")])
    def admin() -> dict[str, str]:
        return {"admin": app.context[IDENTITY].subject}

    @app.get("/own", middlewares=[requires(guard)])
    def own() -> dict[str, str]:
        enforce(require_groups("admins"), app.context[IDENTITY])
        return {}

    @app.route("/any", method=["GET", "OPTIONS"], middlewares=[requires(guard)])
    def other() -> dict[str, str]:
        raise AssertionError

    with (
        LocalApiGateway(app.resolve, kind) as gateway,
        httpx.Client(base_url=gateway.url, trust_env=False, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize(("resolver", "kind", "challenge"), DOORS)
def test_middleware(
    resolver: Any, kind: str, challenge: str, guard: Guard, pool: LocalUserPool
) -> None:
    """Who may is in the app's context, and who may not gets the contract's answer."""
    with served(resolver, kind, guard) as client:
        answer = client.get("/me", headers=[bearer(pool)])
        assert (answer.status_code, answer.json()) == (200, {"subject": pool.subject("ada")})
        assert client.get("/admin", headers=[bearer(pool, groups=["admins"])]).status_code == 200
        for path, headers, status, reason, said in (
            ("/me", [], 401, "missing_credentials", "Bearer"),
            ("/admin", [bearer(pool)], 403, "missing_group", 'Bearer error="insufficient_scope"'),
            ("/own", [bearer(pool)], 403, "missing_group", 'Bearer error="insufficient_scope"'),
        ):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (status, reason)
            assert answer.headers[challenge] == said
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.headers["cache-control"], answer.headers["vary"]) == (
                "no-store",
                "Authorization",
            )
        preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        assert client.options("/any", headers=preflight).status_code == 204


def test_attacks(guard: Guard, pool: LocalUserPool) -> None:
    """The corpus, on the whole way."""
    with served(APIGatewayHttpResolver, "http", guard) as client:

        def send(attempt: Any) -> Any:
            try:
                lines = [b": ".join(pair) for pair in attempt.raw_headers]
                return ask(str(client.base_url), "/me", lines)
            except ConnectionError:  # a server may hang up on what it will not read
                return None

        assert len(attacks.run(send, pool)) > 400


def test_a_cookie_is_dropped(pool: LocalUserPool) -> None:
    """A bad token in a cookie is dropped by the answer."""
    guard = Guard(pool.trust(), carriers=[Cookie("token")])
    with served(APIGatewayRestResolver, "rest", guard) as client:
        answer = client.get("/me", headers={"Cookie": "token=x"})
        assert answer.status_code == 401
        assert answer.headers["set-cookie"].startswith("token=; expires=")


def test_mistakes(guard: Guard) -> None:
    """What could guard nothing is an error when it is written."""
    with pytest.raises(ConfigurationError):
        requires(None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        requires(guard, groups=[])


def test_a_guard_above_the_route_decorator(guard: Guard) -> None:
    """Powertools has the bare function, which answers everybody; neither goes unnoticed."""
    app: Any = APIGatewayHttpResolver()
    wrong: Any = guarded(guard)
    with pytest.raises(ConfigurationError, match=r"requires of cognito_guard_lambda\.powertools"):

        @wrong
        @app.get("/orders/<number>")
        def order(number: str) -> dict[str, str]:
            return {}

    wrong = requires(guard)
    with pytest.raises(TypeError):

        @wrong
        @app.get("/orders")
        def orders() -> dict[str, str]:
            return {}


DATA_CLASSES: list[tuple[Any, str]] = [
    (APIGatewayProxyEvent, "rest"),
    (APIGatewayProxyEvent, "http-1.0"),
    (APIGatewayProxyEventV2, "http"),
    (LambdaFunctionUrlEvent, "function-url"),
    (ALBEvent, "load-balancer"),
    (ALBEvent, "load-balancer-multi-value"),
    (APIGatewayWebSocketEvent, "websocket"),
    (AppSyncResolverEvent, "appsync"),
]


@pytest.mark.parametrize(("data_class", "kind"), DATA_CLASSES)
def test_data_classes(data_class: Any, kind: str, guard: Guard, pool: LocalUserPool) -> None:
    """An event may come in a data class."""
    event = data_class(MAKE[kind]([bearer(pool)]))
    assert authenticate(guard, event).subject == pool.subject("ada")
    handler = guarded(guard)(lambda event, context, identity: identity.subject)
    assert handler(event, None) == pool.subject("ada")


def test_data_classes_of_authorizers(guard: Guard, pool: LocalUserPool) -> None:
    """So may a question."""
    name, value = bearer(pool)
    for data_class, event in (
        (APIGatewayAuthorizerTokenEvent, token_event(value)),
        (APIGatewayAuthorizerRequestEvent, request_event([(name, value)])),
        (APIGatewayAuthorizerEventV2, http_event([(name, value)])),
    ):
        assert Authorizer(guard)(data_class(event))["context"]["sub"] == pool.subject("ada")
