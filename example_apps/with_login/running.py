"""Runs the sites on real servers, each with a local user pool, for demo and tests."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from cognito_guard import Guard
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool, PoolServer

from ..serving import bound, serve
from ..serving_django import serve_django
from ..serving_wsgi import serve_wsgi
from .fastapi_app import create_app as create_fastapi_app
from .flask_app import create_app as create_flask_app

USERS = (LocalUser("alice"), LocalUser("ada", groups=["admins"]))

Settings = Mapping[str, str]


class Running(NamedTuple):
    """A site, and the pool at which its users sign in."""

    origin: str
    pool: LocalUserPool
    server: PoolServer


Serve = Callable[[Settings, socket.socket], AbstractContextManager[str]]


def _in_one_process(create_app: Any, serve_app: Callable[..., Any]) -> Serve:
    def serve_site(settings: Settings, listener: socket.socket) -> AbstractContextManager[str]:
        guard = Guard.from_env(settings)
        sessions = LoginSessions.from_env(settings, guard=guard, store=MemorySessionStore())
        served: AbstractContextManager[str] = serve_app(create_app(guard, sessions), listener)
        return served

    return serve_site


def _django(settings: Settings, listener: socket.socket) -> AbstractContextManager[str]:
    return serve_django(settings, "example_apps.with_login.django_site", listener)


SITES: dict[str, Serve] = {
    "fastapi": _in_one_process(create_fastapi_app, serve),
    "flask": _in_one_process(create_flask_app, serve_wsgi),
    "django": _django,
}
"""How to serve each site, with the settings that it would have in production."""


@contextmanager
def serve_with_login(name: str, port: int = 0) -> Iterator[Running]:
    """Serve one of the sites on 127.0.0.1, on a free port unless ``port`` is given."""
    pool = LocalUserPool(users=USERS)
    with bound(port) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = LocalClient(
            pool.client_id,
            callback_urls=[f"{origin}/auth/callback"],
            logout_urls=[f"{origin}/"],
        )
        with pool.listen(client) as server, SITES[name](server.environment(), listener):
            yield Running(origin, pool, server)
