"""The steps of signing in: an attempt begins, and a browser comes back."""

from __future__ import annotations

from contextlib import suppress
from typing import final

from .._support.log import INFO, WARNING, Log
from ..errors import AuthError, KeysUnavailable
from ..guard import Guard
from ..identity import Identity
from ..network.post import FetchFailed
from ..tokens.verifier import TokenVerifier
from .addresses import Parameters
from .answers import Tokens
from .attempts import Attempt, Attempts
from .checks import check_id_token, check_same_user, check_stronger, life_of
from .cookies import LoginCookie, is_random_value, random_value
from .effects import Steps, add, remove, send, verify, whole
from .errors import LoginFailed, SessionsUnavailable
from .held import Shelf
from .managed_login import Callback, ManagedLogin
from .next_page import own_page
from .outcomes import SignedIn, Started
from .reasons import LoginReason
from .records import Record
from .secrecy import Secret, Secretive
from .step_up import StepUp

__all__ = ["Arrival", "SigningIn"]


@final
class Arrival(Secretive):
    """What a browser has come back with: the raw query, and its two cookies. ``previous``: the id
    of the session that it has, which ends."""

    __slots__ = ("binding", "previous", "query")

    def __init__(self, query: str | bytes, binding: str | None, previous: str | None) -> None:
        self.query = query
        self.binding = binding
        self.previous = previous


@final
class SigningIn(Secretive):
    """Begins attempts, and finishes them."""

    __slots__ = (
        *("_attempts", "_binding_cookie", "_client_tokens", "_guard", "_log", "_login"),
        *("_session_cookie", "_session_seconds", "_shelf"),
    )

    def __init__(
        self,
        login: ManagedLogin,
        guard: Guard,
        *,
        client_tokens: TokenVerifier,
        attempts: Attempts,
        shelf: Shelf,
        cookies: tuple[LoginCookie, LoginCookie],
        session_seconds: float,
        log: Log,
    ) -> None:
        self._login = login
        self._guard = guard
        self._client_tokens = client_tokens
        self._attempts = attempts
        self._shelf = shelf
        self._session_cookie, self._binding_cookie = cookies
        self._session_seconds = session_seconds
        self._log = log

    def start(
        self,
        known: Secret | None,
        next_page: str,
        parameters: Parameters,
        *,
        levels: list[str] | None,
        step_up: StepUp | None,
    ) -> Started:
        """Begin an attempt, in the browser that has this cookie already or gets one now.
        ``levels``: of which it has to bring one, where it has to be stronger than the one
        before."""
        why = None if step_up is None else str(step_up)
        attempt = self._attempts.new(own_page(next_page), parameters.max_age, levels, why)
        binding = known.text if known is not None and is_random_value(known.text) else ""
        binding = binding or random_value()
        url = self._login.start_sign_in(
            state=self._attempts.seal(attempt, binding),
            nonce=attempt.nonce,
            verifier=attempt.verifier,
            parameters=parameters,
        )
        # Anew each time: it has to last for the newest attempt.
        cookie = self._binding_cookie.set(binding, self._attempts.seconds)
        return Started(url, binding, (cookie,))

    def finish(self, arrival: Arrival) -> Steps[SignedIn]:
        """A browser has come back."""
        try:
            return (yield from self._finish(arrival))
        except LoginFailed as error:
            reason, status, detail = error.reason, error.status, error.detail
            # 503 is for whoever runs the site, and so are tokens that are not accepted: a setting
            # or a clock is wrong. All else is a browser's, and anybody can cause it.
            ours = status == 503 or reason is LoginReason.TOKEN_REFUSED
            self._log.say(
                WARNING if ours else INFO,
                reason,
                "sign-in failed with %d: %s: %s",
                *(status, reason, detail),
                status=status,
                detail=detail,
            )
            raise

    def _finish(self, arrival: Arrival) -> Steps[SignedIn]:
        callback = self._login.read_callback(arrival.query)
        attempt = self._attempts.open(callback.state, arrival.binding)
        self._attempts.check_age(attempt)
        code = Secret(self._login.finish_sign_in(callback))
        return (yield from whole(self._exchange(callback, code, attempt, arrival)))

    def _exchange(
        self, callback: Callback, code: Secret, attempt: Attempt, arrival: Arrival
    ) -> Steps[SignedIn]:
        key, seconds = self._attempts.mark(callback.state or "")
        if not (yield from add(key, b"used", seconds)):
            replayed = LoginFailed(LoginReason.LOGIN_REPLAYED)
            replayed.next_page = attempt.next_page
            raise replayed
        try:
            tokens = yield from self._tokens(code, attempt)
        except LoginFailed as error:
            if error.reason is LoginReason.CODE_REFUSED:
                # There is nothing to replay, and anybody can make up codes: no store fills by them.
                with suppress(SessionsUnavailable):
                    yield from remove(key)
            raise
        identity = yield from self._verified(tokens, attempt)
        check_stronger(identity, attempt)
        session_id = yield from self._begun(tokens, identity, attempt.step_up)
        if arrival.previous is not None and is_random_value(arrival.previous):
            yield from self._shelf.signed_out(Secret(arrival.previous))
        cookie = self._session_cookie.set(session_id, self._session_seconds)
        return SignedIn(identity, session_id, attempt.next_page, (cookie,), tokens.id or "")

    def _tokens(self, code: Secret, attempt: Attempt) -> Steps[Tokens]:
        try:
            post = self._login.start_exchange(code.text, attempt.verifier)
            answer = yield from send(post, of_anybody=True)
            return self._login.finish_exchange(answer)
        except FetchFailed as error:
            said = f"The request to the token endpoint failed: {error}."
        raise LoginFailed(LoginReason.LOGIN_UNAVAILABLE, said)

    def _verified(self, tokens: Tokens, attempt: Attempt) -> Steps[Identity]:
        """Who signed in, by the access token, as the guard sees it."""
        problem: LoginFailed
        which = "ID"
        try:
            user = yield from verify(self._client_tokens, tokens.id or "")
            check_id_token(user, tokens.access, attempt, self._login.pool.leeway)
            which = "access"
            identity = yield from verify(self._client_tokens, tokens.access)
            check_same_user(identity, user.subject)
            return (yield from verify(self._guard, tokens.access))
        except AuthError as error:
            problem = LoginFailed(
                LoginReason.TOKEN_REFUSED, f"The {which} token is not accepted: {error.reason}."
            )
        except KeysUnavailable as error:  # or the list of what was revoked: its words tell
            problem = LoginFailed(LoginReason.LOGIN_UNAVAILABLE, error.detail)
        raise problem

    def _begun(self, tokens: Tokens, identity: Identity, step_up: str | None) -> Steps[str]:
        """The id of a new session."""
        records = self._shelf.records
        now = records.clock()
        record = Record(
            *(tokens.access, tokens.id or "", tokens.refresh),
            *life_of(identity.claims, now),
            *(now, now),
            step_up,
        )
        seconds = records.seconds(record)  # by the clock, while there is no id to be seen
        session_id = random_value()
        sealed = records.seal(record, session_id)
        if not (yield from add(records.key(session_id), sealed, seconds)):
            said, reason = (
                "The session store did not accept a new session.",
                LoginReason.SESSIONS_UNAVAILABLE,
            )
            text = f"{reason}: sessions are unavailable: %s"
            self._log.say(WARNING, reason, text, said, detail=said)
            raise SessionsUnavailable(reason, said)
        return session_id
