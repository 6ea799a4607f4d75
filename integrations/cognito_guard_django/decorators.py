"""``cognito_required``: what a caller must have to reach a view."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast, overload

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Identity,
    Policy,
    PolicyLike,
    build_policy,
    enforce,
)

from .refusal import refuse
from .requests import is_preflight
from .settings import current

__all__ = ["cognito_required", "later", "refusal"]

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
    policy: PolicyLike | None = None,
) -> Callable[[V], V]: ...


def cognito_required(
    view: V | None = None,
    /,
    *,
    groups: Names = None,
    scopes: Names = None,
    roles: Names = None,
    policy: PolicyLike | None = None,
) -> V | Callable[[V], V]:
    """Let only callers reach a view who have all that is named; without arguments, any caller with
    a good token. A user whom only a session knows has none.

    For functions, sync and async, bare or with arguments, and with ``method_decorator`` for
    classes. Needs :class:`~cognito_guard_django.middleware.CognitoMiddleware`. ``policy`` is any
    callable that takes an ``Identity``, such as ``require_groups("a") | require_scopes("b")``. A
    refusal is answered with the challenge, and a CORS preflight with an empty 204: the view runs
    for neither.

    Raises ``ConfigurationError``: for an empty or wrong requirement when the decorator is applied,
    and for a missing middleware when a request comes.
    """
    required = build_policy(groups=groups, scopes=scopes, roles=roles, policy=policy)

    def decorate(view: V) -> V:
        guard = _guard_async if iscoroutinefunction(view) else _guard_sync
        wrapper = guard(view, required)
        # Django's LoginRequiredMiddleware would send who has no token to a form, with 302.
        wrapper.login_required = False  # type: ignore[attr-defined]
        return cast("V", wrapper)

    return decorate if view is None else decorate(view)


def refusal(request: Any, policy: Policy) -> HttpResponse | None:
    """The answer to a caller who may not pass; ``None`` for one who may."""
    if not hasattr(request, "identity"):
        raise ConfigurationError(
            "cognito_required needs cognito_guard_django.middleware.CognitoMiddleware in MIDDLEWARE"
        )
    identity: Identity | None = request.identity
    if identity is None and is_preflight(request):
        return HttpResponse(status=204)
    try:
        if identity is None:
            raise current().guard.missing_credentials()
        enforce(policy, identity)
    except AuthError as error:
        return refuse(current().guard.challenge(error))
    return None


def _guard_async(view: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    @functools.wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = refusal(request, policy)
        return await view(request, *args, **kwargs) if answer is None else answer

    return guarded


def _guard_sync(view: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = refusal(request, policy)
        if answer is None:
            return view(request, *args, **kwargs)
        # What the `dispatch` of a class with async methods returns will be awaited.
        return later(answer) if getattr(_instance(view), "view_is_async", False) else answer

    return guarded


async def later(answer: HttpResponse) -> HttpResponse:
    """The answer, for who will await it."""
    return answer


def _instance(view: Any) -> object:
    """The class's instance behind what ``method_decorator`` hands over; ``None`` for a function."""
    while view is not None:
        instance: object = getattr(getattr(view, "func", None), "__self__", None)
        if instance is not None:
            return instance
        view = getattr(view, "__wrapped__", None)
    return None
