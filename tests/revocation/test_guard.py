"""The guard asks the list: when, about whom, and what becomes of the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

import pytest

from cognito_guard import (
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    MissingCredentials,
    Reason,
    RevocationsUnavailable,
    UserPool,
)
from cognito_guard.login import LoginFailed
from cognito_guard.revocation import MemoryRevocationList, Revocation, RevocationHealth
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool
from cognito_guard.tokens.revoked import RevocationCheck
from cognito_guard.tokens.user_pool import aws_home, home_of

from ..engine.reports import assert_nothing_shown, shown_by, shown_now
from ..engine.silence import assert_silent, secrets_of
from ..login.site import WAYS, Way, site
from .shared import NOW, Clock, Clocks, SharedStore, mirror

CLOCK = Clock(NOW)
POOL = LocalUserPool(client_id="client0of0the0revoked", clock=CLOCK)
ALB = LocalLoadBalancer(POOL)
OMIT = LocalUserPool.OMIT

Ask = Callable[[Guard, Mapping[str, str]], Identity]


def in_thread(guard: Guard, headers: Mapping[str, str]) -> Identity:
    """As a threaded server asks."""
    return guard.authenticate(lambda name: [headers[name]] if name in headers else [])


def in_task(guard: Guard, headers: Mapping[str, str]) -> Identity:
    """As an asynchronous server asks."""
    return asyncio.run(guard.aauthenticate(lambda name: [headers[name]] if name in headers else []))


however_asked = pytest.mark.parametrize("ask", [in_thread, in_task])


def bearer(token: str) -> dict[str, str]:
    """A request with a token."""
    return {"authorization": f"Bearer {token}"}


def listed() -> MemoryRevocationList:
    """A list that nobody is on."""
    return MemoryRevocationList(clock=CLOCK)


def pool_guard(revocations: Any, **arguments: Any) -> Guard:
    """Trusts the pool."""
    limits = {"cache_entries": arguments.pop("cache_entries", 10)}
    return Guard(POOL.trust(**arguments), revocations=revocations, clock=CLOCK, **limits)


def refused(guard: Guard, headers: Mapping[str, str], ask: Ask = in_thread) -> InvalidToken:
    """The refusal that a request gets."""
    with pytest.raises(InvalidToken) as caught:
        ask(guard, headers)
    return caught.value


@pytest.fixture(autouse=True)
def now() -> None:
    """Each test begins at the same time."""
    CLOCK.now = NOW


@however_asked
@pytest.mark.parametrize("cache_entries", [0, 10])
@pytest.mark.parametrize("everywhere", [False, True])
def test_signed_out(ask: Ask, cache_entries: int, everywhere: bool) -> None:
    """Also who was seen before: the cache asks no less than the signature."""
    guard = pool_guard(listed(), cache_entries=cache_entries)
    headers, bobs = bearer(POOL.access_token("alice")), bearer(POOL.access_token("bob"))
    alice = ask(guard, headers)
    ask(guard, headers)
    guard.sign_out(alice, everywhere=everywhere)
    error = refused(guard, headers, ask)
    assert error.reason is Reason.REVOKED
    assert error.detail == "The token was revoked: its user signed out, or was."
    assert guard.challenge(error).status == 401
    assert ask(guard, bobs).username == "bob"


@however_asked
def test_the_order(ask: Ask) -> None:
    """After what a token itself shows, before the pool's checks."""
    asked: list[str] = []

    class Noting:
        refresh_seconds = 3600.0
        health = revoke = arevoke = None.__init__  # type: ignore[misc]

        def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
            asked.append("list")
            return False

        async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
            return self.is_revoked(identity, issuer)

    guard = pool_guard(Noting(), checks=[lambda identity: asked.append("check")])
    refused(guard, bearer(POOL.access_token(expires_in=-1)), ask)
    refused(guard, bearer(POOL.access_token()[:-4] + "AAAA"), ask)
    assert asked == []
    headers = bearer(POOL.access_token())
    for _ in range(2):
        ask(guard, headers)
    assert asked == ["list", "check"] * 2


