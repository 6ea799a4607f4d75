"""django-ninja: refusals that a view raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from cognito_guard import AuthError, KeysUnavailable

from .requests.refusal import challenge, refuse

if TYPE_CHECKING:
    from ninja import NinjaAPI

__all__ = ["add_exception_handlers"]


def add_exception_handlers(api: NinjaAPI) -> None:
    """Answer an ``AuthError`` or ``KeysUnavailable`` with the refusal, if a view of the API raises
    it, or a dependency of a view.

    By itself, the API answers such an error with 500 while ``DEBUG`` is on, and otherwise leaves it
    to the middlewares.
    """

    def answer(request: HttpRequest, error: Any) -> HttpResponse:
        return refuse(challenge(request, error))

    for kind in (AuthError, KeysUnavailable):
        api.add_exception_handler(kind, answer)
