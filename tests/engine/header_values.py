"""Requests as the engine sees them: a function from a header's name to its raw values."""

from __future__ import annotations

from collections.abc import Sequence

from cognito_guard import HeaderValues


def headers(**values: Sequence[str | bytes]) -> HeaderValues:
    """The headers of a request, by their names with ``_`` for ``-``."""
    named = {name.replace("_", "-"): list(lines) for name, lines in values.items()}
    return lambda name: named.get(name, [])