def test_a_sign_in_and_not_another_one() -> None:
    """All tokens of it, those of a refresh and the ID token; not those of the next sign-in."""
    guard = pool_guard(listed(), token_use="any")
    first = guard.verify(POOL.access_token("alice", origin_jti="first"))
    others = [
        POOL.access_token("alice", origin_jti="first", iat=int(NOW) + 60),
        POOL.id_token("alice", origin_jti="first"),
    ]
    later = POOL.access_token("alice", origin_jti="second")
    guard.sign_out(first)
    for token in others:
        assert refused(guard, bearer(token)).reason is Reason.REVOKED
    assert guard.verify(later).username == "alice"


@pytest.mark.parametrize("everywhere", ["no", "", None, 1])
def test_everywhere_said_clearly(everywhere: Any) -> None:
    """A text from a form is no answer to how much is signed out: nobody is, and it is said."""
    guard = pool_guard(listed())
    token = POOL.access_token("alice")
    alice = guard.verify(token)
    with pytest.raises(ConfigurationError, match="everywhere must be True or False"):
        guard.sign_out(alice, everywhere=everywhere)
    with pytest.raises(ConfigurationError, match="everywhere must be True or False"):
        asyncio.run(guard.asign_out(alice, everywhere=everywhere))
    assert guard.verify(token) == alice


def test_everywhere_and_again() -> None:
    """All that was signed in until this second; a later sign-in is welcome, a refresh is not."""
    guard = pool_guard(listed())
    alice = guard.verify(POOL.access_token("alice"))
    CLOCK.now += 100.9
    token = POOL.access_token("alice")  # in the very second of the sign-out
    guard.sign_out(alice, everywhere=True)
    assert refused(guard, bearer(token)).reason is Reason.REVOKED
    CLOCK.now += 3600
    refreshed = POOL.access_token("alice", auth_time=int(NOW))
    assert refused(guard, bearer(refreshed)).reason is Reason.REVOKED
    assert guard.verify(POOL.access_token("alice")).username == "alice"
    CLOCK.now += 30 * 86400 + 86400 + 300
    assert guard.verify(POOL.access_token("alice", auth_time=int(NOW))).username == "alice"


def test_the_pools_clock_may_be_ahead() -> None:
    """His own sign-in is over in any case."""
    guard = pool_guard(listed())
    token = POOL.access_token("alice", auth_time=int(NOW) + 30, iat=int(NOW) + 30)
    guard.sign_out(guard.verify(token), everywhere=True)
    assert refused(guard, bearer(token)).reason is Reason.REVOKED


def test_a_machine() -> None:
    """Has no sign-in: the one token, until it expires."""
    here = listed()
    guard = pool_guard(here)
    token = POOL.machine_token()
    machine = guard.verify(token)
    guard.sign_out(machine)
    assert refused(guard, bearer(token)).reason is Reason.REVOKED
    assert guard.verify(POOL.machine_token()).is_machine
    assert not here.is_revoked(Identity({"sub": "a", "iss": "b", "jti": "c"}, "access", "d"), "b")


def test_a_user_without_a_sign_in() -> None:
    """His one token would be of no use: a refresh brings another one. He is signed out everywhere
    or not at all."""
    guard = pool_guard(listed())
    token = POOL.access_token("alice", origin_jti=OMIT)
    alice = guard.verify(token)
    with pytest.raises(ConfigurationError, match="call sign_out with everywhere=True"):
        guard.sign_out(alice)
    assert guard.verify(token).username == "alice"
    guard.sign_out(alice, everywhere=True)
    refreshed = POOL.access_token("alice", origin_jti=OMIT, auth_time=int(NOW))
    assert refused(guard, bearer(refreshed)).reason is Reason.REVOKED


