"""Views that would be open although somebody meant to guard them: found when they are first
asked for, and answered with an error."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from flask import Flask, current_app
from flask.views import View

from cognito_guard import ConfigurationError

from .caches import caches_a_guard
from .class_decorators import apis_around, is_meant_to_be_guarded, refuse_read_once
from .methods import lost_method, owners
from .needs import Guarding
from .protecting import covers, hooks_of_request
from .reach import Found, reach, wrapped_by
from .views import BEHIND, is_guard, refuse_requirement

__all__ = ["Lookout"]


class Lookout:
    """Looks at the views of one app. What has been looked at is not looked at again."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._seen: dict[str, tuple[Any, int]] = {}
        self._handlers_seen = -1
        self._has_open_handlers = False
        self._has_open_hooks = False

    def __call__(self, endpoint: str | None, values: object) -> None:
        """Raise ``ConfigurationError`` if the view of this endpoint lost its guard, or an error
        handler or a hook of the app."""
        version = BEHIND.version
        if self._handlers_seen != version:
            self._has_open_handlers |= _remove_open_handlers(self._app)
            self._has_open_hooks = _has_open_hooks(self._app)
            self._handlers_seen = version
        if self._has_open_handlers:
            raise ConfigurationError(
                "an error handler was guarded after it was registered; put the decorator of "
                "CognitoGuard below errorhandler()"
            )
        if self._has_open_hooks:
            raise ConfigurationError(
                "a function was guarded after it was registered to run with each request; put the "
                "decorator of CognitoGuard below before_request(), or what else registers it"
            )
        view = self._app.view_functions.get(endpoint or "")
        if endpoint is None or view is None:
            return
        seen, seen_version = self._seen.get(endpoint, (None, -1))
        if seen is not view or seen_version != version:
            self._look(endpoint, view)
            self._seen[endpoint] = (view, version)

    def _look(self, endpoint: str, view: Callable[..., Any]) -> None:
        lost = _lost(view, endpoint)
        if lost and not covers(lost):
            raise ConfigurationError(
                f"the view of endpoint {endpoint!r} was guarded after it was registered; put "
                "the decorator of CognitoGuard below the route decorator"
            )
        # A method that is guarded does not stand for its class.
        found = reach(view, stop=lambda one: is_guard(one) or isinstance(one, type)).values()
        guarded = any(is_guard(one) for one in found)
        classes = [
            one
            for one in (*found, getattr(view, "view_class", None))
            if isinstance(one, type) and issubclass(one, View)
        ]
        bare, apis = [*owners(view)], [*apis_around(reach(view).values())]
        for one in (*classes, *bare):
            refuse_read_once(one)
        for api in apis:
            api.refuse_read_once()
        if caches_a_guard(found, classes):
            raise ConfigurationError(
                f"a cache is in front of the guard of endpoint {endpoint!r}, and would send "
                "cached answers to anybody; put it below the guard, and make it tell callers apart"
            )
        if guarded or any(hooks_of_request(self._app)):
            for one in classes:
                refuse_requirement(one)
        is_meant = any(map(is_meant_to_be_guarded, (*classes, *bare)))
        if not guarded and is_meant:
            raise ConfigurationError(
                f"the class of endpoint {endpoint!r} is guarded, but its view function is not; "
                "guard the class before as_view(), by decorating it or in its `decorators`, and "
                "keep the inherited list where a class below sets `decorators` anew"
            )
        if not guarded and any(api.guards for api in apis):
            raise ConfigurationError(
                f"the decorators of an Api have a guard, but the view of endpoint {endpoint!r} has "
                "not; put it there before the resource is added"
            )
        # Where the view function itself is guarded, its methods need not be.
        for one in bare if guarded and not is_meant else (*classes, *bare):
            name = lost_method(one)
            if name is not None:
                raise ConfigurationError(
                    f"{one.__name__}.{name} of endpoint {endpoint!r} has no guard, and counts "
                    "instead of what has one; guard it too, or its class"
                )


def _remove_open_handlers(app: Flask) -> bool:
    """Take away the error handlers that lost their guard: they would answer for the error that is
    raised about them. Says whether there were any."""
    tables = [
        by_class for by_code in app.error_handler_spec.values() for by_class in by_code.values()
    ]
    lost = [(table, kind) for table in tables for kind, handler in table.items() if _lost(handler)]
    for table, kind in lost:
        del table[kind]
    return bool(lost)


def _has_open_hooks(app: Flask) -> bool:
    """Whether a function that runs with requests lost its guard: with it, it would refuse them, as
    whoever wrote it will have meant."""
    tables: list[dict[Any, list[Any]]] = [
        app.before_request_funcs,
        app.url_value_preprocessors,
        app.after_request_funcs,
        app.teardown_request_funcs,
        app.template_context_processors,
        app.url_default_functions,
        {None: app.teardown_appcontext_funcs},
    ]
    hooks = [hook for table in tables for each in table.values() for hook in each]
    # What a hook only holds may be a view, which it chooses, and which is looked at itself.
    bare = {
        key for hook in hooks for key, one, is_said in wrapped_by(hook) if is_said and one in BEHIND
    }
    if not bare:
        return False
    # With its guard it is a view, or runs with other requests: so it is open here on purpose.
    covered = (_covered(reach(one)) for one in (*hooks, *app.view_functions.values()))
    return not bare <= set().union(*covered)


def _lost(view: Callable[..., Any], endpoint: str = "") -> list[Guarding]:
    """The guards that were put before this, or before a function that it wraps on a way without
    that guard."""
    if view in BEHIND:
        return BEHIND.of(view)
    found = reach(view, stop=is_guard)
    behind = {key: one for key, one in found.items() if one in BEHIND}
    for key in _covered(found):
        behind.pop(key, None)
    # Helpers that several views use are behind guards as well. What is wrapped is what Flask
    # called the endpoint by, or what the wrapper says that it is.
    name = endpoint.rpartition(".")[2]
    lost = [each for one in behind.values() if _name(one) == name for each in BEHIND.of(one)]
    wrapped = {
        key: one
        for key, one, is_said in wrapped_by(view)
        # What is only held, and may be a helper, has to be what a guard was put around.
        if key in behind and (is_said or any(each.is_said for each in BEHIND.of(one)))
    }
    if not lost and wrapped:
        # With its guard it has a route of its own, so this one is open on purpose.
        others = [_covered(reach(one)) for one in current_app.view_functions.values()]
        if not wrapped.keys() <= set().union(*others):
            lost = [each for one in wrapped.values() for each in BEHIND.of(one)]
    return lost


def _covered(found: Found) -> set[object]:
    """What stands behind the guards that were found."""
    covered: set[object] = set()
    for key, one in found.items():
        if is_guard(one):
            covered |= reach(one).keys() - {key}
    return covered


def _name(one: object) -> str | None:
    return one.__name__ if type(one) is FunctionType else None
