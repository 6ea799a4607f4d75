"""Waits on loopback until the browser comes back from signing in: for one request, once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import cast

from ..errors import ConfigurationError

__all__ = ["CALLBACK_PATH", "NobodyCame", "waiting"]

CALLBACK_PATH = "/callback"
_PATIENCE_SECONDS = 600.0
_PAGE = (
    "<!doctype html>\n<title>cognito-guard</title>\n"
    "<p>You can close this page and go back to the terminal.\n"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class NobodyCame(Exception):
    """No browser came back in time."""


class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, is_ours: Callable[[str], bool]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.is_ours = is_ours
        self.queries: queue.Queue[str] = queue.Queue(1)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a browser may leave at any time."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 5.0

    def do_GET(self) -> None:
        """Take the browser's query, if it is the one that is waited for."""
        server = cast("_Server", self.server)
        path, _, query = self.path.partition("?")
        if path != CALLBACK_PATH:
            self._answer(HTTPStatus.NOT_FOUND, "There is no such page.\n")
        elif not server.is_ours(query):
            # Of another site, or of an earlier attempt. The right one may still come.
            self._answer(
                HTTPStatus.BAD_REQUEST,
                "This callback does not belong to the sign-in that the command started.\n",
            )
        else:
            self._answer(HTTPStatus.OK, _PAGE)
            with suppress(queue.Full):  # it came twice
                server.queries.put_nowait(query)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: there is a code in it."""

    def _answer(self, status: HTTPStatus, page: str) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page.encode("ascii"))


@contextmanager
def waiting(port: int, is_ours: Callable[[str], bool]) -> Iterator[Callable[[], str]]:
    """Listen on a port of 127.0.0.1. The function that is given waits for the query.

    It raises :class:`NobodyCame` after ten minutes. Raises :class:`ConfigurationError` if the port
    is taken.
    """
    try:
        server = _Server(port, is_ours)
    except OSError as error:
        raise ConfigurationError(
            f"--port {port}: {error.strerror}; the browser could not come back"
        ) from None

    def came_back() -> str:
        try:
            return server.queries.get(timeout=_PATIENCE_SECONDS)
        except queue.Empty:
            raise NobodyCame("the browser did not come back in time") from None

    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield came_back
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
