"""Protected resource metadata (RFC 9728), which anybody may read."""

from __future__ import annotations

from typing import Any

from cognito_guard import Guard

from .answers import answer
from .events import Event, Kind, kind_of, mapping_in, method_of
from .outcome import Outcome

__all__ = ["answer_metadata"]


def answer_metadata(guard: Guard, event: Event) -> dict[str, Any] | None:
    """Return the answer to a request for the metadata of the guard's ``resource``. Return ``None``
    for any other request, and for a guard without a ``resource``.

    Call it first, before any guarded handler. A route for the path of ``guard.metadata_url`` must
    lead to your function.

    Raises :class:`~cognito_guard.ConfigurationError` for an event that is not a request.
    """
    found = Outcome(_answer, guard, event)
    del event  # it may have a credential: see `authenticate`
    return found.get()


def _answer(guard: Guard, event: Event) -> dict[str, Any] | None:
    kind = kind_of(event)
    if kind in (Kind.WEBSOCKET, Kind.APPSYNC):
        return None
    method = method_of(event, kind)
    # A body comes along for HEAD too: whoever answers the client leaves it out, and needs its size.
    found = guard.answer_metadata("GET" if method == "HEAD" else method, _path(event, kind))
    if found is None:
        return None
    headers = [pair for pair in found.headers if pair[0] != "Content-Length"]
    return answer(event, kind, found.status, "", headers, found.body.decode("utf-8"))


def _path(event: Event, kind: Kind) -> str:
    """The path at the origin's root, with a stage or base path in it."""
    if kind is Kind.PAYLOAD_2:
        path = event.get("rawPath")
    else:
        path = mapping_in(event, "requestContext").get("path", event.get("path"))
    return path if isinstance(path, str) else ""
