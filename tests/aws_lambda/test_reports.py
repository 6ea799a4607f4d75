"""What reports of errors show of our frames: no token and no claim, whatever fails behind us."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import ConfigurationError, Guard, Identity, InvalidToken
from cognito_guard.testing import LocalUserPool
from cognito_guard_lambda import (
    Authorizer,
    aauthenticate,
    answer_metadata,
    authenticate,
    guarded,
    trust_authorizer,
)

from ..engine.reports import assert_nothing_shown, shown_by, shown_now
from .conftest import MAKE
from .test_authorizer import token_event
from .test_trusted import claims_in, of_appsync, with_word


class Accident(Exception):
    """What goes wrong in other people's code."""


class Fails:
    """Other people's code, which notes what frames that are under way show."""

    def __init__(self) -> None:
        self.live: list[tuple[str, str]] = []

    def __call__(self, *_: Any) -> Any:
        self.live = shown_now()
        raise Accident


Way = Callable[[Guard, Fails, str], Any]


def of_a_handler(guard: Guard, fails: Fails, token: str) -> Any:
    """A handler that fails, and drops the event before."""

    @guarded(guard)
    def handler(event: Any, context: Any, identity: Identity) -> Any:
        del event
        fails()

    handler(MAKE["http"]([("Authorization", f"Bearer {token}")]), None)


def of_an_async_handler(guard: Guard, fails: Fails, token: str) -> Any:
    """The same, async."""

    @guarded(guard)
    async def handler(event: Any, context: Any, identity: Identity) -> Any:
        del event
        fails()

    asyncio.run(handler(MAKE["http"]([("Authorization", f"Bearer {token}")]), None))


def of_a_trusting_handler(guard: Guard, fails: Fails, token: str) -> Any:
    """The same by an authorizer's word."""

    @guarded(guard, trust_authorizer="lambda")
    def handler(event: Any, context: Any, identity: Identity) -> Any:
        del event
        fails()

    context = Authorizer(guard)(token_event(f"Bearer {token}"))["context"]
    handler(with_word("rest", context), None)


def of_a_policy(guard: Guard, fails: Fails, token: str) -> Any:
    """A policy fails, in the decorator."""

    @guarded(guard, policy=fails)
    def handler(event: Any, context: Any, identity: Identity) -> Any:
        raise AssertionError

    handler(MAKE["rest"]([("Authorization", f"Bearer {token}")]), None)


def of_a_policy_of_an_authorizer(guard: Guard, fails: Fails, token: str) -> Any:
    """A policy fails, in an authorizer."""
    Authorizer(guard, policy=fails)(token_event(f"Bearer {token}"))


def of_a_check(guard: Guard, fails: Fails, token: str) -> Any:
    """A pool's check fails."""
    (pool,) = guard.user_pools
    arguments = {"client_ids": pool.client_ids, "jwks": pool.jwks, "checks": [fails]}
    checking = Guard(type(pool)(pool.user_pool_id, **arguments))
    authenticate(checking, MAKE["http"]([("Authorization", f"Bearer {token}")]))


def of_a_check_of_claims(guard: Guard, fails: Fails, token: str) -> Any:
    """A pool's check fails, where an authorizer is trusted."""
    (pool,) = guard.user_pools
    arguments = {"client_ids": pool.client_ids, "jwks": pool.jwks, "checks": [fails]}
    checking = Guard(type(pool)(pool.user_pool_id, **arguments))
    trust_authorizer(checking, of_appsync(claims_in(token)), "appsync")


WAYS: list[Way] = [
    of_a_handler,
    of_an_async_handler,
    of_a_trusting_handler,
    of_a_policy,
    of_a_policy_of_an_authorizer,
    of_a_check,
    of_a_check_of_claims,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_nothing_is_shown(way: Way, guard: Guard, pool: LocalUserPool) -> None:
    """Neither by frames that are under way, nor by those that the error came through."""
    token = pool.access_token("ada", groups=["secret-group"])
    secrets = {token, token.split(".")[1], pool.subject("ada"), "secret-group"}
    fails = Fails()
    with pytest.raises(Accident) as raised:
        way(guard, fails, token)
    assert assert_nothing_shown(iter(fails.live), secrets) > 0
    assert_nothing_shown(shown_by(raised.value), secrets)


def _plain(guard: Guard, event: Any) -> Any:
    return guarded(guard)(print)(event, None)


def _plain_async(guard: Guard, event: Any) -> Any:
    @guarded(guard)
    async def handler(event: Any, context: Any, identity: Identity) -> None: ...

    return asyncio.run(handler(event, None))


def _trusting(guard: Guard, event: Any) -> Any:
    return guarded(guard, trust_authorizer="cognito")(print)(event, None)


def _trust(guard: Guard, event: Any) -> Any:
    return trust_authorizer(guard, event, "cognito")


def _aauthenticate(guard: Guard, event: Any) -> Any:
    return asyncio.run(aauthenticate(guard, event))


def _authorizer(guard: Guard, event: Any) -> Any:
    return Authorizer(guard)(event)


def _with_claims(token: str, **claims: Any) -> Any:
    subject = claims_in(token)["sub"]
    return with_word("rest", {"claims": {"sub": subject, **claims}})


EVENTS: dict[str, tuple[Callable[[Guard, Any], Any], Callable[[str], Any]]] = {
    "authenticate: no request": (authenticate, lambda token: {"headers": {"a": token}}),
    "aauthenticate: no request": (_aauthenticate, lambda token: {"headers": {"a": token}}),
    "guarded: no request": (_plain, lambda token: {"headers": {"a": token}}),
    "guarded: no request, async": (_plain_async, lambda token: {"headers": {"a": token}}),
    "guarded: a WebSocket's message": (
        _plain,
        lambda token: {
            "requestContext": {"connectionId": "x", "eventType": "MESSAGE"},
            "body": token,
        },
    ),
    "metadata: no request": (answer_metadata, lambda token: {"headers": {"a": token}}),
    "authorizer: no question": (_authorizer, lambda token: {"headers": {"a": token}}),
    "authorizer: no ARN": (_authorizer, lambda token: {**token_event(token), "methodArn": "x"}),
    "trust: another's event": (_trust, lambda token: MAKE["http"]([("Authorization", token)])),
    "trust: another's event, guarded": (
        _trusting,
        lambda token: MAKE["http"]([("Authorization", token)]),
    ),
    "trust: groups with commas": (
        _trust,
        lambda token: _with_claims(token, **{"cognito:groups": "secret-group,x"}),
    ),
    "trust: no text": (_trusting, lambda token: _with_claims(token, x=1)),
}


@pytest.mark.parametrize("case", EVENTS)
def test_errors_of_ours_show_nothing(case: str, guard: Guard, pool: LocalUserPool) -> None:
    """Nor do frames show an event that is refused for what it is."""
    do, event = EVENTS[case]
    token = pool.access_token("ada", groups=["secret-group"])
    with pytest.raises((ConfigurationError, InvalidToken)) as raised:
        do(guard, event(token))
    secrets = {token, token.split(".")[1], pool.subject("ada"), "secret-group"}
    assert_nothing_shown(shown_by(raised.value), secrets)


def test_a_group_with_a_space_shows_nothing(guard: Guard, pool: LocalUserPool) -> None:
    """A trigger wrote it, and an authorizer cannot tell it."""
    token = pool.access_token("ada", groups=["secret group"])
    with pytest.raises(ConfigurationError, match="space") as raised:
        Authorizer(guard)(token_event(f"Bearer {token}"))
    assert_nothing_shown(shown_by(raised.value), {token, pool.subject("ada"), "secret group"})
