"""Paths that are never looked at."""

from __future__ import annotations

from typing import final

from cognito_guard import ConfigurationError

__all__ = ["Exemptions"]


@final
class Exemptions:
    """Whole paths, such as ``"/health"``, and all below one, such as ``"/static/*"``.

    Raises ``ConfigurationError`` for anything else.
    """

    __slots__ = ("_paths", "_prefixes")

    def __init__(self, paths: object) -> None:
        if not isinstance(paths, list | tuple | set | frozenset):
            raise ConfigurationError("must be a list of paths")
        for path in paths:
            if (
                not isinstance(path, str)
                or not path.startswith("/")
                or "*" in path.removesuffix("/*")
            ):
                raise ConfigurationError(
                    'takes paths that start with "/"; only the end may be "/*"'
                )
        self._paths = frozenset(path for path in paths if not path.endswith("/*"))
        self._prefixes = tuple(path[:-1] for path in paths if path.endswith("/*"))

    def __contains__(self, path: str) -> bool:
        if path in self._paths:
            return True
        # What comes after us may resolve dots and backslashes, and end up somewhere else.
        if not path.startswith(self._prefixes) or "\\" in path:
            return False
        return {".", ".."}.isdisjoint(path.split("/"))