def test_guards_on_one_list_agree() -> None:
    """Whichever issuer of a pool each of them was told, or none, and whatever region a token is
    of."""
    pool_id = "eu-west-1_AbC123xyz"
    pool = UserPool(pool_id, client_ids=["c"], regions=["us-east-1"])
    home, updated, replica = pool.issuers
    guards = [
        Guard(pool),
        Guard(UserPool(pool_id, client_ids=["c"], issuer=updated)),
        Guard(UserPool(pool_id, client_ids=["c"], issuer=replica)),
        *(
            Guard(LoadBalancer([ALB.arn], client_id="c", issuer=one, keys=ALB.keys()))
            for one in (None, home, updated, replica)
        ),
        Guard(
            LoadBalancer([ALB.arn], client_id="c", user_pool=pool, issuer=updated, keys=ALB.keys())
        ),
    ]
    for issuer in pool.issuers:
        alice = Identity({"sub": "a", "iss": issuer}, "user_info", "c")
        assert {guard.home_issuer(alice) for guard in guards} == {home}
        asked: list[str] = []
        for guard in guards:
            check = RevocationCheck(_Noting(asked), guard._homes)
            check.ask(alice)
            asyncio.run(check.aask(alice))
        assert asked == [home] * 2 * len(guards)


class _Noting:
    """A list that notes under which issuer it is asked."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        self._asked.append(issuer)
        return False

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        return self.is_revoked(identity, issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://idp.example",
        "http://localhost:9229/local_1",
        "http://localhost:9229/eu-west-1_AbC123xyz",
        "http://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz/",
        "https://cognito-idp.eu-west-1.amazonaws.com.example/eu-west-1_AbC123xyz",
        "https://cognito-idp.us-gov-west-1.amazonaws.com/eu-west-1_AbC123xyz",
        "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC123xyz",
        "https://cognito-idp.nowhere.amazonaws.com/eu-west-1_AbC123xyz",
        "",
    ],
)
def test_an_issuer_that_is_not_awss(issuer: str) -> None:
    """Stands for itself."""
    assert (aws_home(issuer), home_of(issuer)) == (None, issuer)


@however_asked
def test_a_user_who_cannot_be_signed_out_is_not_shown(ask: Ask, clocks: Clocks) -> None:
    """Where the store fails, no frame has the subject."""
    store = SharedStore()
    guard = pool_guard(mirror(store, clocks))
    store.error = ConnectionError()
    secret = "the-subject-of-alice"
    with pytest.raises(RevocationsUnavailable) as caught:  # noqa: PT012  # either of two
        if ask is in_task:
            asyncio.run(guard.asign_out_user(secret))
        else:
            guard.sign_out_user(secret)
    frames = [one.tb_frame for one in _tracebacks(caught.value)]
    held = [one for one in frames if "/tests/" not in one.f_code.co_filename]
    assert held
    assert not [one for one in held if secret in map(str, one.f_locals.values())]


def _tracebacks(error: BaseException) -> Iterator[TracebackType]:
    here = error.__traceback__
    while here is not None:
        yield here
        here = here.tb_next


def test_both_forms_of_an_issuer_are_one() -> None:
    """A user who was signed out everywhere is so under the other form as well."""
    guard = pool_guard(listed())
    updated = POOL.access_token("alice", iss=POOL.updated_issuer)
    guard.sign_out(guard.verify(POOL.access_token("alice")), everywhere=True)
    assert refused(guard, bearer(updated)).reason is Reason.REVOKED
    other = pool_guard(listed())
    other.sign_out(other.verify(updated), everywhere=True)
    assert refused(other, bearer(POOL.access_token("alice"))).reason is Reason.REVOKED


@pytest.mark.parametrize("issuer", [None, POOL.issuer, POOL.updated_issuer])
def test_somebody_else(issuer: str | None) -> None:
    """An operator signs a user out, by the subject."""
    guard = pool_guard(listed())
    token = POOL.access_token("alice")
    guard.sign_out_user(POOL.subject("alice"), issuer=issuer)
    assert refused(guard, bearer(token)).reason is Reason.REVOKED
    bobs = POOL.access_token("bob")
    asyncio.run(guard.asign_out_user(POOL.subject("bob"), issuer=issuer))
    assert refused(guard, bearer(bobs)).reason is Reason.REVOKED


def test_somebody_elses_pool(other_pool: LocalUserPool) -> None:
    """Where there are several, it has to be said which."""
    guard = Guard(POOL.trust(), other_pool.trust(), revocations=listed(), clock=CLOCK)
    for issuer in (None, "https://idp.example"):
        with pytest.raises(ConfigurationError, match="issuer"):
            guard.sign_out_user(POOL.subject("alice"), issuer=issuer)
    with pytest.raises(ConfigurationError, match="subject"):
        guard.sign_out_user("", issuer=POOL.issuer)
    for line in (f"{POOL.subject('alice')}\n", " x"):  # of a file: it would sign nobody out
        with pytest.raises(ConfigurationError, match="subject must not begin or end with white"):
            guard.sign_out_user(line, issuer=POOL.issuer)
    guard.sign_out_user(POOL.subject("alice"), issuer=POOL.issuer)
    assert refused(guard, bearer(POOL.access_token("alice"))).reason is Reason.REVOKED


# Load balancers.


@however_asked
def test_a_load_balancers_user(ask: Ask) -> None:
    """User info alone tells of no sign-in: everywhere, and for as long as the entry lasts."""
    guard = Guard(ALB.trust(), revocations=listed(), clock=CLOCK)
    headers = ALB.headers("alice")
    alice = ask(guard, headers)
    with pytest.raises(ConfigurationError, match="everywhere=True"):
        guard.sign_out(alice)
    asyncio.run(guard.asign_out(alice, everywhere=True))
    assert refused(guard, headers, ask).reason is Reason.REVOKED
    CLOCK.now += 100
    assert refused(guard, ALB.headers("alice"), ask).reason is Reason.REVOKED
    assert ask(guard, ALB.headers("bob")).subject == POOL.subject("bob")


@however_asked
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_load_balancers_user_with_a_token(ask: Ask, everywhere: bool) -> None:
    """By the token beside the data, which tells when he signed in."""
    guard = Guard(ALB.trust(user_pool=POOL.trust()), revocations=listed(), clock=CLOCK)
    headers = ALB.headers("alice")
    guard.sign_out(ask(guard, headers), everywhere=everywhere)
    assert refused(guard, headers, ask).reason is Reason.REVOKED
    CLOCK.now += 100
    assert ask(guard, ALB.headers("alice")).username == "alice"


@however_asked
def test_a_load_balancers_checks_come_later(ask: Ask) -> None:
    """As those of a pool."""
    asked: list[Identity] = []
    here = listed()
    guard = Guard(ALB.trust(checks=[asked.append]), revocations=here, clock=CLOCK)
    guard.sign_out_user(POOL.subject("alice"))
    refused(guard, ALB.headers("alice"), ask)
    assert asked == []
    ask(guard, ALB.headers("bob"))
    assert len(asked) == 1


@however_asked
def test_the_checks_of_a_load_balancers_pool_come_later(ask: Ask) -> None:
    """Also where the guard trusts that pool itself."""
    asked: list[Identity] = []
    pool = POOL.trust(checks=[asked.append])
    guard = Guard(ALB.trust(user_pool=pool), pool, revocations=listed(), clock=CLOCK)
    guard.sign_out_user(POOL.subject("alice"))
    assert refused(guard, ALB.headers("alice"), ask).reason is Reason.REVOKED
    assert asked == []


def test_a_token_beside_a_load_balancers_data() -> None:
    """Each of the two is asked about."""
    guard = Guard(ALB.trust(), POOL.trust(), revocations=listed(), clock=CLOCK)
    headers = ALB.headers("alice") | bearer(POOL.access_token("alice", origin_jti="one"))
    in_thread(guard, headers)
    guard.sign_out(guard.verify(headers["authorization"].removeprefix("Bearer ")))
    assert refused(guard, headers).reason is Reason.REVOKED


# Sessions.


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_revoked_session_is_over(way: Way) -> None:
    """The guard is asked about its token on every request; and a refresh revives nothing."""
    with site(way) as here:
        revocations = MemoryRevocationList(clock=here.clock)
        here.guard = Guard(here.endpoint.pool.trust(), revocations=revocations, clock=here.clock)
        here.sessions = here.worker()
        browser, phone = here.browser(), here.browser()
        browser.sign_in()
        phone.sign_in()
        assert (browser.username(), phone.username()) == ("alice", "alice")
        session = browser.current()
        assert session is not None
        here.guard.sign_out(session.identity)
        assert (browser.username(), phone.username()) == (None, "alice")
        here.clock.now += 3600
        here.guard.sign_out(session.identity, everywhere=True)
        assert phone.username() is None
        here.clock.now += 1
        browser.sign_in()
        assert browser.username() == "alice"


def test_a_session_while_nobody_can_say(clocks: Clocks) -> None:
    """503, and nobody is signed out."""
    store = SharedStore()
    with site() as here:
        revocations = mirror(store, clocks)
        here.guard = Guard(here.endpoint.pool.trust(), revocations=revocations, clock=here.clock)
        here.sessions = here.worker()
        browser = here.browser()
        browser.sign_in()
        clocks.pass_(2)
        store.error = ConnectionError()
        with pytest.raises(RevocationsUnavailable):
            browser.current()
        store.error = None
        clocks.pass_(2)
        assert browser.username() == "alice"


@pytest.mark.parametrize("way", WAYS)
def test_a_sign_in_while_nobody_can_say(way: Way, clocks: Clocks) -> None:
    """503, with the words of the list: the keys are well."""
    store = SharedStore()
    store.error = ConnectionError()
    with site(way) as here:
        revocations = mirror(store, clocks)
        here.guard = Guard(here.endpoint.pool.trust(), revocations=revocations, clock=here.clock)
        here.sessions = here.worker()
        with pytest.raises(LoginFailed) as caught:
            here.browser().sign_in()
        assert (caught.value.reason, caught.value.status) == ("login_unavailable", 503)
        assert caught.value.detail == "The list of revoked tokens cannot be asked at the moment."


# What a list answers.


class Odd:
    """A list of somebody's own, with one answer to all questions."""

    refresh_seconds = 3600.0

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def is_revoked(self, identity: Identity, issuer: str, /) -> Any:
        """Whatever it is."""
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> Any:
        """The same."""
        return self.is_revoked(identity, issuer)

    def revoke(self, *revocations: Revocation) -> None:
        """Does nothing."""

    async def arevoke(self, *revocations: Revocation) -> None:
        """Does nothing."""

    def health(self) -> Any:
        """Says nothing."""


