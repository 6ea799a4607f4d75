"""CORS preflights: nothing in one can make somebody's code act, and no guarded view runs for it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, final

from flask import Flask, Response, current_app

from cognito_guard import PREFLIGHT_HEADERS, is_preflight

from .current import header_values, kept, this_request

__all__ = ["note", "preflight_answer", "sanitise_preflights"]

_DROPPED = frozenset(
    {
        *("AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "REMOTE_USER"),
        # They have the query too.
        *("RAW_URI", "REQUEST_URI"),
    }
)


def sanitise_preflights(app: Flask) -> None:
    """Let an app see of a preflight what a browser sends with one: no credential, no cookie, no
    query, no body, no header beyond.

    Where the request is made for Flask, which is behind the app's WSGI middlewares, such as those
    for headers of a proxy, and before its session is opened.
    """
    inner: Callable[..., Any] = app.request_context

    def request_context(environ: dict[str, Any]) -> Any:
        held = _Held(_sanitised(environ) if _is_preflight(environ) else environ)
        del environ  # it has the credential, which no frame of ours shows while an app's code runs
        return held.to(inner)

    app.request_context = request_context  # type: ignore[method-assign]


@final
class _Held:
    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def to(self, function: Callable[..., Any]) -> Any:
        return function(self._environ)


def note(endpoint: str | None, values: object) -> None:
    """Runs before any hook that could make something else of a request."""
    one = this_request()
    known = kept(one)
    known.endpoint = endpoint
    known.is_preflight = _is_preflight(one.environ)


def preflight_answer() -> Response:
    """It never carries a credential (Fetch standard, "CORS-preflight fetch"), so it is answered as
    Flask answers it. A view that takes OPTIONS itself must not run, nor an error handler: the
    request may as well be an attacker's."""
    kept().no_body = True
    return current_app.make_default_options_response()


def _is_preflight(environ: dict[str, Any]) -> bool:
    # Only this method can be one; for all others, no header is looked at.
    method = environ["REQUEST_METHOD"]
    return method == "OPTIONS" and is_preflight(method, header_values(environ))


def _sanitised(environ: dict[str, Any]) -> dict[str, Any]:
    kept_names = (name for name in environ if name not in _DROPPED and _may_stay(name))
    return {
        **{name: environ[name] for name in kept_names},
        "QUERY_STRING": "",
        "wsgi.input": BytesIO(),
    }


def _may_stay(name: str) -> bool:
    header = name.removeprefix("HTTP_").replace("_", "-").lower()
    return not name.startswith("HTTP_") or header in PREFLIGHT_HEADERS
