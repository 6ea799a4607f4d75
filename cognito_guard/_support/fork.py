"""What has to be forgotten in the child of a ``fork``: locks, and threads that stayed behind."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Protocol

__all__ = ["forget_after_fork"]

if TYPE_CHECKING:  # a Protocol takes longer to make than this module to load

    class _Forgetful(Protocol):
        def _forget_parent(self) -> None: ...


_instances: weakref.WeakSet[_Forgetful] = weakref.WeakSet()


def forget_after_fork(instance: _Forgetful) -> None:
    """Have ``instance._forget_parent()`` called in every child, as long as the instance lives."""
    _instances.add(instance)


def _after_fork_in_child() -> None:
    for instance in list(_instances):
        instance._forget_parent()


if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has no fork
    os.register_at_fork(after_in_child=_after_fork_in_child)
