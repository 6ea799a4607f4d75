"""identity.py: what an Identity says, what it keeps to itself, and that nobody can change it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from cognito_guard import Actor, Identity

from .duplicates import WAYS
from .forge import NOW, OMIT, Forge
from .silence import assert_unsaid

RICH: dict[str, Any] = {
    "cognito:groups": ["admins", "x,y"],
    "cognito:roles": ["arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:role/two"],
    "cognito:preferred_role": "arn:aws:iam::123456789012:role/one",
    "custom:role": "editor",
    "custom:team": {"name": "blue", "tags": ["a", "b"]},
    "device_key": "eu-west-1_device-0001",
    "event_id": "d0000004-event-of-the-forge",
    "email": "forged.alice@example.com",
    "email_verified": True,
    "nonce": "nonce-0001-of-the-forge",
    "acr": "urn:cognito:loa:2",
    "amr": ["pwd", "otp", "mfa"],
    "act": {"sub": "agent-0001"},
    "identities": [
        {"userId": "12345678", "providerName": "Google", "primary": "true"},
        "no object",
    ],
}


@pytest.fixture
def identity(forge: Forge) -> Identity:
    """An identity from an access token with every claim that Cognito documents."""
    return forge.guard().verify(forge.token(forge.claims(RICH)))


def test_documented_claims(identity: Identity, forge: Forge) -> None:
    """Each documented claim of an access token has its attribute, with its own type."""
    assert identity.subject == "a0000001-subject-of-the-forge"
    assert identity.issuer == forge.issuer
    assert identity.token_use == "access"
    assert identity.client_id == forge.client_id
    assert identity.username == identity.display_name == "forged.alice"
    assert identity.groups == ("admins", "x,y")
    assert identity.scopes == ("orders/read", "orders/write")
    assert identity.roles == ("editor",)
    assert identity.custom == {"role": "editor", "team": {"name": "blue", "tags": ("a", "b")}}
    assert identity.email == "forged.alice@example.com"
    assert identity.email_verified is True
    assert identity.issued_at == identity.auth_time == NOW - 60
    assert identity.expires_at == NOW + 3600
    assert identity.jti == "b0000002-token-of-the-forge"
    assert identity.origin_jti == "c0000003-sign-in-at-the-forge"
    assert identity.event_id == "d0000004-event-of-the-forge"
    assert identity.device_key == "eu-west-1_device-0001"
    assert identity.nonce == "nonce-0001-of-the-forge"
    assert identity.acr == "urn:cognito:loa:2"
    assert identity.amr == ("pwd", "otp", "mfa")
    assert identity.actor == Actor({"sub": "agent-0001"})
    assert identity.iam_roles == tuple(RICH["cognito:roles"])
    assert identity.preferred_iam_role == "arn:aws:iam::123456789012:role/one"
    assert identity.federated_identities == (RICH["identities"][0],)
    assert (identity.is_authenticated, identity.is_anonymous, identity.is_machine) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("", "forged.alice"),
        (" \u3000", "forged.alice"),
        (["Ada"], "forged.alice"),
        (OMIT, "forged.alice"),
    ],
)
def test_display_name_is_the_name_of_a_person(name: object, shown: str, forge: Forge) -> None:
    """``name`` if there is one, and else the username."""
    identity = forge.guard(token_use="id").verify(forge.token(forge.id_claims(name=name)))
    assert identity.display_name == shown


def test_id_token(forge: Forge) -> None:
    """An ID token has its client in ``aud`` and its username under another name."""
    identity = forge.guard(token_use="id").verify(forge.token(forge.id_claims()))

    assert identity.token_use == "id"
    assert identity.client_id == forge.client_id
    assert identity.username == "forged.alice"
    assert identity.scopes == ()


def test_machine_token(forge: Forge) -> None:
    """A machine's token has no username, no groups, no sign-in, and that is no error."""
    claims = forge.claims(sub=forge.client_id, username=OMIT, origin_jti=OMIT, auth_time=OMIT)

    identity = forge.guard().verify(forge.token(claims))

    assert identity.is_machine
    assert identity.username is None
    assert identity.display_name == identity.subject == forge.client_id
    assert (identity.groups, identity.roles) == ((), ())
    assert (identity.origin_jti, identity.auth_time) == (None, None)


