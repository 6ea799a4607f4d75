"""Under which issuer a caller is to be stored, and what adapters can learn about the settings."""

from __future__ import annotations

import pytest

from cognito_guard import Guard
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool


def test_both_forms_of_an_issuer_have_one_home(guard: Guard, pool: LocalUserPool) -> None:
    """A user is the same user before and after the pool changes to its updated issuer."""
    before = guard.verify(pool.access_token("alice"))
    after = guard.verify(pool.access_token("alice", iss=pool.updated_issuer))
    assert before.issuer != after.issuer
    assert guard.home_issuer(before) == guard.home_issuer(after) == pool.issuer


def test_each_pool_is_a_home_of_its_own(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """The same subject in two pools is two users."""
    guard = Guard(pool.trust(), other_pool.trust())
    homes = {
        guard.home_issuer(guard.verify(one.access_token(sub="the-same")))
        for one in (pool, other_pool)
    }
    assert homes == {pool.issuer, other_pool.issuer}


@pytest.mark.parametrize("form", ["issuer", "updated_issuer"])
def test_a_load_balancer_moves_nobody(pool: LocalUserPool, form: str) -> None:
    """A user stays the same user when a load balancer that names one form comes to be trusted."""
    guard = Guard(LocalLoadBalancer(pool).trust(issuer=getattr(pool, form)), pool.trust())
    for issuer in (pool.issuer, pool.updated_issuer):
        identity = guard.verify(pool.access_token(iss=issuer))
        assert guard.home_issuer(identity) == pool.issuer


def test_an_identity_of_another_guard_stays_where_it_is(
    guard: Guard, other_pool: LocalUserPool
) -> None:
    """An issuer that this guard does not know is its own home."""
    stranger = Guard(other_pool.trust()).verify(other_pool.access_token())
    assert guard.home_issuer(stranger) == other_pool.issuer


@pytest.mark.parametrize("name", ["USER_POOL_ID", "USER_POOLS", "REALM", "COOKIE"])
def test_setting_names(name: str) -> None:
    """A guard tells which settings it knows, without a prefix."""
    assert name in Guard.setting_names
