"""CognitoMiddleware: who is calling, before any view runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cognito_guard import AuthError, KeysUnavailable

from .callers import Caller, aidentify, attach, identify
from .refusal import refuse
from .requests import is_preflight, is_stock
from .settings import Settings, current

__all__ = ["CognitoMiddleware"]


class CognitoMiddleware:
    """Asks the guard about every request. Belongs after Django's ``AuthenticationMiddleware``.

    It sets ``request.identity`` to the :class:`cognito_guard.Identity`, or ``None``, and
    ``request.user`` to the user. Without a credential, the user whom a session knows stays; with
    ``REQUIRED`` in ``COGNITO_GUARD``, such a request is refused unless its path is ``EXEMPT``. A
    credential that is there and bad is always refused. Works under WSGI and ASGI, in either without
    a change of threads. Raises ``ConfigurationError`` when the server starts.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        current()  # a wrong setting stops the start, and not the first request

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._acall(request)
        settings = current()
        try:
            caller = identify(request, settings) if _is_looked_at(request, settings) else None
            _require(caller, request, settings)
        except (AuthError, KeysUnavailable) as error:
            return refuse(settings.guard.challenge(error))
        attach(request, caller)
        return self._get_response(request)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        settings = current()
        try:
            caller = (
                await aidentify(request, settings) if _is_looked_at(request, settings) else None
            )
            _require(caller, request, settings)
        except (AuthError, KeysUnavailable) as error:
            return refuse(settings.guard.challenge(error))
        attach(request, caller)
        response: HttpResponseBase = await self._get_response(request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: object, kwargs: object
    ) -> HttpResponse | None:
        """Keep a preflight away from a view that would take it for a call.

        It has passed the middleware by now, one that answers preflights included. Django answers
        ``OPTIONS`` for a class that leaves it to Django; a function that asks for no method does
        what it always does, here for nobody at all.
        """
        settings = current()
        if (
            settings.required
            and is_preflight(request)
            and request.path_info not in settings.exempt
            and not is_stock(view)
        ):
            return HttpResponse(status=204)
        return None


def _is_looked_at(request: HttpRequest, settings: Settings) -> bool:
    return request.path_info not in settings.exempt and not is_preflight(request)


def _require(caller: Caller | None, request: HttpRequest, settings: Settings) -> None:
    if caller is None and settings.required and _is_looked_at(request, settings):
        raise settings.guard.missing_credentials()
