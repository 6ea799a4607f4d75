"""health() of the keys of load balancers: all ids together, and nothing that a stranger named."""

from __future__ import annotations

import pytest

from cognito_guard import Guard, KeyHealth, LoadBalancer, RemoteKeySet, StaticKeySet
from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, REFRESH_SECONDS
from cognito_guard.load_balancers.keys import MISSES, LoadBalancerKeySet
from cognito_guard.network.fetch import FetchFailed
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from ..keys.source import Clock, promptly, resolve, settle, unavailable, unknown

BASE = "https://keys.example/eu-west-1"


class Desk:
    """The ``get`` of a key set: PEM texts by ``kid``, 404 for others; or it fails."""

    def __init__(self) -> None:
        self.signers = [LocalLoadBalancer(), LocalLoadBalancer()]
        self.keys = {kid: pem for one in self.signers for kid, pem in one.keys().items()}
        self.down = False

    def __call__(self, url: str) -> bytes:
        kid = url.rpartition("/")[2]
        if self.down or kid not in self.keys:
            status = 500 if self.down else 404
            raise FetchFailed(f"status {status}", status=status)
        return self.keys[kid].encode("ascii")


@pytest.fixture
def desk() -> Desk:
    """An address that has two keys."""
    return Desk()


@pytest.fixture
def keys(desk: Desk, clock: Clock) -> LoadBalancerKeySet:
    """The key set of that address."""
    return LoadBalancerKeySet(BASE, get=desk, clock=clock)


def test_before_the_first_request_it_is_empty(keys: LoadBalancerKeySet) -> None:
    """Nothing is fetched ahead, and that is no fault."""
    assert keys.health() == KeyHealth("empty", source=BASE, keys=0, next_attempt=0.0)


def test_keys_in_use_are_counted_and_the_oldest_tells_the_age(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock
) -> None:
    """Each key is fetched by itself; the page shows the one that gives most cause for concern."""
    first, second = desk.keys
    resolve(keys, first)
    clock.now += 60
    resolve(keys, second)
    clock.now += 5
    resolve(keys, first)
    health = keys.health()
    assert (health.state, health.keys, health.age) == ("fresh", 2, 65.0)


def test_key_that_cannot_be_refreshed_makes_the_set_stale(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock
) -> None:
    """One of two keys in use is stale: that is what is told, though nobody needs the older one."""
    first, second = desk.keys
    resolve(keys, first)
    clock.now += REFRESH_SECONDS
    resolve(keys, second)
    clock.now += REFRESH_SECONDS
    desk.down = True
    resolve(keys, second)
    settle()
    health = keys.health()
    assert (health.state, health.keys, health.last_error) == ("stale", 2, "status 500")


def test_ids_that_nobody_has_a_key_for_are_no_trouble(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock
) -> None:
    """404 says that an id is a stranger's: with it, nothing is in use and nothing has failed."""
    unknown(keys, "nobody")
    assert keys.health() == KeyHealth("empty", source=BASE, keys=0, next_attempt=0.0)
    resolve(keys, next(iter(desk.keys)))
    health = keys.health()
    assert (health.state, health.keys) == ("fresh", 1)


def test_address_that_fails_with_nothing_in_use_is_unavailable(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock
) -> None:
    """Down at the start, or down until what was held is too old."""
    desk.down = True
    kid = next(iter(desk.keys))
    clock.now += unavailable(keys, kid).retry_after
    health = keys.health()
    assert (health.state, health.keys, health.last_error) == ("unavailable", 0, "status 500")
    desk.down = False
    resolve(keys, kid)
    desk.down = True
    clock.now += HARD_LIMIT_SECONDS
    unavailable(keys, kid)
    assert keys.health().state == "unavailable"


def test_it_needs_no_lock(keys: LoadBalancerKeySet) -> None:
    """It is told while another thread has the lock."""
    with keys._lock:
        assert promptly(keys.health).state == "empty"


def test_retry_after_is_that_of_the_key(keys: LoadBalancerKeySet, desk: Desk, clock: Clock) -> None:
    """Each key has a pause of its own; an id that was never asked for has none."""
    desk.down = True
    first, second = desk.keys
    for _ in range(6):
        clock.now += 60
        unavailable(keys, first)
    assert keys.retry_after(first) > 1
    assert keys.retry_after(second) == 1


def test_strangers_ids_share_one_budget_in_the_log(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Ever new ids at an address that fails are ten records a minute, and none holds an id."""
    desk.down = True
    for number in range(8 * MISSES):
        unavailable(keys, f"stranger-{number}")
        clock.now += 6
    assert len(caplog.records) == 10
    assert "stranger" not in caplog.text
    assert {r.source for r in caplog.records} == {BASE}  # type: ignore[attr-defined]


def test_guard_tells_it_for_each_arn(pool: LocalUserPool) -> None:
    """Load balancers stand next to issuers, each under its ARN."""
    signer = LocalLoadBalancer()
    arns = [signer.arn, signer.arn.replace("/app/", "/app/other-")]
    remote = LoadBalancer(arns, client_id="c", keys=BASE)
    static = LoadBalancer([signer.arn + "0"], client_id="c", keys=signer.keys())
    told = Guard(pool.trust(), remote, static).health()
    assert set(told) == {*pool.trust().issuers, *arns, signer.arn + "0"}
    assert told[arns[0]] == told[arns[1]]
    assert told[arns[0]].source == BASE
    assert told[signer.arn + "0"] == KeyHealth("static", keys=1)


def test_new_id_that_cannot_be_fetched_shows_next_to_the_keys_in_use(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock
) -> None:
    """A load balancer signs with a new key while the address fails: its callers get 503, so why is
    told; until an attempt brings something again.
    """
    first, second = desk.keys
    resolve(keys, first)
    clock.now += 1
    desk.down = True
    unavailable(keys, second)
    health = keys.health()
    assert (health.state, health.keys, health.failures) == ("fresh", 1, 1)
    assert health.last_error == "status 500"
    clock.now += 1
    desk.down = False
    unknown(keys, "nobody")
    health = keys.health()
    assert (health.state, health.last_error, health.failures) == ("fresh", None, 0)


def test_more_unknown_ids_than_are_looked_up_are_told_in_the_log(
    keys: LoadBalancerKeySet, desk: Desk, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The address is in good order, and some callers get 503 all the same: the log says why."""
    for number in range(MISSES):
        unknown(keys, f"stranger-{number}")
    assert not caplog.records
    for number in range(20):
        unavailable(keys, f"another-{number}")
    expected = f"keys of {BASE} were not fetched: more than {MISSES} unknown ids in 30 s"
    assert [record.getMessage() for record in caplog.records] == [expected] * 10


def test_guard_tells_the_worst_of_two_key_sets_of_one_issuer(pool: LocalUserPool) -> None:
    """Settings name one user pool twice, for bearer tokens and behind a load balancer: an outage of
    either shows, whatever the other one holds.
    """
    signer = LocalLoadBalancer(pool)
    down, good = RemoteKeySet(BASE, get=Desk()), StaticKeySet(pool.jwks())
    unavailable(down)
    for bearer, forwarded in ((down, good), (good, down)):
        balanced = signer.trust(user_pool=pool.trust(jwks=forwarded))
        guard = Guard(pool.trust(jwks=bearer), balanced)
        assert guard.health()[pool.issuer].state == "unavailable"
