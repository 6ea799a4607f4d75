"""Who answers with an identity is told how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from cognito_guard import Identity

from .current import CurrentIdentity

__all__ = ["explain_serialization"]

_HELP = (
    "an identity is no answer, and no JSON; answer with those of its attributes that the client "
    "needs, such as current_identity.subject, or with all of it: current_identity.as_dict()"
)


def explain_serialization(app: Flask) -> None:
    """Let a view that answers with an identity, alone or inside of JSON, fail with these words.

    A JSON provider of the app's that knows what to do with one has its own way.
    """
    app.dispatch_request = _explaining(app.dispatch_request)  # type: ignore[method-assign]
    default = getattr(app.json, "default", None)
    if default is not None:
        app.json.default = _explaining_default(default)  # type: ignore[attr-defined]


def _explaining(inner: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        answer = inner(*args, **kwargs)
        body = answer[0] if type(answer) is tuple and answer else answer
        if _is_identity(body):
            raise TypeError(_HELP)
        return answer

    return run


def _explaining_default(default: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def explain(value: Any) -> Any:
        try:
            return default(value)
        except TypeError:
            if _is_identity(value):
                raise TypeError(_HELP) from None
            raise

    return explain


def _is_identity(value: Any) -> bool:
    return type(value) is Identity or type(value) is CurrentIdentity
