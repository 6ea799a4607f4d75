"""APIFlask renders every HTTP error by the name of its status; this lets a refusal say more."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from .refusal import Refusal

__all__ = ["speak_apiflask"]


def speak_apiflask(app: Flask) -> None:
    """Give refusals to the error processor of an APIFlask app as its own kind of error, with
    ``detail``, and ``reason`` and ``error`` beside it. Any other app is left alone."""
    if not _is_apiflask(_handler(app)):
        return

    def handle(refusal: Refusal) -> Any:
        handler = _handler(app)
        if not _is_apiflask(handler):  # the app's own, registered later
            return app.ensure_sync(handler)(refusal)
        problem = refusal.challenge.problem
        error = handler.__globals__["HTTPError"](
            problem["status"],
            problem["title"],
            problem["detail"],
            dict(refusal.challenge.headers),
            refusal.challenge.summary,
        )
        return app.error_callback(error)  # type: ignore[attr-defined]

    app.register_error_handler(Refusal, handle)


def _handler(app: Flask) -> Any:
    """What the app answers HTTP errors with, of whatever status."""
    return app.error_handler_spec.get(None, {}).get(None, {}).get(HTTPException)


def _is_apiflask(handler: Any) -> bool:
    return getattr(handler, "__module__", None) == "apiflask.app"
