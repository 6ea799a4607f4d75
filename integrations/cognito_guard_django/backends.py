"""CognitoBackend: turns a token into a user, for ``login()`` and sessions."""

from __future__ import annotations

from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from cognito_guard import AuthError, ConfigurationError, Identity

from .requests.callers import user_of
from .requests.refusal import challenge
from .settings import Settings, current

__all__ = ["CognitoBackend"]


class CognitoBackend(ModelBackend):
    """Authenticate a user by a token: ``authenticate(request, token=...)``. Use it next to other
    backends or alone.

    Permissions are those of Django's ``ModelBackend``. As usual in Django, the result is ``None``
    for a token that is not accepted. The reason goes to the logger ``cognito_guard``. Raises
    ``KeysUnavailable`` if the guard cannot decide whether the token is valid.

    A subclass may define ``user_can_authenticate``. A user for whom it returns false is refused
    wherever a token is used.
    """

    takes_cognito_tokens: ClassVar[bool] = True

    @sensitive_variables("token")
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, token: str | None = None
    ) -> Any:
        """The user whom the token speaks for."""
        settings = _settings()
        if token is None:
            return None
        held = [token]
        del token  # a report of an error shows what is in variables while other code runs
        try:
            return user_of(settings.guard.verify(held.pop()), settings)
        except AuthError as error:
            return _nobody(request, error)

    @sensitive_variables("token")
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, token: str | None = None
    ) -> Any:
        """As :meth:`authenticate`."""
        settings = _settings()
        if token is None:
            return None
        held = [token]
        del token
        try:
            identity: Identity = await settings.guard.averify(held.pop())
            return await sync_to_async(user_of, thread_sensitive=True)(identity, settings)
        except AuthError as error:
            return _nobody(request, error)


def _settings() -> Settings:
    settings = current()
    if settings.stateless:
        raise ConfigurationError("CognitoBackend needs users that are stored: USERS = 'model'")
    return settings


def _nobody(request: HttpRequest | None, error: AuthError) -> None:
    # The answer is Django's own affair; this one is asked for its record in the guard's log, which
    # bounds how many there are.
    challenge(request, error)
