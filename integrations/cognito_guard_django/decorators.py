"""``cognito_required``: what a caller must have to reach a view."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from inspect import isawaitable
from types import MethodType
from typing import Any, TypeVar, cast, overload

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.views import View

from cognito_guard import (
    AccessDenied,
    AuthError,
    ConfigurationError,
    Policy,
    PolicyLike,
    Reason,
    build_policy,
    enforce,
)

from .requests.callers import settle, verdict_or_error
from .requests.csrf import refuse_forged
from .requests.headers import is_preflight
from .requests.refusal import challenge, refuse, remember, vary
from .settings import current
from .views.answering import answers_with
from .views.attributes import refuse_misnamed
from .views.held import MARK
from .views.registered import refuse_registered
from .views.unasked import refuse_unasked
from .views.unread import look_at, refuse_unread

__all__ = ["cognito_required", "guarded_view", "later", "refusal", "varied"]

V = TypeVar("V", bound=Callable[..., Any])
Names = str | Iterable[str] | None


@overload
def cognito_required(view: V, /) -> V: ...


@overload
def cognito_required(
    *,
    groups: Names = None,
    scopes: Names = None,
    roles: Names = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Callable[[V], V]: ...


def cognito_required(
    *view: V,
    groups: Names = None,
    scopes: Names = None,
    roles: Names = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> V | Callable[[V], V]:
    """Protect a view: the caller must have everything that is named. Without arguments, any caller
    with a valid token passes. A user who only has a Django session has no token.

    Works for functions, sync and async, with or without arguments, and with ``method_decorator``
    for classes. Needs :class:`~cognito_guard_django.middleware.CognitoMiddleware`. ``policy`` is
    any callable that takes an ``Identity``, such as ``require_groups("a") | require_scopes("b")``.
    A refusal is answered with the challenge, and a CORS preflight with an empty 204. The view runs
    for neither. Around what is not the view of the request, such as a ``has_permission`` or a
    function that a view calls, the refusal is raised, and the middleware answers it.

    Raises ``ConfigurationError`` when the decorator is applied: for an empty or wrong requirement,
    for what is no view, and for a function that a router has already registered. At a request,
    raises it if the middleware is missing.
    """
    required = build_policy(
        groups=groups, scopes=scopes, roles=roles, acr=acr, mfa=mfa, max_age=max_age, policy=policy
    )

    def decorate(view: V) -> V:
        return guarded_view(view, required, refusal, "cognito_required")

    # A decorator below may have given None, which is not none.
    return decorate(*view) if view else decorate


Ask = Callable[[Any, Policy], HttpResponse | None]


def guarded_view(view: V, required: Policy, ask: Ask, verb: str) -> V:
    """A view that is reached only by whom ``ask`` gives no answer for. ``verb``: what a user calls
    the decorator."""
    if not callable(view):
        raise ConfigurationError(
            f"{verb} goes on a view, which can be called, and not on {type(view).__name__}; a "
            "decorator below it may return that"
        )
    refuse_registered(view, verb)
    guard = _guard_async if iscoroutinefunction(view) else _guard_sync
    wrapper = guard(view, required, ask)
    # Django's LoginRequiredMiddleware would send who has no token to a form, with 302.
    wrapper.login_required = False  # type: ignore[attr-defined]
    setattr(wrapper, MARK, True)
    return cast("V", wrapper)


def refusal(request: Any, policy: Policy) -> HttpResponse | None:
    """The answer to a caller who may not pass; ``None`` for one who may."""
    verdict = verdict_or_error(request)
    caller = verdict.caller
    if caller is None and is_preflight(request):
        return HttpResponse(status=204)
    try:
        if caller is None:
            raise current().guard.missing_credentials()
        enforce(policy, caller.identity)
    except AuthError as error:
        return refuse(challenge(request, error))
    # The view is to see whom the guard let in, and nobody whom others have put there since.
    settle(request, verdict)
    if caller.ambient and request.method != verdict.method:
        return refuse_forged(request)
    return None


def _guard_async(view: Callable[..., Any], policy: Policy, ask: Ask) -> Callable[..., Any]:
    @functools.wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _refuse_unread(guarded, view, request)
        answer = ask(request, policy)
        if answer is None:
            return vary(await view(request, *args, **kwargs))
        _raise_elsewhere(guarded, view, request, policy, answer)
        return answer

    return guarded


def _guard_sync(view: Callable[..., Any], policy: Policy, ask: Ask) -> Callable[..., Any]:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _refuse_unread(guarded, view, request)
        answer = ask(request, policy)
        if answer is None:
            return varied(view(request, *args, **kwargs))
        _raise_elsewhere(guarded, view, request, policy, answer)
        # What the `dispatch` of a class with async methods returns will be awaited.
        instance = getattr(_method(view), "__self__", None)
        return later(answer) if getattr(instance, "view_is_async", False) else answer

    return guarded


def _raise_elsewhere(
    guarded: object, view: Any, request: Any, policy: Policy, answer: HttpResponse
) -> None:
    """Raise the refusal where nobody may take notice of what is returned. The middleware answers
    it."""
    if answers_with(guarded, _method(view), request):
        return
    caller = verdict_or_error(request).caller
    error: AuthError
    try:
        if caller is None:
            raise current().guard.missing_credentials()
        enforce(policy, caller.identity)
        error = AccessDenied(Reason.CHECK_FAILED, "The request may come from another site.")
    except AuthError as denied:
        error = denied
    remember(request, error, answer)
    raise error


def _refuse_unread(guarded: Any, view: Any, request: Any) -> None:
    """What is required belongs into the arguments of ``cognito_required``: no attribute is read,
    neither one of a function nor one of a class around which it stands."""
    method = _method(view)
    around = getattr(getattr(request, "resolver_match", None), "func", None)
    if around is not guarded:  # the middleware has looked at it
        look_at(guarded, around)
    cls = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if isinstance(cls, type):
        refuse_misnamed(cls)
    instance = None if method is None else method.__self__
    if isinstance(instance, View):
        refuse_misnamed(instance)
        refuse_unread(type(instance), vars(instance))
        refuse_unasked(type(instance), vars(instance), guarded, guarded=True)


async def later(answer: HttpResponse) -> HttpResponse:
    """The answer, for who will await it."""
    return answer


def varied(response: Any, check: Callable[[], None] | None = None) -> Any:
    """What a view has returned, with ``Vary``: a response, or what one is awaited from. ``check``
    is called when the view has run."""
    if isawaitable(response):
        return _awaited(response, check)
    if check is not None:
        check()
    return vary(response)


async def _awaited(response: Any, check: Callable[[], None] | None) -> Any:
    return varied(await response, check)


def _method(view: Any) -> MethodType | None:
    """The method behind what ``method_decorator`` hands over; ``None`` for a function."""
    while view is not None:
        method = view if type(view) is MethodType else getattr(view, "func", None)
        if type(method) is MethodType:
            return method
        view = getattr(view, "__wrapped__", None)
    return None
