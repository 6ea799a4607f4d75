"""Django groups by their names, which are compared here, exactly: to a database, ``ADMINS`` may be
``admins``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

from django.contrib.auth import get_user_model
from django.db import DatabaseError, IntegrityError, transaction

from ..settings import current
from .reading import asked, fresh
from .refusals import cannot_hold
from .values import Unsaid

__all__ = ["Groups", "groups_named", "held_groups"]


@final
class Groups:
    """Groups, of which a report of an error shows no name."""

    __slots__ = ("_by_name",)

    def __init__(self, groups: Iterable[Any] = ()) -> None:
        self._by_name = {group.name: group for group in groups}

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def names(self) -> set[str]:
        """Their names."""
        return set(self._by_name)

    def only(self, names: Iterable[str]) -> Groups:
        """Those of some names."""
        return Groups(self._by_name[name] for name in sorted(names))

    def join(self, found: Any) -> None:
        """Put a user into them."""
        if self:
            found.user.groups.add(*self._by_name.values())

    def leave(self, found: Any) -> None:
        """Take a user out of them."""
        if self:
            found.user.groups.remove(*self._by_name.values())


def held_groups(found: Any) -> Groups:
    """A user's groups, as the database has them now. To be asked in a transaction."""
    using, field = found.user._state.db, found.user.groups
    own = field.through._default_manager.using(using).filter(
        **{field.source_field_name: found.user.pk}
    )
    keys = list(own.select_for_update().values_list(f"{field.target_field_name}_id", flat=True))
    return Groups(fresh(_all(using).filter(pk__in=keys)) if keys else ())


def groups_named(names: Unsaid, using: str) -> Groups:
    """The groups of exactly these names; those that are missing are made.

    Where the database takes a group's name for this one, such as ``admins`` for ``ADMINS``, the
    second cannot be made, and whoever is in it is not let into the first. Nor is one made whose
    name the database has no characters for. To be asked outside of other transactions, so that
    nobody waits for a group while he holds something else.
    """
    if not names.value:
        return Groups()
    there = Groups(asked(_all(using).filter(name__in=names.value)) or ())
    there = there.only(there.names & set(names.value))
    missing = [Unsaid([name]) for name in sorted(set(names.value) - there.names)]
    made = [_made(name, using) for name in missing]
    return Groups([*there._by_name.values(), *(group for group in made if group is not None)])


def _made(name: Unsaid, using: str) -> Any:
    """The group of exactly this name; ``None`` where there can be none."""
    found = asked(_all(using).filter(name__in=name.value))
    if found == []:
        try:
            with transaction.atomic(using=using):
                return _all(using).create(name=name.value[0])
        except IntegrityError:
            # Made by somebody else just now; a transaction around would not see it otherwise.
            found = fresh(_all(using).filter(name=name.value[0]))
        except DatabaseError as error:
            if not cannot_hold(error):
                raise
            found = None
    exact = Groups(found or ()).names & set(name.value)
    if not exact:
        _warn(using, "its name cannot be stored" if found is None else _SPELLING)
    return next((group for group in found or () if group.name in exact), None)


def _all(using: str) -> Any:
    """All groups that users may be in."""
    model: Any = get_user_model()
    return model._meta.get_field("groups").related_model._default_manager.using(using)


_SPELLING = "a group of another spelling stands in its place"


def _warn(using: str, why: str) -> None:
    """Names may come from tokens and stay out of the log."""
    current().guard.warn(
        "group_left_out",
        "a group of a token is not joined: in the database %r, %s",
        using,
        why,
        source=using,
    )
