"""The three routes: sign in, come back from the pool's sign-in page, sign out.

None of them is in a transaction of the request's: whatever fails later, what was signed out stays
signed out, and a code or a refresh token is used once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from cognito_guard import AccessDenied, AuthError, ConfigurationError, KeysUnavailable, Reason
from cognito_guard.login import (
    LoginFailed,
    LoginLink,
    LoginReason,
    SessionsUnavailable,
    SignedIn,
    is_navigation,
)

from ..requests.callers import user_of, verdict_or_error
from ..requests.headers import header_values
from ..requests.query import take_query
from ..requests.refusal import login_page, refuse_request
from ..settings import current
from .configured import Login, login_or_error
from .django_session import Tie, end_all, leave_others, mark, ours, renew
from .held import SessionId
from .places import ROUTE, require_callback
from .transactions import outside_transactions

__all__ = ["finish_sign_in", "sign_in", "sign_out"]


def _page_or_problem(error: Any, request: HttpRequest) -> HttpResponse:
    if is_navigation(header_values(request)):
        return login_page(error, request)
    return refuse_request(request, error)


def _route(
    *methods: str, answer: Callable[[Any, HttpRequest], HttpResponse] = login_page
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A route of ours: for these methods, open to everybody, in no transaction, in no cache."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def route(request: HttpRequest) -> HttpResponse:
            verdict_or_error(request)  # without the middleware nobody would be signed in
            response: HttpResponse
            if request.method not in methods:
                response = HttpResponseNotAllowed(methods)
            else:
                try:
                    response = view(request, login_or_error())
                except (LoginFailed, SessionsUnavailable, KeysUnavailable) as error:
                    response = answer(error, request)
            response["Cache-Control"] = "no-store"
            return response

        # Django's LoginRequiredMiddleware would let nobody sign in.
        route.login_required = False  # type: ignore[attr-defined]
        setattr(route, ROUTE, True)
        return outside_transactions(route)

    return decorate


@_route("GET", "HEAD")
@sensitive_variables()
def sign_in(request: HttpRequest, login: Login) -> HttpResponse:
    """Lead to the pool's sign-in page, and whoever is signed in to the page in ``next``.

    ``prompt=login`` and ``prompt=select_account`` lead everybody to the sign-in page.
    """
    require_callback(login, request)
    link = LoginLink(request.META.get("QUERY_STRING", ""))
    if not link.asks_again and _is_signed_in(request, login):
        return _lead_to(link.next_page, ())
    started = link.start(login.sessions, header_values(request))
    return _lead_to(started.url, started.set_cookies)


@_route("GET")  # and not HEAD: whoever looks at links would use up the code
@sensitive_variables()
def finish_sign_in(request: HttpRequest, login: Login) -> HttpResponse:
    """The browser comes back: begin a session, and Django's."""
    before = login.find_to_end(request)
    try:
        signed_in: SignedIn = login.do(
            "finish",
            take_query(request),
            binding=login.sessions.find_binding(header_values(request)),
            session_id=None if before is None else before.reveal(),
        )
    except LoginFailed as error:
        page = error.next_page
        if page is None or not _is_signed_in(request, login):
            raise
        return _lead_to(page, ())  # the same callback once more, of a browser that is signed in
    try:
        _begin(request, signed_in)
    except Exception as error:
        login.end(SessionId(signed_in.session_id))
        if isinstance(error, AccessDenied):
            detail = f"The caller may not sign in here: {error.reason}."
            raise LoginFailed(LoginReason.ACCESS_DENIED, detail) from None
        raise
    return _lead_to(signed_in.next_page, signed_in.set_cookies)


@_route("POST", answer=_page_or_problem)
@sensitive_variables()
def sign_out(request: HttpRequest, login: Login) -> HttpResponse:
    """End the session, the pool's refresh token, Django's session, and the pool's own.

    Only for forms of the own site; Django's ``CsrfViewMiddleware`` wants its token besides.
    """
    if verdict_or_error(request).csrf:
        login.sessions.check_same_site("POST", header_values(request))
    ended = login.end(login.find_to_end(request))
    end_all(request)
    return _lead_to(ended.url, ended.set_cookies)


def _is_signed_in(request: HttpRequest, login: Login) -> bool:
    try:
        return login.current(login.find(request)) is not None
    except AuthError:  # whose token is good no more
        return False


def _begin(request: HttpRequest, signed_in: SignedIn) -> None:
    settings = current()
    user = user_of(signed_in.identity, settings, signed_in)
    tie = Tie(SessionId(signed_in.session_id).mark, str(user.pk))
    if settings.stateless:
        renew(request, tie)
        return
    if not hasattr(request, "session"):
        raise ConfigurationError("sign-in needs Django's SessionMiddleware in MIDDLEWARE")
    from django.contrib.auth import SESSION_KEY, login

    leave_others(request, tie.user, stateless=False)
    with ours(request):
        login(request, user, backend=_backend())
    if SESSION_KEY not in request.session:  # who hears of it has called `logout`
        raise AccessDenied(Reason.CHECK_FAILED, "The user was signed out while signing in.")
    mark(request, tie)


def _backend() -> str:
    """The path of ``CognitoBackend``, or of a subclass. Raises ``ConfigurationError``."""
    from ..backends import CognitoBackend

    for path in django_settings.AUTHENTICATION_BACKENDS:
        found = import_string(path)
        if isinstance(found, type) and issubclass(found, CognitoBackend):
            return str(path)
    raise ConfigurationError(
        "sign-in needs 'cognito_guard_django.backends.CognitoBackend' in AUTHENTICATION_BACKENDS"
    )


def _lead_to(url: str, set_cookies: Iterable[str]) -> HttpResponse:
    # Not `HttpResponseRedirect`: a page of the own site is led to as it was asked for.
    response = HttpResponse(status=303)
    response["Location"] = url
    for line in set_cookies:
        response.cookies.load(line)
    return response
