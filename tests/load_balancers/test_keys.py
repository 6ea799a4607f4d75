"""keys.py: keys one by one, and what a flood of ids that nobody has verified can cause."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_guard import (
    ConfigurationError,
    Guard,
    InvalidToken,
    KeysUnavailable,
    LoadBalancer,
    Pending,
)
from cognito_guard.keys.remote import (
    HARD_LIMIT_SECONDS,
    JOIN_SECONDS,
    REFRESH_SECONDS,
    UNKNOWN_KEY_SECONDS,
)
from cognito_guard.load_balancers.keys import MAX_KEYS, MISS_SECONDS, MISSES, LoadBalancerKeySet
from cognito_guard.network.fetch import FetchFailed
from cognito_guard.testing import LocalLoadBalancer, PemServer

from ..keys.material import MESSAGE
from ..keys.source import PATIENCE, Clock, promptly, resolve, settle, unavailable, unknown

BASE = "https://keys.example/of"
NOT_FOUND = FetchFailed("status 404", status=404)
FORBIDDEN = FetchFailed("status 403", status=403)


@cache
def pair(name: str) -> ec.EllipticCurvePrivateKey:
    """The key pair of a name; always the same one."""
    return ec.generate_private_key(ec.SECP256R1())


def pem(name: str = "a") -> bytes:
    """The public key of a name."""
    return pair(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def checks(key: object, name: str = "a") -> bool:
    """Whether a key verifies what the pair of a name signs."""
    r, s = decode_dss_signature(pair(name).sign(MESSAGE, ec.ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.verify(MESSAGE, signature)  # type: ignore[attr-defined, no-any-return]


class Endpoint:
    """The ``get`` of a key set: an answer for each address, 404 for others, and all calls."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | FetchFailed] = {}
        self.calls: list[str] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, url: str) -> bytes:
        kid = url.removeprefix(f"{BASE}/")
        self.calls.append(kid)
        assert self.open.wait(PATIENCE)
        answer = self.answers.get(kid, NOT_FOUND)
        if isinstance(answer, FetchFailed):
            raise answer
        return answer


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """An endpoint without keys."""
    endpoint = Endpoint()
    yield endpoint
    endpoint.open.set()
    settle()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def keys(endpoint: Endpoint, clock: Clock) -> LoadBalancerKeySet:
    """Keys that come from the endpoint."""
    return LoadBalancerKeySet(f"{BASE}/", get=endpoint, clock=clock)


def test_each_key_is_fetched_from_its_own_address(
    keys: LoadBalancerKeySet, endpoint: Endpoint
) -> None:
    """Once each, and found without a fetch from then on."""
    endpoint.answers = {"a": pem("a"), "b": pem("b")}
    for _ in range(3):
        assert checks(resolve(keys, "a"), "a")
        assert checks(resolve(keys, "b"), "b")
    assert endpoint.calls == ["a", "b"]
    assert repr(keys) == f"<LoadBalancerKeySet {BASE}>"


def test_one_fetch_for_all_who_wait(keys: LoadBalancerKeySet, endpoint: Endpoint) -> None:
    """A hundred first requests for one key are one fetch and one miss."""
    endpoint.answers = {"a": pem("a")}
    endpoint.open.clear()
    with ThreadPoolExecutor(100) as pool:
        waiting = [pool.submit(resolve, keys, "a") for _ in range(100)]
        endpoint.open.set()
        assert all(checks(each.result(PATIENCE)) for each in waiting)
    assert endpoint.calls == ["a"]
    for number in range(MISSES - 1):
        unknown(keys, str(number))
    assert isinstance(unavailable(keys, "one too many"), KeysUnavailable)


def test_no_key_there(keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock) -> None:
    """404 says that there is no such key. For the next 30 seconds that is believed."""
    unknown(keys, "a")
    endpoint.answers = {"a": pem("a")}
    clock.now += UNKNOWN_KEY_SECONDS - 1
    unknown(keys, "a")
    assert endpoint.calls == ["a"]
    clock.now += 1
    assert checks(resolve(keys, "a"))


