"""The test kit as it is meant to be used."""

from typing import Any, assert_type

from django.test import Client
from flask import Flask
from flask.testing import FlaskClient
from starlette.testclient import TestClient

from cognito_guard import Guard, LoadBalancer
from cognito_guard.testing import (
    LocalClock,
    LocalListener,
    LocalLoadBalancer,
    LocalUser,
    LocalUserPool,
    PemServer,
    Refusal,
    capture_refusals,
)
from cognito_guard_pytest import SignedIn


def users() -> LocalUserPool:
    """What is known of users is optional."""
    ada = LocalUser("ada", groups=["admins"], role="editor", claims={"name": "Ada"})
    pool = LocalUserPool(users=[LocalUser("alice"), ada])
    assert_type(pool.users, dict[str, LocalUser])
    assert_type(pool.access_token("ada", groups=None), str)
    return pool


def load_balancer(pool: LocalUserPool) -> Guard:
    """One that signs, and the one that trusts it."""
    balancer = LocalLoadBalancer(pool, client_id="c", issuer="https://idp.example")
    assert_type(balancer.headers("ada", exp=1, claims={"custom:x": "y"}), dict[str, str])
    assert_type(balancer.data("ada", headers={"signer": balancer.OMIT}), str)
    assert_type(balancer.sign({"any": 1}), str)
    assert_type(balancer.access_token("ada", scopes=["a/b"], groups=["admins"]), str)
    assert_type(balancer.keys(), dict[str, str])
    with balancer.serve() as keys:
        assert_type(keys, PemServer)
        trusted = balancer.trust(user_pool=pool.trust(), keys=keys.url)
    assert_type(trusted, LoadBalancer)
    return Guard(trusted, pool.trust())


def proxy(balancer: LocalLoadBalancer, url: str) -> str:
    """In front of an app."""
    with balancer.listen(url, on_unauthenticated_request="deny", rules={"/x": "allow"}) as one:
        assert_type(one, LocalListener)
        assert_type(one.logout_path, str)
        return one.url


def signed_in(cognito_client: SignedIn, site: Any, app: Flask) -> dict[str, str]:
    """One line for a test client of each framework."""
    assert_type(cognito_client.starlette(site), TestClient)
    assert_type(cognito_client.fastapi(site, base_url="https://app.example"), TestClient)
    assert_type(cognito_client.flask(app), FlaskClient)
    assert_type(cognito_client.django(enforce_csrf_checks=True), Client)
    return cognito_client.as_user("bob", groups=["staff"], token_use="id").headers


def refused(guard: Guard) -> None:
    """What was refused, and a clock to be late by."""
    clock = LocalClock()
    clock.advance(60)
    with capture_refusals() as refusals:
        assert_type(refusals, list[Refusal])
    same = LocalUserPool(private_keys=LocalUserPool().private_keys(), clock=clock)
    LocalLoadBalancer(same, private_key=LocalLoadBalancer().private_key())
