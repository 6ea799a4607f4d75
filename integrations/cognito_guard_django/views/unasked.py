"""Guards in attributes of a class of views that nobody asks, and requirements that nobody reads,
under names that are none of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cognito_guard import ConfigurationError

from .attributes import REQUIREMENTS, attributes, is_of_a_library, is_required
from .functions import refuse_on_methods
from .held import guards_in, is_marked, is_permission
from .reading import is_read, is_read_around, parts

__all__ = ["refuse_unasked"]


def refuse_unasked(cls: type, given: dict[str, Any], callback: object, *, guarded: bool) -> None:
    """Raise ``ConfigurationError`` for a permission of ours, a policy, or a text that something
    requires, in an attribute that no code reads. ``given``: what an instance has of its own.
    ``callback``: the view as URLs have it. ``guarded``: whether a guard of ours stands before it;
    on other views, a permission of ours is out of place, and all else the project's affair."""
    refuse_on_methods(cls, given, guarded=guarded)
    seen: set[str] = set(REQUIREMENTS)
    for name, value in attributes(cls):
        if name not in seen and _asks(cls, given, name, given.get(name, value), guarded=guarded):
            read = is_read(name, cls, given) or is_read_around(name, callback)
            if not read and not is_of_a_library(name, cls):
                raise ConfigurationError(
                    f"{name} of {cls.__name__} is a requirement that nobody reads; a permission "
                    "belongs into permission_classes of a view of REST framework, a policy into "
                    f"required_policy, and names into {', '.join(REQUIREMENTS[:3])}"
                )
        seen.add(name)


def _asks(cls: type, given: dict[str, Any], name: str, value: Any, *, guarded: bool) -> bool:
    if guarded and is_required(name, value):
        return True
    for one in guards_in(value):
        if is_permission(one):
            used = [*_used(cls, given)]
            if not all(_is_inner(part, cls) or part in used for part in parts(one)):
                return True
        elif guarded and (one is not value or not _has_policy(cls)):
            return True
    return False


def _used(cls: type, given: dict[str, Any]) -> Iterator[Any]:
    """The permissions that REST framework asks, on the view and on its actions. They may stand in
    the class under a name of their own as well."""
    asked = [getattr(method, "kwargs", None) for _, method in attributes(cls)]
    if hasattr(cls, "get_permissions"):
        asked.append(given.get("permission_classes", getattr(cls, "permission_classes", None)))
    for one in guards_in(asked):
        yield from parts(one)


def _is_inner(permission: Any, cls: type) -> bool:
    """Whether this is a class of permissions that was made in the class of views."""
    name = getattr(permission, "__qualname__", "")
    return any(name.startswith(f"{holder.__qualname__}.") for holder in cls.__mro__)


def _has_policy(cls: type) -> bool:
    """Whether a policy may have been made of another one."""
    return getattr(cls, "required_policy", None) is not None or any(
        is_marked(method) for _, method in attributes(cls)
    )
