"""What stands before a view: a check, on every way that leads to it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import Any, TypeAlias, TypeVar

from flask import Response, current_app, has_request_context, request
from flask.views import View
from werkzeug.exceptions import HTTPException

from cognito_guard import ConfigurationError

from .needs import Guarding
from .reach import Marks, has_code, reach, wrapped_by

__all__ = [
    "BEHIND",
    "GUARDED_CLASS",
    "READS_LIKE_A_REQUIREMENT",
    "Answered",
    "Check",
    "V",
    "before",
    "is_guard",
    "is_guarding",
]

V = TypeVar("V", bound=Callable[..., Any])
Check: TypeAlias = Callable[[], Response | None]

BEHIND = Marks()
"""Every callable that a guard was put before, and what it wraps; with a ``Guarding`` for each."""

GUARDED_CLASS = "_cognito_guarded_class"
"""The attribute of a ``View`` class that was decorated."""

READS_LIKE_A_REQUIREMENT = tuple(
    f"required_{name}"
    for name in (
        *("group", "groups", "policies", "policy", "role", "roles", "scope", "scopes"),
        *("acr", "mfa", "max_age"),
    )
)
"""Attributes that other adapters read, or that somebody may think so of. This one reads none."""


def before(check: Check, guarding: Guarding) -> Callable[[V], V]:
    """A decorator for functions and ``View`` classes: ``check`` comes first, and its answer, if it
    has one, instead of the view's. ``guarding`` says what it asks for."""

    def decorate(view: Any) -> Any:
        if inspect.isclass(view) and issubclass(view, View):
            refuse_requirement(view)
            # A list of its own: that of the base class guards other views.
            view.decorators = [*view.decorators, decorate]
            # Inherited, even where a class below sets `decorators` anew.
            setattr(view, GUARDED_CLASS, True)
            return view
        if inspect.isclass(view) or not callable(view):
            raise ConfigurationError(
                f"only functions and View classes can be guarded, and not {type(view).__name__}; a "
                "decorator below the guard may return that"
            )
        guarded = _guarded(check, view)
        _mark(view, guarding)
        return guarded

    return decorate


def refuse_requirement(view_class: type) -> None:
    """Raise if a class has an attribute that only reads like a requirement."""
    for name in READS_LIKE_A_REQUIREMENT:
        if hasattr(view_class, name):
            raise ConfigurationError(
                f"{view_class.__name__}.{name} would be ignored; name what is required in "
                "the arguments of CognitoGuard's decorator or protect(), and rename the attribute"
            )


def _guarded(check: Check, view: Any) -> Callable[..., Any]:
    is_async = inspect.iscoroutinefunction(view)

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        answer = check()
        if answer is not None:
            if not _is_of_this_view(guarded):
                raise Answered(response=answer)  # what is returned might be overlooked
            return answer
        # Flask would ask each time whether it is async, which takes as long as the verdict.
        return (current_app.ensure_sync(view) if is_async else view)(*args, **kwargs)

    return guarded


class Answered(HTTPException):
    """A request is answered by this, whoever has called the guard."""


def _is_of_this_view(guarded: object) -> bool:
    """Whether Flask answers with what a guard returns: it is the view or a method, or wrapped by
    one, as the wrappers say themselves."""
    view: Any = current_app.view_functions.get(request.endpoint or "")
    kinds = getattr(getattr(view, "view_class", None), "__mro__", ())
    ways = [view, *(value for kind in kinds for value in vars(kind).values())]
    return any(
        one is guarded and is_said
        for way in ways
        for _, one, is_said in wrapped_by(getattr(way, "__func__", way))
    )


def _mark(view: object, guarding: Guarding) -> None:
    behind = reach(view, of_methods=False)
    # A method of the view that is being answered, as extensions decorate it for each request.
    methods = [one for one in behind.values() if type(one) is MethodType]
    if not any(isinstance(one.__self__, View) for one in methods):
        # Once a request is answered, no route is made any more: a view guards what it calls.
        is_late = has_request_context()
        said = {key for key, _, is_said in wrapped_by(view) if is_said and not is_late}
        for key, one in behind.items():
            if not inspect.isclass(one):
                BEHIND.add(one, guarding._replace(is_said=key in said))


_GUARD = (_guarded(lambda: None, len).__code__,)
_DECORATORS = [before(lambda: None, Guarding(None)).__code__]


def is_guard(one: object) -> bool:
    """Whether this is a view with a check before it."""
    return has_code(one, _GUARD)


def is_guarding(one: object) -> bool:
    """Whether this is, or wraps, a decorator that puts a guard before a view."""
    return any(has_code(each, _DECORATORS) for each in reach(one).values())


def decorates(*methods: Any) -> None:
    """Say that these methods are such decorators."""
    _DECORATORS.extend(method.__code__ for method in methods)
