"""``login_required``: pages for those who have signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from cognito_guard import AuthError, Challenge, ConfigurationError, PolicyLike, build_policy

from ..caller import Caller
from ..held import Exchange
from ..refusal import Page, Scope, challenge
from ..starlette import Names, _nothing, guarding

__all__ = ["login_required"]

E = TypeVar("E", bound=Callable[..., Any])


@overload
def login_required(endpoint: E, /) -> E: ...
@overload
def login_required(
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Callable[[E], E]: ...
def login_required(
    *endpoint: Any,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Any:
    """Do the same as :func:`cognito_guard_asgi.starlette.requires`, for pages: a browser that opens
    one is redirected to the sign-in and back.

    A script gets the challenge, 401. A signed-in user who lacks a group, a scope or a role gets
    403. If the policy requires a more recent sign-in, the user is asked to sign in again. Responses
    are not kept by browsers, unless they say so themselves. Needs ``CognitoMiddleware(login=...)``
    around the app.
    """
    required = build_policy(
        groups=groups, scopes=scopes, roles=roles, acr=acr, mfa=mfa, max_age=max_age, policy=policy
    )
    named = (groups, scopes, roles, acr, max_age, policy)
    asks_more = mfa or any(one is not None for one in named)
    decorate = guarding(required, _page, verb="login_required", asks_more=asks_more)
    # A decorator below may have given None, which is not none.
    return decorate(*endpoint) if endpoint else decorate


def _page(caller: Caller, scope: Scope, error: AuthError | None) -> Challenge | Page | None:
    if caller.signed_in is None:
        raise ConfigurationError("login_required() needs CognitoMiddleware(login=...)")
    if error is None:
        if caller.marks is not None:
            caller.marks.page = caller.page = True
        return None
    held = Exchange(scope, _nothing, _nothing)
    del scope  # it has the credential, and listeners and log handlers may report what they see
    if caller.marks is None:  # by another credential, or the session was not looked at
        return challenge(caller.guard, held.scope, error)
    answer: Challenge | Page = caller.signed_in.answer(caller.guard, held.scope, error)
    return answer