@however_asked
@pytest.mark.parametrize("answer", [None, 0, "", "no", True, 1, object()], ids=range(7))
@pytest.mark.parametrize("headers", [bearer(POOL.access_token()), ALB.headers("alice")])
def test_only_a_plain_no_lets_pass(ask: Ask, answer: Any, headers: dict[str, str]) -> None:
    """A forgotten return, or await, lets nobody in."""
    guard = Guard(POOL.trust(), ALB.trust(), revocations=Odd(answer), clock=CLOCK)
    assert refused(guard, headers, ask).reason is Reason.REVOKED


@however_asked
def test_a_list_that_calls_a_token_missing(ask: Ask) -> None:
    """It was there."""
    guard = pool_guard(Odd(MissingCredentials("missing_credentials", "None.")))
    assert refused(guard, bearer(POOL.access_token()), ask).reason is Reason.CHECK_FAILED


@however_asked
def test_a_list_that_cannot_say(ask: Ask, clocks: Clocks) -> None:
    """503 with Retry-After, wherever `KeysUnavailable` is expected."""
    store = SharedStore()
    store.error = ConnectionError()
    guard = pool_guard(mirror(store, clocks))
    with pytest.raises(KeysUnavailable) as caught:
        ask(guard, bearer(POOL.access_token()))
    answer = guard.challenge(caught.value)
    assert answer.status == 503
    assert ("Retry-After", "1") in answer.headers
    assert answer.problem["reason"] == "revocations_unavailable"
    assert answer.problem["error"] == "temporarily_unavailable"


