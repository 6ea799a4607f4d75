"""LocalClock, and keys that two local pools or load balancers share."""

from __future__ import annotations

import json

import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalClock, LocalLoadBalancer, LocalUserPool


def test_it_follows_the_calendar_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops at a whole second, moves both ways, and can be set going again."""
    clock, now = LocalClock(), [1_000.75]
    monkeypatch.setattr("time.time", lambda: now[0])
    assert clock() == 1_000.75
    clock.stop()
    now[0] = 2_000.5
    assert clock() == 1_000
    clock.advance(-10)
    assert (clock(), repr(clock)) == (990, "<LocalClock at 990.0>")
    clock.stop(at=5)
    clock.stop()
    assert clock() == 5
    clock.resume()
    assert (clock(), repr(clock)) == (2_000.5, "<LocalClock>")
    clock.advance(1)
    assert clock() == 2_001


def test_a_pool_with_the_keys_of_another(pool: LocalUserPool) -> None:
    """Each verifies what the other has signed."""
    same = LocalUserPool(private_keys=pool.private_keys())
    assert same.jwks() == pool.jwks()
    assert Guard(pool.trust(token_use="id")).verify(same.id_token("ada")).username == "ada"
    assert Guard(same.trust()).verify(pool.access_token("ada")).username == "ada"


def test_a_load_balancer_with_the_key_of_another(pool: LocalUserPool) -> None:
    """Each verifies what the other has signed."""
    first = LocalLoadBalancer(pool)
    same = LocalLoadBalancer(pool, private_key=first.private_key())
    assert same.keys() == first.keys()
    headers = same.headers("ada")
    guard = Guard(first.trust())
    identity = guard.authenticate(lambda name: [headers[name]] if name in headers else [])
    assert identity.username == "ada"


def test_keys_of_the_other_kind(pool: LocalUserPool) -> None:
    """They are taken for what they are."""
    key = LocalLoadBalancer(pool).private_key()
    with pytest.raises(ValueError, match="of a local pool"):
        LocalUserPool(private_keys=json.dumps(dict.fromkeys(("access", "id"), json.loads(key))))
    with pytest.raises(ValueError, match="of a local load balancer"):
        LocalLoadBalancer(pool, private_key=json.dumps(json.loads(pool.private_keys())["access"]))
