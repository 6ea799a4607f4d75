"""A request that carries a token and what a load balancer forwards: one caller, or a refusal."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Cookie, Guard, Identity, InvalidToken, Reason
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

POOL = LocalUserPool()
OTHER = LocalUserPool("eu-west-1_OtherOne", client_id=POOL.client_id)
ALB = LocalLoadBalancer(POOL)
SUBJECT = Guard(POOL.trust()).verify(POOL.access_token("ada")).subject


def ask(guard: Guard, token: str, *, header: str = "authorization") -> Identity:
    """Who sent the load balancer's data of ``ada`` beside a token."""
    sent = dict(ALB.headers("ada"))
    sent[header] = f"Bearer {token}" if header == "authorization" else f"session={token}"
    values = lambda name: [sent[name]] if name in sent else []  # noqa: E731
    found = guard.authenticate(values)
    assert asyncio.run(guard.aauthenticate(values)) == found
    return found


def guards(**arguments: Any) -> list[Guard]:
    """Guards that look at the token first, and at the load balancer first; with its token too."""
    alb, with_token = ALB.trust(), ALB.trust(user_pool=POOL.trust())
    pools = (POOL.trust(token_use="any"), OTHER.trust())
    return [
        Guard(*pools, alb, **arguments),
        Guard(alb, *pools, **arguments),
        Guard(*pools, with_token, **arguments),
        Guard(with_token, *pools, **arguments),
    ]


# Of tokens that are made when the tests are collected, which may be long before they run.
DAY = 24 * 3600
SAME = {
    "an access token": POOL.access_token("ada", expires_in=DAY),
    "an ID token": POOL.id_token("ada", expires_in=DAY),
    "the updated issuer": POOL.access_token("ada", iss=POOL.updated_issuer, expires_in=DAY),
}
ANOTHER = {
    "another user": POOL.access_token("bob", expires_in=DAY),
    "an ID token of another user": POOL.id_token("bob", expires_in=DAY),
    "a machine": POOL.machine_token(expires_in=DAY),
    "the same subject in another pool": OTHER.access_token("ada", sub=SUBJECT, expires_in=DAY),
    "the same name, another subject": POOL.access_token("ada", sub=SUBJECT[:-1], expires_in=DAY),
    "the subject in capitals": POOL.access_token("ada", sub=SUBJECT.upper(), expires_in=DAY),
    "the subject and a space": POOL.access_token("ada", sub=SUBJECT + " ", expires_in=DAY),
}


@pytest.mark.parametrize("token", SAME.values(), ids=SAME)
def test_one_caller(token: str) -> None:
    """A token of the user whom the load balancer names is welcome beside its data."""
    for guard in guards():
        assert ask(guard, token).subject == SUBJECT


@pytest.mark.parametrize("token", ANOTHER.values(), ids=ANOTHER)
def test_two_callers(token: str) -> None:
    """A token of anybody else is refused, whichever of the two would decide."""
    for guard in guards():
        with pytest.raises(InvalidToken) as caught:
            ask(guard, token)
        assert caught.value.reason is Reason.IDENTITY_MISMATCH


def test_two_callers_in_a_cookie() -> None:
    """A cookie that somebody planted counts as much as a header."""
    guard = Guard(POOL.trust(), ALB.trust(), carriers=[Cookie("session")])

    assert ask(guard, POOL.access_token("ada"), header="cookie").subject == SUBJECT
    with pytest.raises(InvalidToken, match="identity_mismatch"):
        ask(guard, POOL.access_token("bob"), header="cookie")


@pytest.mark.parametrize("token", ANOTHER.values(), ids=ANOTHER)
def test_two_callers_on_purpose(token: str) -> None:
    """Who says so by its ugly name takes the first one's word, and both still have to be good."""
    first, second, *_ = guards(unsafe_allow_mixed_identities=True)

    assert ask(first, token).source == "token"
    assert ask(second, token).source == "user_info"
    with pytest.raises(InvalidToken, match="bad_signature"):
        ask(second, token[:-8] + "AAAAAAAA")


@pytest.mark.parametrize("value", ["true", 1, None, "false", [True]], ids=repr)
def test_on_purpose_means_true(value: Any) -> None:
    """Nothing that is only taken for true allows it."""
    with pytest.raises(ConfigurationError, match="unsafe_allow_mixed_identities must be True or"):
        guards(unsafe_allow_mixed_identities=value)


@pytest.mark.parametrize("trusted", [[POOL.trust()], [ALB.trust()]], ids=["pool", "balancer"])
def test_on_purpose_without_need(trusted: Any) -> None:
    """Where only one kind is trusted there is nothing to allow."""
    with pytest.raises(ConfigurationError, match="a UserPool and a LoadBalancer"):
        Guard(*trusted, unsafe_allow_mixed_identities=True)


def test_credentials_are_compared_by_what_they_hold() -> None:
    """Two that hold the same are one, for sets as well; nothing else equals them."""
    sent = {**ALB.headers("ada"), "authorization": "Bearer a.b.c"}
    guard = Guard(ALB.trust(), POOL.trust())
    one, two = (guard.find_credential(lambda name: [sent.get(name, "")]) for _ in range(2))

    assert one == two
    assert one is not None
    assert len({one, two}) == len({one.value, *(each.value for each in (two,) if each)}) == 1
    assert one != "a.b.c"
    assert one.value != sent["x-amzn-oidc-data"]


def test_roles_of_a_pool_behind_a_load_balancer() -> None:
    """What its user pool says of roles would do nothing, so both have to say the same."""
    pool = POOL.trust(role_claim="custom:rank")
    with pytest.raises(ConfigurationError, match="of user_pool would have no effect"):
        ALB.trust(user_pool=pool)
    assert ALB.trust(user_pool=pool, role_claim="custom:rank").role_claim == "custom:rank"
