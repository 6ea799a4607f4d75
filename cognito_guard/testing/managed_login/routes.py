"""Which endpoint a path is, and what of it other sites' scripts may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Literal, NamedTuple

from ..web.http1 import Refused
from ..wire import Page
from . import api, authorize, discovery, live, registration, sign_in, token
from .answers import OAuthError, SentBack, text_page
from .asked import ApiError
from .faults import API_REFUSALS, REFUSALS, TokenFault
from .state import Call, State

__all__ = ["Endpoint", "Route", "answer", "routes"]

Endpoint = Literal[
    "jwks",
    "discovery",
    "authorize",
    "login",
    "token",
    "revoke",
    "userinfo",
    "logout",
    "register",
    "api",
]

# As Cognito has it, for apps that are only a script in a browser. None of these reads a cookie.
_ANY_ORIGIN = ("Access-Control-Allow-Origin: *",)
_PREFLIGHT = Page(
    "text/plain",
    b"",
    HTTPStatus.OK,
    (
        *_ANY_ORIGIN,
        "Access-Control-Allow-Methods: GET, POST",
        "Access-Control-Allow-Headers: authorization, content-type, x-requested-with, "
        "x-amz-target, x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request, cache-control",
    ),
)


class Route(NamedTuple):
    """What is at a path."""

    endpoint: Endpoint
    methods: Mapping[str, Callable[[State, Call], Page]]
    for_scripts: bool = True


def routes(state: State) -> dict[str, Route]:
    """Everything there is, by its path."""
    known = f"/{state.pool.user_pool_id}/.well-known/"
    pages: dict[str, Callable[[State, Call], Page]] = {
        "GET": sign_in.show_page,
        "POST": sign_in.sign_in,
    }
    return {
        known + "jwks.json": Route("jwks", {"GET": discovery.keys}),
        known + "openid-configuration": Route("discovery", {"GET": discovery.configuration}),
        "/oauth2/authorize": Route("authorize", {"GET": authorize.authorize}, for_scripts=False),
        "/login": Route("login", pages, for_scripts=False),
        "/oauth2/token": Route("token", {"POST": token.token}),
        "/oauth2/revoke": Route("revoke", {"POST": token.revoke}),
        "/oauth2/userInfo": Route("userinfo", {"GET": live.user_info, "POST": live.user_info}),
        "/oauth2/register": Route("register", {"POST": registration.register}),
        "/logout": Route("logout", {"GET": sign_in.log_out}, for_scripts=False),
        "/": Route("api", {"POST": api.call_api}),
    }


def answer(state: State, route: Route, call: Call) -> Page:
    """The answer to a request, whatever it asks for."""
    method = call.request.method
    handle = route.methods.get(method)
    if handle is None and method == "OPTIONS" and route.for_scripts:
        return _PREFLIGHT
    if handle is None:
        allow = f"Allow: {', '.join(route.methods)}"
        return Page("text/plain", b"", HTTPStatus.METHOD_NOT_ALLOWED, (allow,))
    page = _refusal(route, call.fault)
    if page is None:
        try:
            page = handle(state, call)
        except (OAuthError, SentBack, ApiError) as refused:
            page = refused.page
        except Refused as refused:
            page = text_page(refused.status, refused.detail)
    return page._replace(headers=(*page.headers, *_ANY_ORIGIN)) if route.for_scripts else page


def _refusal(route: Route, fault: TokenFault | None) -> Page | None:
    if fault is None:
        return None
    return (API_REFUSALS if route.endpoint == "api" else REFUSALS).get(fault)
