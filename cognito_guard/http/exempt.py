"""Paths that are exempt from a guard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from ..errors import ConfigurationError

__all__ = ["ExemptPaths"]


@final
class ExemptPaths:
    """Whole paths, such as ``"/health"``, and all below one, such as ``"/static/*"``.

    ``path in exempt`` says whether a path is one of them, ``bool(exempt)`` whether there are any. A
    path below one may have no ``.`` or ``..`` segment and no backslash, because the app may resolve
    them to another path.

    Raises :class:`ConfigurationError` for anything but a list of such paths.
    """

    __slots__ = ("_paths", "_prefixes")

    def __init__(self, paths: Iterable[str] = ()) -> None:
        # A text is iterable too, and its characters would be "/" and others.
        if isinstance(paths, str | bytes) or not isinstance(paths, Iterable):
            raise ConfigurationError("exempt must be a list of paths")
        whole: set[str] = set()
        prefixes: list[str] = []
        for path in paths:
            if (
                not isinstance(path, str)
                or not path.startswith("/")
                or "*" in path.removesuffix("/*")
            ):
                raise ConfigurationError(
                    'exempt takes paths that start with "/"; only the end may be "/*"'
                )
            if path.endswith("/*"):
                prefixes.append(path.removesuffix("*"))
            else:
                whole.add(path)
        self._paths = frozenset(whole)
        self._prefixes = tuple(prefixes)

    def __bool__(self) -> bool:
        return bool(self._paths or self._prefixes)

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        if path in self._paths:
            return True
        if not path.startswith(self._prefixes) or "\\" in path:
            return False
        return {".", ".."}.isdisjoint(path.split("/"))
