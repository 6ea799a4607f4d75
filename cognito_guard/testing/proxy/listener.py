"""LocalListener: a small reverse proxy that signs users in, as a load balancer's listener does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from typing import Any, Literal, Protocol, cast, final, get_args
from weakref import WeakSet

import h11

from ..pool import LocalUserPool
from ..web.hosts import own_origin
from ..web.http1 import Exchange, Headers, Refused, Request, tokens
from ..web.page import chosen, sign_in_page
from ..web.sessions import Sessions
from . import login
from .forwarding import Target, end_to_end, forward

__all__ = ["Action", "LocalListener"]

Action = Literal["authenticate", "allow", "deny"]

SESSION_COOKIE = "AWSELBAuthSessionCookie-0"
_IDP_COOKIE = "cognito"

# The default of an Application Load Balancer.
SESSION_SECONDS = 7 * 24 * 3600
_TOKEN_SECONDS = 3600
# With more than this in user info and access token together, an ALB answers 500.
_MAX_CLAIMS = 11 * 1024

_IDLE_SECONDS = 60.0
_REST_SECONDS = 2.0
_CLOSE_SECONDS = 10.0


class _Balancer(Protocol):
    """What a listener needs of the load balancer that signs for it."""

    @property
    def pool(self) -> LocalUserPool: ...  # pragma: no cover

    @property
    def clock(self) -> Callable[[], float]: ...  # pragma: no cover

    def headers(
        self, username: str, *, access_token: str
    ) -> dict[str, str]: ...  # pragma: no cover

    def access_token(self, username: str, *, expires_in: float) -> str: ...  # pragma: no cover


@dataclass
class _Session:
    """What the load balancer keeps about somebody who signed in."""

    username: str
    idp_session: str
    access_token: str
    expires: float


@final
class LocalListener:
    """Stands in front of an app on this machine, as a context manager. For development only.

    Whoever asks for a page signs in first, as one of the pool's users and without a password. From
    then on every request reaches the app with the three headers of a load balancer; copies of them
    that a request brings along, in any spelling, never do.

    ``target`` is the app's ``http://127.0.0.1:PORT``. ``on_unauthenticated_request`` is what
    happens to a request of nobody: ``"authenticate"`` leads to the login page, ``"allow"`` passes
    it on without the headers, ``"deny"`` answers 401. ``rules`` says so for single paths, such as
    ``{"/login": "authenticate"}`` beside ``"allow"``. A session lasts ``session_seconds``. It
    listens on ``port`` of 127.0.0.1, a free one unless given.

    Requests and answers pass through unchanged and piece by piece. WebSockets do not: they are
    answered 501.
    """

    login_path = login.LOGIN_PATH
    """The login page."""
    logout_path = login.LOGOUT_PATH
    """Ends the session, as a user pool's ``/logout`` does, and goes on to the path in the query's
    ``logout_uri``."""
    session_cookie = SESSION_COOKIE
    """The cookie that an app's own logout must expire."""

    def __init__(
        self,
        balancer: _Balancer,
        target: str,
        *,
        on_unauthenticated_request: Action = "authenticate",
        rules: Mapping[str, Action] = {},
        session_seconds: float = SESSION_SECONDS,
        port: int = 0,
    ) -> None:
        for action in (on_unauthenticated_request, *rules.values()):
            if action not in get_args(Action):
                raise ValueError(f"{action!r} is none of {', '.join(get_args(Action))}")
        self._balancer = balancer
        self._target = Target(target)
        self._default = on_unauthenticated_request
        self._rules = dict(rules)
        self._sessions: Sessions[_Session] = Sessions(session_seconds, balancer.clock)
        self._signed_in: Sessions[str] = Sessions(session_seconds, balancer.clock)
        self._server = _Server(port, self._serve)
        self._port = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where it listens: ``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> LocalListener:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def _serve(self, exchange: Exchange, client: str) -> None:
        try:
            request = exchange.read()
            if request is None:
                return
            origin = own_origin(request)
            if request.path.startswith(login.PREFIX):
                self._answer_page(exchange, request, origin)
            elif "websocket" in tokens(request.headers, "upgrade"):
                raise Refused(HTTPStatus.NOT_IMPLEMENTED, "No WebSockets pass through here.")
            else:
                self._pass_on(exchange, request, client)
        except Refused as refused:
            exchange.answer(refused.status, refused.detail)
        except h11.RemoteProtocolError:
            pass  # the app broke off; so does this

    def _pass_on(self, exchange: Exchange, request: Request, client: str) -> None:
        identity = self._identity(request)
        if not identity:
            action = self._rules.get(request.path, self._default)
            if action == "authenticate":
                self._redirect(exchange, login.login_url(request.target))
                return
            if action == "deny":
                raise Refused(HTTPStatus.UNAUTHORIZED, "Nobody is signed in.")
        headers = [*end_to_end(request, client, self._port), *identity]
        forward(exchange, request, self._target, headers, self._server.track)

    def _identity(self, request: Request) -> Headers:
        """The headers that say who is signed in; none for nobody."""
        for name in request.cookies(SESSION_COOKIE):
            session = self._sessions.get(name)
            if session is not None and self._refresh(session):
                headers = self._balancer.headers(
                    session.username, access_token=session.access_token
                )
                if _size(headers) > _MAX_CLAIMS:
                    raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "The claims are too large.")
                return list(headers.items())
        return ()

    def _refresh(self, session: _Session) -> bool:
        """Whether the session may go on. Without a live login there is no new access token."""
        now = self._balancer.clock()
        if now >= session.expires:
            if self._signed_in.get(session.idp_session) is None:
                return False
            session.access_token = self._balancer.access_token(
                session.username, expires_in=_TOKEN_SECONDS
            )
            session.expires = now + _TOKEN_SECONDS
        return True

    def _answer_page(self, exchange: Exchange, request: Request, origin: str) -> None:
        users = self._balancer.pool.users
        known = next(request.cookies(_IDP_COOKIE), "")
        if request.path == login.LOGIN_PATH and request.method == "POST":
            username, fields = chosen(exchange, request, users, origin)
            to = login.own_path(fields.get("to", "/"), origin)
            self._signed_in.end(known)
            self._let_in(exchange, request, self._signed_in.begin(username), to)
        elif request.path == login.LOGIN_PATH and request.method == "GET":
            to = login.return_to(request.query, "to", origin)
            if self._signed_in.get(known) is not None:
                # As with managed login, whoever is signed in there is not asked again.
                self._let_in(exchange, request, known, to)
            else:
                page, headers = sign_in_page(
                    request,
                    users.values(),
                    login.LOGIN_PATH,
                    fields={"to": to},
                    cookie_path=login.PREFIX,
                )
                exchange.answer(HTTPStatus.OK, page, headers=headers, kind="text/html")
        elif request.path == login.LOGOUT_PATH and request.method == "GET":
            self._signed_in.end(known)
            self._forget(request)
            to = login.return_to(request.query, "logout_uri", origin)
            gone = [_cookie(_IDP_COOKIE, "", login.PREFIX), _cookie(SESSION_COOKIE, "", "/")]
            self._redirect(exchange, to, *(f"{cookie}; Max-Age=0" for cookie in gone))
        else:
            raise Refused(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _let_in(self, exchange: Exchange, request: Request, idp_session: str, to: str) -> None:
        """Begin a new session; one that the request names is over."""
        self._forget(request)
        session = _Session(self._signed_in.get(idp_session) or "", idp_session, "", 0)
        cookies = [
            _cookie(_IDP_COOKIE, idp_session, login.PREFIX),
            _cookie(SESSION_COOKIE, self._sessions.begin(session), "/"),
        ]
        self._redirect(exchange, to, *cookies)

    def _forget(self, request: Request) -> None:
        for name in request.cookies(SESSION_COOKIE):
            self._sessions.end(name)

    @staticmethod
    def _redirect(exchange: Exchange, to: str, *cookies: str) -> None:
        headers = [("Location", to), *(("Set-Cookie", cookie) for cookie in cookies)]
        exchange.answer(HTTPStatus.FOUND, headers=headers)


def _cookie(name: str, value: str, path: str) -> str:
    return f"{name}={value}; Path={path}; HttpOnly; SameSite=Lax"


def _size(headers: Mapping[str, str]) -> int:
    claims = headers["x-amzn-oidc-data"].split(".")[1]
    return len(claims) * 3 // 4 + len(headers["x-amzn-oidc-accesstoken"])


class _Handler(StreamRequestHandler):
    timeout = _IDLE_SECONDS

    def handle(self) -> None:
        server = cast("_Server", self.server)
        exchange = Exchange(self.connection)
        with suppress(OSError):  # the client has left
            server.serve(exchange, str(self.client_address[0]))
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_REST_SECONDS)
            exchange.skip()


class _Server(ThreadingMixIn, TCPServer):
    """A thread for each connection; all are over when it has stopped."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, serve: Callable[[Exchange, str], None]) -> None:
        self.serve = serve
        self._lock = threading.Lock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._workers: WeakSet[threading.Thread] = WeakSet()
        self._accepting = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        super().__init__(("127.0.0.1", port), _Handler)

    def start(self) -> None:
        self._accepting.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        self._accepting.join()
        with self._lock:
            sockets, threads = list(self._sockets), list(self._workers)
        for connection in sockets:
            with suppress(OSError):  # it is over already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(_CLOSE_SECONDS)

    def track(self, connection: socket.socket) -> None:
        """End this connection as well when the server stops."""
        with self._lock:
            self._sockets.add(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self.track(request)
        with self._lock:
            self._workers.add(thread)
        thread.start()