@pytest.mark.parametrize(
    ("changes", "token_use"),
    [
        ({"username": OMIT}, "access"),
        ({"sub": Forge.client_id}, "access"),
        ({"sub": Forge.client_id, "cognito:username": OMIT}, "id"),
    ],
    ids=["no username", "the client as sub", "an ID token"],
)
def test_what_is_no_machine(forge: Forge, changes: dict[str, Any], token_use: str) -> None:
    """Only an access token without a username whose subject is its client is a machine's."""
    claims = (forge.claims if token_use == "access" else forge.id_claims)(changes)

    assert not forge.guard(token_use="any").verify(forge.token(claims)).is_machine


def test_what_is_absent(forge: Forge) -> None:
    """An optional claim that is absent is ``None``, or an empty tuple where there may be many."""
    claims = {
        name: forge.claims()[name] for name in ("sub", "iss", "exp", "token_use", "client_id")
    }
    identity = forge.guard().verify(forge.token(claims))

    for name in ("username", "email", "email_verified", "issued_at", "auth_time", "jti", "acr"):
        assert getattr(identity, name) is None
    for name in ("origin_jti", "event_id", "device_key", "nonce", "preferred_iam_role", "actor"):
        assert getattr(identity, name) is None
    for name in ("groups", "scopes", "roles", "amr", "iam_roles", "federated_identities"):
        assert getattr(identity, name) == ()
    assert identity.custom == {}


@pytest.mark.parametrize("value", [1, True, None, [1], {"a": 1}, "true"], ids=repr)
def test_what_has_another_type(forge: Forge, value: object) -> None:
    """A claim that decides nothing and has another type than its attribute counts as absent."""
    names = ("email", "email_verified", "event_id", "device_key", "nonce", "acr", "amr")
    names += ("cognito:roles", "cognito:preferred_role", "identities")
    identity = forge.guard().verify(forge.token(forge.claims(dict.fromkeys(names, value))))

    texts = (identity.email, identity.event_id, identity.device_key, identity.nonce, identity.acr)
    assert set(texts) == {value if isinstance(value, str) else None}
    assert identity.email_verified is (True if value is True else None)
    assert identity.amr == ()
    assert identity.iam_roles == (("true",) if value == "true" else ())
    assert identity.federated_identities == ()


def test_iam_roles_as_one_text(forge: Forge) -> None:
    """Older tokens have ``cognito:roles`` as one text, separated by commas."""
    claims = forge.claims({"cognito:roles": "arn:one, arn:two,,"})

    assert forge.guard().verify(forge.token(claims)).iam_roles == ("arn:one", "arn:two")


def test_times_that_are_no_numbers() -> None:
    """A time attribute is a number or ``None``, also on an identity that no verifier built."""
    identity = Identity({"sub": "a", "iss": "b", "iat": True, "exp": "1"}, "access", "c")

    assert (identity.issued_at, identity.expires_at) == (None, None)


def _every_level(value: Any) -> Iterator[Any]:
    yield value
    for member in value.values() if isinstance(value, dict) else value:
        if isinstance(member, dict | tuple | list):
            yield from _every_level(member)


@pytest.mark.parametrize(
    "change",
    [
        lambda claims: claims.__setitem__("sub", "mallory"),
        lambda claims: claims.__delitem__("sub"),
        lambda claims: claims.__ior__({"sub": "mallory"}),
        lambda claims: claims.clear(),
        lambda claims: claims.pop("sub"),
        lambda claims: claims.popitem(),
        lambda claims: claims.setdefault("new", 1),
        lambda claims: claims.update(sub="mallory"),
    ],
    ids=["set", "delete", "|=", "clear", "pop", "popitem", "setdefault", "update"],
)
def test_claims_cannot_be_changed(identity: Identity, change: Callable[[Any], object]) -> None:
    """The claims are read-only at every level: one identity may serve many requests."""
    before = json.dumps(identity.claims)

    for value in [*_every_level(identity.claims), *_every_level(identity.custom)]:
        assert not isinstance(value, list)
        if isinstance(value, dict):
            with pytest.raises(TypeError, match="cannot be changed"):
                change(value)
    assert json.dumps(identity.claims) == before


