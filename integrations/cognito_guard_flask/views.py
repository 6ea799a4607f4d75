"""What stands before a view: a check, on every way that leads to it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from flask import Response, current_app, request
from flask.views import View

from cognito_guard import ConfigurationError

__all__ = ["Check", "V", "before", "refuse_open_view"]

V = TypeVar("V", bound=Callable[..., Any])
Check: TypeAlias = Callable[[], Response | None]

_GUARDED = "_cognito_guarded"


def before(check: Check) -> Callable[[V], V]:
    """A decorator for functions and ``View`` classes: ``check`` comes first, and its answer, if it
    has one, instead of the view's."""

    def decorate(view: Any) -> Any:
        if inspect.isclass(view) and issubclass(view, View):
            # A list of its own: that of the base class guards other views.
            view.decorators = [*view.decorators, decorate]
            return view
        if inspect.isclass(view) or not callable(view):
            raise ConfigurationError("only functions and View classes can be guarded")

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            answer = check()
            return current_app.ensure_sync(view)(*args, **kwargs) if answer is None else answer

        with suppress(AttributeError):  # a method has no attributes, and no route either
            setattr(view, _GUARDED, view)
        return guarded

    return decorate


def refuse_open_view() -> None:
    """Raise if the route decorator stands below ``required``: Flask knows only the bare view then,
    which would be open to anybody."""
    view = current_app.view_functions.get(request.endpoint or "")
    # Itself, and no wrapper of another kind that has copied its attributes.
    if view is not None and getattr(view, _GUARDED, None) is view:
        raise ConfigurationError(
            f"the view of endpoint {request.endpoint!r} was guarded after it was registered; put "
            "the decorator of CognitoGuard below the route decorator"
        )