@pytest.mark.parametrize("failure", [FORBIDDEN, FetchFailed("no connection"), b"<html>"], ids=str)
def test_nobody_can_say(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock, failure: FetchFailed | bytes
) -> None:
    """Whatever else comes instead of a key is an outage, and asked for again after a while."""
    endpoint.answers = {"a": failure}
    assert unavailable(keys, "a").retry_after == 1
    assert unavailable(keys, "a").retry_after == 1
    assert endpoint.calls == ["a"]
    endpoint.answers = {"a": pem("a")}
    clock.now += 1
    assert checks(resolve(keys, "a"))


def test_a_flood_of_ids(keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock) -> None:
    """100,000 ids cause five fetches, keep nothing, and leave the keys that are known alone."""
    endpoint.answers = {"a": pem("a")}
    assert checks(resolve(keys, "a"))
    refusals: set[int] = set()
    for number in range(100_000):
        try:
            keys.key(str(number))
        except KeysUnavailable as error:
            refusals.add(error.retry_after)
    settle()
    assert refusals == {MISS_SECONDS}
    assert len(endpoint.calls) == MISSES
    assert len(keys._unproven) + len(keys._proven) <= MISSES
    assert checks(promptly(lambda: keys.key("a")))
    clock.now += MISS_SECONDS
    endpoint.answers["b"] = pem("b")
    assert checks(resolve(keys, "b"), "b")


