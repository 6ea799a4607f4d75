"""Every adapter that the contract is held against, each on a real server. One entry is one adapter.

A server is described by the settings of ``Guard.from_env``, as text, so that it may as well be a
process of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from cognito_guard import Guard
from cognito_guard.testing import LocalApiGateway
from example_apps.fastapi_app.app import create_app as create_fastapi_app
from example_apps.flask_app.app import create_app as create_flask_app
from example_apps.lambda_app.app import create_app as create_lambda_app
from example_apps.lambda_app.app import create_connect
from example_apps.serving import serve
from example_apps.serving_django import django_database, serve_django
from example_apps.serving_wsgi import serve_wsgi
from example_apps.starlette_app.app import create_app as create_starlette_app

from ..gunicorn_server import gunicorn

Settings = Mapping[str, str]


class Adapter(NamedTuple):
    """How to start one of the example apps, and what its framework does in its own way."""

    name: str
    serve: Callable[[Settings], AbstractContextManager[str]]
    """Starts the app and gives its ``http://127.0.0.1:PORT``."""
    content_type: str = "application/problem+json"
    """Of a refusal. Another one where the framework renders errors itself."""
    problem: Callable[[Any], Any] = lambda body: body
    """Finds ``detail``, ``reason`` and ``error`` in the parsed body of a refusal."""
    websockets: bool = True
    """Whether the app has a ``/ws``."""
    challenge: str = "WWW-Authenticate"
    """The header that the challenge arrives in. Some of AWS's services rename it on the way."""
    forwards: bool = True
    """Whether what a load balancer forwards can reach the app."""


def _uvicorn(
    create_app: Callable[[Guard], Any], **config: Any
) -> Callable[[Settings], AbstractContextManager[str]]:
    # uvicorn logs an error for each WebSocket that was refused with an HTTP answer, though the
    # answer is right (its pull request 3138).
    return lambda settings: serve(
        create_app(Guard.from_env(settings)), log_level="critical", **config
    )


def _gunicorn(target: str, *options: str) -> Callable[[Settings], AbstractContextManager[str]]:
    return lambda settings: gunicorn(target, settings, *options)


def _waitress(
    create_app: Callable[[Guard], Any],
) -> Callable[[Settings], AbstractContextManager[str]]:
    return lambda settings: serve_wsgi(create_app(Guard.from_env(settings)))


@contextmanager
def _django(settings: Settings, module: str = "settings") -> Iterator[str]:
    with django_database() as database:
        module = f"example_apps.django_app.{module}"
        environ = {**settings, **database, "DJANGO_SETTINGS_MODULE": module}
        # Many new users are stored one after the other; who waits longest must not be hung up on.
        options = ("--threads=8", "--keep-alive=60")
        with gunicorn("example_apps.django_app.wsgi", environ, *options) as origin:
            yield origin


@contextmanager
def _lambda(settings: Settings, kind: Any) -> Iterator[str]:
    guard = Guard.from_env(settings)
    websocket = create_connect(guard)
    with LocalApiGateway(create_lambda_app(guard), kind, websocket=websocket) as gateway:
        yield gateway.url


def _fastapi_problem(body: Any) -> Any:
    return body["detail"]


_REMAPPED = "x-amzn-Remapped-WWW-Authenticate"

FLASK = "example_apps.flask_app.app:create_app()"

ADAPTERS = [
    Adapter("starlette-uvicorn-h11", _uvicorn(create_starlette_app, http="h11")),
    Adapter("starlette-uvicorn-httptools", _uvicorn(create_starlette_app, http="httptools")),
    Adapter(
        "fastapi-uvicorn-h11",
        _uvicorn(create_fastapi_app, http="h11"),
        "application/json",
        _fastapi_problem,
    ),
    Adapter(
        "fastapi-uvicorn-httptools",
        _uvicorn(create_fastapi_app, http="httptools"),
        "application/json",
        _fastapi_problem,
    ),
    Adapter("flask-gunicorn-sync", _gunicorn(FLASK), websockets=False),
    Adapter("flask-gunicorn-threads", _gunicorn(FLASK, "--threads=8"), websockets=False),
    Adapter("flask-waitress", _waitress(create_flask_app), websockets=False),
    Adapter("django-gunicorn", _django, websockets=False),
    Adapter("django-uvicorn", serve_django, websockets=False),
    Adapter(
        "rest-framework-gunicorn",
        lambda settings: _django(settings, "rest_settings"),
        "application/json",
        websockets=False,
    ),
    Adapter(
        "lambda-rest",
        lambda settings: _lambda(settings, "rest"),
        challenge=_REMAPPED,
        websockets=False,
        forwards=False,
    ),
    # With a WebSocket API beside it.
    Adapter("lambda-http", lambda settings: _lambda(settings, "http"), forwards=False),
    Adapter(
        "lambda-http-1.0",
        lambda settings: _lambda(settings, "http-1.0"),
        websockets=False,
        forwards=False,
    ),
    Adapter(
        "lambda-function-url",
        lambda settings: _lambda(settings, "function-url"),
        challenge=_REMAPPED,
        websockets=False,
        forwards=False,
    ),
    # Without multi-value headers, a function sees the last one of several.
    Adapter(
        "lambda-load-balancer",
        lambda settings: _lambda(settings, "load-balancer-multi-value"),
        websockets=False,
    ),
]

FORWARDING = [adapter for adapter in ADAPTERS if adapter.forwards]
"""Those that can be behind a load balancer."""
