"""Protected resource metadata (RFC 9728), which anybody may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, final

from cognito_guard import ConfigurationError, Guard

__all__ = ["ResourceMetadata"]


@final
class ResourceMetadata:
    """Serve the metadata of a guard's ``resource`` in front of a WSGI app, and pass all other
    requests on, unprotected.

    ``CognitoGuard.init_app`` does this for a Flask app. If the app is mounted in another app, put
    this around the outermost app, because the metadata is at the root of the origin. Raises
    ``ConfigurationError`` for a guard without ``resource``.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, guard: Guard) -> None:
        if not isinstance(guard, Guard) or guard.resource is None:
            raise ConfigurationError("guard must be a cognito_guard.Guard with a resource")
        self._app = app
        self._guard = guard

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = self._guard.answer_metadata(
            environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", "")
        )
        if answer is None:
            held = _Held(environ, start_response)
            del environ  # it has the credential, which no frame of ours shows while an app runs
            return held.to(self._app)
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", list(answer.headers))
        return [answer.body]


@final
class _Held:
    __slots__ = ("_args",)

    def __init__(self, *args: Any) -> None:
        self._args = args

    def to(self, app: Callable[..., Iterable[bytes]]) -> Iterable[bytes]:
        return app(*self._args)
