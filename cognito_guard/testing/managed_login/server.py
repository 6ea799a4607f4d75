"""PoolServer: a local user pool as apps and browsers see it, over HTTP on loopback."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from ssl import create_default_context
from typing import TYPE_CHECKING, Any, cast, final, get_args

from ...tokens.user_pool import UserPool
from ..clients import LocalClient
from ..faults import Fault
from ..faulty_server import FaultyServer
from ..listener import Visit
from ..tests_only import require_tests
from ..web.hosts import own_origin
from ..web.http1 import Exchange, Refused, Request
from ..wire import FOLLOWED, WIRE_FAULTS, Page
from .answers import json_page, text_page
from .faults import TokenFault
from .registration import described_client
from .routes import Endpoint, answer, routes
from .state import Call, State

if TYPE_CHECKING:
    from ..pool import LocalUserPool

__all__ = ["Endpoint", "PoolServer"]

_ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)
_TOKENS: Endpoint = "token"
_API: Endpoint = "api"
_PATIENCE_SECONDS = 60.0
_REST_SECONDS = 2.0
# These say that nothing was done. What is lost on the wire has been done all the same.
_REFUSALS = frozenset({Fault.HTML, Fault.REDIRECT, Fault.FORBIDDEN, Fault.SERVER_ERROR})
_NOT_DONE = json_page({"error": "server_error"})
_NO_PAGE = Page("text/plain", b"", HTTPStatus.NOT_FOUND)


@final
class PoolServer(FaultyServer):
    """A local user pool as apps and browsers see it, over HTTP on 127.0.0.1, as a context manager.

    Discovery, keys, managed login (``/oauth2/authorize`` with a sign-in page, ``/oauth2/token``,
    ``/oauth2/revoke``, ``/oauth2/userInfo``, ``/logout``), and on ``POST /`` the API's
    InitiateAuth, GetTokensFromRefreshToken, RevokeToken, GlobalSignOut and what users do with their
    own data: GetUser, UpdateUserAttributes, ChangePassword and the like; SignUp and ConfirmSignUp
    for new users. It is as strict as Cognito, and runs the pool's triggers.

    ``clients`` are the app clients (default: a public one with the pool's ``client_id``).
    ``delay``, ``tls`` and :attr:`authority` are as for :class:`JwksServer`. It listens on ``port``
    (default: a free one).

    A sign-in is at level 1 (``acr``), or at the first one of ``acr_values`` that the user can do.
    ``lite``: ``acr_values`` are silently ignored, as on Cognito's Lite tier, which has pre token
    generation in version ``V1_0`` only.

    ``registration_scopes``: clients may register themselves (``/oauth2/register``, RFC 7591), for
    these scopes. Without it, they are refused.
    """

    def __init__(
        self,
        pool: LocalUserPool,
        clients: Iterable[LocalClient],
        *,
        port: int = 0,
        delay: float = 1.0,
        tls: bool = False,
        lite: bool = False,
        registration_scopes: Sequence[str] | None = None,
    ) -> None:
        _check_tier(pool, lite)
        if registration_scopes is not None:
            # Checked as those of a client are.
            registration_scopes = LocalClient("registered", scopes=registration_scopes).scopes
        super().__init__(delay, tls, port=port, patience=_PATIENCE_SECONDS)
        self._state = State(pool, self.origin, self._listener.port)
        self._state.registration_scopes = registration_scopes
        self._state.lite = lite
        self._routes = routes(self._state)
        self._seal = secrets.token_urlsafe(32)
        self._at: Endpoint | None = None
        self._tokens: tuple[TokenFault, Endpoint] | None = None
        self._requests: dict[Endpoint, int] = dict.fromkeys(_ENDPOINTS, 0)
        for client in list(clients) or [LocalClient(pool.client_id)]:
            self.register(client)

    def __repr__(self) -> str:
        return f"<PoolServer {self._state.pool.user_pool_id} at {self.origin}>"

    def register(self, client: LocalClient) -> None:
        """Add an app client, or change the one with its id. At any time."""
        self._state.clients[client.client_id] = client

    def publish(self, document: Mapping[str, Any], *, scopes: Sequence[str]) -> None:
        """Accept a client whose id is the URL of this metadata document, for these scopes. It
        replaces the web, where Cognito would read the document, and the policy that allows the URL.

        Raises ``ValueError`` if it is not such a document.
        """
        url = document.get("client_id")
        if not isinstance(url, str):
            raise ValueError("client_id of a metadata document is its own URL, letter by letter")
        self.register(described_client(url, document, scopes))
        self._state.knows_documents = True

    @property
    def lite(self) -> bool:
        """Whether the pool is on the Lite tier. It may be set at any time."""
        return self._state.lite

    @lite.setter
    def lite(self, value: bool) -> None:
        _check_tier(self._state.pool, value)
        self._state.lite = value

    @property
    def domain(self) -> str:
        """The address of managed login: the part before ``/oauth2/authorize``."""
        return self.origin

    @property
    def issuer(self) -> str:
        """The ``iss`` of the tokens that are issued here."""
        return self._state.issuer

    @property
    def jwks_url(self) -> str:
        """The address of the key set."""
        return f"{self.issuer}/.well-known/jwks.json"

    @property
    def requests(self) -> dict[Endpoint, int]:
        """How often each endpoint has been asked: ``server.requests["token"]``."""
        with self._lock:
            return dict(self._requests)

    def trust(self, *, allow_outside_tests: bool = False, **arguments: Any) -> UserPool:
        """A :class:`~cognito_guard.UserPool` that accepts the tokens that are issued here.

        By default it accepts all clients and uses the keys that are served here. ``arguments`` are
        those of ``UserPool``. Raises :class:`~cognito_guard.ConfigurationError` where no test is
        running, unless ``allow_outside_tests``.
        """
        require_tests("LocalUserPool", allow_outside_tests=allow_outside_tests)
        own = {"client_ids": list(self._state.clients), "issuer": self.issuer}
        return UserPool(self._state.pool.user_pool_id, **{**own, **arguments})

    def environment(self) -> dict[str, str]:
        """The settings of an app in another process, for ``Guard.from_env``. If a client has
        callback and logout URLs, they include the settings of sign-in (``LOGIN_DOMAIN`` and
        others), for the first such client.
        """
        settings = {
            "COGNITO_USER_POOL_ID": self._state.pool.user_pool_id,
            "COGNITO_CLIENT_IDS": ",".join(self._state.clients),
            "COGNITO_ISSUER": self.issuer,
        }
        for client in self._state.clients.values():
            if client.callback_urls and client.logout_urls:
                return {**settings, **self._login_settings(client)}
        return settings

    def _login_settings(self, client: LocalClient) -> dict[str, str]:
        secret = {} if client.secret is None else {"COGNITO_LOGIN_CLIENT_SECRET": client.secret}
        return {
            "COGNITO_LOGIN_DOMAIN": self.domain,
            "COGNITO_LOGIN_CLIENT_ID": client.client_id,
            **secret,
            "COGNITO_LOGIN_REDIRECT_URI": client.callback_urls[0],
            "COGNITO_LOGIN_LOGOUT_URI": client.logout_urls[0],
            "COGNITO_LOGIN_SECRETS": self._seal,
        }

    def access_token(self, username: str = "alice", **arguments: Any) -> str:
        """An access token as if it had been issued here: see :meth:`LocalUserPool.access_token`."""
        return self._state.pool.access_token(username, **{"iss": self.issuer, **arguments})

    def id_token(self, username: str = "alice", **arguments: Any) -> str:
        """An ID token as if it had been issued here: see :meth:`LocalUserPool.id_token`."""
        return self._state.pool.id_token(username, **{"iss": self.issuer, **arguments})

    def machine_token(self, **arguments: Any) -> str:
        """A machine's token as if it had been issued here: :meth:`LocalUserPool.machine_token`."""
        return self._state.pool.machine_token(**{"iss": self.issuer, **arguments})

    def verification_code(self, username: str, attribute: str = "email") -> str:
        """The last code that a user got by e-mail, or for ``"phone_number"`` by SMS, to verify that
        address. Raises ``LookupError`` if there is none."""
        return self._state.mail.read(username, attribute)

    def sign_in(self, url: str, username: str = "alice") -> str:
        """Sign a user in, as a browser without cookies does, and return the address of the callback
        that the pool redirects to. Request this address from the app under test.

        ``url`` is the address at the pool that the app redirects to (``Location``). Everything goes
        over HTTP: the page, its cookie and the form. The pool's errors for the app, such as
        ``error=invalid_scope``, are in the returned address. Raises ``ValueError`` with the text of
        the pool's page if the pool does not redirect: ``redirect_mismatch``, an unknown client or
        user.
        """
        from .browser import lead_through

        context = None
        if self.authority is not None:
            context = create_default_context(cadata=self.authority.decode("ascii"))
        return lead_through(self.origin, url, username, context)

    @contextmanager
    def failing(self, fault: Fault | TokenFault, at: Endpoint | None = None) -> Iterator[None]:
        """Switch ``fault`` on until the end of the block.

        A :class:`Fault` affects every endpoint, or the named one. A :class:`TokenFault` affects
        ``"token"``, or ``"api"`` if you name that. With ``HTML``, ``REDIRECT``, ``FORBIDDEN`` and
        ``SERVER_ERROR``, posted requests are not executed. If only the response is lost, the
        request was executed: the code is used up, the refresh token replaced. ``DOWN`` and
        ``WRONG_CERTIFICATE`` take no endpoint.
        """
        if at is not None and at not in _ENDPOINTS:
            raise ValueError(f"{at!r} is none of {', '.join(_ENDPOINTS)}")
        if isinstance(fault, TokenFault):
            where = at or _TOKENS
            if where not in (_TOKENS, _API):
                raise ValueError(f"{fault} concerns the endpoints token and api")
            before = self._tokens
            self._tokens = fault, where
            try:
                yield
            finally:
                self._tokens = before
            return
        if at is not None and fault not in WIRE_FAULTS:
            raise ValueError(f"{fault} concerns the whole server")
        with super().failing(fault):
            outer, self._at = self._at, at
            try:
                yield
            finally:
                self._at = outer

    def _answering(self) -> Callable[[Visit], object]:
        return partial(self._answer, fault=self._fault, at=self._at, tokens=self._tokens)

    def _answer(
        self,
        visit: Visit,
        *,
        fault: Fault | None,
        at: Endpoint | None,
        tokens: tuple[TokenFault, Endpoint] | None,
    ) -> None:
        exchange = Exchange(visit.connection, visit.head)
        try:
            request = cast("Request", exchange.read())  # as there is a head
            origin = own_origin(request, self.origin.partition(":")[0])
        except Refused as refused:
            visit.send(text_page(refused.status, refused.detail).http())
            return
        route = self._routes.get(request.path)
        if route is None:
            visit.send(_NO_PAGE.http())
            return
        with self._lock:
            self._requests[route.endpoint] += 1
        here = at in (None, route.endpoint) and not request.query.endswith(FOLLOWED)
        spoil = WIRE_FAULTS.get(fault) if fault is not None and here else None
        token_fault = tokens[0] if tokens is not None and tokens[1] == route.endpoint else None
        if spoil is not None and fault in _REFUSALS and request.method == "POST":
            page = _NOT_DONE
        else:
            page = answer(self._state, route, Call(exchange, request, origin, token_fault))
        if spoil is None:
            visit.send(page.http())
        else:
            spoil(visit, page, self._delay)
        _drain(visit, exchange)


def _check_tier(pool: LocalUserPool, lite: bool) -> None:
    triggers = pool.triggers
    if lite and triggers.pre_token_generation is not None and triggers.event_version != "V1_0":
        raise ValueError("the Lite tier has event_version V1_0 only")


def _drain(visit: Visit, exchange: Exchange) -> None:
    """Let the client have the answer, though it may still be sending."""
    with suppress(OSError):  # it has left
        visit.connection.shutdown(socket.SHUT_WR)
        visit.connection.settimeout(_REST_SECONDS)
        exchange.skip()
