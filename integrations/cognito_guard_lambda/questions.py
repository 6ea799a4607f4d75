"""What an authorizer is asked: by whom, about which request, and which answer it is to give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from cognito_guard import ConfigurationError, HeaderValues

from .arns import Arn, parse_arn
from .events import Event, Kind, mapping_in
from .headers import OneValue, header_values, with_scheme

__all__ = ["Question", "read_question"]


class Question(NamedTuple):
    """What is asked, and the form of the answer. ``arn``: ``None`` for AppSync."""

    form: Literal["policy", "simple", "appsync"]
    headers: HeaderValues
    arn: Arn | None


def read_question(event: Event, *, simple: bool) -> Question:
    """Read the event of an authorizer. ``simple``: whether payload format 2.0 is answered without a
    policy.

    API Gateway developer guide, "Input to an API Gateway Lambda authorizer"; AppSync developer
    guide, "AWS Lambda authorization". Raises :class:`ConfigurationError` for any other event.
    """
    if not isinstance(event, Mapping):
        raise _not_asked()
    version, said = event.get("version", "1.0"), set(event)
    match event.get("type"):
        case "TOKEN" if not {"version", "routeArn"} & said:
            token = event.get("authorizationToken")
            if isinstance(token, str):
                return Question("policy", OneValue(token), parse_arn(event.get("methodArn")))
        case "REQUEST" if version == "1.0" and "routeArn" not in said:
            of_websocket = "connectionId" in mapping_in(event, "requestContext")
            headers = header_values(event, Kind.WEBSOCKET if of_websocket else Kind.PAYLOAD_1)
            return Question("policy", headers, parse_arn(event.get("methodArn")))
        case "REQUEST" if version == "2.0" and "methodArn" not in said:
            headers = header_values(event, Kind.PAYLOAD_2)
            form: Literal["simple", "policy"] = "simple" if simple else "policy"
            return Question(form, headers, parse_arn(event.get("routeArn")))
        case None if not {"type", "version", "methodArn", "routeArn"} & said:
            token = event.get("authorizationToken")
            api = mapping_in(event, "requestContext").get("apiId")
            if isinstance(token, str) and isinstance(api, str):
                return Question("appsync", OneValue(with_scheme(token)), None)
    raise _not_asked()


def _not_asked() -> ConfigurationError:
    return ConfigurationError(
        "the event asks no authorizer: guard the handler of a request with guarded()"
    )
