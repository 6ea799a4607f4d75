"""What looks odd and is good: the attack corpus says what is refused, this is what must not be."""

from __future__ import annotations

import asyncio
import json

import pytest

from cognito_guard import Guard, InvalidToken, Reason
from cognito_guard.testing import LocalUserPool
from cognito_guard.testing.attacks.encodings import roomy_token
from cognito_guard.testing.attacks.recipes import Recipe, claims, header, member, payload

from ..engine.forge import NOW, OMIT, Forge
from ..engine.header_values import headers

CLAIMS: dict[str, Recipe] = {
    "exp in a second": claims(exp=NOW + 1),
    "exp in half a second": claims(exp=NOW + 0.5),
    "exp a float": claims(exp=float(NOW + 3600)),
    "iat ahead": claims(iat=NOW + 600),
    "optional claims missing": claims(
        iat=OMIT, auth_time=OMIT, jti=OMIT, origin_jti=OMIT, scope=OMIT, username=OMIT
    ),
    "nbf now": claims(nbf=NOW),
    "nbf now, a float": claims(nbf=float(NOW)),
    "nbf negative": claims(nbf=-1),
    "aud not asked for": claims(aud="anything"),
    "aud a list, not asked for": claims(aud=["one", "two"]),
    "groups empty": claims({"cognito:groups": []}),
    "roles a list": claims({"custom:role": ["editor", "author"]}),
    "sub no UUID": claims(sub="not-a-uuid"),
    "more claims": claims(version=2, device_key="eu-west-1_device", act={"sub": "agent"}),
}

# JSON that every reader takes alike (RFC 8259).
SPELLINGS: dict[str, Recipe] = {
    "segments of any length": roomy_token(),
    "white space around it": payload(lambda text: b" \t\r\n" + text + b"\n "),
    "white space before it": payload(lambda text: b" " + text),
    "white space after it": payload(lambda text: text + b"\n"),
    "white space in it": payload(lambda text: json.dumps(json.loads(text), indent=2).encode()),
    "a pair of surrogates": member(b'"x":"\\ud83d\\ude00"'),
    "letters outside ASCII": member('"x":"\u00e9\U0001f600\ufeff"'.encode()),
    "escapes and brackets in a string": member(b'"x":"\\u0000 [[[[ {{{{"'),
    "lists 200 deep": member(b'"x":' + b"[" * 200 + b"]" * 200),
    "a name in two objects": member(b'"x":[{"a":1},{"a":1}]'),
    "a large float": member(b'"x":-1e308'),
    "4,000 digits": member(b'"x":' + b"9" * 4000),
}

# Header members that decide nothing (RFC 7515, section 4).
HEADERS: dict[str, Recipe] = {
    "JWT": header(typ="JWT"),
    "jwt": header(typ="jwt"),
    "at+jwt": header(typ="at+JWT"),
    "addresses": header(
        jku="https://attacker.example/jwks.json", x5u="https://attacker.example/x5u"
    ),
    "keys": header(jwk={"kty": "oct", "k": "AA"}, x5c=["AA"]),
    "unknown members": header(x="made up", cty="JWT"),
}


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(recipe, id=f"{group}: {name}")
        for group, table in {"claims": CLAIMS, "json": SPELLINGS, "header": HEADERS}.items()
        for name, recipe in table.items()
    ],
)
def test_unusual_but_good(forge: Forge, recipe: Recipe) -> None:
    """What Cognito may send and nobody forbids is accepted."""
    assert forge.guard().verify(recipe(forge)).client_id == forge.client_id


@pytest.mark.parametrize("ahead", [1, 0.001])
def test_a_moment_too_early(forge: Forge, ahead: float) -> None:
    """Not before means not a moment before."""
    with pytest.raises(InvalidToken) as caught:
        forge.guard().verify(forge.token(forge.claims(nbf=NOW + ahead)))
    assert caught.value.reason is Reason.TOKEN_NOT_YET_VALID


@pytest.mark.parametrize("line", ["Bearer {}", "bearer {}", "BEARER {}", "bEARER   {} \t"])
def test_the_scheme_is_matched_in_any_case(pool: LocalUserPool, guard: Guard, line: str) -> None:
    """Any case of the scheme and any number of spaces (RFC 9110, section 11.1)."""
    token = pool.access_token()
    request = headers(authorization=[line.format(token)])

    assert guard.authenticate(request) == guard.verify(token)
    assert asyncio.run(guard.aauthenticate(request)) == guard.verify(token)
