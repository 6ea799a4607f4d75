"""Which handler a request is for: route keys as API Gateway has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote

__all__ = ["DEFAULT", "Handler", "Routes"]

Handler: TypeAlias = Callable[[Any, Any], Any]

DEFAULT = "$default"
_KEY = re.compile(r"([A-Z]+) (/.*)")


class Routes:
    """Handlers by the keys of their routes: ``"GET /orders/{id}"``, ``"ANY /{proxy+}"`` or
    ``"$default"``. One handler alone stands for ``"$default"``.

    A key without parameters comes first, then those with the fewest greedy ones.
    """

    def __init__(self, handlers: Handler | Mapping[str, Handler]) -> None:
        if not isinstance(handlers, Mapping):
            handlers = {DEFAULT: handlers}
        self._default = handlers.get(DEFAULT)
        self._rows: list[tuple[str, str, re.Pattern[str], Handler]] = []
        for key, handler in handlers.items():
            if key == DEFAULT:
                continue
            match = _KEY.fullmatch(key)
            if match is None:
                raise ValueError(f"{key!r} is no key of a route, such as GET /orders")
            self._rows.append((key, match[1], _pattern(match[2]), handler))
        self._rows.sort(key=lambda row: (row[0].count("+}"), row[0].count("{"), row[1] == "ANY"))

    def find(self, method: str, path: str) -> tuple[str, Mapping[str, str], Handler] | None:
        """The route of a request: its key, the parameters of the path, and the handler."""
        for key, wanted, pattern, handler in self._rows:
            match = pattern.fullmatch(path) if wanted in ("ANY", method) else None
            if match is not None:
                names = re.findall(r"\{(.+?)\+?\}", key)
                values = map(unquote, match.groups())
                return key, dict(zip(names, values, strict=True)), handler
        return None if self._default is None else (DEFAULT, {}, self._default)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{.+?\})", path)
    return re.compile(
        "".join(
            ("(.+)" if part.endswith("+}") else "([^/]+)")
            if part.startswith("{")
            else re.escape(part)
            for part in parts
        )
    )
