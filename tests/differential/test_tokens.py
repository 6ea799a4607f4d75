"""PyJWT, joserfc and aws-jwt-verify as second opinions on the tokens of a user pool."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..engine.forge import NOW, Forge, b64, to_json
from .comparison import Comparison, compare, documented
from .generate import all_tokens
from .opinions import Opinion, aws_jwt_verify, joserfc_, pyjwt


@pytest.fixture(scope="module")
def opinions(modules: Path) -> dict[str, Opinion]:
    """Everybody who is asked."""
    return {"PyJWT": pyjwt, "joserfc": joserfc_, "aws-jwt-verify": aws_jwt_verify(modules)}


@pytest.fixture(scope="module")
def tokens(forge: Forge) -> dict[str, str]:
    """What they are asked about."""
    return all_tokens(forge)


@pytest.fixture(scope="module")
def comparison(forge: Forge, opinions: dict[str, Opinion], tokens: dict[str, str]) -> Comparison:
    """What everybody says."""
    answers = {name: ask(forge, list(tokens.values())) for name, ask in opinions.items()}
    return compare(forge.guard(token_use="any").verify, tokens, answers)


def test_the_tokens_are_many_and_of_both_kinds(
    tokens: dict[str, str], comparison: Comparison
) -> None:
    """More than 2,000 different tokens, of which enough are good for an opinion to count."""
    assert len(set(tokens.values())) > 2000
    assert len(comparison.accepted) > 200


def test_the_engine_accepts_nothing_that_others_refuse(comparison: Comparison) -> None:
    """No token passes here that PyJWT, joserfc or aws-jwt-verify refuses."""
    # The exceptions that the page names. Nothing is granted by an `iat`; times are whole seconds in
    # Cognito's tokens, so their fractions are the tests' own.
    early = {
        what for what, identity in comparison.accepted.items() if (identity.issued_at or 0) > NOW
    }
    excused = {f"{name}: {what}" for name in ("PyJWT", "joserfc") for what in early}
    excused.add("PyJWT: claim_changes: exp: a moment ahead")
    laxer = {re.sub(r": \w+:", ":", one, count=1) for one in comparison.laxer}

    assert len(excused) < 20
    assert laxer - excused == set()


def test_where_the_engine_is_stricter(comparison: Comparison) -> None:
    """What others let pass and the engine does not is in the documentation, and nothing else is."""
    assert comparison.stricter == documented("User pool tokens")


def test_the_opinions_are_awake(forge: Forge, opinions: dict[str, Opinion]) -> None:
    """All of them accept a good token and refuse a bad one, so that their agreement says much."""
    good = [forge.token(), forge.token(forge.id_claims())]
    bad = [
        Forge().token(),
        forge.token(forge.claims(exp=NOW - 1)),
        f"{b64(to_json(forge.header(alg='none')))}.{b64(to_json(forge.claims()))}.",
        forge.token(forge.claims(iss="x")),
    ]

    for name, ask in opinions.items():
        answers = ask(forge, [*good, *bad])
        assert [not error for error in answers] == [True] * 2 + [False] * 4, name
