"""RefreshTokens: which sign-ins go on, by their refresh tokens. Rotation, reuse, revocation."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..clients import LocalClient

__all__ = ["NotGood", "RefreshTokens", "Reused", "SignIn"]

# More than anybody's tests sign in; the oldest are forgotten.
_MAX = 10_000
# As Cognito's: five parts, as those of an encrypted JWT, and about so long. What is too long for a
# cookie there is too long for a cookie here.
_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ"
_PARTS = (256, 12, 900, 16)


@dataclass
class SignIn:
    """One sign-in of a user with a client. All of its tokens have its ``origin_jti``."""

    client_id: str
    username: str
    scopes: Sequence[str]
    auth_time: int
    ends: float
    """Until when it can be refreshed, rotation or not."""
    resource: str | None = None
    level: int = 1
    """How strong it was, 1 to 4. A refresh keeps it."""
    by_browser: bool = True
    """Through managed login; the API's tokens are a little different."""
    origin_jti: str = field(default_factory=lambda: str(uuid.uuid4()), repr=False)
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()), repr=False)


class NotGood(Exception):
    """No such refresh token, or not any more, or of another client."""


class Reused(NotGood):
    """A refresh token that rotation has replaced, and whose time of grace is over."""


@dataclass
class _Kept:
    sign_in: SignIn
    replaced: float | None = None


class RefreshTokens:
    """Keeps refresh tokens, the latest of them. For any number of threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, _Kept] = OrderedDict()
        self._revoked: OrderedDict[str, None] = OrderedDict()

    def issue(self, sign_in: SignIn) -> str:
        """A new refresh token of a sign-in."""
        with self._lock:
            return self._new(sign_in)

    def use(self, token: str, client: LocalClient) -> tuple[SignIn, str | None]:
        """What a refresh token stands for, and with rotation the one in its place.

        Raises :class:`NotGood`.
        """
        with self._lock:
            kept, now = self._tokens.get(token), self._clock()
            if kept is None or kept.sign_in.client_id != client.client_id:
                raise NotGood
            if now >= kept.sign_in.ends or kept.sign_in.origin_jti in self._revoked:
                raise NotGood
            if client.rotation_grace is None:
                return kept.sign_in, None
            if kept.replaced is None:
                kept.replaced = now
            elif now >= kept.replaced + client.rotation_grace:
                raise Reused
            return kept.sign_in, self._new(kept.sign_in)

    def revoke(self, token: str, client: LocalClient) -> None:
        """End a sign-in by a refresh token of it; one that nobody knows ends nothing (RFC 7009).

        Raises :class:`NotGood` if it is another client's.
        """
        with self._lock:
            kept = self._tokens.get(token)
            if kept is not None:
                if kept.sign_in.client_id != client.client_id:
                    raise NotGood
                self._end(kept.sign_in.origin_jti)

    def sign_out(self, username: str, origin_jti: str) -> None:
        """End all sign-ins of a user, and the one with ``origin_jti``."""
        with self._lock:
            for kept in self._tokens.values():
                if kept.sign_in.username == username:
                    self._end(kept.sign_in.origin_jti)
            self._end(origin_jti)

    def revoked(self, origin_jti: str) -> bool:
        """Whether the tokens of a sign-in are good no more."""
        with self._lock:
            return origin_jti in self._revoked

    def sign_ins(self, username: str) -> list[SignIn]:
        """Those of a user that go on."""
        now = self._clock()
        with self._lock:
            found = {kept.sign_in.origin_jti: kept.sign_in for kept in self._tokens.values()}
            return [
                one
                for one in found.values()
                if one.username == username
                and now < one.ends
                and one.origin_jti not in self._revoked
            ]

    def end(self, origin_jti: str) -> None:
        """End a sign-in."""
        with self._lock:
            self._end(origin_jti)

    def _new(self, sign_in: SignIn) -> str:
        token = ".".join([_HEADER, *(secrets.token_urlsafe(size) for size in _PARTS)])
        self._tokens[token] = _Kept(sign_in)
        if len(self._tokens) > _MAX:
            self._tokens.popitem(last=False)
        return token

    def _end(self, origin_jti: str) -> None:
        self._revoked[origin_jti] = None
        if len(self._revoked) > _MAX:
            self._revoked.popitem(last=False)
