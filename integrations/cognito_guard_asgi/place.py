"""Whether the routes of sign-in are where browsers come back to. Asked when an app starts, and when
a browser is led there.

Routes are recognised by their attributes: this module imports no framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cognito_guard import ConfigurationError

from .chain import behind, router_of, straight
from .held import Exchange
from .refusal import Receive, Scope, Send
from .signed_in import SignedIn

__all__ = [
    "MARK",
    "leads_to_sign_in",
    "refuse_to_start",
    "require_place",
    "require_routes",
    "with_routes",
]

MARK = "cognito_guard_login"
"""The attribute of the routes' endpoints: the ``SignedIn`` that they are of."""


async def refuse_to_start(signed_in: SignedIn, app: Any, receive: Receive, send: Send) -> bool:
    """End the start of an app that has the routes elsewhere, and whether that was so."""
    for one in behind(app):
        try:
            require_place(signed_in, one)
        except ConfigurationError as error:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return True
    return False


def require_place(signed_in: SignedIn, app: Any) -> bool:
    """That the routes, if this app has them, are where browsers come back to; whether it has them.

    Raises ``ConfigurationError``.
    """
    router = router_of(app)
    places = [] if router is None else [*_places(router.routes, "", signed_in)]
    for there in places:
        signed_in.routes.require_prefix(there)
    return bool(places)


def require_routes(signed_in: SignedIn, scope: Scope) -> None:
    """That the app which leads a browser to the sign-in has the routes, as far as that is known: an
    app inside of another may leave them to that one, and something else may answer there.

    Raises ``ConfigurationError``.
    """
    app = scope.get("app")
    router = router_of(app)
    if router is None or "app_root_path" in scope or require_place(signed_in, app):
        return
    there = {**scope, "type": "http", "method": "GET", "path": signed_in.routes.login_path}
    if not any(route.matches(there)[0].value for route in router.routes):
        raise signed_in.missing(scope)


def with_routes(app: Any) -> list[Any]:
    """The app behind a middleware that has routes; several, where it is not known which answers."""
    found = [one for one in straight(app) if router_of(one) is not None]
    return found[:1] or [one for one in behind(app) if router_of(one) is not None]


def leads_to_sign_in(signed_in: SignedIn, apps: Iterable[Any], held: Exchange) -> bool:
    """Whether a request for one of the three paths comes to the sign-in's endpoint in one of these
    apps, or ends before it, as with a method that it does not have. Any other endpoint is guarded.

    Raises ``ConfigurationError`` where nothing answers in any of them.
    """
    found = [_endpoint(app, held) for app in apps]
    if found and not any(found) and held.scope["type"] == "http":
        raise signed_in.missing(held.scope)
    marks = [getattr(endpoint, MARK, None) for endpoint in found]
    return any(mine is not None and mine.sessions is signed_in.sessions for mine in marks)


def _endpoint(app: Any, held: Exchange) -> Any:
    """What answers, as the routers of Starlette find it; an app, where they lead to one that has
    none; ``None``, where nothing does."""
    # A copy: FastAPI's routes leave notes in it.
    inner = Exchange({**held.scope}, held.receive, held.send)
    own_root = getattr(app, "root_path", "")
    if isinstance(own_root, str) and own_root:  # which FastAPI sets itself
        inner.scope["root_path"] = own_root
    chosen: Mapping[str, Any] = {}
    for route in _candidates(router_of(app).routes):
        match, child = route.matches(inner.scope)
        if match.value and (match.name == "FULL" or not chosen):
            chosen = child
        if match.name == "FULL":
            break
    endpoint = chosen.get("endpoint")
    inner.scope.update(chosen)
    return next(
        (_endpoint(one, inner) for one in straight(endpoint) if router_of(one) is not None),
        endpoint,
    )


def _candidates(routes: Any) -> Iterator[Any]:
    """Routes in their order, with those that FastAPI has made for a router that is included."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from route.effective_route_contexts()
        else:
            yield route


def _places(routes: Any, prefix: str, signed_in: SignedIn) -> Iterator[str]:
    """What the paths of the sign-in's routes begin with."""
    for route in routes:
        attributes = vars(route)
        path = prefix + attributes.get("path", "")
        mine = getattr(attributes.get("endpoint"), MARK, None)
        if mine is not None and mine.sessions is signed_in.sessions:
            endings = signed_in.routes.endings
            yield from (path.removesuffix(one) for one in endings if path.endswith(one))
        elif "original_router" in attributes:  # of FastAPI
            inner = prefix + getattr(attributes.get("include_context"), "prefix", "")
            yield from _places(attributes["original_router"].routes, inner, signed_in)
        else:
            yield from _places(getattr(route, "routes", None) or (), path, signed_in)
