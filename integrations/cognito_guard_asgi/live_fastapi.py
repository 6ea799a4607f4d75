"""``require_live_user`` for FastAPI: whether the caller of a route is still signed in."""

# No `from __future__ import annotations`: FastAPI reads the annotations of `__call__` on instances,
# where text could not be resolved.

from inspect import Parameter, Signature
from typing import Annotated, final

from fastapi import Depends
from starlette.requests import HTTPConnection

from cognito_guard import ConfigurationError, Identity
from cognito_guard.aws import LiveCaller, LiveUsers, User

from .fastapi import CognitoAuth
from .held import Call
from .refusal import header_values
from .signed_in import look_of

__all__ = ["LiveUser", "require_live_user"]


@final
class LiveUser:
    """The dependency of :func:`require_live_user`."""

    def __init__(self, auth: CognitoAuth, live: LiveUsers) -> None:
        if not isinstance(auth, CognitoAuth) or not isinstance(live, LiveUsers):
            raise ConfigurationError("require_live_user() takes a CognitoAuth and a LiveUsers")
        self._auth = auth
        self._live = live
        kind = Parameter.KEYWORD_ONLY
        self.__signature__ = Signature(
            [
                Parameter("connection", kind, annotation=HTTPConnection),
                # The guard comes first, and makes a refusal of what is raised here.
                Parameter("identity", kind, annotation=Annotated[Identity, Depends(auth)]),
            ]
        )

    async def __call__(self, *, connection: HTTPConnection, identity: Identity) -> User:
        """Return the user, as Cognito knows them."""
        call = Call(connection=connection)
        del connection
        look = look_of(call.connection.scope)
        session = None if look is None else look.session
        # A token that somebody has put into the request since is asked about, and not the session.
        if session is not None and session.identity is not identity:
            session = None
        headers = header_values(call.connection.scope)
        caller = LiveCaller(self._auth.guard, headers, identity, session)
        del session
        return await caller.acheck(self._live)


def require_live_user(auth: CognitoAuth, live: LiveUsers) -> LiveUser:
    """Return a dependency for routes whose caller must still be signed in, as ``live`` finds out at
    Cognito.

    ``auth`` runs first: ``user: Annotated[User, Depends(require_live_user(auth, live))]``, or in
    ``dependencies=[...]`` of a route. It uses the access token of the request, or of the signed-in
    user's session. Nothing blocks meanwhile. Refusals are those of ``auth``: 401 ``revoked``, 403
    for a token without the scope, 503 if Cognito cannot be reached. Raises ``ConfigurationError``.
    """
    return LiveUser(auth, live)