@pytest.mark.parametrize(
    "name", [name for name in dir(Identity) if not name.startswith("_")] + ["invented"]
)
def test_attributes_cannot_be_changed(identity: Identity, name: str) -> None:
    """No attribute can be set or deleted, and none can be added."""
    with pytest.raises(AttributeError):
        setattr(identity, name, ("admins",))
    with pytest.raises(AttributeError):
        delattr(identity, name)


def test_claims_are_the_tokens(identity: Identity, forge: Forge) -> None:
    """``claims`` has every claim by its own name, is a real mapping, and goes through JSON."""
    expected = forge.claims(RICH)

    assert json.loads(json.dumps(identity.claims)) == json.loads(json.dumps(expected))
    assert identity.claims["cognito:groups"] == ("admins", "x,y")
    assert identity.claims is identity.claims
    assert dict(identity.claims) | {"sub": "copy"} != identity.claims


def test_as_dict(identity: Identity, forge: Forge) -> None:
    """``as_dict`` says everything under the attributes' names, as JSON has it: lists, no tuples."""
    said = identity.as_dict()

    assert json.loads(json.dumps(said)) == said
    assert said["claims"] == forge.claims(RICH)
    assert said["custom"] == {"role": "editor", "team": {"name": "blue", "tags": ["a", "b"]}}
    assert said["groups"] == ["admins", "x,y"]
    assert said["actor"] == {"sub": "agent-0001"}
    simple = set(said) - {"groups", "scopes", "roles", "amr", "actor", "custom", "claims"}
    assert {"subject", "issuer", "client_id", "token_use", "username", "is_machine"} <= simple
    for name in simple:
        assert said[name] == getattr(identity, name)


def test_as_dict_of_a_machine() -> None:
    """What a caller lacks is ``None`` or empty, and the dict has the same names for everybody."""
    machine = Identity({"sub": "a", "iss": "b"}, "access", "a")

    said = machine.as_dict()

    assert (said["username"], said["is_machine"], said["groups"]) == (None, True, [])
    assert (said["custom"], said["claims"]) == ({}, {"sub": "a", "iss": "b"})
    assert json.loads(json.dumps(said)) == said


def test_as_dict_is_the_callers_own(identity: Identity) -> None:
    """Changing what ``as_dict`` gave changes nothing that somebody else will read."""
    said = identity.as_dict()
    said["claims"]["custom:team"]["tags"].append("red")
    said["custom"]["team"]["name"] = "red"
    said["groups"].clear()

    assert identity.as_dict()["claims"]["custom:team"] == {"name": "blue", "tags": ["a", "b"]}
    assert identity.as_dict()["custom"]["team"]["name"] == "blue"
    assert identity.groups == ("admins", "x,y")


@pytest.mark.parametrize(
    "use",
    [dict, list, tuple, set, lambda one: [*one]],
    ids=["dict", "list", "tuple", "set", "*"],
)
def test_an_identity_is_no_collection(identity: Identity, use: Callable[[Any], object]) -> None:
    """Who takes an identity for a dict is told of ``as_dict``, and gets no claim by accident."""
    with pytest.raises(TypeError, match=r"identity\.as_dict\(\)"):
        use(identity)


def test_other_ways_into_json_say_what_they_got(identity: Identity) -> None:
    """Where Python words the error, it names the type, and no value."""
    with pytest.raises(TypeError, match="Identity is not JSON serializable"):
        json.dumps(identity)
    with pytest.raises(TypeError, match="Identity"):
        assert "admins" in identity  # type: ignore[operator]
    with pytest.raises(TypeError, match="dataclass"):
        asdict(identity)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="__dict__"):
        vars(identity)


