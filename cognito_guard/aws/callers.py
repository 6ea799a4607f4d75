"""Which access token the caller of a request can be asked about. For adapters."""

from __future__ import annotations

from typing import Protocol, final

from .._support.silence import Unsaid, forget_locals
from ..errors import ConfigurationError, InvalidToken, Reason
from ..guard import Guard
from ..http.carriers import Credential, Forwarded, HeaderValues
from ..identity import Identity
from .live import LiveUsers
from .user import User

__all__ = ["LiveCaller"]


class _Session(Protocol):
    @property
    def access_token(self) -> str: ...  # pragma: no cover


@final
class LiveCaller:
    """The caller of a request that a guard has accepted. For adapters: one call, after the guard.

    ``headers``: as for ``Guard.authenticate``. ``session``: the caller's login session, if the
    caller was found by one. Its ``repr`` shows nothing.
    """

    __slots__ = ("_guard", "_headers", "_identity", "_session")

    def __init__(
        self,
        guard: Guard,
        headers: HeaderValues,
        identity: Identity,
        session: _Session | None = None,
    ) -> None:
        self._guard = guard
        self._headers = Unsaid(headers)
        self._identity = identity
        self._session = session

    def check(self, live: LiveUsers) -> User:
        """Return the user, who is still signed in. Raises what :meth:`LiveUsers.check` raises, and
        :class:`~cognito_guard.ConfigurationError` if the access token is not available."""
        return self._same(live.check(self._token()))

    async def acheck(self, live: LiveUsers) -> User:
        """As :meth:`check`."""
        return self._same(await live.acheck(self._token()))

    def _token(self) -> str:
        if self._session is not None:
            return self._session.access_token
        pools = self._guard.user_pools
        if self._identity.token_use == "id" and not any("access" in p.token_uses for p in pools):
            raise ConfigurationError(
                "whether a user is still signed in is asked with an access token, and this guard "
                "accepts only ID tokens"
            )
        try:
            return _in(self._guard.find_credential(self._headers))
        except BaseException as error:
            forget_locals(error)
            raise

    def _same(self, user: User) -> User:
        if user.subject != self._identity.subject:
            raise InvalidToken(
                Reason.IDENTITY_MISMATCH,
                "The access token of the request is another user's than the caller's.",
            )
        return user


def _in(credential: Credential | None) -> str:
    for one in () if credential is None else (credential, *credential.others):
        found = one.value.access_token if isinstance(one.value, Forwarded) else one.value
        if found:
            return found
    raise ConfigurationError(
        "whether a user is still signed in is asked with the access token of the request, and this "
        "one has none: a load balancer has to forward x-amzn-oidc-accesstoken"
    )
