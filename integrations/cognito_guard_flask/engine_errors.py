"""An ``AuthError`` or ``KeysUnavailable`` that a view raises becomes the refusal it stands for.

One of a page that asks for a stronger sign-in leads a browser there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

from cognito_guard import AuthError, CognitoGuardError, Guard, KeysUnavailable, StepUpRequired

from .current import EXTENSION, kept
from .refusal import LoginAnswer, Refusal, refuse
from .views import Answered

__all__ = ["convert_errors"]


def convert_errors(app: Flask) -> None:
    """Convert what views, hooks and error handlers of an app raise, before anybody sees it.

    An error handler of the app's for the error itself would see it first all the same. Extensions
    that render errors (Flask-RESTX, Flask-RESTful) take them before Flask's own handlers do, so
    registering one would not be enough.
    """
    # Each takes and gives what Flask says.
    app.preprocess_request = _converting(app.preprocess_request)  # type: ignore[method-assign]
    app.dispatch_request = _converting(app.dispatch_request)  # type: ignore[method-assign]
    app.handle_user_exception = _handling(app.handle_user_exception)  # type: ignore[method-assign]
    app.trap_http_exception = _trapping(app.trap_http_exception)  # type: ignore[method-assign]


def _converting(inner: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return inner(*args, **kwargs)
        except (AuthError, KeysUnavailable) as error:
            if _has_handler(error):
                raise
            refusal = refuse(_judge(), error)
            raise _led(error) or refusal from error
        except Refusal as refusal:
            led = _led(refusal.__cause__) if refusal._by_view else None
            if led is None:
                raise
            raise led from refusal

    return run


def _led(error: object) -> Answered | None:
    """What leads a browser on its way to a page through a stronger sign-in, and back."""
    page = kept().page
    way_in = None if page is None or not isinstance(error, StepUpRequired) else page.way_in(error)
    return None if way_in is None else Answered(response=way_in)


def _handling(inner: Callable[..., Any]) -> Callable[..., Any]:
    def handle(*args: Any, **kwargs: Any) -> Any:
        try:
            return inner(*args, **kwargs)
        except (AuthError, KeysUnavailable, Refusal, LoginAnswer) as error:
            if error in args:  # nobody handles it
                raise
            # An error handler raised it.
            refusal = error if isinstance(error, HTTPException) else refuse(_judge(), error)
            try:
                return inner(*(args[:-1]), refusal)
            except (AuthError, KeysUnavailable, Refusal, LoginAnswer):
                return refusal  # as did the handler of refusals

    return handle


def _trapping(inner: Callable[..., bool]) -> Callable[..., bool]:
    """``TRAP_HTTP_EXCEPTIONS`` and ``TRAP_BAD_REQUEST_ERRORS`` are for errors of a view's that
    somebody looks for. A refusal is none, and would be a 500; nor is what sign-in answers."""

    def trap(error: Exception) -> bool:
        return not isinstance(error, Refusal | LoginAnswer | Answered) and inner(error)

    return trap


def _has_handler(error: Exception) -> bool:
    """Whether the app has an error handler for this error, and not just for any."""
    kinds = [kind for kind in type(error).__mro__ if issubclass(kind, CognitoGuardError)]
    spec = current_app.error_handler_spec
    return any(
        kind in spec.get(name, {}).get(None, {})
        for name in (*request.blueprints, None)
        for kind in kinds
    )


def _judge() -> Guard:
    """The guard that has looked at this request, or the app's."""
    guards: list[Guard] = list(current_app.extensions[EXTENSION].values())
    judge = kept().guard
    return judge if judge is not None and judge in guards else guards[0]
