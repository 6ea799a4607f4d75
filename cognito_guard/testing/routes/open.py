"""Finds the routes of an app, asks each of them as nobody, and says which answer."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .asking import Answer, ask_asgi, ask_wsgi, connect, running
from .django_project import allowed_host, is_django, without_csrf
from .finding import layers, routes_of
from .route import Route

__all__ = ["open_routes"]

_SHOP = "https://shop.example"
_PREFLIGHT = {
    "origin": _SHOP,
    "access-control-request-method": "POST",
    "x-http-method-override": "POST",
}


def open_routes(
    app: Any, *, host: str | None = None, values: Mapping[str, str] | None = None
) -> list[str]:
    """The routes of a Starlette, FastAPI, Flask or Django app that answer a request without a
    credential with anything but a refusal. They are as written in the app, and sorted.

    ``app``
        The app that a server runs, with all its middleware. For Django that is the result of
        ``get_wsgi_application()`` or ``get_asgi_application()``.
    ``host``
        The host to request, if the app answers only for certain hosts.
    ``values``
        Values of path parameters by their names, if the guessed ones lead nowhere; and paths of
        your own kinds of routes, by the names of their classes.

    Each route is really requested, with each of its methods and with a CORS preflight. So **open
    views run**: use an app with a test database and test services. ``"404"`` stands for unknown
    URLs. Paths that this library's middleware exempts are requested, too.

    A refusal is a status of 401 or 403, a WebSocket that is closed before it is accepted, and a
    redirect that passes on the requested path, as redirects to a sign-in page do. Raises
    ``TypeError`` for an app of another kind, and ``ValueError`` for a route if it cannot find a
    path to it.
    """
    routes = list(routes_of(app, values or {}))
    with ExitStack() as stack:
        for layer in layers(app):
            if is_django(layer):
                stack.enter_context(without_csrf(layer))
                host = host or allowed_host()
        if _is_asgi(app):
            found = _run(lambda: _ask_all(app, routes, host))
        else:
            found = [
                route.name
                for route in routes
                if any(
                    _is_open(route, method, ask_wsgi(app, method, route.path, headers))
                    for method, headers in _requests(route, host)
                )
            ]
    return sorted(set(found))


async def _ask_all(app: Any, routes: list[Route], host: str | None) -> list[str]:
    async with running(app) as state:
        return [route.name for route in routes if await _answers(app, route, host, state)]


async def _answers(app: Any, route: Route, host: str | None, state: dict[str, Any]) -> bool:
    for method, headers in _requests(route, host):
        if route.is_websocket:
            answer = await connect(app, route.path, headers, state)
        else:
            answer = await ask_asgi(app, method, route.path, headers, state)
        if _is_open(route, method, answer):
            return True
    return False


def _requests(route: Route, host: str | None) -> Iterator[tuple[str, dict[str, str]]]:
    """The method and the headers of each request that a route is asked with."""
    headers = {"host": route.host or host or "localhost"}
    for method in route.methods:
        yield method, headers
    if not route.is_websocket:
        yield "preflight", {**headers, **_PREFLIGHT}


def _is_open(route: Route, method: str, answer: Answer) -> bool:
    status = answer.status
    if status is None:  # the app raised an error: it did not refuse
        return True
    if method == "preflight":
        # Somebody's code has run if there is more in it than frameworks say: Starlette's CORS
        # middleware, and the metadata of REST framework.
        body, headers = answer.body, answer.headers
        is_cors = body == b"OK" and "access-control-allow-methods" in headers
        is_metadata = b'"renders":[' in body and b'"parses":[' in body
        return 200 <= status < 300 and bool(body) and not (is_cors or is_metadata)
    if status in (401, 403, 405) or (400 <= status < 500 and route.may_be_absent):
        return False
    return not (status in (302, 303, 307) and _hands_on(route, answer.headers.get("location", "")))


def _hands_on(route: Route, location: str) -> bool:
    return any(
        urlsplit(value).path == route.path for _, value in parse_qsl(urlsplit(location).query)
    )


def _is_asgi(app: Any) -> bool:
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def _run(ask: Callable[[], Coroutine[Any, Any, list[str]]]) -> list[str]:
    """Run it in an event loop of its own: a test that calls this may be in one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(ask())
    found: list[list[str]] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            found.append(asyncio.run(ask()))
        except BaseException as error:  # noqa: BLE001  raised again below
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return found[0]
