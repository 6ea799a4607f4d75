"""What the example apps answer, and the same request as a line for the shell."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

import httpx

from cognito_guard import Guard

from ..flask_app.app import create_app as create_flask_app
from ..starlette_app.app import create_app as create_starlette_app

__all__ = ["ask", "ask_with", "curl", "sendable"]

Headers: TypeAlias = list[tuple[bytes, bytes]]

_SECONDS = 60.0
_LONGEST_BODY = 4_000
# RFC 9110, section 5.5: what may not be in the value of a header.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PLACEHOLDER = "http://127.0.0.1:8000"


def sendable(headers: Mapping[str, str]) -> bool:
    """Whether a request can carry these headers at all."""
    return not any(map(_CONTROL.search, headers.values()))


def ask(origins: Mapping[str, str], path: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """Send the request to each of the apps, which are running, and give their answers."""
    # A client of its own for each request, which remembers nothing of the one before. No TLS is
    # spoken on loopback; `verify` keeps it from reading certificates.
    with httpx.Client(trust_env=False, timeout=_SECONDS, verify=False) as client:  # noqa: S501
        return [_ask(client, name, origin, path, headers) for name, origin in origins.items()]


def _ask(
    client: httpx.Client, name: str, origin: str, path: str, headers: Mapping[str, str]
) -> dict[str, Any]:
    line = curl(f"{origin}{path}", headers)
    try:
        answer = client.get(f"{origin}{path}", headers=_encoded(headers))
    except httpx.HTTPError as error:
        # Its class alone: the message may quote what was sent.
        return {"app": name, "problem": f"No answer: {type(error).__name__}.", "curl": line}
    return {"app": name, **_told(answer), "curl": line}


def ask_with(guard: Guard, path: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the apps answer that can be made for a guard and forgotten with it.

    In this process, over no network; so curl's line has an address to be replaced, which is on this
    machine too. Django has one project for a process, and FastAPI's annotations, which name the
    guard, stay in caches of `typing`.
    """
    line = curl(f"{_PLACEHOLDER}{path}", headers)
    encoded = _encoded(headers)
    starlette = asyncio.run(_in_process(create_starlette_app(guard), path, encoded))
    app = _with_headers(create_flask_app(guard), encoded)
    wsgi = httpx.WSGITransport(app, raise_app_exceptions=False)
    with httpx.Client(transport=wsgi, base_url=_PLACEHOLDER, trust_env=False) as client:
        flask = client.get(path)
    answers = {"Starlette": starlette, "Flask": flask}
    return [{"app": name, **_told(answer), "curl": line} for name, answer in answers.items()]


async def _in_process(app: Any, path: str, headers: Headers) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url=_PLACEHOLDER, trust_env=False
    ) as client:
        return await client.get(path, headers=headers)


def _with_headers(app: Any, headers: Headers) -> Any:
    """The app, with headers of any bytes (PEP 3333). httpx hands on those in ASCII alone."""
    sent = {
        f"HTTP_{name.decode('ascii').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in headers
    }
    return lambda environ, start_response: app({**environ, **sent}, start_response)


def curl(url: str, headers: Mapping[str, str]) -> str:
    """The request as curl's command, quoted for a POSIX shell."""
    sent = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    return shlex.join(["curl", "-i", url, *sent])


def _encoded(headers: Mapping[str, str]) -> Headers:
    """As curl sends them from a terminal."""
    return [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]


def _told(answer: httpx.Response) -> dict[str, Any]:
    status = answer.status_code
    return {
        "status": status,
        "phrase": HTTPStatus(status).phrase,
        "challenge": answer.headers.get("WWW-Authenticate"),
        "location": answer.headers.get("Location"),
        "body": _body(answer),
    }


def _body(answer: httpx.Response) -> str:
    """The body, with its JSON as people read it."""
    try:
        text = json.dumps(answer.json(), indent=2, ensure_ascii=False)
    except ValueError:
        text = answer.text
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]} ..."
