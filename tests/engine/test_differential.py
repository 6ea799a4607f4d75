"""PyJWT and joserfc as second opinions: what either refuses, the engine refuses too.

Both are asked as strictly as they can be. Not compared, because nothing is decided by it: an
``iat`` ahead of the clock, which PyJWT and joserfc refuse and Cognito's servers may send; unknown
header members and long headers, which joserfc refuses by a policy of its own; and the type of
header members that the engine never looks at (``jku``, ``x5c`` and the like).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any

import joserfc.jwt
import jwt
import jwt.api_jwt
import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from cognito_guard import AuthError
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

from .forge import NOW, OMIT, Forge, b64, to_json


class _Frozen(datetime):
    """The clock of PyJWT, which takes none as an argument."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _Frozen:
        return cls.fromtimestamp(NOW, tz)


class _Roomy(JWSRegistry):
    """As joserfc is, with room for a header that holds a key."""

    max_header_length = 16 * 1024


def _pyjwt(forge: Forge, token: str) -> object:
    return jwt.decode(
        token,
        forge.private.public_key(),
        algorithms=["RS256"],
        issuer=list(forge.trust().issuers),
        options={"require": ["exp", "iss", "sub"], "verify_aud": False},
    )


def _joserfc(forge: Forge, token: str) -> object:
    registry = _Roomy(algorithms=["RS256"], strict_check_header=False)
    key = RSAKey.import_key(forge.jwk())
    parsed = joserfc.jwt.decode(token, key, algorithms=["RS256"], registry=registry)
    essential: dict[str, Any] = {"essential": True}
    issuers = {"essential": True, "values": list(forge.trust().issuers)}
    requests = joserfc.jwt.JWTClaimsRegistry(now=NOW, iss=issuers, sub=essential, exp=essential)
    requests.validate(parsed.claims)
    return parsed


def accepts(decode: Callable[[Forge, str], object], forge: Forge, token: str) -> bool:
    """Whether a second opinion lets a token pass. Whatever it raises is a refusal."""
    try:
        decode(forge, token)
    except Exception:  # noqa: BLE001  # they raise UnicodeEncodeError and more
        return False
    return True


# Not in the future, where the two judge an `iat` in another way.
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

    for number in range(150):
        kind = dice.choice(["changed", "left out", "put in", "doubled", "in the other case"])
        recipe = edited(change(kind, dice.random(), dice.choice(letters)))
        yield f"letter {number} {kind}", recipe


def text_changes() -> Iterator[tuple[str, Recipe]]:
    """The JSON or the base64url of a token spelt in another way, and signed as it is spelt."""
    dice = random.Random(20261123)
    noise = ["", " ", "\n", "\t", "\f", "\0", "\ufeff", ",", "}", "{", '"', "\\", "//", "0", "e5"]
    noise += ['"x":1,', '"sub":"mallory",', '"exp":NaN,', "\u00a0", "\\u0000", "\\ud800", "\\/"]
    for number in range(150):
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


@pytest.mark.parametrize(
    ("generate", "at_least", "accepted_at_least"),
    [
        (claim_changes, 300, 60),
        (header_changes, 100, 10),
        (letter_changes, 150, 0),
        (text_changes, 150, 20),
        (hostile_rows, 200, 0),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_second_opinions(
    forge: Forge,
    monkeypatch: pytest.MonkeyPatch,
    generate: Callable[[], Iterator[tuple[str, Recipe]]],
    at_least: int,
    accepted_at_least: int,
) -> None:
    """No token that the engine accepts is refused by PyJWT or by joserfc."""
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Frozen)
    guard = forge.guard(token_use="any")
    tokens = [(name, recipe(forge)) for name, recipe in generate()]
    disagreements: list[str] = []
    accepted = 0

    for name, token in tokens:
        try:
            identity = guard.verify(token)
        except AuthError:
            continue
        if (identity.issued_at or 0) <= NOW:
            accepted += 1
            disagreements += [
                f"{opinion.__name__} refuses {name}"
                for opinion in (_pyjwt, _joserfc)
                if not accepts(opinion, forge, token)
            ]

    assert disagreements == []
    assert len(tokens) >= at_least
    assert accepted >= accepted_at_least, "too few tokens for the opinions to count"


def test_the_opinions_are_awake(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both opinions accept a good token and refuse a bad one, so that their agreement says much."""
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Frozen)
    good, foreign = forge.token(), Forge().token()
    expired = forge.token(forge.claims(exp=NOW))
    none = f"{b64(to_json(forge.header(alg='none')))}.{b64(to_json(forge.claims()))}."

    for opinion in (_pyjwt, _joserfc):
        assert accepts(opinion, forge, good)
        assert accepts(opinion, forge, forge.token(forge.id_claims()))
        for token in (foreign, expired, none, forge.token(forge.claims(iss="x"))):
            assert not accepts(opinion, forge, token)


@pytest.mark.parametrize(
    ("recipe", "opinion"),
    [
        (claims(exp=str(NOW + 600)), _pyjwt),
        (claims(exp=1e30), _pyjwt),
        (payload(lambda text: text.decode().encode("utf-16")), _pyjwt),
        (member(b'"sub":"mallory"'), _pyjwt),
        (edited(lambda token: token + "=="), _pyjwt),
        (member(b'"sub":"mallory"'), _joserfc),
        (member(b'"x":NaN'), _joserfc),
    ],
    ids=["exp a text", "exp 1e30", "UTF-16", "a name twice", "padding", "a name twice", "NaN"],
)
def test_where_the_engine_is_stricter(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, recipe: Recipe, opinion: Any
) -> None:
    """Some of what others let pass is refused here; this is why the engine parses by itself."""
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Frozen)
    token = recipe(forge)

    with pytest.raises(AuthError):
        forge.guard().verify(token)
    assert accepts(opinion, forge, token)
