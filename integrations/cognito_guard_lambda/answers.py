"""A challenge in the form in which the caller of a function wants its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .events import Event, Kind

if TYPE_CHECKING:
    from cognito_guard import Challenge

__all__ = ["answer", "preflight_answer", "refusal"]


def refusal(event: Event, kind: Kind, challenge: Challenge) -> dict[str, Any]:
    """The answer to a request that is refused."""
    headers = (*challenge.headers, ("Content-Type", "application/problem+json"))
    title = challenge.problem["title"]
    return answer(event, kind, challenge.status, title, headers, challenge.body.decode("utf-8"))


def preflight_answer(event: Event, kind: Kind) -> dict[str, Any]:
    """The answer to a CORS preflight: it allows nothing, and refuses nothing."""
    return answer(event, kind, 204, "No Content", (), "")


def answer(
    event: Event,
    kind: Kind,
    status: int,
    title: str,
    headers: Sequence[tuple[str, str]],
    body: str,
) -> dict[str, Any]:
    """An answer in the members that this door looks at. ``title``: what its status is called."""
    said: dict[str, Any] = {"statusCode": status, "body": body, "isBase64Encoded": False}
    if kind is Kind.PAYLOAD_2:
        # It sets cookies by a list of their own.
        said["cookies"] = [value for name, value in headers if name == "Set-Cookie"]
        said["headers"] = {name: value for name, value in headers if name != "Set-Cookie"}
    elif kind is Kind.LOAD_BALANCER and "multiValueHeaders" in event:
        # A target group with multi-value headers looks at nothing else.
        said["multiValueHeaders"] = {name: [value] for name, value in headers}
    else:
        said["headers"] = dict(headers)
    if kind is Kind.LOAD_BALANCER:
        said["statusDescription"] = f"{status} {title}".strip()
    return said