def test_strangers_who_come_first_do_not_keep_others_out(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """Whose turn it is is drawn by lot, so a key that is asked for again and again gets its turn,
    though strangers are there first whenever a look-up is free."""
    endpoint.answers = {"a": pem("a")}
    start, found = clock.now, None
    while found is None and clock.now < start + 100 * MISS_SECONDS:
        for _ in range(MISSES):
            with suppress(KeysUnavailable, InvalidToken):
                resolve(keys, str(uuid.uuid4()))
        with suppress(KeysUnavailable):
            found = resolve(keys, "a")
        clock.now += 1
    assert checks(found)
    # No more than were allowed all the while.
    assert len(endpoint.calls) <= MISSES * (1 + (clock.now - start) / MISS_SECONDS)


def test_who_is_drawn_may_be_there_already(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """The one who was turned away comes himself: that is one look-up and not two."""
    for number in range(MISSES):
        unknown(keys, str(number))
    unavailable(keys, "a")
    clock.now += MISS_SECONDS
    endpoint.answers = {"a": pem("a")}
    assert checks(resolve(keys, "a"))
    assert endpoint.calls.count("a") == 1


def test_many_load_balancers_have_room() -> None:
    """Behind twenty load balancers, each with a key of its own, all are looked up at once."""
    alb = LocalLoadBalancer()
    arns = [f"{alb.arn}{number}" for number in range(20)]
    balancers = [LocalLoadBalancer(alb.pool, arn=arn) for arn in arns]

    def published() -> dict[str, str]:
        return {kid: text for one in balancers for kid, text in one.keys().items()}

    with PemServer(published) as server:
        guard = Guard(LoadBalancer(arns, client_id=alb.client_id, keys=server.url))
        for one in balancers:
            sent = one.headers("ada")
            found = guard.authenticate(lambda name, sent=sent: [sent[name]] * (name in sent))
            assert found.username == "ada"
        assert server.requests == 20


def test_known_keys_do_not_wait(keys: LoadBalancerKeySet, endpoint: Endpoint) -> None:
    """While the endpoint hangs for unknown ids, the keys that are held are found at once."""
    endpoint.answers = {"a": pem("a")}
    resolve(keys, "a")
    endpoint.open.clear()
    assert isinstance(keys.key("b"), Pending)
    assert checks(promptly(lambda: keys.key("a")))


def test_strangers_do_not_queue_up(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """While keys are held and the endpoint hangs, one caller waits for an unknown id, and the
    others are sent away. Else a few ids, sent again and again, would take all threads of a server.
    """
    endpoint.answers = {"a": pem("a")}
    resolve(keys, "a")
    endpoint.open.clear()
    for kid in "bc":
        assert isinstance(keys.key(kid), Pending)
        assert isinstance(keys.key(kid), Pending)  # it may well be a new key, just asked for
        clock.now += JOIN_SECONDS
        with pytest.raises(KeysUnavailable):
            keys.key(kid)


def test_while_no_key_is_held_everybody_waits(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """Nobody could be answered sooner."""
    endpoint.open.clear()
    for _ in range(3):
        assert isinstance(keys.key("a"), Pending)
        clock.now += JOIN_SECONDS


def test_a_looked_up_id_makes_room_for_the_next(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """Ids without a key are forgotten, the oldest first, so that they cannot pile up."""
    for number in range(20):
        unknown(keys, str(number))
        clock.now += MISS_SECONDS
    assert len(keys._unproven) == MISSES
    assert len(endpoint.calls) == 20


def test_the_least_used_key_makes_room(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """So many keys are remembered; the one that was not used for longest is fetched again."""
    for number in range(MAX_KEYS):
        endpoint.answers[str(number)] = pem()
        resolve(keys, str(number))
        clock.now += MISS_SECONDS
    resolve(keys, "0")
    endpoint.answers["new"] = pem()
    resolve(keys, "new")
    endpoint.calls.clear()
    clock.now += MISS_SECONDS
    resolve(keys, "0")
    assert endpoint.calls == []
    resolve(keys, "1")
    assert endpoint.calls == ["1"]
    assert len(keys._proven) == MAX_KEYS


def test_refreshed_ahead_withdrawn_and_replaced(
    keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock
) -> None:
    """A held key is fetched anew in the background; what comes then counts."""
    endpoint.answers = {"a": pem("a")}
    resolve(keys, "a")
    endpoint.answers = {"a": pem("b")}
    clock.now += REFRESH_SECONDS
    assert checks(promptly(lambda: keys.key("a")), "a")
    settle()
    assert checks(promptly(lambda: keys.key("a")), "b")
    endpoint.answers = {}
    clock.now += REFRESH_SECONDS
    assert checks(promptly(lambda: keys.key("a")), "b")
    settle()
    unknown(keys, "a")


def test_outage(keys: LoadBalancerKeySet, endpoint: Endpoint, clock: Clock) -> None:
    """Held keys serve up to the hard limit, and then nobody can say."""
    endpoint.answers = {"a": pem("a")}
    resolve(keys, "a")
    endpoint.answers = {"a": FORBIDDEN}
    clock.now += HARD_LIMIT_SECONDS - 1
    assert checks(promptly(lambda: keys.key("a")))
    settle()
    clock.now += 61
    unavailable(keys, "a")


def test_a_child_does_not_wait_for_its_parents_lock(
    keys: LoadBalancerKeySet, endpoint: Endpoint
) -> None:
    """``fork`` may come while another thread holds the lock."""
    from cognito_guard._support import fork as _fork

    endpoint.answers = {"a": pem("a")}
    with keys._lock:
        _fork._after_fork_in_child()
        assert checks(promptly(lambda: resolve(keys, "a")))


def test_the_log_does_not_repeat_the_id(
    keys: LoadBalancerKeySet, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    """An id that nobody has verified is nothing for a log."""
    kid = str(uuid.uuid4())
    endpoint.answers = {kid: FORBIDDEN}
    unavailable(keys, kid)
    assert BASE in caplog.text
    assert "status 403" in caplog.text
    assert kid not in caplog.text


@pytest.mark.parametrize("url", ["http://keys.example", "file:///etc", "", "keys"])
def test_wrong_addresses(url: str) -> None:
    """The rules for addresses are those of other key sets."""
    with pytest.raises(ConfigurationError):
        LoadBalancerKeySet(url)


def test_over_http() -> None:
    """From a real server: the keys are fetched once for all load balancers of one region."""
    alb = LocalLoadBalancer()
    other = LocalLoadBalancer(alb.pool, client_id="2example")
    with alb.serve() as server, other.serve() as second:
        guard = Guard(
            LoadBalancer([alb.arn], client_id=alb.client_id, keys=server.url),
            LoadBalancer([alb.arn], client_id=other.client_id, keys=server.url),
            LoadBalancer([alb.arn], client_id="3example", keys=second.url),
        )
        for client_id in (alb.client_id, other.client_id) * 2:
            value = alb.data("ada", headers={"client": client_id})
            identity = guard.authenticate(lambda name, value=value: [value] * name.endswith("data"))
            assert identity.username == "ada"
        assert (server.requests, second.requests) == (1, 0)