@however_asked
def test_errors_show_nothing(ask: Ask, clocks: Clocks) -> None:
    """Where a store fails, or a clock, no frame has a token or a claim; and none that is over."""
    token = POOL.access_token("alice.of.the.revoked")
    secrets = secrets_of(token) - {POOL.issuer, POOL.client_id}
    live: list[tuple[str, str]] = []

    class Failing(SharedStore):
        def _fail(self) -> None:
            live.extend(shown_now())

    def clock() -> float:
        live.extend(shown_now())
        raise OverflowError

    here = mirror(Failing(), clocks)
    guard = pool_guard(here)
    alice = ask(guard, bearer(token))
    guard.sign_out(alice)
    assert len(live) > 4
    here._known._clock = clock
    with pytest.raises(OverflowError) as caught:
        ask(guard, bearer(token))
    assert_silent(caught.value, secrets)
    assert_nothing_shown(shown_by(caught.value), secrets)
    assert_nothing_shown([one for one in live if "tests" not in one[0]], secrets)


@pytest.mark.parametrize("everywhere", [False, True])
def test_what_cannot_be_revoked_shows_nothing(everywhere: bool) -> None:
    """A user's clock that fails while an entry is made."""
    token = POOL.access_token("alice.of.the.revoked")
    guard = pool_guard(listed())
    alice = guard.verify(token)
    assert guard._sign_outs is not None
    guard._sign_outs._clock = lambda: float("nan")
    with pytest.raises(ConfigurationError) as caught:
        guard.sign_out(alice, everywhere=everywhere)
    secrets = secrets_of(token) - {POOL.issuer, POOL.client_id}
    assert_nothing_shown(shown_by(caught.value), secrets)


