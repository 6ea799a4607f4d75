"""Tokens whose header asks for something else than to be held against a trusted key."""

from __future__ import annotations

import json

import pytest

from cognito_guard import Reason
from cognito_guard.testing import LocalUserPool

from .forge import NOW, OMIT, Forge, WatchedKeys, b64, to_json
from .recipes import Recipe, header, raw_header, rows
from .refusal import assert_refused

UNSUPPORTED_HEADERS: dict[str, Recipe] = {
    "crit unknown": header(crit=["exp"], exp=NOW),
    "crit empty": header(crit=[]),
    "crit no list": header(crit="exp"),
    "crit null": header(crit=None),
    "crit b64": header(crit=["b64"], b64=True),
    "b64 false": header(b64=False),
    "b64 false, a payload as it is": lambda forge: forge.sign(
        f"{b64(to_json(forge.header(b64=False, crit=['b64'])))}.unencoded"
    ),
    "zip": header(zip="DEF"),
    "typ of another kind": header(typ="logout+jwt"),
    "typ a number": header(typ=1),
    "typ null": header(typ=None),
}

MALFORMED_HEADERS: dict[str, Recipe] = {
    "kid missing": header(kid=OMIT),
    "kid null": header(kid=None),
    "kid a number": header(kid=1),
    "kid a list": header(kid=[Forge.kid]),
    "kid empty": header(kid=""),
    "kid too long": header(kid="k" * 257),
    "kid with CRLF": header(kid="key\r\nX-Header: 1"),
    "kid with NUL": header(kid="key\0"),
    "kid with DEL": header(kid="key\x7f"),
    "kid not ASCII": header(kid="k\u00e9y"),
    "kid twice": raw_header(b'{"alg":"RS256","kid":"other","kid":"KID"}'),
    "alg twice": raw_header(b'{"alg":"none","alg":"RS256","kid":"KID"}'),
    "alg twice, once escaped": raw_header(b'{"alg":"none","\\u0061lg":"RS256","kid":"KID"}'),
    "a name twice inside": raw_header(b'{"alg":"RS256","kid":"KID","jwk":{"a":1,"a":2}}'),
    "an array": raw_header(b'["RS256","KID"]'),
    "a string": raw_header(b'"RS256"'),
    "a number": raw_header(b"256"),
    "null": raw_header(b"null"),
    "empty": raw_header(b""),
    "NaN": raw_header(b'{"alg":"RS256","kid":"KID","x":NaN}'),
    "BOM": raw_header(b'\xef\xbb\xbf{"alg":"RS256","kid":"KID"}'),
    "UTF-16": lambda forge: forge.token(header=json.dumps(forge.header()).encode("utf-16")),
    "invalid UTF-8": raw_header(b'{"alg":"RS256","kid":"KID","x":"\xff"}'),
    "lone surrogate": raw_header(b'{"alg":"RS256","kid":"KID","x":"\\ud800"}'),
    "lone surrogate as kid": raw_header(b'{"alg":"RS256","kid":"\\ud800"}'),
}

UNKNOWN_KEYS: dict[str, Recipe] = {
    "kid a path": header(kid="../../etc/passwd"),
    "kid of another pool": header(kid="kid-of-another-pool="),
    "kid in another case": header(kid=Forge.kid.upper()),
    "kid and a space": header(kid=Forge.kid + " "),
    "kid a prefix": header(kid=Forge.kid[:-1]),
    "kid of one letter": header(kid="k"),
    "kid as long as may be": header(kid="k" * 256),
}


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        *rows("unsupported", UNSUPPORTED_HEADERS, Reason.UNSUPPORTED_HEADER),
        *rows("malformed", MALFORMED_HEADERS, Reason.MALFORMED_TOKEN),
    ],
)
def test_refused_before_a_key_is_asked_for(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """A header that is no plain one is refused for its own reason, and no key is asked for."""
    keys = WatchedKeys({"keys": [forge.jwk()]})

    assert_refused(forge.guard(jwks=keys), recipe(forge), reason)

    assert keys.asked == []


@pytest.mark.parametrize(("recipe", "reason"), rows("kid", UNKNOWN_KEYS, Reason.UNKNOWN_KEY))
def test_unknown_kids(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """A key is found under its exact id only, whatever a token makes of that id."""
    assert_refused(forge.guard(), recipe(forge), reason)


@pytest.mark.parametrize("own_kid", [True, False], ids=["attacker's kid", "trusted kid"])
@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_along(
    forge: Forge, other_pool: LocalUserPool, name: str, own_kid: bool
) -> None:
    """A key in the header, or an address of one, is never used and never fetched."""
    attacker = Forge()
    with other_pool.serve() as server:
        value = {"jwk": attacker.jwk(), "x5c": [b64(bytes(300))]}.get(name, server.url)
        kid = "kid-of-the-attacker" if own_kid else forge.kid
        token = attacker.token(forge.claims(), forge.header(kid=kid, **{name: value}))

        reason = Reason.UNKNOWN_KEY if own_kid else Reason.BAD_SIGNATURE
        assert_refused(forge.guard(), token, reason)

        assert server.requests == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": "at+JWT"},
        {"jku": "https://attacker.example/jwks.json", "x5u": "https://attacker.example/x5u"},
        {"jwk": {"kty": "oct", "k": "AA"}, "x5c": ["AA"]},
        {"x": "made up", "cty": "JWT"},
    ],
    ids=["JWT", "jwt", "at+jwt", "addresses", "keys", "unknown members"],
)
def test_headers_that_do_no_harm(forge: Forge, changes: dict[str, object]) -> None:
    """Header members that decide nothing leave a good token good (RFC 7515, section 4)."""
    token = forge.token(header=forge.header(**changes))

    assert forge.guard().verify(token).subject == forge.claims()["sub"]
