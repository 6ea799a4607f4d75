"""Requests that another site may have forged: what a browser sends by itself needs Django's CSRF
token, however a view got rid of Django's own check.
"""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest

from cognito_guard import AccessDenied, Reason

from .callers import Caller, verdict_of
from .headers import header_values
from .refusal import refuse_request

__all__ = ["forgery", "is_foreign", "refuse_forged"]

# RFC 9110, section 9.2.1, as Django has it.
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
# Set by whoever wants Django's check not to happen; the first only by Django's test client, in
# Django's own words.
_WAIVERS = ("_dont_enforce_csrf_checks", "csrf_processing_done")


class _Check(CsrfViewMiddleware):
    """Django's check, which gives its reason and leaves no mark on the request.

    The body is read only where no header has the token: a view may want to read it by itself, and
    neither ``request.body`` nor ``request.upload_handlers`` can be had after a form with files was
    read.
    """

    def _check_token(self, request: Any) -> None:
        attributes = vars(request)
        if django_settings.CSRF_HEADER_NAME in request.META and "_post" not in attributes:
            attributes["_post"] = QueryDict()
            try:
                super()._check_token(request)  # type: ignore[misc]
            except RejectRequest:
                pass  # the body may have a better one
            else:
                return
            finally:
                del attributes["_post"]
        super()._check_token(request)  # type: ignore[misc]

    def _accept(self, request: HttpRequest) -> None:
        return None

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def forgery(request: HttpRequest) -> str | None:
    """Why a request that a browser sent with a credential by itself may come from another site's
    page; ``None`` if it does not.

    For whoever lets in a caller that is ``ambient``. ``csrf_exempt``, and a middleware that
    switches off Django's check, say nothing about such a caller: only Django's test client does.
    Who has signed in needs a request of the own site, and Django's token where Django wants it.
    """
    if request.method in _SAFE or _is_waived(request):
        return None
    caller = _signed_in(request)
    if caller is not None:
        error = _cross_site(request, caller)
        return None if error is None else str(error)
    attributes = vars(request)
    waived = {name: attributes[name] for name in _WAIVERS if name in attributes}
    try:
        attributes.update(dict.fromkeys(_WAIVERS, False))
        check = _Check(_nothing)
        check.process_request(request)
        reason: Any = check.process_view(request, _nothing, (), {})
    finally:
        for name in _WAIVERS:
            attributes.pop(name, None)
        attributes.update(waived)
    return None if reason is None else str(reason)


def refuse_forged(request: HttpRequest) -> HttpResponse | None:
    """The answer to a request that may be forged: 403, with Django's reason in its detail."""
    caller = None if _is_waived(request) else _signed_in(request)
    if caller is not None:
        error = _cross_site(request, caller)
        return None if error is None else refuse_request(request, error)
    reason = forgery(request)
    if reason is None:
        return None
    denied = AccessDenied(Reason.CHECK_FAILED, f"CSRF Failed: {reason}")
    return refuse_request(request, denied)


def is_foreign(request: HttpRequest) -> bool:
    """Whether a WebSocket was opened by a page of another origin, or by who does not say.

    Browsers always send ``Origin`` (RFC 6455, section 4.1). It must be the host's own, or one of
    ``CSRF_TRUSTED_ORIGINS``.
    """
    django: Any = CsrfViewMiddleware(_nothing)
    return "HTTP_ORIGIN" not in request.META or not django._origin_verified(request)


def _signed_in(request: HttpRequest) -> Caller | None:
    """The caller, if it is a session of sign-in that says who it is."""
    verdict = verdict_of(request)
    caller = None if verdict is None else verdict.caller
    return caller if caller is not None and caller.sessions is not None else None


def _cross_site(request: HttpRequest, caller: Caller) -> Exception | None:
    from cognito_guard.login import LoginFailed

    try:
        if caller.sessions is not None:  # pragma: no branch
            caller.sessions.check_same_site(request.method or "", header_values(request))
    except LoginFailed as error:
        return error
    return None


def _is_waived(request: HttpRequest) -> bool:
    verdict = verdict_of(request)
    if verdict is not None:
        return not verdict.csrf
    # REST framework without our middleware. Whoever sends requests over a network cannot send this.
    client = sys.modules.get("django.test.client")
    source = getattr(getattr(request, "_stream", None), "_read", None)
    return (
        client is not None
        and isinstance(getattr(source, "__self__", None), client.FakePayload)
        and bool(getattr(request, "_dont_enforce_csrf_checks", False))
    )


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()  # pragma: no cover