@pytest.mark.parametrize("duplicate", WAYS)
@pytest.mark.parametrize("looked", [False, True], ids=["fresh", "after a look at claims"])
def test_an_identity_travels(
    identity: Identity, duplicate: Callable[[Any], Any], looked: bool
) -> None:
    """An identity can be copied and pickled, as a session or a task queue does it."""
    if looked:
        assert identity.claims["sub"]

    twin = duplicate(identity)

    assert twin == identity
    assert hash(twin) == hash(identity)
    assert twin.as_dict() == identity.as_dict()
    for name in dir(Identity):
        if not name.startswith("_") and name != "as_dict":
            assert getattr(twin, name) == getattr(identity, name)
    with pytest.raises(TypeError, match="cannot be changed"):
        twin.claims["custom:team"]["name"] = "red"


@pytest.mark.parametrize("duplicate", WAYS)
def test_claims_travel(identity: Identity, duplicate: Callable[[Any], Any]) -> None:
    """Claims on their own can be copied and pickled, and stay read-only."""
    twin = duplicate(identity.claims)

    assert twin == identity.claims
    with pytest.raises(TypeError, match="cannot be changed"):
        twin["custom:team"]["name"] = "red"


def test_equality(forge: Forge) -> None:
    """Two identities are one if all claims and the roles are: nothing less is the same caller."""
    guard = forge.guard()
    token = forge.token()
    identity = guard.verify(token)

    assert identity == guard.verify(token)
    assert len({identity, guard.verify(token)}) == 1
    assert identity != guard.verify(forge.token(forge.claims(jti="another")))
    assert identity != guard.verify(forge.token(forge.claims(sub="another")))
    assert identity != "a0000001-subject-of-the-forge"
    role = forge.token(forge.claims({"custom:role": "editor"}))
    assert guard.verify(role) != forge.guard(role_claim=None).verify(role)


def test_one_subject_in_two_pools_is_two_people(forge: Forge) -> None:
    """The subject is unique within its issuer only."""
    one, two = (Identity({"sub": "a", "iss": issuer}, "access", "c") for issuer in ("x", "y"))

    assert one != two
    assert len({one, two}) == 2


def test_the_repr_gives_nothing_away(identity: Identity) -> None:
    """The repr counts and names no value: it ends up in logs and error trackers."""
    values = [str(value) for value in identity.claims.values()]

    assert_unsaid(repr(identity), [value for value in values if value != "access"], "Identity")
    assert re.fullmatch(
        "<Identity from an access token: 25 claims, 2 groups, 2 scopes, 1 roles; [0-9a-f]{32}>",
        repr(identity),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"sub": "another"},
        {"iss": "https://another.example"},
        {"username": "forged.bob"},
        {"cognito:groups": ["x,y", "admins"]},
        {"cognito:groups": ["admins,x", "y"]},
        {"custom:team": {"name": "blue", "tags": ["a"]}},
        {"email": "\ud800"},
        {"another": None},
    ],
    ids=str,
)
def test_the_reprs_of_two_callers_differ(identity: Identity, change: dict[str, Any]) -> None:
    """A cache that makes its keys of the repr of arguments hands nobody another's answer."""

    def of(claims: dict[str, Any], *more: Any) -> Identity:
        return Identity(claims, "access", "client", "forged.alice", ("a", "b"), ("c",), ("d",))

    claims = dict(identity._claims)
    backwards = dict(reversed(claims.items()))
    assert of(claims) == of(backwards)
    assert repr(of(claims)) == repr(of(backwards))
    assert repr(of(claims)) != repr(of({**claims, **change}))


def test_the_repr_is_of_the_roles_and_the_source_too() -> None:
    """Identities that are not equal have two reprs."""
    claims = {"sub": "a", "iss": "b"}
    several = [
        Identity(claims, "access", "c", roles=roles, source=source)
        for roles in [("one",), ("two",)]
        for source in ["token", "user_info", "user_info_and_token"]
    ]

    assert len({repr(one) for one in several}) == len(several)


def test_the_digest_in_a_repr_is_another_one_in_each_process() -> None:
    """Who reads a log cannot try out which claims a digest is of."""
    code = "from cognito_guard.identity import distinct; print(distinct('a'))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, timeout=60
        ).stdout
        for _ in range(2)
    }

    assert len(told) == 2
