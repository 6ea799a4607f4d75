"""Claims that nobody may change, plain copies of them, and how they differ in a repr."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NoReturn

__all__ = ["ReadOnlyDict", "distinct", "plain", "read_only"]

_PROCESS_KEY = os.urandom(32)


def distinct(*parts: object) -> str:
    """What tells these parts from any others in a repr, and nothing about them: a digest, keyed
    anew in each process.

    Caches make keys of the repr of a function's arguments. Were it the same for two callers, one of
    them would get the other's answer.
    """
    import json
    from hashlib import blake2b

    said = json.dumps(parts, sort_keys=True, default=repr).encode("ascii")
    return blake2b(said, digest_size=16, key=_PROCESS_KEY).hexdigest()


def _refuse_change(*claims: object, **changes: object) -> NoReturn:
    # What is raised shows the variables of this function to whoever reports it.
    del claims, changes
    raise TypeError("the claims of an identity cannot be changed")


_refuse: Any = _refuse_change


class ReadOnlyDict(dict[str, Any]):
    """A dict that refuses to change, and that `json.dumps` takes as it is."""

    __slots__ = ()

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return (ReadOnlyDict, (dict(self),))


def read_only(value: Any) -> Any:
    """The same, so that nobody can change it: lists become tuples."""
    if type(value) is dict:
        return ReadOnlyDict((name, read_only(member)) for name, member in value.items())
    if type(value) is list:
        return tuple([read_only(member) for member in value])
    return value


def plain(value: Any) -> Any:
    """A copy that the caller may change, made of what `json` knows."""
    if isinstance(value, Mapping):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value
