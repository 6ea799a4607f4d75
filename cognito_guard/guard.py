"""Guard: the one place where trust, carriers and policy meet. All that an adapter needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, final

from ._log import info
from .carriers import AuthorizationHeader, Carrier, HeaderValues
from .challenge import Challenge, challenge
from .config import DEFAULT_PREFIX, SETTING_NAMES, guard_arguments, values_from_text
from .errors import (
    AuthError,
    ConfigurationError,
    InvalidRequest,
    KeysUnavailable,
    MissingCredentials,
    Reason,
)
from .identity import Identity
from .pool import UserPool
from .token import DEFAULT_MAX_BYTES
from .verifier import TokenVerifier

__all__ = ["Credential", "Guard"]


class Credential(NamedTuple):
    """A credential that a request carries, unverified, and the carrier that found it."""

    token: str
    carrier: Carrier

    def __repr__(self) -> str:
        return f"<Credential in {self.carrier!r}>"


@final
class Guard:
    r"""Decides who is calling, by the user pools that it trusts.

    ``trusted``
        One :class:`UserPool` or more. A token is held against the pool whose issuer it names.
    ``carriers``
        Where a request carries its credential; the ``Authorization`` header unless said otherwise.
        A request that carries a credential in two of them is refused (RFC 6750, section 2).
    ``realm``
        The ``realm`` of the challenges (RFC 9110, section 11.5): printable ASCII without ``"`` and
        ``\``.
    ``max_token_bytes``
        The longest token that is looked at; 16 KiB unless said otherwise.
    ``clock``
        Seconds since 1970.

    One guard serves any number of threads, event loops and forked workers. Raises
    :class:`ConfigurationError`.
    """

    setting_names: ClassVar[tuple[str, ...]] = SETTING_NAMES
    """What :meth:`from_env` and :meth:`from_mapping` know, without a prefix. For an adapter whose
    framework keeps settings of its own next to them."""

    def __init__(
        self,
        *trusted: UserPool,
        carriers: Iterable[Carrier] = (AuthorizationHeader(),),
        realm: str | None = None,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not trusted or not all(isinstance(party, UserPool) for party in trusted):
            raise ConfigurationError("a Guard needs one UserPool or more, each as an argument")
        self.carriers = _carriers(carriers)
        self.realm = _realm(realm)
        if type(max_token_bytes) is not int or max_token_bytes <= 0:
            raise ConfigurationError("max_token_bytes must be a whole number of bytes")
        self._homes = {issuer: pool.issuers[0] for pool in trusted for issuer in pool.issuers}
        self._verifier = TokenVerifier(*trusted, max_token_bytes=max_token_bytes, clock=clock)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, prefix: str = DEFAULT_PREFIX
    ) -> Guard:
        """A guard from environment variables: ``COGNITO_USER_POOL_ID``, ``COGNITO_CLIENT_IDS`` ...

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        environ = os.environ if environ is None else environ
        return cls.from_mapping(values_from_text(environ, prefix), prefix=prefix)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any], *, prefix: str = DEFAULT_PREFIX) -> Guard:
        """A guard from settings with typed values. Names without ``prefix`` are not looked at.

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        pools, keywords = guard_arguments(settings, prefix)
        return cls(*pools, **keywords)

    def verify(self, token: str) -> Identity:
        """Who a token speaks for. Blocks only while a key that is not held is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        return self._verifier.verify(token)

    async def averify(self, token: str) -> Identity:
        """As :meth:`verify`, for asyncio and trio."""
        return await self._verifier.averify(token)

    def find_credential(self, headers: HeaderValues) -> Credential | None:
        """The one credential that a request carries, unverified; ``None`` for none.

        Raises :class:`InvalidRequest`.
        """
        found: Credential | None = None
        for carrier in self.carriers:
            token = carrier.find(headers)
            if token is not None:
                if found is not None:
                    raise InvalidRequest(
                        Reason.MULTIPLE_CREDENTIALS,
                        "The request carries a token in more than one place.",
                    )
                found = Credential(token, carrier)
        return found

    def authenticate(self, headers: HeaderValues) -> Identity:
        """Who sent a request. ``headers`` gives all raw values of a header by its lower-case name.

        Raises :class:`MissingCredentials` if the request carries no credential, and only then;
        :class:`InvalidRequest`, :class:`InvalidToken`, :class:`KeysUnavailable`.
        """
        return self.verify(self._credential(headers).token)

    async def aauthenticate(self, headers: HeaderValues) -> Identity:
        """As :meth:`authenticate`, for asyncio and trio."""
        return await self.averify(self._credential(headers).token)

    def home_issuer(self, identity: Identity) -> str:
        """The issuer to store a caller under: the first form of the pool's issuers, whichever of
        them the token names. A pool that changes to the updated form keeps its users this way.
        """
        return self._homes.get(identity.issuer, identity.issuer)

    def challenge(self, error: AuthError | KeysUnavailable) -> Challenge:
        """The HTTP answer to a request that failed with ``error``."""
        answer = challenge(error, realm=self.realm)
        info("refused with %d: %s", answer.status, error.reason)
        return answer

    def prefetch(self) -> None:
        """Start to fetch keys in the background. Never blocks, never raises; for start-up."""
        self._verifier.prefetch()

    def _credential(self, headers: HeaderValues) -> Credential:
        credential = self.find_credential(headers)
        if credential is None:
            raise MissingCredentials(
                Reason.MISSING_CREDENTIALS, "The request carries no bearer token."
            )
        return credential


def _carriers(carriers: Iterable[Carrier]) -> tuple[Carrier, ...]:
    if not isinstance(carriers, Iterable):
        raise ConfigurationError("carriers must be a list")
    listed = tuple(carriers)
    if not listed:
        raise ConfigurationError("carriers must not be empty")
    for carrier in listed:
        finds = callable(getattr(carrier, "find", None))
        # A text can find, too, and a class can, but neither says whether browsers send it along.
        says = isinstance(getattr(carrier, "ambient", None), bool)
        if not finds or not says or isinstance(carrier, type):
            raise ConfigurationError("each of carriers must be one, such as Cookie(name)")
    return listed


def _realm(realm: object) -> str | None:
    if realm is None:
        return None
    if (
        not isinstance(realm, str)
        or not realm
        or any(not " " <= character <= "~" or character in '"\\' for character in realm)
    ):
        raise ConfigurationError('realm must be printable ASCII without " and \\')
    return realm
