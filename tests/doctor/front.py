"""A server before moto that answers some operations itself, as a test says: badly, or as AWS does.

moto has no roles of identity pools, no missing permissions, and never fails.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit


class Told(NamedTuple):
    """What to answer to an operation."""

    status: int
    body: bytes
    hangs: bool = False


class Front:
    """Passes requests on to ``origin``, but for those to the operations in ``told``.

    An operation is called by its name (``DescribeUserPool``), and in REST by method and path
    (``GET /restapis``). ``asked`` notes them.
    """

    def __init__(self, origin: str, told: Mapping[str, Told]) -> None:
        self.asked: list[str] = []
        self.over = threading.Event()
        front, where = self, urlsplit(origin).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                operation = _operation(self, body)
                front.asked.append(operation)
                one = told.get(operation)
                if one is None:
                    one = _from(where, self, body)
                if one.hangs:
                    front.over.wait()
                    self.close_connection = True
                    return
                self.send_response(one.status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(one.body)))
                self.end_headers()
                self.wfile.write(one.body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Front:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _operation(request: BaseHTTPRequestHandler, body: bytes) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    action = parse_qs(body.decode("latin-1")).get("Action")
    return action[0] if action else f"{request.command} {request.path.partition('?')[0]}"


def _from(where: str, request: BaseHTTPRequestHandler, body: bytes) -> Told:
    connection = HTTPConnection(where)
    headers: dict[str, Any] = dict(request.headers)
    connection.request(request.command, request.path, body, headers)
    answer = connection.getresponse()
    told = Told(answer.status, answer.read())
    connection.close()
    return told
