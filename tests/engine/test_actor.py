"""actor.py, and the policies about who acts for the subject of a token."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cognito_guard import (
    Actor,
    ConfigurationError,
    Identity,
    InvalidToken,
    Reason,
    build_policy,
    forbid_actor,
    require_actor,
)

from .callers import caller, reason
from .duplicates import WAYS
from .forge import Forge

AGENT = {"sub": "agent-1", "client_id": "client-1", "iss": "https://issuer.example", "more": [1]}
CHAIN = {**AGENT, "act": {"sub": "agent-2", "act": {"client_id": "client-3"}}}


def test_an_actor_and_those_before() -> None:
    """Each one in the chain is an actor, and so is who is known by a client alone."""
    actor = caller(act=CHAIN).actor

    assert actor is not None
    assert (actor.subject, actor.client_id, actor.issuer) == (
        "agent-1",
        "client-1",
        "https://issuer.example",
    )
    assert actor.claims["more"] == (1,)
    second = actor.actor
    assert second is not None
    assert (second.subject, second.client_id, second.issuer) == ("agent-2", None, None)
    third = second.actor
    assert third is not None
    assert (third.subject, third.client_id, third.actor) == (None, "client-3", None)


def test_nobody_acts() -> None:
    """Without the claim there is no actor, and none is made of one that is malformed, as user info
    may have it."""
    for identity in (caller(), caller(act="agent"), caller(act=None), caller(act=[AGENT])):
        assert identity.actor is None
        assert identity.as_dict()["actor"] is None
    assert Actor({"sub": 1, "act": "x"}).subject is Actor({"sub": 1, "act": "x"}).actor is None


def test_as_dict_has_the_actors_claims() -> None:
    """As JSON has them, all the way down."""
    said = caller(act=CHAIN).as_dict()

    assert said["actor"] == CHAIN
    assert json.loads(json.dumps(said)) == said


def test_an_actor_is_a_value() -> None:
    """Equal by its claims, the same after a journey, and silent and its own in a repr."""
    one, other = caller(act=AGENT).actor, caller(act={"sub": "agent-2"}).actor

    assert one == caller(act=dict(AGENT)).actor
    assert hash(one) == hash(caller(act=dict(AGENT)).actor)
    assert one != other
    assert one != AGENT
    assert all(way.values[0](one) == one for way in WAYS)
    assert repr(one) != repr(other)
    assert not any(word in repr(one) for word in ("agent", "client", "issuer"))
    with pytest.raises(AttributeError):
        one.subject = "x"  # type: ignore[misc, union-attr]  # pyright: ignore
    with pytest.raises(TypeError, match="cannot be changed"):
        one.claims["sub"] = "x"  # type: ignore[index, union-attr]  # pyright: ignore


@pytest.mark.parametrize(
    ("keywords", "passes"),
    [
        ({}, True),
        ({"subjects": "agent-1"}, True),
        ({"subjects": ["agent-0", "agent-1"]}, True),
        ({"subjects": "agent-2"}, False),
        ({"subjects": "agent"}, False),
        ({"subjects": "client-1"}, False),
        ({"client_ids": "client-1"}, True),
        ({"client_ids": {"client-3"}}, False),
        ({"subjects": "agent-1", "client_ids": "client-1"}, True),
        ({"subjects": "agent-1", "client_ids": "client-2"}, False),
        ({"subjects": "agent-2", "client_ids": "client-1"}, False),
        ({"issuers": "https://issuer.example"}, True),
        ({"issuers": ["https://other.example"]}, False),
    ],
)
def test_who_may_act(keywords: dict[str, Any], passes: bool) -> None:
    """Who acts now is held against every list; those before have no right to give."""
    policy = require_actor(**keywords)

    assert reason(policy, caller(act=CHAIN)) is (None if passes else Reason.WRONG_ACTOR)
    assert reason(policy, caller()) is Reason.WRONG_ACTOR
    assert reason(policy, caller(act="agent-1")) is Reason.WRONG_ACTOR


def test_whose_actor() -> None:
    """The same subject of another issuer is somebody else, unless that one is named."""
    foreign = caller(act={"sub": "agent-1", "iss": "https://other.example"})
    own = caller(act={"sub": "agent-1"})
    named = require_actor(subjects="agent-1", issuers="https://other.example")

    assert reason(require_actor(subjects="agent-1"), foreign) is Reason.WRONG_ACTOR
    assert reason(require_actor(), foreign) is Reason.WRONG_ACTOR
    assert reason(require_actor(subjects="agent-1"), own) is None
    assert reason(named, foreign) is None
    assert reason(named, own) is Reason.WRONG_ACTOR


@pytest.mark.parametrize("act", [AGENT, {}, None, False, "", "agent", []], ids=repr)
def test_nobody_may_act(act: Any) -> None:
    """A token with the claim is refused, whatever the claim is."""
    assert reason(forbid_actor(), caller(act=act)) is Reason.WRONG_ACTOR
    assert reason(forbid_actor(), caller(actor=act)) is None


@pytest.mark.parametrize("name", ["subjects", "client_ids", "issuers"])
@pytest.mark.parametrize("names", [[], "", [""], 5, b"a", [b"a"]], ids=repr)
def test_wrong_names(name: str, names: Any) -> None:
    """An empty list and what is no name are errors at once."""
    with pytest.raises(ConfigurationError, match=f"{name} of require_actor"):
        require_actor(**{name: names})


@pytest.mark.parametrize("factory", [require_actor, forbid_actor])
def test_uncalled(factory: Any) -> None:
    """What makes policies is none."""
    with pytest.raises(ConfigurationError, match="call it"):
        build_policy(policy=factory)


@pytest.mark.parametrize("act", ["agent", None, {}, [], [AGENT], {"sub": ""}, {"act": 1}], ids=repr)
def test_a_token_with_a_malformed_actor(forge: Forge, act: Any) -> None:
    """Nobody can say who acts, so the token is good for nothing."""
    with pytest.raises(InvalidToken) as caught:
        forge.guard().verify(forge.token(forge.claims(act=act)))

    assert caught.value.reason is Reason.MALFORMED_CLAIM


def test_a_token_with_an_actor(forge: Forge) -> None:
    """The actor is in the identity, also that of a token that was verified before."""
    token = forge.token(forge.claims(act=CHAIN))
    guard = forge.guard()
    seen: list[Identity] = [guard.verify(token) for _ in range(2)]

    assert [identity.actor for identity in seen] == [Actor(seen[0].claims["act"])] * 2
    assert reason(require_actor(subjects="agent-1", issuers=AGENT["iss"]), seen[1]) is None
