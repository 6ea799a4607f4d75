"""The headers of an event: all values of one, whatever form the event has them in.

Where two forms of an event contradict each other, the values of both are given. The guard then sees
two credentials, and refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from cognito_guard import ConfigurationError, HeaderValues, LoadBalancerHeaders

from .events import Event, Kind, mapping_in

__all__ = ["OneValue", "header_values", "with_scheme"]

_OF_LOAD_BALANCERS = (
    LoadBalancerHeaders.data,
    LoadBalancerHeaders.access_token,
    LoadBalancerHeaders.identity,
)


def header_values(event: Event, kind: Kind) -> HeaderValues:
    """All raw values of a header in an event of that kind, by its lower-case name.

    What a load balancer forwards is looked for in its own events alone. Raises
    :class:`ConfigurationError` for a WebSocket's event that has no headers, and, when it is asked,
    for headers in a form that no event has.
    """
    if kind is Kind.WEBSOCKET and mapping_in(event, "requestContext").get("eventType") != "CONNECT":
        raise ConfigurationError(
            "only the $connect event of a WebSocket carries a credential: identify the caller "
            "there, and keep who it is under the connectionId"
        )
    return _Values(event, kind)


@final
class _Values:
    """No closure, whose variables a report of an error would show."""

    __slots__ = ("_event", "_kind")

    def __init__(self, event: Event, kind: Kind) -> None:
        self._event = event
        self._kind = kind

    def __call__(self, name: str) -> Sequence[str]:
        if name in _OF_LOAD_BALANCERS and self._kind is not Kind.LOAD_BALANCER:
            return ()
        if self._kind is Kind.APPSYNC:
            values = _single(mapping_in(self._event, "request").get("headers"), name)
            return [with_scheme(value) for value in values] if name == "authorization" else values
        single = _single(self._event.get("headers"), name)
        if self._kind is Kind.PAYLOAD_2:
            return _with_cookies(single, self._event) if name == "cookie" else single
        several = _several(self._event.get("multiValueHeaders"), name)
        # `headers` has the last of several values. What is in neither's place is another one.
        return [*several, *(value for value in single if value not in several)]


@final
class OneValue:
    """An ``Authorization`` header that comes alone, as an authorizer gets it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, name: str) -> Sequence[str]:
        return (self._value,) if name == "authorization" else ()


def with_scheme(value: str) -> str:
    """AppSync takes a token with or without the word ``Bearer`` before it."""
    word = value.strip(" \t")
    is_word = bool(word) and not any(end in word for end in " \t,")
    return f"Bearer {word}" if is_word and word.lower() != "bearer" else value


def _single(headers: object, name: str) -> list[str]:
    """The values under a name, in any case, where each name has one."""
    return [_text(value) for key, value in _items(headers) if key.lower() == name]


def _several(headers: object, name: str) -> list[str]:
    """The same where each name has a list."""
    found: list[str] = []
    for key, values in _items(headers):
        if key.lower() == name:
            if not isinstance(values, list | tuple):
                raise _malformed()
            found += map(_text, values)
    return found


def _with_cookies(single: list[str], event: Event) -> list[str]:
    """Payload format 2.0 has cookies in a list of their own; a function URL has the header too."""
    cookies = event.get("cookies")
    if cookies is None:
        return single
    if not isinstance(cookies, list | tuple):
        raise _malformed()
    listed = [_text(cookie) for cookie in cookies]
    pairs = _pairs(listed)
    return [*listed, *(value for value in single if _pairs([value]) != pairs)]


def _pairs(lines: list[str]) -> list[str]:
    return sorted(pair.strip(" \t") for line in lines for pair in line.split(";"))


def _items(headers: object) -> list[tuple[str, Any]]:
    if headers is None:
        return []
    if not isinstance(headers, Mapping) or not all(isinstance(key, str) for key in headers):
        raise _malformed()
    return list(headers.items())


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _malformed()
    return value


def _malformed() -> ConfigurationError:
    return ConfigurationError("the event has headers in a form that no AWS service sends")
