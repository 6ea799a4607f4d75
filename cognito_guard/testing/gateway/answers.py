"""What a Lambda function returns, as the HTTP answer that its door makes of it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from .kinds import REMAPPED, Kind

__all__ = ["Answer", "answer_of", "failed", "said"]


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def http(self, *, with_body: bool = True) -> bytes:
        """As HTTP/1.1 sends it."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = ""
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{n}: {v}" for n, v in self.headers)]
        if self.status >= 200 and self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
        return head + self.body if with_body else head


def said(status: int, text: str) -> Answer:
    """An answer of the door's own."""
    body = json.dumps({"message": text}).encode("utf-8")
    return Answer(status, (("Content-Type", "application/json"),), body)


def failed(kind: Kind) -> Answer:
    """The answer where a function raises, or returns what is no answer."""
    return (
        said(500, "Internal Server Error") if kind == "http" else said(502, "Internal server error")
    )


def answer_of(kind: Kind, returned: Any) -> Answer:
    """The HTTP answer for what a function has returned."""
    payload_2 = kind in ("http", "function-url")
    if payload_2 and not (isinstance(returned, Mapping) and "statusCode" in returned):
        # Payload format 2.0 takes anything else for a body in JSON.
        body = returned if isinstance(returned, str) else json.dumps(returned)
        return Answer(200, (("Content-Type", "application/json"),), body.encode("utf-8"))
    try:
        headers = [*_single(returned), *(() if payload_2 else _several(returned))]
        if payload_2:
            headers += [("Set-Cookie", cookie) for cookie in returned.get("cookies") or ()]
        body = returned.get("body") or ""
        if not isinstance(body, str):
            raise TypeError("a body is text")
        data = b64decode(body) if returned.get("isBase64Encoded") else body.encode("utf-8")
        status = int(returned["statusCode"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return failed(kind)
    if kind == "load-balancer-multi-value":
        headers = _several(returned)  # it looks at nothing else
    if kind in REMAPPED:
        headers = [(_remapped(name), value) for name, value in headers]
    if data and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return Answer(status, tuple(headers), data)


def _remapped(name: str) -> str:
    return f"x-amzn-Remapped-{name}" if name.lower() == "www-authenticate" else name


def _single(returned: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, _text(value)) for name, value in (returned.get("headers") or {}).items()]


def _several(returned: Mapping[str, Any]) -> list[tuple[str, str]]:
    listed = (returned.get("multiValueHeaders") or {}).items()
    return [(name, _text(value)) for name, values in listed for value in values]


def _text(value: object) -> str:
    text = str(value)
    if "\r" in text or "\n" in text:
        raise ValueError("a header is one line")
    return text
