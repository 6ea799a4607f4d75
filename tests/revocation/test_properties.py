"""Whatever the order: who was signed out is never let in later than the bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cognito_guard import Guard, Identity, InvalidToken, Reason, RevocationsUnavailable
from cognito_guard.testing import LocalUserPool

from .shared import Clocks, SharedStore, mirror

HOUR, DAY = 3600, 86400
REFRESH_SECONDS = 2 * DAY
CLOCK: list[Clocks] = [Clocks()]
POOL = LocalUserPool(clock=lambda: CLOCK[0].calendar.now)
USERS = ("alice", "bob")
WORKERS = 3


class Token(NamedTuple):
    """A token, and what the plain twin knows of it."""

    text: str
    user: str
    sign_in: str | None
    signed_in_at: int
    expires_at: int
    form: str


class SignedOut(NamedTuple):
    """What the plain twin remembers of a sign-out."""

    at: float
    """When it was over, by the steady clock."""
    by: int
    concerns: Callable[[Token], bool]


class Life(RuleBasedStateMachine):
    """Users sign in, refresh, are signed out; workers restart; the store fails, is trimmed."""

    word = "closed"

    def __init__(self) -> None:
        super().__init__()
        self.clocks = CLOCK[0] = Clocks()
        self.store = SharedStore()
        self.store.page = 2
        self.tokens: list[Token] = []
        self.outs: list[SignedOut] = []
        self.sign_ins = 0
        self.down_since: float | None = None
        self.up_since = self.clocks.steady.now
        self.workers: list[Guard] = []

    @initialize()
    def start(self) -> None:
        """Workers begin, and somebody is signed in."""
        self.workers = [self.worker() for _ in range(WORKERS)]
        for user in USERS:
            self.sign_in(user, lasts=HOUR, updated=False)

    def worker(self) -> Guard:
        """One that knows nothing yet."""
        revocations = mirror(
            self.store,
            self.clocks,
            when_unavailable=self.word,
            refresh_seconds=REFRESH_SECONDS,
        )
        return Guard(POOL.trust(), revocations=revocations, clock=self.clocks.calendar)

    def issue(self, user: str, sign_in: str, signed_in_at: int, lasts: int, form: str) -> None:
        """A token, of a sign-in or of a refresh."""
        text = POOL.access_token(
            user, origin_jti=sign_in, auth_time=signed_in_at, expires_in=lasts, iss=form
        )
        expires_at = int(self.clocks.calendar.now) + lasts
        self.tokens.append(Token(text, user, sign_in, signed_in_at, expires_at, form))

    @rule(
        user=st.sampled_from(USERS), lasts=st.sampled_from([300, HOUR, DAY]), updated=st.booleans()
    )
    def sign_in(self, user: str, lasts: int, updated: bool) -> None:
        """A new sign-in, under either form of the issuer."""
        self.sign_ins += 1
        form = POOL.updated_issuer if updated else POOL.issuer
        self.issue(user, f"sign-in {self.sign_ins}", int(self.clocks.calendar.now), lasts, form)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), lasts=st.sampled_from([300, DAY]))
    def refresh(self, data: st.DataObject, lasts: int) -> None:
        """As long as the refresh token is good."""
        old = data.draw(st.sampled_from(self.tokens))
        if self.clocks.calendar.now < old.signed_in_at + REFRESH_SECONDS:
            self.issue(old.user, old.sign_in or "", old.signed_in_at, lasts, old.form)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), worker=st.integers(0, WORKERS - 1), everywhere=st.booleans())
    def sign_out(self, data: st.DataObject, worker: int, everywhere: bool) -> None:
        """By a worker that was asked by the user himself, or by an operator."""
        token = data.draw(st.sampled_from(self.tokens))
        claims = {"sub": POOL.subject(token.user), "iss": token.form, "jti": "one"}
        claims |= {"origin_jti": token.sign_in, "auth_time": token.signed_in_at}
        identity = Identity(claims, "access", "c")
        try:
            self.workers[worker].sign_out(identity, everywhere=everywhere)
        except RevocationsUnavailable:
            assert self.down_since is not None
            # In force where it was asked for, for as long as that one runs.
            by = worker
        else:
            by = -1
        now = int(self.clocks.calendar.now)

        def concerns(one: Token) -> bool:
            if everywhere:
                return one.user == token.user and one.signed_in_at <= now
            return one.sign_in == token.sign_in

        self.outs.append(SignedOut(self.clocks.steady.now, by, concerns))

    @rule(seconds=st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0, 1.1, 5.0, 301.0, HOUR, DAY]))
    def time_passes(self, seconds: float) -> None:
        """A moment, or a day."""
        self.clocks.pass_(seconds)

    @rule(worker=st.integers(0, WORKERS - 1))
    def restart(self, worker: int) -> None:
        """A worker forgets all it knew."""
        self.workers[worker] = self.worker()
        self.outs = [one for one in self.outs if one.by != worker]

    @rule()
    def trim(self) -> None:
        """The log is gone, and the list is still there."""
        self.store.log = []
        self.store.history += 1

    @rule()
    def fail(self) -> None:
        """The store is down."""
        self.store.error = ConnectionError()
        self.down_since = self.down_since or self.clocks.steady.now

    @rule()
    def recover(self) -> None:
        """And up again."""
        self.store.error, self.down_since = None, None
        self.up_since = self.clocks.steady.now

    @precondition(lambda self: self.tokens)
    @rule(data=st.data(), worker=st.integers(0, WORKERS - 1))
    def verify(self, data: st.DataObject, worker: int) -> None:
        """A request. Its verdict is the twin's, up to the bound."""
        token = data.draw(st.sampled_from(self.tokens))
        now, steady = self.clocks.calendar.now, self.clocks.steady.now
        about = [one for one in self.outs if one.concerns(token) and one.by in (-1, worker)]
        must = any(one.at < steady - 1.0 or one.by == worker for one in about)
        verdict = self.verdict(worker, token)
        # Down, or up for no longer than the longest pause between two attempts.
        failing = self.down_since is not None or steady - self.up_since < 5.0
        if verdict == "expired":
            assert now >= token.expires_at
        elif verdict == "revoked":
            assert about
        elif verdict == "unavailable":
            assert self.word == "closed"
            assert failing
        else:
            assert now < token.expires_at
            # With a list that is open, only while the store is down, or has just been; and not by
            # the worker that could not write it, which refuses all the same.
            assert not must or (self.word == "open" and failing)
            assert not any(one.by == worker for one in about)

    def verdict(self, worker: int, token: Token) -> str:
        """What a worker says of a token."""
        try:
            self.workers[worker].verify(token.text)
        except InvalidToken as error:
            return {Reason.TOKEN_EXPIRED: "expired", Reason.REVOKED: "revoked"}[error.reason]
        except RevocationsUnavailable:
            return "unavailable"
        return "accepted"

    @invariant()
    def memory_is_bounded(self) -> None:
        """No more entries are known than were ever written."""
        for one in self.workers:
            entries: Any = one.health()["revocations"]
            assert entries.entries <= len(self.outs) + len(self.store.entries)


class OpenLife(Life):
    """The same where callers pass while nobody can say."""

    word = "open"


TestClosed = Life.TestCase
TestClosed.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOpen = OpenLife.TestCase
TestOpen.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
