"""``fill_new_users``: a middleware that gives a new user the name and e-mail address that Cognito
has. An access token says neither.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models.signals import post_save
from django.utils.decorators import sync_and_async_middleware

from cognito_guard import AuthError, ConfigurationError, Identity, KeysUnavailable
from cognito_guard.aws import LiveCaller, LiveUsers, User, UserApi

from .live import live_caller
from .requests.callers import attached
from .settings import current

__all__ = ["fill_new_users"]

_NEW = "_cognito_guard_is_new"
_REASON = "profile_not_filled"


def fill_new_users(api: UserApi) -> Callable[[Any], Any]:
    """Return a middleware for ``MIDDLEWARE``, to put after ``CognitoMiddleware``. In the request
    that creates a user, and in no other, it asks Cognito (GetUser) for the user's attributes.

    These are ``email``, if it is verified, and ``first_name`` and ``last_name``, if the user model
    has these fields. They are set before the view runs. If Cognito cannot be reached, the request
    continues without them, and a warning is logged. ID tokens and sign-ins add what is missing
    later. Raises ``ConfigurationError``.
    """
    if not isinstance(api, UserApi):
        raise ConfigurationError("fill_new_users() takes a UserApi")
    live = LiveUsers(api)

    @sync_and_async_middleware
    def middleware(get_response: Callable[[Any], Any]) -> Any:
        post_save.connect(_note, sender=_links(), dispatch_uid=f"{__name__}._note")
        if iscoroutinefunction(get_response):

            async def fill_later(request: Any) -> Any:
                new = _new(request)
                if new is not None:
                    user = await _asked(new, live)
                    if user is not None:
                        await sync_to_async(_store, thread_sensitive=True)(request, user)
                return await get_response(request)

            return fill_later

        def fill(request: Any) -> Any:
            new = _new(request)
            if new is not None:
                user = _ask(new, live)
                if user is not None:
                    _store(request, user)
            return get_response(request)

        return fill

    return cast("Callable[[Any], Any]", middleware)


def _links() -> Any:
    from .models import CognitoUserLink  # models can be imported only when the apps are ready

    return CognitoUserLink


def _note(*, instance: Any, created: bool, raw: bool, **_: object) -> None:
    """The row of who somebody is has been made, and with it, it may be, the user."""
    if created and not raw:
        instance.user.__dict__[_NEW] = True


def _new(request: Any) -> LiveCaller | None:
    """The caller, whose user this request has made."""
    caller = attached(request)
    made = None if caller is None else getattr(caller.user, "__dict__", {}).pop(_NEW, None)
    if made is None or (caller is not None and caller.identity.is_machine):
        return None
    return live_caller(request, caller)


def _ask(new: LiveCaller, live: LiveUsers) -> User | None:
    try:
        return new.check(live)
    except (AuthError, KeysUnavailable, ConfigurationError) as error:
        _warn(error)
    return None


async def _asked(new: LiveCaller, live: LiveUsers) -> User | None:
    try:
        return await new.acheck(live)
    except (AuthError, KeysUnavailable, ConfigurationError) as error:
        _warn(error)
    return None


def _store(request: Any, user: User) -> None:
    from .users.links import Found
    from .users.profile import fill, says
    from .users.values import values_of

    caller = attached(request)
    assert caller is not None  # noqa: S101  # whom `_new` has found
    found = Found(None, caller.user)
    said = says(cast("Identity", _as_token(user)), type(caller.user))
    before = values_of(found)
    fill(found, said)
    changed = before.changed(values_of(found))
    if not changed:
        return
    using = caller.user._state.db
    try:
        with transaction.atomic(using=using):
            caller.user.save(using=using, update_fields=changed)
    except (DatabaseError, ValidationError, ValueError) as error:
        before.put(found)
        _warn(error)


def _as_token(user: User) -> Any:
    """A user as the claims of an ID token tell it."""
    return SimpleNamespace(
        email=user.email, email_verified=user.email_verified, claims=dict(user.attributes)
    )


def _warn(error: Exception) -> None:
    current().guard.warn(
        _REASON, "The profile of a new user was not filled: %s", type(error).__name__
    )
