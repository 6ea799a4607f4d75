"""A challenge as a Django response."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers

from cognito_guard import AuthError, Challenge, KeysUnavailable

from ..settings import current
from .headers import header_values

if TYPE_CHECKING:
    from cognito_guard.login import LoginFailed, LoginPage, SessionsUnavailable

__all__ = [
    "Refusal",
    "answer_to",
    "challenge",
    "copy_headers",
    "is_page",
    "login_page",
    "refuse",
    "refuse_request",
    "remember",
    "vary",
]


class Refusal(HttpResponse):
    """A response of ours that says no."""


def challenge(request: Any, error: AuthError | KeysUnavailable) -> Challenge:
    """The answer to a request that failed with ``error``, and its line in the log."""
    method, path = getattr(request, "method", None), getattr(request, "path", None)
    del request  # it has the credential, and a handler of log records may fail
    return current().guard.challenge(error, method=method, path=path)


def refuse(answer: Challenge) -> Refusal:
    """The response that says no, with a body of problem details (RFC 9457)."""
    response = Refusal(answer.body, status=answer.status, content_type="application/problem+json")
    copy_headers(answer, response)
    patch_vary_headers(response, current().vary)
    return response


def refuse_request(request: Any, error: Any) -> Refusal:
    """The answer to a request that ends with ``error``: an ``AuthError``, ``KeysUnavailable``, or
    an error of sign-in. A person before a page gets one, where a sign-in does not work."""
    if isinstance(error, AuthError):
        return refuse(challenge(request, error))
    if current().signs_in:
        from cognito_guard.login import LoginFailed, SessionsUnavailable, error_problem

        if is_page(request) and isinstance(
            error, LoginFailed | SessionsUnavailable | KeysUnavailable
        ):
            return login_page(error, request)
        if isinstance(error, LoginFailed | SessionsUnavailable):
            return _of_login(error, error_problem(error, docs_url=current().guard.docs_url))
    if isinstance(error, KeysUnavailable):
        return refuse(challenge(request, error))
    raise error


def is_page(request: Any) -> bool:
    """Whether a browser is on its way to a page, and no script reads the answer."""
    from cognito_guard.login import is_navigation

    return request.method in ("GET", "HEAD") and is_navigation(header_values(request))


def login_page(error: LoginFailed | SessionsUnavailable | KeysUnavailable, request: Any) -> Refusal:
    """The page that says to a person why a sign-in or a session failed."""
    from cognito_guard.login import error_page

    try:
        again = reverse("cognito_login", urlconf=getattr(request, "urlconf", None))
    except NoReverseMatch:
        again = "/"
    return _of_login(error, error_page(error, again=again))


def _of_login(
    error: LoginFailed | SessionsUnavailable | KeysUnavailable, page: LoginPage
) -> Refusal:
    current().guard.tell_refused(error.reason, page.status)
    response = Refusal(page.body, status=page.status)
    for name, value in page.headers:
        response[name] = value
    patch_vary_headers(response, current().vary)
    return response


def copy_headers(answer: Challenge, response: Any) -> None:
    """Put the headers of a challenge on a response. What it varies on already, and the cookies that
    it sets, stay."""
    for name, value in answer.headers:
        if name == "Vary":
            patch_vary_headers(response, value.split(", "))
        elif name == "Set-Cookie":
            response.cookies.load(value)
        else:
            response[name] = value


def vary(response: Any) -> Any:
    """A response that a guard has looked at is for this caller and no other: a cache must know
    which headers say who that is. A refusal of ours says so already."""
    if isinstance(response, HttpResponseBase) and not isinstance(response, Refusal):
        names = current().vary
        # The decorator and the middleware say the same, and Django would parse it the second time.
        if response.headers.get("Vary") != ", ".join(names):
            patch_vary_headers(response, names)
    return response


_REMEMBERED = "_cognito_guard_remembered"


def remember(request: Any, error: AuthError, answer: HttpResponse) -> None:
    """Note the answer to an error that is raised where the answer itself would be dropped."""
    # REST framework has an object of its own around Django's. An error may be another request's.
    setattr(getattr(request, "_request", request), _REMEMBERED, (error, answer))


def answer_to(request: Any, error: Exception) -> HttpResponse | None:
    """The answer to an error that came out of a view; ``None`` for one that is none of ours."""
    raised, answer = getattr(request, _REMEMBERED, (None, None))
    if raised is error:
        return cast("HttpResponse", answer)
    return refuse_request(request, error) if isinstance(error, _ours()) else None


def _ours() -> tuple[type[Exception], ...]:
    """The errors that are a refusal. Those of sign-in cannot come where nobody has loaded it."""
    login = sys.modules.get("cognito_guard.login")
    own = (AuthError, KeysUnavailable)
    return own if login is None else (*own, login.LoginFailed, login.SessionsUnavailable)
