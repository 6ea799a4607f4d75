"""``login_required``: pages for who has signed in. Others are led to the sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from django.http import HttpResponse, HttpResponseRedirect

from cognito_guard import Policy, PolicyLike, StepUpRequired, build_policy, enforce

from ..decorators import Names, V, guarded_view, refusal
from ..requests.callers import verdict_or_error
from ..requests.refusal import is_page, vary
from .callers import is_kept_nowhere, keep_nowhere
from .configured import login_or_error
from .places import to_sign_in

__all__ = ["led_from", "login_required", "page_refusal"]


@overload
def login_required(view: V, /) -> V: ...


@overload
def login_required(
    *,
    groups: Names = None,
    scopes: Names = None,
    roles: Names = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Callable[[V], V]: ...


def login_required(
    *view: V,
    groups: Names = None,
    scopes: Names = None,
    roles: Names = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> V | Callable[[V], V]:
    """Do the same as :func:`~cognito_guard_django.decorators.cognito_required`, for pages: a
    browser that opens one is redirected to the sign-in and back. A script gets the same answer as
    there.
    """
    required = build_policy(
        groups=groups, scopes=scopes, roles=roles, acr=acr, mfa=mfa, max_age=max_age, policy=policy
    )

    def decorate(view: V) -> V:
        return guarded_view(view, required, page_refusal, "login_required")

    # A decorator below may have given None, which is not none.
    return decorate(*view) if view else decorate


def page_refusal(request: Any, policy: Policy) -> HttpResponse | None:
    """The answer to a caller who may not see a page; ``None`` for one who may."""
    login_or_error()
    caller = verdict_or_error(request).caller
    if caller is None and is_page(request):
        return _to_sign_in(request)
    answer = refusal(request, policy)
    if caller is None or caller.session is None:
        return answer
    if answer is None:
        keep_nowhere(request)
        return None
    if answer.status_code == 401 and is_page(request):
        # The one 401 for a caller who is known: the sign-in is too old, or too weak.
        try:
            enforce(policy, caller.identity)
        except StepUpRequired as error:
            return _to_sign_in(request, step_up=error, session=caller.session)
    return answer


def led_from(request: Any, error: Exception) -> HttpResponse | None:
    """What leads a browser through the stronger sign-in that a page's view asks for with ``error``,
    and back; ``None`` for others."""
    if not isinstance(error, StepUpRequired) or not is_kept_nowhere(request):
        return None
    caller = verdict_or_error(request).caller
    if caller is None or caller.session is None or not is_page(request):
        return None
    return _to_sign_in(request, step_up=error, session=caller.session)


def _to_sign_in(request: Any, **step_up: Any) -> HttpResponse:
    response = HttpResponseRedirect(to_sign_in(request, request.get_full_path(), **step_up))
    response["Cache-Control"] = "no-store"
    answer: HttpResponse = vary(response)
    return answer
