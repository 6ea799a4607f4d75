"""``IsLiveUser``: the permission of callers who are still signed in. Cognito is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cognito_guard import AuthError, ConfigurationError, KeysUnavailable
from cognito_guard.aws import LiveUsers

from ..live import live_caller
from .asking import Denial
from .authentication import caller_of, identity_of
from .permissions import CognitoPermission
from .refusals import refused

if TYPE_CHECKING:
    from rest_framework.request import Request

__all__ = ["IsLiveUser"]


class IsLiveUser(CognitoPermission):
    """``IsLiveUser(live)`` requires what :class:`CognitoPermission` does, and that the caller is
    still signed in, as ``live`` finds out at Cognito. It combines as the other permissions do.

    It uses the access token of the request, or of the signed-in user's session. It asks only about
    callers who have what the view requires. A refusal is 401 ``revoked``, 403 for a token without
    the scope, or 503 if Cognito cannot be reached. In tests, ``force_authenticate`` has no token to
    ask with. Raises ``ConfigurationError``.
    """

    def __init__(self, live: LiveUsers) -> None:
        if not isinstance(live, LiveUsers):
            raise ConfigurationError("IsLiveUser takes a LiveUsers: IsLiveUser(live)")
        super().__init__()
        self._live = live

    def denial(self, request: Request, view: Any) -> Denial | None:
        """Why not; ``None`` for a caller who may pass."""
        found = super().denial(request, view)
        if found is not None:
            return found
        caller = caller_of(request)
        if caller is None or identity_of(request) is not caller.identity:
            raise ConfigurationError("IsLiveUser needs the token of a request, and this has none")
        try:
            live_caller(request._request, caller).check(self._live)
        except AuthError as error:
            return Denial(error)
        except KeysUnavailable as error:
            raise refused(request, error) from error
        return None
