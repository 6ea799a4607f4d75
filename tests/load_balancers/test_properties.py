"""Whatever is done to what a load balancer forwards for somebody, it never speaks for another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cognito_guard import AuthError, Guard
from cognito_guard.testing import LocalLoadBalancer

from ..engine.forge import NOW, Forge
from ..engine.silence import assert_silent
from ..engine.strategies import any_text, repeatable, token_like

Headers: TypeAlias = list[tuple[str, str]]
Change: TypeAlias = Callable[[Headers, "Places"], None]
"""Changes headers in place."""


class Places:
    """Where an attacker gets other values from: nothing of it was signed for another user by a
    party that is trusted for that.
    """

    def __init__(self, forge: Forge, alb: LocalLoadBalancer) -> None:
        pool, foreign, ada = forge.pool, forge.foreign_balancer, forge.pool.subject("ada")
        # As at AWS, everybody's load balancers sign with keys of one place.
        self.keys = {**alb.keys(), **foreign.keys()}
        self.good = list(alb.headers("alice", groups=["readers"]).items())
        older = alb.headers("alice", access_token=pool.access_token("alice", expires_in=60))
        self.values = [
            *older.values(),
            *foreign.headers("ada", groups=["admins"]).values(),
            foreign.data("ada", headers={"signer": alb.arn}),
            foreign.data("ada", headers={"signer": alb.arn, "kid": next(iter(alb.keys()))}),
            alb.data("alice", headers={"alg": "none"}).rpartition(".")[0] + ".",
            forge.attacker.access_token("ada", sub=ada),
            pool.machine_token(),
            ada,
            "",
            "admin",
        ]
        disguised = {"signer": alb.arn, "kid": next(iter(alb.keys()))}
        self.sets = [
            foreign.headers("ada", groups=["admins"]),
            {
                "x-amzn-oidc-data": foreign.data("ada", headers=disguised),
                "x-amzn-oidc-accesstoken": forge.attacker.sign(
                    forge.access_claims(sub=ada), headers={"kid": forge.kid}
                ),
                "x-amzn-oidc-identity": ada,
            },
        ]
        self.segments = [part for value in self.values for part in value.split(".")]


@pytest.fixture(scope="module")
def alb(forge: Forge) -> LocalLoadBalancer:
    """A load balancer in front of the forge's pool."""
    return LocalLoadBalancer(forge.pool)


@pytest.fixture(scope="module")
def places(forge: Forge, alb: LocalLoadBalancer) -> Places:
    """What an attacker has, made once."""
    own = Forge(load_balancer=alb)
    own.pool = forge.pool
    return Places(own, alb)


def at(headers: Headers, place: int) -> int:
    """A number that is one of a header."""
    return place % len(headers)


def edit(place: int, where: int, out: int, text: str) -> Change:
    """Letters of a value taken out, others put in."""

    def change(headers: Headers, _: Places) -> None:
        if headers:
            name, value = headers[at(headers, place)]
            cut = where % (len(value) + 1)
            headers[at(headers, place)] = (name, value[:cut] + text + value[cut + out :])

    return change


def segment(place: int, part: int, other: int) -> Change:
    """One part of a value replaced by one of another value's."""

    def change(headers: Headers, places: Places) -> None:
        if headers:
            name, value = headers[at(headers, place)]
            parts = value.split(".")
            parts[part % len(parts)] = places.segments[other % len(places.segments)]
            headers[at(headers, place)] = (name, ".".join(parts))

    return change


def replace(place: int, other: int) -> Change:
    """A value replaced by another one."""

    def change(headers: Headers, places: Places) -> None:
        if headers:
            name, _ = headers[at(headers, place)]
            headers[at(headers, place)] = (name, places.values[other % len(places.values)])

    return change


def add(place: int, other: int) -> Change:
    """A header more, of a name that is there."""

    def change(headers: Headers, places: Places) -> None:
        if headers:
            name, _ = headers[at(headers, place)]
            headers.insert(place % 4, (name, places.values[other % len(places.values)]))

    return change


def drop(place: int) -> Change:
    """A header less."""

    def change(headers: Headers, _: Places) -> None:
        if headers:
            del headers[at(headers, place)]

    return change


def swap(one: int, other: int) -> Change:
    """The values of two headers in each other's place."""

    def change(headers: Headers, _: Places) -> None:
        if headers:
            first, second = at(headers, one), at(headers, other)
            (a, value), (b, another) = headers[first], headers[second]
            headers[first], headers[second] = (a, another), (b, value)

    return change


def become(number: int, left_alone: int) -> Change:
    """The values of another user's set, as an attacker would make one, but for one of them."""

    def change(headers: Headers, places: Places) -> None:
        forged = places.sets[number % len(places.sets)]
        for place, (name, value) in enumerate(headers):
            if place != left_alone:
                headers[place] = (name, forged.get(name, value))

    return change


small = st.integers(0, 3)
other = st.integers(0, 60)
changes = st.lists(
    st.builds(edit, small, st.integers(0, 2000), small, token_like | any_text)
    | st.builds(segment, small, small, other)
    | st.builds(replace, small, other)
    | st.builds(add, small, other)
    | st.builds(drop, small)
    | st.builds(become, small, small)
    | st.builds(swap, small, small),
    max_size=4,
)


@pytest.mark.parametrize("alone", [False, True], ids=["with access token", "user info alone"])
@repeatable
@given(changes)
@example([])
def test_mutations_never_speak_for_another(
    forge: Forge, alb: LocalLoadBalancer, places: Places, alone: bool, made: list[Change]
) -> None:
    """Any mutation of a good set of headers is refused, or still speaks for the same user."""
    beside = {} if alone else {"user_pool": forge.trust()}
    guard = Guard(alb.trust(keys=places.keys, **beside), clock=lambda: float(NOW))
    headers = list(places.good)
    for change in made:
        change(headers, places)

    try:
        identity = guard.authenticate(lambda name: [value for key, value in headers if key == name])
    except AuthError as error:
        assert made, "the good headers were refused"
        assert_silent(error, {value for _, value in headers if len(value) > 30})
    else:
        assert identity.subject == forge.pool.subject("alice")
        assert identity.username == "alice"
        assert "admins" not in identity.groups
        assert alone or identity.groups in (("readers",), ())
