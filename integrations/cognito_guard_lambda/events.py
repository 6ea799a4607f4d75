"""Which kind of event a function was called with. An event that could be two of them is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Literal, TypeAlias

from cognito_guard import ConfigurationError

__all__ = ["AuthorizerKind", "Event", "Kind", "kind_of", "mapping_in", "method_of"]

Event: TypeAlias = Mapping[str, Any]
"""What Lambda hands to a function: a ``dict``, or a data class of Powertools."""

AuthorizerKind: TypeAlias = Literal["cognito", "jwt", "lambda", "appsync"]
"""Which authorizer vouches for the caller."""


class Kind(Enum):
    """What has called the function, by the format of its events."""

    PAYLOAD_1 = "a REST API, or an HTTP API with payload format 1.0"
    PAYLOAD_2 = "an HTTP API or a function URL, with payload format 2.0"
    WEBSOCKET = "a WebSocket API"
    LOAD_BALANCER = "an Application Load Balancer"
    APPSYNC = "an AppSync resolver"


def mapping_in(event: Event, name: str) -> Event:
    """A member that is an object; an empty one for none."""
    value = event.get(name)
    return value if isinstance(value, Mapping) else {}


def _is_payload_1(event: Event) -> bool:
    return isinstance(event.get("httpMethod"), str) and isinstance(event.get("resource"), str)


def _is_payload_2(event: Event) -> bool:
    http = mapping_in(mapping_in(event, "requestContext"), "http")
    return isinstance(http.get("method"), str)


def _is_websocket(event: Event) -> bool:
    context = mapping_in(event, "requestContext")
    return isinstance(context.get("connectionId"), str) and "eventType" in context


def _is_load_balancer(event: Event) -> bool:
    elb = mapping_in(event, "requestContext").get("elb")
    return isinstance(elb, Mapping) and isinstance(event.get("httpMethod"), str)


def _is_appsync(event: Event) -> bool:
    parts = (event.get("request"), event.get("info"))
    return "identity" in event and all(isinstance(part, Mapping) for part in parts)


# API Gateway developer guide, "Lambda proxy integrations" (payload formats 1.0 and 2.0) and
# "WebSocket APIs"; Lambda developer guide, "Function URLs" and "Application Load Balancer"; AppSync
# developer guide, "Lambda resolvers".
_SIGNS: tuple[tuple[Kind, Callable[[Event], bool]], ...] = (
    (Kind.PAYLOAD_1, _is_payload_1),
    (Kind.PAYLOAD_2, _is_payload_2),
    (Kind.WEBSOCKET, _is_websocket),
    (Kind.LOAD_BALANCER, _is_load_balancer),
    (Kind.APPSYNC, _is_appsync),
)


def kind_of(event: Event) -> Kind:
    """The kind of an event. Raises :class:`ConfigurationError` for one that is of no kind, or could
    be of two: no client can cause that, only who calls the function."""
    if not isinstance(event, Mapping):
        raise ConfigurationError(
            f"the event is a {type(event).__name__}, and no request: this function is called by "
            "something else than API Gateway, a function URL, a load balancer or AppSync"
        )
    if "methodArn" in event or "routeArn" in event:
        raise ConfigurationError(
            "the event asks an authorizer, and is no request: use cognito_guard_lambda.Authorizer"
        )
    kinds = [kind for kind, has_signs in _SIGNS if has_signs(event)]
    # An HTTP API and a function URL say their version; a REST API and the others say none.
    if event.get("version", "1.0") != ("2.0" if kinds == [Kind.PAYLOAD_2] else "1.0"):
        kinds = []
    if len(kinds) != 1:
        could_be = " and ".join(kind.value for kind in kinds) or "no request that is known here"
        raise ConfigurationError(f"the event is {could_be}; nobody can be identified by it")
    return kinds[0]


def method_of(event: Event, kind: Kind) -> str:
    """The HTTP method, where there is one."""
    if kind is Kind.PAYLOAD_2:
        event = mapping_in(mapping_in(event, "requestContext"), "http")
        return str(event["method"])
    return str(event.get("httpMethod", ""))
