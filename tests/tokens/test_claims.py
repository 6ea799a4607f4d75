"""claims.py: one function per claim, at the edges of time and type."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest

from cognito_guard import InvalidToken, Reason
from cognito_guard.tokens import claims as claim

from ..engine.forge import NOW

BOTH = frozenset({"access", "id"})
YEAR_9999 = 253_402_300_799


def _reason(function: Any, *arguments: Any) -> Reason | None:
    try:
        function(*arguments)
    except InvalidToken as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("exp", "leeway", "reason"),
    [
        (NOW + 1, 0, None),
        (NOW + 0.001, 0, None),
        (NOW, 0, Reason.TOKEN_EXPIRED),
        (NOW - 60, 60, Reason.TOKEN_EXPIRED),
        (NOW - 59, 60, None),
        (NOW - 59.5, 59.75, None),
        (NOW - 300, 300, Reason.TOKEN_EXPIRED),
        (-YEAR_9999, 0.5, Reason.TOKEN_EXPIRED),
        (YEAR_9999, 0, None),
        (float(YEAR_9999), 0, None),
        (YEAR_9999 + 1, 0, Reason.MALFORMED_CLAIM),
        (-YEAR_9999 - 1, 0.5, Reason.MALFORMED_CLAIM),
        (float(YEAR_9999 + 1), 0, Reason.MALFORMED_CLAIM),
        (-(10**4000), 0.5, Reason.MALFORMED_CLAIM),
        (float("nan"), 0, Reason.MALFORMED_CLAIM),
        (float("inf"), 0, Reason.MALFORMED_CLAIM),
        (True, 0, Reason.MALFORMED_CLAIM),
        ("later", 0, Reason.MALFORMED_CLAIM),
        (None, 0, Reason.MALFORMED_CLAIM),
    ],
    ids=lambda value: str(value)[:30],
)
def test_expiry(exp: Any, leeway: float, reason: Reason | None) -> None:
    """A token ends at the second of its ``exp``, moved by the leeway and by nothing else."""
    assert _reason(claim.check_expiry, {"exp": exp}, float(NOW), leeway) is reason


@pytest.mark.parametrize(
    ("claims", "leeway", "reason"),
    [
        ({}, 0, None),
        ({"nbf": NOW}, 0, None),
        ({"nbf": NOW + 1}, 0, Reason.TOKEN_NOT_YET_VALID),
        ({"nbf": NOW + 60}, 60, None),
        ({"nbf": -YEAR_9999}, 0, None),
        ({"nbf": -float(YEAR_9999)}, 0, None),
        ({"nbf": -YEAR_9999 - 1}, 0, Reason.MALFORMED_CLAIM),
        ({"nbf": NOW + 60.5}, 60, Reason.TOKEN_NOT_YET_VALID),
        ({"iat": NOW + 10_000}, 0, None),
        ({"auth_time": NOW + 0.5}, 0, None),
        ({"iat": YEAR_9999 + 1}, 0, Reason.MALFORMED_CLAIM),
        ({"auth_time": -YEAR_9999 - 1}, 0, Reason.MALFORMED_CLAIM),
        ({"nbf": "0"}, 0, Reason.MALFORMED_CLAIM),
    ],
    ids=repr,
)
def test_other_times(claims: dict[str, Any], leeway: float, reason: Reason | None) -> None:
    """``nbf`` is held against the clock with the same leeway; an ``iat`` ahead is no error."""
    assert _reason(claim.check_other_times, claims, float(NOW), leeway) is reason


@pytest.mark.parametrize("leeway", [0, 300])
def test_a_clock_that_gives_no_number_lets_nobody_in(leeway: float) -> None:
    """Nothing is earlier or later than NaN: a token is neither good still, nor good already."""
    assert _reason(claim.check_expiry, {"exp": NOW}, nan, leeway) is Reason.TOKEN_EXPIRED
    assert _reason(claim.check_expiry, {"exp": YEAR_9999}, nan, leeway) is Reason.TOKEN_EXPIRED
    early = Reason.TOKEN_NOT_YET_VALID
    assert _reason(claim.check_other_times, {"nbf": NOW}, nan, leeway) is early
    assert _reason(claim.check_other_times, {"iat": NOW}, nan, leeway) is None


@pytest.mark.parametrize(
    ("token_use", "accepted", "detail"),
    [
        ("id", {"access"}, "This is an ID token; this API accepts access tokens."),
        ("access", {"id"}, "This is an access token; this API accepts ID tokens."),
        ("refresh", {"access"}, 'The claim "token_use" must be access.'),
        ("refresh", BOTH, 'The claim "token_use" must be access or id.'),
    ],
)
def test_a_wrong_kind_is_explained(token_use: str, accepted: set[str], detail: str) -> None:
    """The sentence says what the token is and what the API takes, and quotes nothing foreign."""
    with pytest.raises(InvalidToken) as caught:
        claim.check_token_use({"token_use": token_use}, frozenset(accepted))

    assert caught.value.detail == detail


@pytest.mark.parametrize("token_use", ["access", "id"])
def test_both_kinds(token_use: str) -> None:
    """Where both kinds are accepted, each is returned as what it is."""
    assert claim.check_token_use({"token_use": token_use}, BOTH) == token_use


def test_any_client_still_has_to_be_one() -> None:
    """Where any client is accepted, the claim must be there all the same."""
    assert claim.check_client({"client_id": "whoever"}, "access", None) == "whoever"
    assert claim.check_client({"aud": "whoever"}, "id", None) == "whoever"
    assert _reason(claim.check_client, {}, "access", None) is Reason.MALFORMED_CLAIM
    assert _reason(claim.check_client, {"aud": ["a"]}, "id", None) is Reason.MALFORMED_CLAIM
    assert _reason(claim.check_client, {"client_id": ""}, "access", None) is Reason.MALFORMED_CLAIM


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, ()),
        ({"scope": ""}, ()),
        ({"scope": "   "}, ()),
        ({"scope": "a"}, ("a",)),
        ({"scope": " a  b "}, ("a", "b")),
        ({"scope": "a,b\tc"}, ("a,b\tc",)),
    ],
    ids=repr,
)
def test_scopes(claims: dict[str, Any], expected: tuple[str, ...]) -> None:
    """``scope`` is split on spaces and on nothing else (RFC 6749, section 3.3)."""
    assert claim.scopes(claims) == expected


@pytest.mark.parametrize(
    ("claims", "name", "split", "expected"),
    [
        ({}, "custom:role", False, ()),
        ({"custom:role": "a"}, None, False, ()),
        ({"custom:role": "a"}, "custom:rank", False, ()),
        ({"custom:rank": "a"}, "custom:rank", False, ("a",)),
        ({"custom:role": ""}, "custom:role", False, ()),
        ({"custom:role": "a, b"}, "custom:role", False, ("a, b",)),
        ({"custom:role": "a, b  c,"}, "custom:role", True, ("a", "b", "c")),
        ({"custom:role": " ,, "}, "custom:role", True, ()),
        ({"custom:role": "a\tb"}, "custom:role", True, ("a\tb",)),
        ({"custom:role": ["a, b"]}, "custom:role", True, ("a, b",)),
        ({"custom:role": []}, "custom:role", False, ()),
    ],
    ids=repr,
)
def test_roles(
    claims: dict[str, Any], name: str | None, split: bool, expected: tuple[str, ...]
) -> None:
    """A role claim is one role, unless the pool says that its text holds several."""
    assert claim.roles(claims, name, split) == expected


@pytest.mark.parametrize(
    ("claims", "token_use", "expected"),
    [
        ({"username": "alice"}, "access", "alice"),
        ({"cognito:username": "alice"}, "id", "alice"),
        ({"cognito:username": "alice"}, "access", None),
        ({"username": "alice"}, "id", None),
    ],
)
def test_username(claims: dict[str, Any], token_use: str, expected: str | None) -> None:
    """Each kind of token has the username under its own name; a machine has none."""
    assert claim.username(claims, token_use) == expected


def test_groups() -> None:
    """Groups keep their order and their exact spelling."""
    assert claim.groups({}) == ()
    assert claim.groups({"cognito:groups": ["b", "a", "[x,y]"]}) == ("b", "a", "[x,y]")


TEXTS: dict[str, Any] = {
    "iss": claim.issuer,
    "sub": claim.subject,
    "signer": claim.signer,
    "client": claim.client,
    "username": lambda claims: claim.username(claims, "access"),
    "cognito:username": lambda claims: claim.username(claims, "id"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts(name: str) -> None:
    """A claim that has to be a text is one that is not empty; the error says which claim it is."""
    detail = f'The claim "{name}" must be present, and a text that is not empty.'
    assert TEXTS[name]({name: "x"}) == "x"
    for value in ("", None, 1, ["x"], {"x": 1}):
        assert _detail(TEXTS[name], {name: value}) == detail


@pytest.mark.parametrize(
    ("function", "name", "good", "bad", "should"),
    [
        (lambda claims: claim.check_resource(claims, None), "aud", "x", 1, "a list of texts"),
        (lambda claims: claim.check_resource(claims, None), "aud", ["x"], [1], "a list of texts"),
        (claim.check_ids, "jti", "x", ["x"], "a text"),
        (claim.check_ids, "jti", "", None, "a text"),
        (claim.check_ids, "origin_jti", "x", ["x"], "a text"),
        (claim.check_ids, "origin_jti", "", None, "a text"),
        (claim.check_actor, "act", {"sub": "x"}, "x", "an object that says who acts"),
        (claim.check_actor, "act", {"x": 1}, {}, "an object that says who acts"),
        (claim.check_actor, "act", {"x": 1}, None, "an object that says who acts"),
        (claim.check_actor, "act", {"sub": "x"}, [{"sub": "x"}], "an object that says who acts"),
        (
            claim.check_actor,
            "act",
            {"sub": "x", "act": {"sub": "y"}},
            {"sub": "x", "act": {"sub": "y", "act": ["z"]}},
            "an object that says who acts",
        ),
        (claim.groups, "cognito:groups", ["x"], "x", "a list of texts"),
        (claim.groups, "cognito:groups", [], ["x", 1], "a list of texts"),
        (
            lambda claims: claim.roles(claims, "custom:role", False),
            "custom:role",
            "x",
            1,
            "a text or a list of texts",
        ),
    ],
    ids=[
        *("aud", "aud list", "jti", "jti null", "origin", "origin null"),
        *("act", "act empty", "act null", "act list", "act nested", "groups", "group", "role"),
    ],
)
def test_optional_claims(function: Any, name: str, good: Any, bad: Any, should: str) -> None:
    """A claim that may be absent is of its type where it is present, or the error says so."""
    assert _detail(function, {}) is None
    assert _detail(function, {name: good}) is None
    assert _detail(function, {name: bad}) == f'The claim "{name}" must be {should}.'


@pytest.mark.parametrize("name", ["sub", "client_id", "iss"])
def test_what_is_said_of_an_actor(name: str) -> None:
    """What policies read of one is a text, of those further down the chain as well."""
    for value in ("", None, 1, ["x"]):
        for actor in ({name: value}, {"sub": "x", "act": {name: value}}):
            detail = f'The claim "{name}" must be present, and a text that is not empty.'
            assert _detail(claim.check_actor, {"act": actor}) == detail
    assert _detail(claim.check_actor, {"act": {name: "x", "act": {name: "y"}}}) is None


def _detail(function: Any, claims: dict[str, Any]) -> str | None:
    try:
        function(claims)
    except InvalidToken as error:
        return error.detail
    return None


ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123xyz"


@pytest.mark.parametrize(
    ("claims", "reason", "detail"),
    [
        ({"iss": ISSUER}, None, ""),
        (
            {"iss": ISSUER + "/"},
            Reason.UNKNOWN_ISSUER,
            "The token comes from an issuer that is not trusted here.",
        ),
        ({"iss": [ISSUER]}, Reason.MALFORMED_CLAIM, "iss"),
        ({}, Reason.MALFORMED_CLAIM, "iss"),
    ],
    ids=["trusted", "another", "a list", "absent"],
)
def test_issuer(claims: dict[str, Any], reason: Reason | None, detail: str) -> None:
    """A text, compared as a whole, that is given back."""
    if reason is None:
        assert claim.check_issuer(claims, {ISSUER}) == ISSUER
        return
    with pytest.raises(InvalidToken) as refused:
        claim.check_issuer(claims, {ISSUER})
    assert refused.value.reason is reason
    assert detail in refused.value.detail


@pytest.mark.parametrize("cnf", [{"jkt": "x"}, {}, None, ""], ids=repr)
def test_sender_constrained(cnf: Any) -> None:
    """Whatever ``cnf`` holds, the token is for a sender with a key."""
    claim.check_not_sender_constrained({"sub": "x"})
    with pytest.raises(InvalidToken) as refused:
        claim.check_not_sender_constrained({"cnf": cnf})
    assert refused.value.reason is Reason.SENDER_CONSTRAINED
    assert refused.value.detail == "The token is bound to a key of its sender (cnf)."
