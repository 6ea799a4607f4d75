"""Runs the page and the example apps that it asks, all on loopback."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from cognito_guard import Guard

from ..behind_alb.app import create_app as create_balanced_app
from ..fastapi_app.app import create_app as create_fastapi_app
from ..flask_app.app import create_app as create_flask_app
from ..quiet import quiet
from ..serving import bound, serve
from ..serving_django import serve_django
from ..serving_wsgi import serve_wsgi
from ..starlette_app.app import create_app as create_starlette_app
from .app import create_app
from .local import Local

__all__ = ["serve_playground"]


@contextmanager
def serve_playground(port: int = 0) -> Iterator[str]:
    """Serve the page and give its ``http://127.0.0.1:PORT``. The guards log no refusal meanwhile.

    Raises ``OSError`` if the port is taken.
    """
    local = Local()
    guard = Guard(local.pool.trust(allow_outside_tests=True))
    with ExitStack() as stack, bound(port) as listener:
        stack.enter_context(quiet())
        apps = {
            "Starlette": stack.enter_context(serve(create_starlette_app(guard), access_log=False)),
            "FastAPI": stack.enter_context(serve(create_fastapi_app(guard), access_log=False)),
            "Flask": stack.enter_context(serve_wsgi(create_flask_app(guard))),
            "Django": stack.enter_context(serve_django(stack.enter_context(_settings(local)))),
        }
        # Django's process is still starting. One that is interrupted at that would complain.
        httpx.get(apps["Django"], trust_env=False, timeout=60)
        balanced = create_balanced_app(local.balanced_guard, "/")
        alb = {"Flask behind a load balancer": stack.enter_context(serve_wsgi(balanced))}
        page = create_app(local, apps, alb)
        # Nothing of a request is logged: neither its line, nor what went wrong with it.
        own = {"access_log": False, "log_level": "critical", "server_header": False}
        yield stack.enter_context(serve(page, listener, **own))


@contextmanager
def _settings(local: Local) -> Iterator[dict[str, str]]:
    """What Django's process reads, with the pool's public keys in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "jwks.json")  # noqa: PTH118
        with open(path, "w", encoding="utf-8") as file:
            json.dump(local.pool.jwks(), file)
        yield {
            "COGNITO_USER_POOL_ID": local.pool.user_pool_id,
            "COGNITO_CLIENT_IDS": local.pool.client_id,
            "COGNITO_JWKS": path,
        }
