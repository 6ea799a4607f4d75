"""CognitoBackend: turns a token into a user, for ``login()`` and sessions."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from cognito_guard import AuthError, ConfigurationError, Identity

from .callers import user_of
from .settings import Settings, current

__all__ = ["CognitoBackend"]


class CognitoBackend(ModelBackend):
    """``authenticate(request, token=...)``, beside other backends or alone.

    Permissions are those of Django's ``ModelBackend``. ``None`` for a token that is not accepted,
    as Django has it; the reason goes to the logger ``cognito_guard``. Raises ``KeysUnavailable``
    where nobody can say whether the token is good.
    """

    @sensitive_variables("token")
    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, token: str | None = None
    ) -> Any:
        """The user whom the token speaks for."""
        settings = _settings()
        if token is None:
            return None
        try:
            return user_of(settings.guard.verify(token), settings)
        except AuthError as error:
            return _nobody(error, settings)

    @sensitive_variables("token")
    async def aauthenticate(  # type: ignore[override]
        self, request: HttpRequest | None, token: str | None = None
    ) -> Any:
        """As :meth:`authenticate`."""
        settings = _settings()
        if token is None:
            return None
        try:
            identity: Identity = await settings.guard.averify(token)
            return await sync_to_async(user_of, thread_sensitive=True)(identity, settings)
        except AuthError as error:
            return _nobody(error, settings)


def _settings() -> Settings:
    settings = current()
    if settings.stateless:
        raise ConfigurationError("CognitoBackend needs users that are stored: USERS = 'model'")
    return settings


def _nobody(error: AuthError, settings: Settings) -> None:
    # The answer is Django's own affair; this one is asked for its record in the guard's log, which
    # bounds how many there are.
    settings.guard.challenge(error)
