"""CognitoMiddleware: who is calling, before any view runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cognito_guard import CognitoGuardError, ConfigurationError

from .chain import ask_last, note, refuse_order
from .login.callers import afind_signed_in, dropped, find_signed_in, pass_on, show
from .login.configured import configured
from .login.decorators import led_from
from .login.django_session import hide_marked
from .login.places import is_of_login, is_route
from .login.signals import connect
from .metadata import answer_metadata
from .requests.caches import tell_caches
from .requests.callers import (
    Caller,
    Verdict,
    aidentify,
    attach,
    identify,
    is_untouched,
    settle,
    verdict_of,
)
from .requests.csrf import refuse_forged
from .requests.headers import is_preflight
from .requests.preflight import emptied, isolate, sanitise
from .requests.refusal import answer_to, challenge, refuse, refuse_request, vary
from .settings import Settings, current
from .users.fitting import require_fields
from .views.unread import look_at

__all__ = ["CognitoMiddleware"]

tell_caches()


class CognitoMiddleware:
    """Verify the caller of every request. Put it after Django's ``AuthenticationMiddleware``.

    Sets ``request.identity`` to the :class:`cognito_guard.Identity`, or ``None``, and
    ``request.user`` to the user. Without a credential, the user of Django's session stays. With
    ``REQUIRED`` in ``COGNITO_GUARD``, such a request is refused unless its path is ``EXEMPT``.

    An invalid credential is always refused. So is a request that may be forged: one that changes
    something, with a credential that browsers send by themselves, and without the CSRF token. An
    ``AuthError`` or ``KeysUnavailable`` that a view raises becomes the refusal, also in a
    ``process_view`` of a middleware after it.

    The metadata of ``RESOURCE`` (RFC 9728) is served here, to everybody.

    Works under WSGI and ASGI, without a change of threads. Raises ``ConfigurationError`` when the
    server starts: for wrong settings, for a user model that lacks a field of theirs, and for a
    middleware after it that would replace the token's user.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        handler = refuse_order(get_response, CognitoMiddleware)
        # Only the handlers of Django's test clients have it.
        self._csrf = getattr(handler, "enforce_csrf_checks", True) is not False
        note(self)
        ask_last(get_response, _settle, _asettle, self.process_exception)
        login = configured()  # a wrong setting stops the start, and not the first request
        require_fields(current())
        if apps.is_installed("django.contrib.auth"):
            connect()
        if login is not None and not login.blocks and not self._is_async:
            raise ConfigurationError(
                "LOGIN_STORE can only be awaited, which WSGI cannot do; use a blocking store"
            )

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._acall(request)
        metadata = answer_metadata(request)
        if metadata is not None:
            return metadata
        refusal = self._judge(request)
        if refusal is not None:
            return dropped(request, refusal)
        return _finished(request, self._get_response(request))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        metadata = answer_metadata(request)
        if metadata is not None:
            return metadata
        settings = current()
        if not self._is_passed_on(request, settings):
            try:
                caller = await aidentify(request, settings)
                caller = caller or await afind_signed_in(request, settings)
                caller = _required(caller, settings)
            except CognitoGuardError as error:
                return _refused(request, error)
            self._attach(request, caller)
            if caller is not None and caller.ambient:
                # The token may be in a session or in the body.
                forged = await sync_to_async(refuse_forged, thread_sensitive=True)(request)
                if forged is not None:
                    return forged
        return _finished(request, await self._get_response(request))

    def process_view(
        self, request: Any, view: Any, args: object, kwargs: object
    ) -> HttpResponse | None:
        """See to it that the request which reaches a view is the one that was decided about.

        All other middlewares have had it by now, and may have changed it.
        """
        verdict = verdict_of(request)
        before = None if verdict is None else verdict.exempt_at
        if verdict is None or before is not None:
            now = _place(request)
            # A view of somebody else's may stand where one of ours should be.
            exempt = request.path_info in current().exempt or is_route(view)
            if verdict is None or before != now or not exempt:
                # What is exempt in some URLs is not so in others.
                exempt = exempt and (before is None or before[1] == now[1])
                refusal = self._judge(request, exempt=exempt)
                verdict = verdict_of(request)
                if refusal is not None or verdict is None:
                    return refusal
        if verdict.preflight:
            # One that a middleware has made another method of has no credential.
            if request.method == "OPTIONS":
                return HttpResponse(status=204)
            return _refuse_missing(request)
        look_at(view)
        refusal = _settled(request, verdict)
        if refusal is not None:
            return refusal
        caller = verdict.caller
        if caller is not None and caller.ambient and request.method != verdict.method:
            return refuse_forged(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Refuse where a view does: by an ``AuthError`` or ``KeysUnavailable`` that it raises. The
        transaction around it has been rolled back by then. Other errors are none of ours.

        A page that asks for a stronger sign-in leads a browser there."""
        answer = answer_to(request, exception)
        return answer if answer is None else led_from(request, exception) or answer

    def _judge(self, request: HttpRequest, *, exempt: bool = True) -> HttpResponse | None:
        """Decide about a request: a refusal, or ``None`` where it may go on. ``exempt``: whether a
        path may be exempt."""
        settings = current()
        if self._is_passed_on(request, settings, exempt=exempt):
            return None
        try:
            caller = identify(request, settings) or find_signed_in(request, settings)
            caller = _required(caller, settings)
        except CognitoGuardError as error:
            return _refused(request, error)
        self._attach(request, caller)
        return refuse_forged(request) if caller is not None and caller.ambient else None

    def _is_passed_on(
        self, request: HttpRequest, settings: Settings, *, exempt: bool = True
    ) -> bool:
        """Whether no credential is looked at. Notes why not."""
        if exempt and (
            request.path_info in settings.exempt or (settings.signs_in and is_of_login(request))
        ):
            ours = request.path_info not in settings.exempt
            self._pass_on(request, settings, ours=ours, exempt_at=_place(request))
            return True
        if is_preflight(request):
            (isolate if settings.required else sanitise)(request)
            self._pass_on(request, settings, preflight=settings.required)
            return True
        return False

    def _pass_on(
        self, request: HttpRequest, settings: Settings, *, ours: bool = True, **more: Any
    ) -> None:
        if settings.signs_in:
            (hide_marked if ours else pass_on)(request)
        self._attach(request, None, **more)

    def _attach(self, request: HttpRequest, caller: Caller | None, **more: Any) -> None:
        attach(request, Verdict(caller, request.method, csrf=self._csrf, **more))
        if current().signs_in:
            show(request, caller)


def _settle(request: HttpRequest, view: Any, args: object, kwargs: object) -> HttpResponse | None:
    """The last word before a view: other middlewares have a ``process_view`` as well. A caller whom
    one of them has signed out is nobody."""
    verdict = verdict_of(request)
    return None if verdict is None else _settled(request, verdict)


def _settled(request: HttpRequest, verdict: Verdict) -> HttpResponse | None:
    settle(request, verdict)
    return _refuse_missing(request) if verdict.left and current().required else None


async def _asettle(
    request: HttpRequest, view: Any, args: object, kwargs: object
) -> HttpResponse | None:
    verdict = verdict_of(request)
    if verdict is None or is_untouched(request, verdict):
        return _settle(request, view, args, kwargs)
    settled: HttpResponse | None = await sync_to_async(_settle, thread_sensitive=True)(
        request, view, args, kwargs
    )
    return settled


def _required(caller: Caller | None, settings: Settings) -> Caller | None:
    if caller is None and settings.required:
        raise settings.guard.missing_credentials()
    return caller


def _refused(request: HttpRequest, error: CognitoGuardError) -> HttpResponse:
    return dropped(request, refuse_request(request, error))


def _refuse_missing(request: HttpRequest) -> HttpResponse:
    return refuse(challenge(request, current().guard.missing_credentials()))


def _finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The response as it goes on from here. It varies on what was looked at, also where nobody was
    found: a cache must not give one caller's page to another, nor nobody's to a caller."""
    verdict = verdict_of(request)
    if verdict is not None and verdict.preflight:
        return emptied(response)
    if verdict is None or verdict.exempt_at is None:
        vary(response)
    return dropped(request, response)


def _place(request: Any) -> tuple[str, object]:
    """Where a request leads to."""
    return request.path_info, getattr(request, "urlconf", None)
