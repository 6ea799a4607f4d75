"""A challenge as a Django response."""

from __future__ import annotations

from django.http import HttpResponse

from cognito_guard import Challenge

__all__ = ["refuse"]


def refuse(answer: Challenge) -> HttpResponse:
    """The response that says no, with a body of problem details (RFC 9457)."""
    return HttpResponse(
        answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type="application/problem+json",
    )
