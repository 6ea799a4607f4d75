"""Sites for a real browser: the example in FastAPI and in Flask, and the same pages in Starlette.
Their clocks are in hand. Django's has tests of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from socket import socket
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.login import login_required, login_routes
from example_apps.serving import serve
from example_apps.serving_wsgi import serve_wsgi
from example_apps.with_login.fastapi_app import create_app as create_fastapi_app
from example_apps.with_login.flask_app import create_app as create_flask_app

from ..contract.login.site import Adapter, Running

__all__ = ["SITES", "starlette_app"]

_LEAVE = '<form method="post" action="/auth/logout"><button id="leave">Sign out</button></form>'


async def home(request: Request) -> HTMLResponse:
    """For anybody."""
    return HTMLResponse(
        f'<p id="name">{request.user.display_name or "stranger"}</p>'
        '<a id="enter" href="/auth/login?next=/profile">Sign in</a>'
    )


@login_required()
async def profile(request: Request) -> HTMLResponse:
    """For whoever is signed in."""
    return HTMLResponse(f'<p id="name">{request.user.username}</p>{_LEAVE}')


def starlette_app(running: Running) -> Starlette:
    """The pages in Starlette."""
    return Starlette(
        routes=[
            Route("/", home),
            Route("/profile", profile),
            Mount("/auth", routes=login_routes(running.sessions)),
        ],
        middleware=[
            Middleware(
                CognitoMiddleware, guard=running.guard, login=running.sessions, required=False
            )
        ],
    )


def _on(
    server: Callable[..., AbstractContextManager[str]], create_app: Callable[[Running], Any]
) -> Callable[[Running, socket], AbstractContextManager[object]]:
    return lambda running, listener: server(create_app(running), listener)


SITES = [
    Adapter("starlette", _on(serve, starlette_app)),
    Adapter("fastapi", _on(serve, lambda site: create_fastapi_app(site.guard, site.sessions))),
    Adapter("flask", _on(serve_wsgi, lambda site: create_flask_app(site.guard, site.sessions))),
]
