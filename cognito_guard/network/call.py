"""One call of an AWS API that takes no signature: a JSON object, by POST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

from .exchange import Answer, Line, exchange
from .failure import FetchFailed

if TYPE_CHECKING:
    from .client import Told

__all__ = ["Answer", "Call", "FetchFailed", "Line", "call"]

_JSON = "application/x-amz-json-1.1"
_SECONDS = (8.0, 6.0)
_MAX_BODY = 64 * 1024


@final
class Call:
    """What is asked. Its ``repr`` says nothing, as there may be a password in it."""

    __slots__ = ("_arguments", "_target")

    def __init__(self, target: str, arguments: Mapping[str, Any]) -> None:
        self._target = target
        self._arguments = arguments

    def told(self) -> dict[str, Any]:
        """As arguments for the client."""
        headers = {"Content-Type": _JSON, "X-Amz-Target": self._target}
        return {"headers": headers, "content": json.dumps(self._arguments).encode("ascii")}


def call(url: str, asked: Told, *, line: Line | None = None, repeatable: bool = False) -> Answer:
    """What an operation answers, whatever the status. Blocks for 8 seconds at most.

    ``line``, ``repeatable``: as of :func:`exchange`.

    Raises :class:`FetchFailed`, which says nothing of what was sent or came.
    """
    return exchange(
        "POST",
        url,
        accept=_JSON,
        seconds=_SECONDS,
        max_body=_MAX_BODY,
        form=asked,
        line=line,
        repeatable=repeatable,
    )
