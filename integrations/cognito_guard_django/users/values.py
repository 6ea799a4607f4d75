"""What is in the fields of a user, or what a token says of him.

A report of an error shows what is in a dictionary, and nothing of what is in these.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import NoneType
from typing import Any, final

from django.db.models.fields.files import FieldFile

__all__ = ["Unsaid", "Values", "values_of"]

_PLAIN = (str, int, float, bytes, date, NoneType)


@final
class Unsaid:
    """A value, and nothing said of it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@final
class Values:
    """Values by the names of fields."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def plus(self, **more: Any) -> Values:
        """With more of them, or others."""
        return Values({**self._values, **more})

    def only(self, names: Iterable[str]) -> Values:
        """Those of some fields."""
        return Values({name: self._values[name] for name in names})

    def without(self, names: Iterable[str]) -> Values:
        """Those of the other fields."""
        return self.only(self._values.keys() - set(names))

    def changed(self, after: Values) -> list[str]:
        """The fields that have other values in ``after``."""
        return [name for name in after if self._values[name] != after[name]]

    def put(self, found: Any) -> None:
        """Set the fields of a user."""
        for name in self._values:
            setattr(found.user, found.user._meta.get_field(name).attname, self._values[name])


def values_of(found: Any) -> Values:
    """What the fields of a user hold now, whatever is made of it in place."""
    fields = [field for field in found.user._meta.concrete_fields if not field.generated]
    return Values({field.name: _kept(getattr(found.user, field.attname)) for field in fields})


def _kept(value: Any) -> Any:
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, FieldFile):
        return value.name
    try:
        copied = copy.deepcopy(value)
        # What is equal to nothing but itself would look changed each time.
        return copied if copied == value else value
    except Exception:  # noqa: BLE001  # a value of somebody else's, that cannot be copied
        return value
