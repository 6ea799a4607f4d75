"""Whether what stands around our permissions on a view lets them refuse.

A view is looked at when REST framework asks it for its permissions, and as a whole by the system
check: what may turn a no of ours into a yes, a requirement that nobody reads or that is set too
late, and a method that leaves the permissions out, are errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from types import FunctionType
from typing import Any

from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework.permissions import (
    AllowAny,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)

from cognito_guard import AuthError, ConfigurationError, KeysUnavailable

from ..requests.refusal import copy_headers
from ..settings import current
from ..views.attributes import attributes, refuse_misnamed, values_of
from ..views.functions import refuse_on_function
from ..views.late import refuse_late, requirements
from ..views.unasked import refuse_unasked
from .asking import LOOKS, ROOTS, SEEN, as_ours
from .lost import refuse_lost
from .operators import holds, is_ours, operands
from .refusals import Answered, Refused, refused

__all__ = ["look_after", "note_seen", "refuse_open"]

# The classes themselves: a name and a module can be copied.
_FRAMEWORKS_OWN = (AllowAny, IsAuthenticated, IsAdminUser, IsAuthenticatedOrReadOnly)


def look_after(view: Any) -> bool:
    """Look at each permission that a view, made for one request, will ask; let its exception
    handler, whichever it is, see the engine's errors as ``Refused``; and give its response the
    headers that the caller's credential asks for. ``False`` for no view, and for one that is looked
    after."""
    if hasattr(view, ROOTS) or not hasattr(view, "get_permissions"):
        return False
    refuse_lost(type(view), vars(view))
    setattr(view, ROOTS, ())
    find_permissions: Callable[[], list[Any]] = view.get_permissions
    find_handler: Callable[[], Callable[..., Any]] = view.get_exception_handler
    finalize: Callable[..., Any] = view.finalize_response
    refusals: list[Refused] = []
    errors: list[Exception] = []

    def get_permissions() -> list[Any]:
        found = [_ours(one) for one in find_permissions()]
        setattr(view, ROOTS, found)
        refuse_open(view, found)
        note_seen(view)
        return found

    def get_exception_handler() -> Callable[..., Any]:
        handler = find_handler()

        def handle(exc: Exception, context: dict[str, Any]) -> Any:
            if isinstance(exc, AuthError | KeysUnavailable):
                exc = refused(context.get("request"), exc).with_traceback(exc.__traceback__)
            errors.append(exc)
            if isinstance(exc, Answered):
                return HttpResponse(status=exc.status_code)
            if isinstance(exc, Refused):
                refusals.append(exc)
            return handler(exc, context)

        return handle

    def finalize_response(*args: Any, **kwargs: Any) -> Any:
        if hasattr(view, SEEN) and not errors:
            refuse_late(view, getattr(view, SEEN))
        response = finalize(*args, **kwargs)
        for refusal in refusals:  # handlers of others' know but some of its headers
            copy_headers(refusal.challenge, response)
        # Also a good answer is for this caller and no other: caches must know what from.
        patch_vary_headers(response, current().guard.vary)
        return response

    view.finalize_response = finalize_response
    view.get_permissions = get_permissions
    view.get_exception_handler = get_exception_handler
    return True


def note_seen(view: Any) -> None:
    """Note what a view requires while its permissions are asked."""
    if hasattr(view, ROOTS):
        setattr(view, SEEN, requirements(view, "permission_classes"))


def _ours(permission: Any) -> Any:
    """A combination with one of ours in it, made by hand, as ours: the framework's own would have a
    no, where ours raises."""
    return as_ours(permission) if _holds_ours(permission) else permission


def _holds_ours(permission: Any) -> bool:
    return is_ours(permission) or any(map(_holds_ours, operands(permission)))


def refuse_open(view: Any, permissions: Iterable[Any] | None) -> None:
    """Raise ``ConfigurationError`` for a view that may be more open than it reads. ``permissions``
    are as REST framework makes them, or as they stand in the class; ``None`` where nobody can tell
    before a request comes."""
    for permission in permissions or ():
        _refuse_stranger(permission)
    cls: Any = type(view)
    _refuse_strangers_of(cls)
    refuse_misnamed(view)
    request = getattr(getattr(view, "request", None), "_request", None)
    callback = getattr(getattr(request, "resolver_match", None), "func", None)
    refuse_on_function(callback)
    refuse_unasked(cls, vars(view), callback, guarded=True)
    running = hasattr(view, "request")
    values = values_of(view, running=running)
    named = [name for name, value in values.items() if value is not None]
    if permissions is None or not named:
        return
    read = {name for permission in permissions for name in _read_by(permission)}
    for name in named:
        if name not in read:
            raise ConfigurationError(
                f"none of the permissions of {type(view).__name__} reads {name}; add "
                "CognitoPermission, or set it to None where it does not count"
            )


@lru_cache(1024)
def _refuse_strangers_of(cls: type) -> None:
    """The same for what a class holds elsewhere, for somebody's permission to find."""
    for _, value in attributes(cls):
        _refuse_stranger(value)


def _read_by(permission: Any) -> set[str]:
    """The attributes of a view that a permission looks at, or one that is combined in it."""
    two = operands(permission)
    if two:
        return {name for one in two for name in _read_by(one)}
    cls = permission if isinstance(permission, type) else type(permission)
    if cls.__module__.startswith("oauth2_provider."):  # django-oauth-toolkit has one of our names
        return {"required_scopes"}
    return set(getattr(permission, "reads", ()))


def _refuse_stranger(permission: Any) -> None:
    """Raise if somebody else's combination holds a permission of ours. One that may say yes to a no
    of ours is not to be told from one that does not."""
    if isinstance(permission, dict):
        permission = list(permission.values())
    if isinstance(permission, FunctionType | partial):
        return  # looked at when it has made something
    if type(permission) in _FRAMEWORKS_OWN and not vars(permission):
        return  # the most common ones hold nothing
    listed = isinstance(permission, list | tuple | set | frozenset)
    parts = permission if listed else operands(permission)
    for one in parts:
        _refuse_stranger(one)
    if not listed and not parts and not is_ours(permission) and holds(permission):
        cls = permission if isinstance(permission, type) else type(permission)
        raise ConfigurationError(
            f"{cls.__name__} may turn a refusal of a permission that it holds into a yes; "
            "combine permissions only with & and |"
        )


LOOKS.append(look_after)
