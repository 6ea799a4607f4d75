"""LocalApiGateway: puts Lambda handlers behind a real HTTP server, as AWS does."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import socket
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha1
from time import time
from typing import Any, cast, final

from ..listener import Listener, Visit
from ..web.http1 import Exchange, Refused, Request, tokens
from .answers import Answer, answer_of, failed, said
from .authorizers import LocalAuthorizer
from .events import ACCOUNT, REGION, connect_event, event_of
from .kinds import KINDS, Kind, Through
from .routes import Handler, Routes

__all__ = ["LocalApiGateway"]

_LOG = logging.getLogger(__name__)

_PATIENCE_SECONDS = 60.0
_REST_SECONDS = 2.0
_DEFAULT = "$default"
# RFC 6455, section 1.3.
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True, slots=True)
class LocalContext:
    """What Lambda hands to a handler beside the event, as far as it says something here."""

    function_name: str = "local"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:local"
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds."""
        return 30_000


@final
class LocalApiGateway:
    """Lambda handlers behind an HTTP server on this machine, as a context manager.

    ``handlers`` is one handler for all requests, or handlers by route keys such as
    ``"GET /orders/{id}"``. Each gets the event that AWS would make from the request, after a round
    trip through JSON.

    ``kind``
        What is in front of the functions: ``"rest"``, an API Gateway REST API; ``"http"``, an HTTP
        API, with payload format 2.0, or ``"http-1.0"`` with 1.0; ``"function-url"``;
        ``"load-balancer"``, an Application Load Balancer, or ``"load-balancer-multi-value"`` if its
        target group has multi-value headers.
    ``websocket``
        The handler of ``$connect`` of a WebSocket API: requests for a WebSocket go there. An
        accepted WebSocket stays open until the client leaves; messages are not delivered.
    ``authorizer``
        A :class:`LocalAuthorizer`, called first for each request. AWS has none for function URLs
        and load balancers.
    ``stage``, ``base_path``
        The API is at the root of a custom domain, or below ``base_path`` (``"/v1"``). With ``None``
        it is at its default address, where the path begins with the stage, except for the stage
        ``$default``. The default stage is ``prod``, or ``$default`` for an HTTP API.
    ``clock``
        Seconds since 1970.

    Responses are changed as AWS changes them: a REST API and a function URL rename
    ``WWW-Authenticate`` to ``x-amzn-Remapped-WWW-Authenticate``.
    """

    def __init__(
        self,
        handlers: Handler | Mapping[str, Handler],
        kind: Kind = "http",
        *,
        websocket: Handler | None = None,
        authorizer: LocalAuthorizer | None = None,
        stage: str | None = None,
        base_path: str | None = "",
        port: int = 0,
        clock: Callable[[], float] = time,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
        if authorizer is not None and not kind.startswith(("rest", "http")):
            raise ValueError(f"AWS asks no authorizer before a {kind}")
        self._kind: Kind = kind
        self._routes = Routes(handlers)
        self._websocket = websocket
        self._authorizer = authorizer
        own_stage = _DEFAULT if kind in ("http", "http-1.0", "function-url") else "prod"
        self._stage = own_stage if stage is None else stage
        if base_path is None:
            base_path = "" if self._stage == _DEFAULT else f"/{self._stage}"
        self._base_path = base_path.rstrip("/")
        self._clock = clock
        self._port = port
        self._listener: Listener | None = None

    def __repr__(self) -> str:
        return f"<LocalApiGateway {self._kind}>"

    def __enter__(self) -> LocalApiGateway:
        self._listener = Listener(self._visit, port=self._port, patience=_PATIENCE_SECONDS)
        self._port = self._listener.port
        self._listener.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        cast("Listener", self._listener).__exit__()

    @property
    def url(self) -> str:
        """The address of the API while it runs: ``http://127.0.0.1:PORT`` and its base path."""
        return f"http://127.0.0.1:{self._port}{self._base_path}"

    def event(
        self,
        path: str = "/",
        headers: Iterable[tuple[str, str]] = (),
        *,
        method: str = "GET",
        body: bytes = b"",
    ) -> dict[str, Any]:
        """The event of a request to ``path``, which may have a query. No handler is called."""
        through, _ = self._through(method, self._base_path + path, headers, body)
        return event_of(self._kind, through)

    def connect_event(self, headers: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
        """The event of a WebSocket that opens. No handler is called."""
        through, _ = self._through("GET", self._base_path, headers, b"")
        return connect_event(through._replace(route="$connect"), "local")

    def _through(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> tuple[Through, Handler | None]:
        path, _, query = target.partition("?")
        own = path[len(self._base_path) :] or "/"
        key, parameters, handler = self._routes.find(method, own) or ("", {}, None)
        through = Through(
            method=method,
            path=path,
            query=query,
            headers=tuple(headers),
            body=body,
            route=key,
            parameters=parameters,
            base_path=self._base_path,
            stage=self._stage,
            time=self._clock(),
        )
        return through, handler

    def _visit(self, visit: Visit) -> None:
        exchange = Exchange(visit.connection, visit.head)
        try:
            request = cast("Request", exchange.read())  # as there is a head
            body = b"".join(exchange.body())
        except Refused as refused:
            visit.send(said(refused.status, refused.detail).http())
            _drain(visit, exchange)
            return
        through, handler = self._through(request.method, request.target, request.headers, body)
        is_websocket = "websocket" in tokens(request.headers, "upgrade")
        if is_websocket and self._websocket is not None:
            self._connect(visit, through._replace(route="$connect"), self._websocket)
            return
        answer = said(404, "Not Found")
        if handler is not None and f"{through.path}/".startswith(f"{self._base_path}/"):
            answer = self._answer(through, handler)
        visit.send(answer.http(with_body=request.method != "HEAD"))
        _drain(visit, exchange)

    def _answer(self, through: Through, handler: Handler) -> Answer:
        if self._authorizer is not None:
            decided = self._authorizer.decide(self._kind, through, LocalContext())
            if isinstance(decided, Answer):
                return decided
            through = through._replace(authorizer=decided)
        return _called(self._kind, handler, event_of(self._kind, through))

    def _connect(self, visit: Visit, through: Through, handler: Handler) -> None:
        if self._authorizer is not None:
            decided = self._authorizer.decide(None, through, LocalContext())
            if isinstance(decided, Answer):
                visit.send(decided.http())
                return
            through = through._replace(authorizer=decided)
        answer = _called("http-1.0", handler, connect_event(through, "local"))
        if not 200 <= answer.status < 300:
            visit.send(answer.http())
            return
        keys = [value for name, value in through.headers if name.lower() == "sec-websocket-key"]
        accept = b64encode(sha1("".join(keys).encode() + _WEBSOCKET).digest())  # noqa: S324 - RFC 6455
        visit.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        visit.stay()


def _called(kind: Kind, handler: Handler, event: dict[str, Any]) -> Answer:
    """The answer of a function, which gets JSON and gives JSON."""
    try:
        with asyncio.Runner() as runner:
            # Lambda calls a handler in the main thread. Some take the loop of their thread, as
            # Mangum does, and this thread has none of its own.
            asyncio.set_event_loop(runner.get_loop())
            returned = handler(json.loads(json.dumps(event)), LocalContext())
            if inspect.iscoroutine(returned):
                returned = runner.run(returned)
        return answer_of(kind, json.loads(json.dumps(returned)))
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises
        _LOG.error("a function failed: %s", type(error).__name__, exc_info=error)
        return failed(kind)
    finally:
        asyncio.set_event_loop(None)


def _drain(visit: Visit, exchange: Exchange) -> None:
    """Let the client have the answer, though it may still be sending."""
    with suppress(OSError):  # it has left
        visit.connection.shutdown(socket.SHUT_WR)
        visit.connection.settimeout(_REST_SECONDS)
        exchange.skip()
