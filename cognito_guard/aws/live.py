"""LiveUsers: whether a user is still signed in, asked of Cognito, and not too often.

Verifying a token locally sees neither a sign-out nor a user who was disabled. GetUser does.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from math import ceil
from secrets import token_bytes
from typing import final

from .._support.clock import steady_clock
from .._support.fork import forget_after_fork
from .._support.silence import forget_locals
from ..errors import AccessDenied, ConfigurationError, InvalidToken, Reason
from ..network.aside import Crew, NotDone
from ..network.waiting import Pending
from . import calls, requests
from .backoff import Backoff
from .errors import (
    LiveCheckUnavailable,
    ScopeMissing,
    TokenRefused,
    UserApiError,
    UserApiUnavailable,
    UserGone,
)
from .user import User
from .user_api import UserApi

__all__ = ["LiveUsers"]

_LONGEST = 3600.0
_MAX_ENTRIES = 10_000
_PATIENCE = 10.0  # longer than a call takes
_THREAD = "cognito_guard.live_users"
_MOST_THREADS = 32

_REVOKED = "The user has signed out, or is disabled or gone."
_NO_SCOPE = f"The token lacks the scope {calls.SCOPE}, without which Cognito says nothing of it."


@final
class _Asked:
    """One question to Cognito: under way, or answered. Its ``repr`` says nothing."""

    __slots__ = (
        "abandoned",
        "asked_at",
        "begun",
        "decided",
        "lacks_scope",
        "pending",
        "retry_after",
        "user",
    )

    def __init__(self, now: float) -> None:
        self.asked_at = now
        self.pending = Pending()
        self.user: User | None = None
        self.abandoned = self.begun = self.decided = self.lacks_scope = False
        self.retry_after = 1

    def answer(self) -> User:
        """The user. Raises as :meth:`LiveUsers.check`."""
        if self.user is not None:
            return self.user
        if self.lacks_scope:
            raise AccessDenied(Reason.MISSING_SCOPE, _NO_SCOPE, scopes=[calls.SCOPE])
        if self.decided:
            raise InvalidToken(Reason.REVOKED, _REVOKED)
        raise LiveCheckUnavailable(self.retry_after)


@final
class _Held:
    """A token, for those who ask about it. Its ``repr`` says nothing."""

    __slots__ = ("asked", "key")

    def __init__(self, token: str) -> None:
        self.asked = requests.get_user(token)
        self.key = b""


@final
class LiveUsers:
    """Checks whether the user of an access token is still signed in, by asking Cognito (GetUser).

    ``api``
        The :class:`UserApi` to use.
    ``max_age``
        How many seconds an answer is used, at most 3600. A sign-out is noticed up to this much
        later.
    ``max_entries``
        How many answers are cached. The oldest are removed first.
    ``clock``
        Returns seconds and never goes back.

    The cache keys are digests of the tokens, made with a key that only this process has. If several
    callers ask about one token, they share the answer. If Cognito fails or throttles, nobody asks
    for 1 second at first and up to a minute, and callers without a cached answer do not pass.

    Any number of threads, event loops and forked workers may use it. Raises
    :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(
        self,
        api: UserApi,
        *,
        max_age: float = 30,
        max_entries: int = _MAX_ENTRIES,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        if not isinstance(api, UserApi):
            raise ConfigurationError("LiveUsers needs a UserApi")
        if isinstance(max_age, bool) or not isinstance(max_age, int | float):
            raise ConfigurationError("max_age must be a number of seconds")
        if not 0 < max_age <= _LONGEST:
            raise ConfigurationError(f"max_age must be more than 0 s and at most {_LONGEST:g} s")
        if type(max_entries) is not int or max_entries < 1:
            raise ConfigurationError("max_entries must be a whole number, and at least 1")
        self._api = api
        self._max_age = max_age
        self._max_entries = max_entries
        self._clock = clock
        self._secret = token_bytes(32)
        self._crew = Crew(_THREAD, _MOST_THREADS)
        self._forget_parent()
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<LiveUsers of {self._api.pool.user_pool_id}>"

    @property
    def api(self) -> UserApi:
        """The API that is used."""
        return self._api

    def check(self, access_token: str) -> User:
        """Return the user, at most ``max_age`` seconds old. Blocks only while Cognito is asked.

        Raises :class:`~cognito_guard.InvalidToken` (``revoked``) if the user has signed out, is
        disabled or deleted, or if the token has expired. Raises
        :class:`~cognito_guard.AccessDenied` (``missing_scope``) if Cognito gives no answer for this
        token, and :class:`LiveCheckUnavailable` if Cognito cannot be asked. It does not check the
        signature: verify the token with the guard first.
        """
        held = _Held(access_token)
        del access_token
        while True:
            asked, leads = self._begin(held)
            if leads:
                self._ask(held, asked)
            elif not asked.pending.wait(_PATIENCE):
                raise LiveCheckUnavailable
            if not asked.abandoned:
                return asked.answer()

    async def acheck(self, access_token: str) -> User:
        """As :meth:`check`, for asyncio and trio."""
        held = _Held(access_token)
        del access_token
        while True:
            asked, leads = self._begin(held)
            if leads:
                await self._ask_aside(held, asked)
            elif not asked.pending.over and not await asked.pending.wait_async(_PATIENCE):
                raise LiveCheckUnavailable
            if not asked.abandoned:
                return asked.answer()

    async def _ask_aside(self, held: _Held, asked: _Asked) -> None:
        try:
            # Goes on if this task is cancelled: others may be waiting for it.
            await self._crew.run(partial(self._ask, held, asked))
        except NotDone:
            self._end(held, asked, 1)
        except BaseException:  # cancelled, and it may be that nobody has begun to ask
            self._abandon(held, asked)
            raise

    def _abandon(self, held: _Held, asked: _Asked) -> None:
        with self._lock:
            if asked.pending.over or asked.begun:
                return
            asked.abandoned = True
            self._backoff.gave_up(self._clock())
            if self._known.get(held.key) is asked:
                del self._known[held.key]
        asked.pending.finish()

    def forget(self, access_token: str) -> None:
        """Make the next check of this token ask Cognito. Call it after your own sign-out."""
        held = _Held(access_token)
        del access_token
        self._look_at(held)
        with self._lock:
            self._known.pop(held.key, None)

    def _look_at(self, held: _Held) -> None:
        """Whether this can be a token of the pool, and under what it is remembered."""
        try:
            calls.check_token(self._api.pool, held.asked.token)
        except BaseException as error:
            forget_locals(error)
            raise
        held.key = blake2b(held.asked.token.encode("ascii"), key=self._secret).digest()

    def _begin(self, held: _Held) -> tuple[_Asked, bool]:
        """What is known or being asked of a token; and whether the caller is the one to ask."""
        self._look_at(held)
        now = self._clock()
        if held.asked.lacks(calls.SCOPE):
            asked = _Asked(now)
            asked.lacks_scope = True
            asked.pending.finish()
            return asked, False
        with self._lock:
            found = self._known.get(held.key)
            if found is not None and now - found.asked_at < self._max_age:
                return found, False
            left = self._backoff.left(now)
            if left:
                raise LiveCheckUnavailable(ceil(left))
            self._backoff.began(now)
            asked = self._known[held.key] = _Asked(now)
            self._known.move_to_end(held.key)
            if len(self._known) > self._max_entries:
                self._known.popitem(last=False)
        return asked, True

    def _ask(self, held: _Held, asked: _Asked) -> None:
        retry_after = 1
        with self._lock:
            asked.begun = True
        try:
            asked.user = self._api.get_user(held.asked.token)
            asked.decided = True
        except (TokenRefused, UserGone):
            asked.decided = True
        except ScopeMissing:
            asked.decided = asked.lacks_scope = True
        except UserApiUnavailable as error:
            retry_after = error.retry_after
        except UserApiError:  # the pool's web ACL, for example, which is no word about the user
            pass
        finally:
            self._end(held, asked, retry_after)

    def _end(self, held: _Held, asked: _Asked, retry_after: float) -> None:
        with self._lock:
            if asked.decided:
                self._backoff.succeeded(asked.asked_at)
            else:
                now = self._clock()
                self._backoff.failed(asked.asked_at, now, retry_after)
                asked.retry_after = ceil(self._backoff.left(now))
                if self._known.get(held.key) is asked:
                    del self._known[held.key]
        asked.pending.finish()

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, _Asked] = OrderedDict()
        self._backoff = Backoff(_PATIENCE)
