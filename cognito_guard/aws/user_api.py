"""UserApi: what a user may see and change of their own, with nothing but their access token.

Amazon Cognito user pools API reference: the operations whose authorization is the access token. No
AWS credentials, no signature, so no SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, final
from urllib.parse import urlsplit

from .._support.silence import forget_locals
from ..errors import ConfigurationError
from ..network.aside import Crew, NotDone
from ..network.call import FetchFailed, Line, call
from ..partitions import partition_of
from ..tokens.user_pool import UserPool
from . import calls, requests
from .addresses import check_address
from .attributes import writable_names
from .calls import UserCall
from .errors import UserApiUnavailable
from .user import CodeDelivery, Device, Page, Session, User
from .user_info import UserInfo, ask_user_info

__all__ = ["UserApi"]

T = TypeVar("T")

_API = "https://cognito-idp.{region}.{dns_suffix}/"


@final
class UserApi:
    """Cognito's user API: the calls that need only the user's own access token.

    ``pool``
        The user pool. Its region determines the address of the API; with ``issuer=``, the issuer's
        host does. A token of another pool is refused and not sent.
    ``writable``
        The attributes that :meth:`update_attributes` and :meth:`delete_attributes` may change. None
        by default.
    ``unsafe_writable``
        Attributes that only your server should write, such as the pool's ``role_claim``
        (``custom:role``). **Users who may write them can give themselves rights**, so ``writable``
        refuses them.
    ``domain``
        The pool's sign-in domain, for :meth:`user_info` only.
    ``url``
        Another address of the API, for emulators and private endpoints.

    Each call has an async variant with the prefix ``a``, for asyncio and trio. At most 32 of these
    run at a time; others wait for up to 3 seconds. A call takes 8 seconds at most and keeps its
    connection for the next one. Any number of threads, event loops and forked workers may use one
    ``UserApi``.

    Every call raises :class:`~cognito_guard.InvalidToken` for a token that is clearly not an access
    token of this pool, and :class:`UserApiError` if Cognito refuses. Cognito checks the token's
    signature. The constructor raises :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(
        self,
        pool: UserPool,
        *,
        writable: Iterable[str] = (),
        unsafe_writable: Iterable[str] = (),
        domain: str | None = None,
        url: str | None = None,
    ) -> None:
        if not isinstance(pool, UserPool):
            raise ConfigurationError("a UserApi needs a UserPool")
        self._pool = pool
        self._writable = writable_names(pool, writable, unsafe_writable)
        self._url = _url(pool) if url is None else check_address("url", url)
        self._user_info = None if domain is None else UserInfo(domain)
        self._line = Line()
        self._crew = Crew(_THREAD, _MOST_THREADS)

    def __repr__(self) -> str:
        return f"<UserApi of {self._pool.user_pool_id}>"

    @property
    def pool(self) -> UserPool:
        """The user pool."""
        return self._pool

    def close(self) -> None:
        """Close the kept connections once no call uses them. The next call opens a new one."""
        self._line.close()
        if self._user_info is not None:
            self._user_info.line.close()

    def get_user(self, access_token: str) -> User:
        """Return the user as the pool knows them now."""
        asked = requests.get_user(access_token)
        del access_token
        return self._do(asked)

    async def aget_user(self, access_token: str) -> User:
        """As :meth:`get_user`."""
        asked = requests.get_user(access_token)
        del access_token
        return await self._ado(asked)

    def update_attributes(
        self, access_token: str, attributes: Mapping[str, str]
    ) -> tuple[CodeDelivery, ...]:
        """Change attributes, by name. Values are strings, as in Cognito.

        If Cognito wants a new address verified, it sends a code, and the result says where. Pass
        the code to :meth:`verify_attribute`.

        Raises :class:`AttributeRefused` for attributes that are not ``writable``, before anything
        is sent.
        """
        asked = requests.update(access_token, self._writable, attributes)
        del access_token, attributes
        return self._do(asked)

    async def aupdate_attributes(
        self, access_token: str, attributes: Mapping[str, str]
    ) -> tuple[CodeDelivery, ...]:
        """As :meth:`update_attributes`."""
        asked = requests.update(access_token, self._writable, attributes)
        del access_token, attributes
        return await self._ado(asked)

    def delete_attributes(self, access_token: str, names: Iterable[str]) -> None:
        """Remove attributes. Raises the same errors as :meth:`update_attributes`."""
        asked = requests.delete(access_token, self._writable, names)
        del access_token, names
        self._do(asked)

    async def adelete_attributes(self, access_token: str, names: Iterable[str]) -> None:
        """As :meth:`delete_attributes`."""
        asked = requests.delete(access_token, self._writable, names)
        del access_token, names
        await self._ado(asked)

    def send_attribute_code(self, access_token: str, name: str) -> CodeDelivery:
        """Send a verification code for ``email`` or ``phone_number``."""
        asked = requests.send_code(access_token, name)
        del access_token
        return self._do(asked)

    async def asend_attribute_code(self, access_token: str, name: str) -> CodeDelivery:
        """As :meth:`send_attribute_code`."""
        asked = requests.send_code(access_token, name)
        del access_token
        return await self._ado(asked)

    def verify_attribute(self, access_token: str, name: str, code: str) -> None:
        """Verify ``email`` or ``phone_number`` with the code that the user received.

        Raises :class:`CodeRefused`.
        """
        asked = requests.verify(access_token, name, code)
        del access_token, code
        self._do(asked)

    async def averify_attribute(self, access_token: str, name: str, code: str) -> None:
        """As :meth:`verify_attribute`."""
        asked = requests.verify(access_token, name, code)
        del access_token, code
        await self._ado(asked)

    def change_password(self, access_token: str, previous: str, proposed: str) -> None:
        """Change the password. Raises :class:`PasswordRefused`."""
        asked = requests.change_password(access_token, previous, proposed)
        del access_token, previous, proposed
        self._do(asked)

    async def achange_password(self, access_token: str, previous: str, proposed: str) -> None:
        """As :meth:`change_password`."""
        asked = requests.change_password(access_token, previous, proposed)
        del access_token, previous, proposed
        await self._ado(asked)

    def delete_user(self, access_token: str) -> None:
        """Delete the user from the pool. **This cannot be undone.** Guards that verify locally
        accept the user's tokens until they expire: revoke them as well."""
        asked = requests.plain("DeleteUser", access_token)
        del access_token
        self._do(asked)

    async def adelete_user(self, access_token: str) -> None:
        """As :meth:`delete_user`."""
        asked = requests.plain("DeleteUser", access_token)
        del access_token
        await self._ado(asked)

    def list_devices(
        self, access_token: str, *, limit: int = 60, after: str | None = None
    ) -> Page[Device]:
        """Return the devices that the pool remembers, ``limit`` (1 to 60) at a time. ``after``: the
        ``following`` of the previous page."""
        asked = requests.devices(access_token, limit, after)
        del access_token, after
        return self._do(asked)

    async def alist_devices(
        self, access_token: str, *, limit: int = 60, after: str | None = None
    ) -> Page[Device]:
        """As :meth:`list_devices`."""
        asked = requests.devices(access_token, limit, after)
        del access_token, after
        return await self._ado(asked)

    def list_user_sessions(self, access_token: str, *, after: str | None = None) -> Page[Session]:
        """Return where the user is signed in. For pools that have sessions turned on (plans
        Essentials and Plus); others refuse with ``OperationNotEnabledException``."""
        asked = requests.sessions(access_token, after)
        del access_token, after
        return self._do(asked)

    async def alist_user_sessions(
        self, access_token: str, *, after: str | None = None
    ) -> Page[Session]:
        """As :meth:`list_user_sessions`."""
        asked = requests.sessions(access_token, after)
        del access_token, after
        return await self._ado(asked)

    def revoke_user_session(
        self, access_token: str, session_id: str, *, linked: bool = False
    ) -> None:
        """End one of :meth:`list_user_sessions`; with ``linked``, also the sessions that came from
        it."""
        asked = requests.revoke_session(access_token, session_id, linked)
        del access_token, session_id
        self._do(asked)

    async def arevoke_user_session(
        self, access_token: str, session_id: str, *, linked: bool = False
    ) -> None:
        """As :meth:`revoke_user_session`."""
        asked = requests.revoke_session(access_token, session_id, linked)
        del access_token, session_id
        await self._ado(asked)

    def global_sign_out(self, access_token: str) -> None:
        """Revoke all tokens of the user at Cognito. **Guards that verify locally accept access
        tokens until they expire**; with a revocation list, they refuse them at once."""
        asked = requests.plain("GlobalSignOut", access_token)
        del access_token
        self._do(asked)

    async def aglobal_sign_out(self, access_token: str) -> None:
        """As :meth:`global_sign_out`."""
        asked = requests.plain("GlobalSignOut", access_token)
        del access_token
        await self._ado(asked)

    def user_info(self, access_token: str) -> Mapping[str, Any]:
        """Return the claims of ``/oauth2/userInfo``, read-only, for access tokens with the scope
        ``openid``.

        Needs ``domain``. The scopes ``profile``, ``email`` and ``phone`` decide what it contains.
        """
        asked = requests.plain("userInfo", access_token)
        del access_token
        return self._ask_user_info(asked)

    async def auser_info(self, access_token: str) -> Mapping[str, Any]:
        """As :meth:`user_info`."""
        asked = requests.plain("userInfo", access_token)
        del access_token
        return await self._aside(lambda: self._ask_user_info(asked))

    async def _ado(self, asked: UserCall[T]) -> T:
        return await self._aside(lambda: self._do(asked))

    async def _aside(self, work: Callable[[], T]) -> T:
        try:
            return await self._crew.run(work)
        except NotDone as missed:
            problem = str(missed)
        raise UserApiUnavailable(f"The user API was not asked: {problem}.")

    def _do(self, asked: UserCall[T]) -> T:
        """Make a call. No error has the frames of this room, which hold what is a person's own."""
        try:
            calls.check_token(self._pool, asked.token)
            asked.prepare()
            answer = call(self._url, asked, line=self._line, repeatable=not asked.changes)
            return calls.outcome(asked, answer)
        except FetchFailed as failed:
            problem = str(failed)
        except BaseException as error:
            forget_locals(error)
            raise
        raise UserApiUnavailable(f"The user API gave no answer: {problem}.")

    def _ask_user_info(self, asked: UserCall[Any]) -> Mapping[str, Any]:
        if self._user_info is None:
            raise ConfigurationError("user_info needs domain=, the pool's sign-in domain")
        try:
            calls.check_token(self._pool, asked.token)
            return ask_user_info(self._user_info, asked)
        except FetchFailed as failed:
            problem = str(failed)
        except BaseException as error:
            forget_locals(error)
            raise
        raise UserApiUnavailable(f"The userInfo endpoint gave no answer: {problem}.")


_THREAD = "cognito_guard.user_api"
_MOST_THREADS = 32


def _url(pool: UserPool) -> str:
    region = pool.user_pool_id.partition("_")[0]
    partition = partition_of(region)
    if partition is not None:
        regular = _API.format(region=region, dns_suffix=partition.dns_suffix)
        if pool.issuers[0] == f"{regular}{pool.user_pool_id}":
            return regular
    # An issuer of the user's own: of an emulator, which has all on one host, or of a private one.
    parts = urlsplit(pool.issuers[0])
    return check_address("the issuer of the pool", f"{parts.scheme}://{parts.netloc}/")
