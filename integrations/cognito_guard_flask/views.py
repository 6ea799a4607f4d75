"""What stands before a view: a check, on every way that leads to it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from flask import Response, current_app
from flask.views import View

from cognito_guard import ConfigurationError

__all__ = ["Check", "V", "before", "refuse_open_view"]

V = TypeVar("V", bound=Callable[..., Any])
Check: TypeAlias = Callable[[], Response | None]

_BARE = "_cognito_bare"  # a view that a guard stands before
_GUARD = "_cognito_guard"  # the function that checks first
_GUARDED_CLASS = "_cognito_guarded_class"


def before(check: Check) -> Callable[[V], V]:
    """A decorator for functions and ``View`` classes: ``check`` comes first, and its answer, if it
    has one, instead of the view's."""

    def decorate(view: Any) -> Any:
        if inspect.isclass(view) and issubclass(view, View):
            # A list of its own: that of the base class guards other views.
            view.decorators = [*view.decorators, decorate]
            # Inherited, even where a class below sets `decorators` anew.
            setattr(view, _GUARDED_CLASS, True)
            return view
        if inspect.isclass(view) or not callable(view):
            raise ConfigurationError("only functions and View classes can be guarded")

        is_async = inspect.iscoroutinefunction(view)

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            answer = check()
            if answer is not None:
                return answer
            # Flask would ask each time whether it is async, which takes as long as the verdict.
            return (current_app.ensure_sync(view) if is_async else view)(*args, **kwargs)

        with suppress(AttributeError):  # a method has no attributes, and no route either
            setattr(view, _BARE, view)
        setattr(guarded, _GUARD, True)
        return guarded

    return decorate


def refuse_open_view(endpoint: str | None, values: object) -> None:
    """Raise if a view would be open that was meant to be guarded: its route decorator stands below
    ``required``, so that Flask knows only the bare view, or its class has lost the guard."""
    view = current_app.view_functions.get(endpoint or "")
    if view is None:
        return
    # Itself, and no wrapper of another kind that has copied its attributes.
    if getattr(view, _BARE, None) is view:
        raise ConfigurationError(
            f"the view of endpoint {endpoint!r} was guarded after it was registered; put "
            "the decorator of CognitoGuard below the route decorator"
        )
    if hasattr(getattr(view, "view_class", None), _GUARDED_CLASS) and not _has_guard(view):
        raise ConfigurationError(
            f"the class of endpoint {endpoint!r} is guarded, but its view function is not, "
            "or a decorator without functools.wraps hides it; guard the class before as_view(), "
            "and keep the inherited list where a class below sets decorators anew"
        )


def _has_guard(view: Callable[..., Any]) -> bool:
    """Whether a guard is among the functions that are wrapped in each other here."""
    return hasattr(inspect.unwrap(view, stop=_is_guard), _GUARD)


def _is_guard(view: Callable[..., Any]) -> bool:
    return hasattr(view, _GUARD)
