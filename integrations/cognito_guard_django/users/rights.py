"""What a token grants in Django: flags and groups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cognito_guard import Identity

from ..settings import Settings

__all__ = ["Rights", "held_flags", "rights_of"]

_LONGEST_GROUP = 150  # Group.name


@dataclass(frozen=True, slots=True, repr=False)
class Rights:
    """What a token grants. ``managed`` are the groups that are ours to take away; ``None``: all.
    ``token`` tells one token from another."""

    flags: Mapping[str, bool]
    groups: frozenset[str]
    managed: frozenset[str] | None
    token: str

    @property
    def are_kept(self) -> bool:
        """Whether anything of it is stored under the settings there are."""
        return bool(self.flags) or self.managed is None or bool(self.managed)

    @property
    def digest(self) -> str:
        """A text for the token itself."""
        return hashlib.sha256(self.token.encode()).hexdigest()[:8]

    def lost(self, flags: Mapping[str, bool]) -> list[str]:
        """Of the flags that are set, those that the token does not grant."""
        return [name for name, is_on in self.flags.items() if flags[name] and not is_on]

    def left(self, held: Iterable[str]) -> set[str]:
        """Of the groups that are held, those that the token does not grant."""
        return {
            name
            for name in held
            if name not in self.groups and (self.managed is None or name in self.managed)
        }


def rights_of(identity: Identity, settings: Settings) -> Rights:
    """What the token grants under these settings."""
    mapped = (("is_staff", settings.staff_groups), ("is_superuser", settings.superuser_groups))
    flags = {
        flag: not names.isdisjoint(identity.groups) for flag, names in mapped if names is not None
    }
    token = identity.jti or json.dumps(sorted(set(identity.groups)))
    policy = settings.groups
    if policy is None:
        wanted = {name for name in identity.groups if _is_storable(name)}
        return Rights(flags, frozenset(wanted), None, token)
    managed = frozenset(name for names in policy.values() for name in names)
    granted = frozenset(name for group in identity.groups for name in policy.get(group, ()))
    return Rights(flags, granted, managed, token)


def held_flags(found: Any, rights: Rights) -> dict[str, bool]:
    """The mapped flags of a user, as this object has them."""
    return {name: getattr(found.user, name) for name in rights.flags}


def _is_storable(name: str) -> bool:
    return len(name) <= _LONGEST_GROUP and "\0" not in name
