"""Requirements that nobody reads, and guards that a subclass has lost: errors when a request comes,
before the view runs.
"""

from __future__ import annotations

import sys
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any
from weakref import WeakSet

from cognito_guard import ConfigurationError

from .attributes import REQUIREMENTS
from .functions import refuse_on_function
from .held import MARK, is_marked
from .reading import goes_on, home, parts, read_by
from .unasked import refuse_unasked

__all__ = ["inner_view", "is_called_itself", "look_at", "of_admin", "refuse_unread"]


def look_at(callback: Any, around: Any = None) -> None:
    """Raise ``ConfigurationError`` for a view, as URLs have it, with a requirement that nobody
    reads, or of a class that hides the guard of the one that it inherits from, or leaves out its
    permissions. ``around``: what URLs have, where that is another one, or has been looked at."""
    if around is None:
        owner = of_admin(callback)
        if owner is not None:
            _look_at_object(owner)
    if type(callback) is not FunctionType:  # asked at each request, and most views are one
        around = callback if around is None else around
        callback = inner_view(callback)
        if is_called_itself(callback):
            _look_at_object(callback)
            return
    refuse_on_function(callback, around)
    cls = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if isinstance(cls, type):
        given = getattr(callback, "view_initkwargs", None) or getattr(callback, "initkwargs", None)
        refuse_unread(cls, given or {})
        refuse_unasked(
            cls, given or {}, callback, guarded=hasattr(cls, MARK) or is_marked(callback)
        )
        # No permission of ours stands on a view where this has not been imported.
        lost: Any = sys.modules.get("cognito_guard_django.rest_framework.lost")
        if lost is not None and hasattr(cls, "get_permissions"):
            lost.refuse_lost(cls, given or {})
        if cls not in _whole:
            _refuse_hidden(cls)
            _whole.add(cls)


def inner_view(callback: Any) -> Any:
    """What a partial calls in the end; anything else as it is. Unlike a decorator, a partial copies
    no attributes of a view."""
    while isinstance(callback, partial):
        callback = callback.func
    return callback


def of_admin(callback: object) -> Any:
    """What a page of Django's admin belongs to: a ``ModelAdmin``, or the site; ``None`` for other
    views."""
    return getattr(callback, "model_admin", getattr(callback, "admin_site", None))


def is_called_itself(callback: object) -> bool:
    """Whether a view is an object that can be called, such as a feed of Django's, and no function:
    its class and its attributes are all that there is to see."""
    return not isinstance(callback, FunctionType | MethodType | BuiltinFunctionType | type)


def _look_at_object(view: object) -> None:
    cls, given = type(view), getattr(view, "__dict__", {})
    if hasattr(cls, MARK):
        raise ConfigurationError(
            f"{cls.__name__} is called without as_view, so CognitoRequiredMixin guards nothing; "
            "put cognito_required around it"
        )
    refuse_unread(cls, given)
    refuse_unasked(cls, given, view, guarded=False)
    if cls not in _whole:
        _refuse_hidden(cls)
        _whole.add(cls)


def refuse_unread(cls: type, given: dict[str, Any]) -> None:
    """Raise ``ConfigurationError`` for a requirement of a class of views that neither a guard of
    ours nor code of the project's own reads. ``given``: what ``as_view`` was called with."""
    for name in REQUIREMENTS:
        value = given.get(name, getattr(cls, name, None))
        if value is not None and not _is_read(cls, name, given):
            raise ConfigurationError(
                f"{name} of {cls.__name__} is a requirement that nobody reads; the class needs "
                "CognitoRequiredMixin before View, or in REST framework a permission of ours"
            )


_whole: WeakSet[type] = WeakSet()


def _refuse_hidden(cls: type) -> None:
    """A method that asks our guard, under one of the same name that does not go on to it."""
    for index, holder in enumerate(cls.__mro__):
        for name, method in vars(holder).items():
            if not is_marked(method):
                continue
            for nearer in cls.__mro__[:index]:
                found = vars(nearer).get(name)
                if found is None or is_marked(found):
                    continue
                if not any(goes_on(found, each, name) for each in ("super", holder.__name__)):
                    raise ConfigurationError(
                        f"{nearer.__name__}.{name} hides the guard of "
                        f"{holder.__name__}.{name}; call super().{name}, or decorate it as well"
                    )


def _is_read(cls: type, name: str, given: dict[str, Any]) -> bool:
    if hasattr(cls, MARK) or name in read_by(cls):
        return True
    # Not imported for this: many projects go without it.
    base: Any = getattr(sys.modules.get("rest_framework.views"), "APIView", None)
    if base is None or not issubclass(cls, base):
        return False
    view: Any = cls
    if view.get_permissions is not base.get_permissions:
        return True
    asked = [*given.get("permission_classes", view.permission_classes)]
    asked += given.get("authentication_classes", view.authentication_classes)
    return any(home(one) != "rest_framework" for each in asked for one in parts(each))
