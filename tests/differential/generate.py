"""The tokens about which everybody is asked: what is wrong with one -> how to make it.

An ``iat`` is never ahead of the clock: the others refuse that, and Cognito's servers may send it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from cognito_guard.testing import attacks
from cognito_guard.testing.attacks.recipes import (
    Recipe,
    claims,
    edited,
    header,
    id_claims,
    member,
    payload,
    resigned,
)

from ..engine.forge import NOW, OMIT, Forge

VALUES: dict[str, Any] = {
    "missing": OMIT,
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "negative": -1,
    "a float": 1.5,
    "the time": NOW,
    "the past": NOW - 600,
    "1e30": 1e30,
    "-1e30": -1e30,
    "many digits": -(10**400),
    "digits": str(NOW + 600),
    "empty": "",
    "a text": "text",
    "a list": [],
    "a list of texts": ["text", Forge.client_id],
    "a nested list": [["text"]],
    "an object": {},
    "a nested object": {"text": {"text": 1}},
}
CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "auth_time", "jti", "origin_jti", "token_use"]
CLAIMS += ["client_id", "scope", "username", "cognito:groups", "custom:role", "cnf", "x"]
DECISIVE_HEADERS = ["alg", "kid", "typ", "crit", "b64", "zip"]


def claim_changes() -> Iterator[tuple[str, Recipe]]:
    """Every claim with every value, in an access token and in an ID token."""
    for name in CLAIMS:
        for what, value in VALUES.items():
            yield f"{name}: {what}", claims({name: value})
    for name in ("aud", "cognito:username"):
        for what, value in VALUES.items():
            yield f"ID token, {name}: {what}", id_claims({name: value})
    yield "nbf: a moment ahead", claims(nbf=NOW + 0.5)
    yield "exp: a moment ahead", claims(exp=NOW + 0.5)


def header_changes() -> Iterator[tuple[str, Recipe]]:
    """Every header member that decides something with every value, and keys brought along."""
    for name in DECISIVE_HEADERS:
        for what, value in VALUES.items():
            yield f"{name}: {what}", header(**{name: value})
    for typ in ("JWT", "jwt", "at+jwt", "AT+JWT", "application/jwt", "JOSE"):
        yield f"typ: {typ}", header(typ=typ)
    yield "addresses", header(jku="https://a.example/jwks", x5u="https://a.example/x5u")
    yield "a key", lambda forge: forge.token(header=forge.header(jwk=forge.jwk()))


def letter_changes() -> Iterator[tuple[str, Recipe]]:
    """One letter of a finished token changed, left out, put in or swapped, anywhere."""
    dice = random.Random(20261122)
    letters = 'Aa0-_+/=. \n\t\0\u00e9\u0391\ud800"{}%'

    def change(kind: str, place: float, letter: str) -> Callable[[str], str]:
        def changed(token: str) -> str:
            at = int(place * (len(token) - 1))
            replacement = {
                "changed": letter,
                "left out": "",
                "put in": letter + token[at],
                "doubled": token[at] * 2,
                "in the other case": token[at].swapcase(),
            }[kind]
            return token[:at] + replacement + token[at + 1 :]

        return changed

    for number in range(500):
        kind = dice.choice(["changed", "left out", "put in", "doubled", "in the other case"])
        recipe = edited(change(kind, dice.random(), dice.choice(letters)))
        yield f"letter {number} {kind}", recipe


def text_changes() -> Iterator[tuple[str, Recipe]]:
    """The JSON or the base64url of a token spelt in another way, and signed as it is spelt."""
    dice = random.Random(20261123)
    noise = ["", " ", "\n", "\t", "\f", "\0", "\ufeff", ",", "}", "{", '"', "\\", "//", "0", "e5"]
    noise += ['"x":1,', '"sub":"mallory",', '"exp":NaN,', "\u00a0", "\\u0000", "\\ud800", "\\/"]
    for number in range(400):
        piece, place = dice.choice(noise), dice.random()

        def respell(text: bytes, piece: str = piece, place: float = place) -> bytes:
            # At the very ends one time in five.
            at = round(min(max(place * 1.2 - 0.1, 0), 1) * len(text))
            return text[:at] + piece.encode() + text[at:]

        yield f"piece {number} in the payload", payload(respell)
    for length in range(1, 9):
        yield f"{length} more letters", member(b'"x":"' + b"x" * length + b'"')
        yield (
            f"{length} equals signs",
            resigned(
                lambda head, body, length=length: f"{head}.{body}{'=' * length}"  # type: ignore[misc]
            ),
        )
    for name in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1"):
        yield name, payload(lambda text, name=name: text.decode().encode(name))  # type: ignore[misc]


def hostile_rows() -> Iterator[tuple[str, Recipe]]:
    """The tokens of the attack corpus, which the engine refuses for a known reason."""
    for attack in attacks.CORPUS:
        if attack.token is not None and not attack.name.startswith(("confusion", "large")):
            yield attack.name, attack.token


def pairs_of_changes() -> Iterator[tuple[str, Recipe]]:
    """Two claims, or a claim and a header member, changed at once."""
    dice = random.Random(20261124)
    while True:
        (first, second), (what, other) = dice.sample(CLAIMS, 2), dice.choices(list(VALUES), k=2)
        changes = {first: VALUES[what], second: VALUES[other]}
        if dice.random() < 0.3:
            member_name = dice.choice(DECISIVE_HEADERS)
            yield (
                f"{first}: {what}, {member_name}: {other}",
                lambda forge, first=first, what=what, name=member_name, other=other: forge.token(  # type: ignore[misc]
                    forge.claims({first: VALUES[what]}), forge.header(**{name: VALUES[other]})
                ),
            )
        elif dice.random() < 0.3:
            yield f"ID token, {first}: {what}, {second}: {other}", id_claims(changes)
        else:
            yield f"{first}: {what}, {second}: {other}", claims(changes)


def all_tokens(forge: Forge) -> dict[str, str]:
    """Every token, by what is special about it."""
    found: dict[str, str] = {}
    for generate in (claim_changes, header_changes, letter_changes, text_changes, hostile_rows):
        for name, recipe in generate():
            found[f"{generate.__name__}: {name}"] = recipe(forge)
    for name, recipe in islice(pairs_of_changes(), 500):
        found[f"pairs_of_changes: {name}"] = recipe(forge)
    return found
