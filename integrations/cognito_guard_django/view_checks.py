"""What ``manage.py check`` says about views: a requirement that nobody reads, and what may turn a
refusal of ours into a yes. The same is an error when a request comes, where a guard of ours is
asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import get_resolver
from django.views import View

from cognito_guard import ConfigurationError

from .mixins import CognitoRequiredMixin
from .views.attributes import policy_of, refuse_misnamed, values_of
from .views.functions import refuse_on_function
from .views.unasked import refuse_unasked
from .views.unread import inner_view, is_called_itself, of_admin

__all__ = ["check_views"]

HINT = "The pages about Django and REST framework say which attributes are read, and by whom."


def check_views(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E021 for views that we guard, W003 for others."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    found: dict[str, CheckMessage] = {}
    for registered in _callbacks(get_resolver().url_patterns):
        callback = inner_view(registered)
        view = _view(callback)
        try:
            guarded = _look_at(view)
            if view is not None:
                refuse_unasked(type(view), vars(view), callback, guarded=_is_guarded(view))
            # Nobody is asked about a function, which has no attributes of this kind.
            values = {} if guarded else values_of(view, running=False)
            if any(value is not None for value in values.values()):
                text = (
                    f"{type(view).__name__} has a requirement that no guard of this library reads"
                )
                found[text] = Warning(f"{text}.", hint=HINT, id="cognito_guard.W003")
            refuse_on_function(callback, registered)
        except ConfigurationError as error:
            if _is_guarded(view):
                found[str(error)] = Error(f"{error}.", hint=HINT, id="cognito_guard.E021")
            else:
                found[str(error)] = Warning(f"{error}.", hint=HINT, id="cognito_guard.W003")
    return list(found.values())


def _look_at(view: Any) -> bool:
    """Raise ``ConfigurationError`` for a mistake. Whether a guard of ours is asked about a view."""
    guarded = _is_guarded(view)
    if guarded and _is_rest(view):
        from .rest_framework.lost import refuse_lost
        from .rest_framework.structure import refuse_open

        refuse_lost(type(view), vars(view))
        own = type(view).get_permissions is not _rest_view().get_permissions
        refuse_open(view, None if own else view.permission_classes)
    elif view is not None:
        refuse_misnamed(view)
        if guarded:
            policy_of(view, running=False)
    return guarded or view is None


def _is_guarded(view: Any) -> bool:
    if not _is_rest(view):
        return isinstance(view, CognitoRequiredMixin)
    from .rest_framework.authentication import CognitoAuthentication
    from .rest_framework.lost import read_once
    from .rest_framework.operators import holds

    if read_once(type(view), vars(view)) is not None:
        return True  # refused, and not used up by looking
    classes = view.authentication_classes
    return holds(list(view.permission_classes)) or any(
        isinstance(one, type) and issubclass(one, CognitoAuthentication) for one in classes
    )


def _is_rest(view: Any) -> bool:
    base = _rest_view()
    return base is not None and isinstance(view, base)


def _rest_view() -> Any:
    # Not imported for this: many projects go without it.
    return getattr(sys.modules.get("rest_framework.views"), "APIView", None)


def _view(callback: Any) -> Any:
    """An instance as ``as_view`` makes it, of which nothing has run; a view that is an object, and
    what a page of the admin is of, as they are; ``None`` for a function."""
    owner = of_admin(callback)
    if owner is not None:
        return owner
    if is_called_itself(callback):
        return callback if hasattr(callback, "__dict__") else None
    cls = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if not isinstance(cls, type) or not issubclass(cls, View):
        return None
    view = cls.__new__(cls)
    given = getattr(callback, "view_initkwargs", None) or getattr(callback, "initkwargs", None)
    vars(view).update(given or {})
    return view


def _callbacks(patterns: Iterable[Any]) -> Iterator[Any]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _callbacks(pattern.url_patterns)
        else:
            yield pattern.callback
