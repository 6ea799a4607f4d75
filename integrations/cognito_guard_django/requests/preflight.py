"""What becomes of a CORS preflight: it goes on as a request of nobody, with nothing in it. Where a
credential is required, it goes to no view but the one of this module, which is its urlconf.

Middlewares see it, so that one for CORS can answer it.
"""

from __future__ import annotations

import functools
from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import re_path, set_urlconf

from cognito_guard import PREFLIGHT_HEADERS

from ..stateless import anonymous
from .callers import set_user
from .refusal import Refusal

__all__ = ["emptied", "isolate", "sanitise", "urlpatterns"]


def answer(request: HttpRequest) -> HttpResponse:
    """The only view: nothing, and no error."""
    return HttpResponse(status=204)


answer.csrf_exempt = True  # type: ignore[attr-defined]
answer.login_required = False  # type: ignore[attr-defined]

urlpatterns = [re_path("", answer)]


def _error(status: int) -> Any:
    def handler(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return HttpResponse(status=status)

    return handler


# Those of the project are not for nobody's requests.
handler400, handler403, handler404, handler500 = map(_error, (400, 403, 404, 500))


class _Preflight:
    """A request that stays with our urlconf, whatever other middlewares say."""

    @property
    def urlconf(self) -> str:
        return __name__

    @urlconf.setter
    def urlconf(self, value: object) -> None:
        """A preflight leads nowhere else."""

    @urlconf.deleter
    def urlconf(self) -> None:
        """Nor back."""


@functools.cache
def _staying(kind: Any) -> Any:
    return type(f"Preflight{kind.__name__}", (_Preflight, kind), {})


# What Django keeps of what is taken away.
_KEPT = (
    *("headers", "GET", "COOKIES", "_post", "_files", "_body"),
    *("_cached_user", "_acached_user", "_messages"),
)


def isolate(request: Any) -> None:
    """Take everything from a preflight but what a browser sends with one, and lead it nowhere."""
    sanitise(request)
    kind: Any = type(request)
    request.__class__ = _staying(kind)
    set_urlconf(__name__)  # for the errors of middlewares, before a view has been looked for


def sanitise(request: Any) -> None:
    """Take everything from a preflight but what a browser sends with one."""
    scheme = request.scheme
    request.META = {name: value for name, value in request.META.items() if _stays(name)}
    request.META.update({"QUERY_STRING": "", "wsgi.url_scheme": scheme, "wsgi.input": BytesIO()})
    if hasattr(request, "scope"):
        headers = [
            (name, value)
            for name, value in request.scope["headers"]
            if name.decode("latin-1").lower() in PREFLIGHT_HEADERS
        ]
        request.scope = {
            **request.scope,
            "headers": headers,
            "query_string": b"",
            "scheme": scheme,
        }
    else:
        request.environ = request.META
    for name in _KEPT:
        vars(request).pop(name, None)
    request._stream = BytesIO()
    request._read_started = False
    request.content_type, request.content_params, request.encoding = "", {}, None
    if hasattr(request, "session"):
        request.session = type(request.session)()
    set_user(request, anonymous())


_NOT_HEADERS = frozenset(
    {
        *("CONTENT_TYPE", "CONTENT_LENGTH", "AUTH_TYPE", "REMOTE_USER"),
        *("RAW_URI", "REQUEST_URI", "CSRF_COOKIE", "CSRF_COOKIE_NEEDS_UPDATE"),
    }
)


def _stays(name: str) -> bool:
    if name.startswith("HTTP_"):
        return name.removeprefix("HTTP_").replace("_", "-").lower() in PREFLIGHT_HEADERS
    return name not in _NOT_HEADERS


def emptied(response: HttpResponseBase) -> HttpResponseBase:
    """An answer to a preflight, without what has no place in one: body and cookies. A refusal of
    ours stays as it is."""
    if isinstance(response, Refusal):
        return response
    if response.streaming:
        response.streaming_content = ()  # type: ignore[attr-defined]
    else:
        response.content = b""  # type: ignore[attr-defined]
    for name in ("Content-Length", "Content-Type", "Content-Encoding", "Set-Cookie", "ETag"):
        response.headers.pop(name, None)
    response.cookies.clear()
    return response