# What has no list, and what is none.


def test_without_a_list() -> None:
    """Nobody can be signed out, and that is said."""
    guard = Guard(POOL.trust(), clock=CLOCK)
    alice = guard.verify(POOL.access_token())
    for everywhere in (False, True):
        with pytest.raises(ConfigurationError, match="without revocations="):
            guard.sign_out(alice, everywhere=everywhere)
        with pytest.raises(ConfigurationError, match="without revocations="):
            asyncio.run(guard.asign_out(alice, everywhere=everywhere))
    with pytest.raises(ConfigurationError, match="without revocations="):
        guard.sign_out_user("alice")
    assert "revocations" not in guard.health()


def test_who_is_nobody() -> None:
    """An identity is signed out, and no token."""
    guard = pool_guard(listed())
    with pytest.raises(TypeError, match="is an Identity, not str"):
        guard.sign_out(POOL.access_token())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [MemoryRevocationList, object(), "redis://", {}, 0, ""], ids=range(6)
)
def test_what_is_no_list(value: Any) -> None:
    """An error at start-up, and never an off-switch."""
    with pytest.raises(ConfigurationError, match="RevocationList"):
        pool_guard(value)


def test_health() -> None:
    """Under a name that no issuer has, next to the keys."""
    health = pool_guard(listed()).health()
    assert health["revocations"] == RevocationHealth("memory", entries=0)
    assert set(health) == {*POOL.trust().issuers, "revocations"}
    assert pool_guard(Odd(False)).health()["revocations"].state == "custom"
    assert all(one.as_dict()["state"] for one in health.values())
    guard = pool_guard(listed())
    guard.prefetch(wait=0)


def test_the_audit_trail(caplog: pytest.LogCaptureFixture) -> None:
    """That somebody was signed out, and how; not who."""
    caplog.set_level(logging.INFO, "cognito_guard")
    guard = pool_guard(listed())
    alice, machine = guard.verify(POOL.access_token()), guard.verify(POOL.machine_token())
    guard.sign_out(alice)
    guard.sign_out(alice, everywhere=True)
    asyncio.run(guard.asign_out(machine))
    said = [(one.reason, one.count, one.getMessage()) for one in caplog.records]  # type: ignore[attr-defined]
    assert said == [
        ("sign_in_revoked", 1, "a sign-in was revoked"),
        ("user_revoked", 1, "all sign-ins of a user were revoked"),
        ("token_revoked", 1, "a token was revoked"),
    ]


def test_as_a_setting() -> None:
    """An object, under the name of the argument."""
    here = MemoryRevocationList()
    settings = {"USER_POOL_ID": POOL.user_pool_id, "CLIENT_IDS": ["a"], "REVOCATIONS": here}
    guard = Guard.from_mapping(settings, prefix="")
    guard.sign_out_user("alice")
    assert here.health().entries == 1
    assert isinstance(guard.user_pools[0], UserPool)
    with pytest.raises(ConfigurationError, match="RevocationList"):
        Guard.from_mapping({**settings, "REVOCATIONS": "redis://"}, prefix="")
