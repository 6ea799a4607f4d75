"""Refusals of FastAPI routes as problem details (RFC 9457), like those of every other door."""

from __future__ import annotations

from typing import Any, final

from fastapi import HTTPException, Response
from starlette.datastructures import Headers

from cognito_guard import Challenge

from .refusal import Page, content_type, raw_headers

__all__ = ["ProblemRefusal", "problem_response"]

_HANDLERS = "starlette.exception_handlers"
"""Where Starlette keeps, in the scope, the handlers of exceptions and those of statuses."""


def problem_response(answer: Challenge | Page, headers: Headers | None = None) -> Response:
    """The response that has the body of a refusal as it is."""
    headers = Headers(raw=raw_headers(answer)) if headers is None else headers
    return Response(answer.body, answer.status, headers, content_type(answer))


@final
class ProblemRefusal(HTTPException):
    """A refusal that is answered with its problem details. FastAPI puts the ``detail`` of any other
    ``HTTPException`` into a ``detail`` of its own."""

    def __init__(self, answer: Challenge | Page, detail: Any, headers: Headers) -> None:
        super().__init__(answer.status, detail, headers)
        self.response = problem_response(answer, headers)

    def to_be_answered(self, scope: Any) -> None:
        """Let the app that answers this request know how. Where somebody has asked by hand, and no
        app of Starlette's is around, it stays an ``HTTPException``."""
        handlers, _ = scope.get(_HANDLERS, ({}, {}))
        handlers.setdefault(ProblemRefusal, _answer)


async def _answer(connection: Any, error: Any) -> Response:
    response: Response = error.response
    return response
