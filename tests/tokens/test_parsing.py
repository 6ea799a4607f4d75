"""parsing.py: taking a compact JWS apart. What it must refuse is in the test_hostile files."""

from __future__ import annotations

from typing import Any

import pytest

from cognito_guard import InvalidToken, Reason
from cognito_guard.tokens import parsing as token_module
from cognito_guard.tokens.parsing import (
    UnverifiedToken,
    _careful_json_object,
    _remembered_header,
    parse_padded_token,
    parse_token,
)

from ..engine.forge import Forge, b64, to_json
from ..engine.silence import assert_unsaid, secrets_of


def test_a_token_is_taken_apart(forge: Forge) -> None:
    """The parts are what was signed: header, claims, the very bytes, and the signature."""
    token = forge.token()
    text, _, signature = token.rpartition(".")

    parsed = parse_token(token)

    assert (parsed.header.algorithm, parsed.header.kid) == ("RS256", forge.kid)
    assert parsed.claims == forge.claims()
    assert parsed.signing_input == text.encode("ascii")
    assert b64(parsed.signature) == signature


def test_an_unverified_token_says_nothing(forge: Forge) -> None:
    """The repr of a token that nobody verified holds nothing of it."""
    token = forge.token()

    assert_unsaid(repr(parse_token(token)), secrets_of(token), "UnverifiedToken")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_one_algorithm_is_asked_for(forge: Forge, algorithm: str) -> None:
    """The caller says which one algorithm is right, and a remembered header changes no answer."""
    other = {"RS256": "ES256", "ES256": "RS256"}[algorithm]
    token = forge.token(header=forge.header(alg=algorithm))

    for _ in range(2):
        assert parse_token(token, algorithm=algorithm).header.algorithm == algorithm
        with pytest.raises(InvalidToken) as caught:
            parse_token(token, algorithm=other)
        assert caught.value.reason is Reason.UNSUPPORTED_ALGORITHM


def test_the_size_is_counted_first(forge: Forge) -> None:
    """A token of exactly the limit is looked at, one byte more is too large, whatever it is."""
    token = forge.token()

    assert parse_token(token, max_bytes=len(token))
    for text in (token, "\u00e9" * len(token)):
        with pytest.raises(InvalidToken) as caught:
            parse_token(text, max_bytes=len(token) - 1)
        assert caught.value.reason is Reason.TOKEN_TOO_LARGE


def test_the_usual_limit_is_16_kib() -> None:
    """Unless said otherwise, 16 KiB are looked at and one byte more is not."""
    for size, reason in {16384: Reason.MALFORMED_TOKEN, 16385: Reason.TOKEN_TOO_LARGE}.items():
        with pytest.raises(InvalidToken) as caught:
            parse_token("A" * size)
        assert caught.value.reason is reason


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_brackets_are_counted(forge: Forge, pair: str) -> None:
    """256 objects and arrays in a payload are looked at, one more is not, nested or not."""
    many = {"[]": [[] for _ in range(254)], "{}": [{} for _ in range(254)]}[pair]

    assert parse_token(forge.token({"x": many})).claims == {"x": many}
    with pytest.raises(InvalidToken) as caught:
        parse_token(forge.token({"x": many, "y": []}))
    assert caught.value.reason is Reason.MALFORMED_TOKEN


def test_remembered_headers_are_bounded(forge: Forge) -> None:
    """A flood of headers, refused ones or large ones, makes the memory of headers no larger."""
    payload = b64(to_json(forge.claims()))
    _remembered_header.cache_clear()
    for number in range(50):
        large = b64(to_json(forge.header(kid=f"kid-{number}", x="x" * 400)))
        assert parse_token(f"{large}.{payload}.AAAA").header.kid == f"kid-{number}"
        with pytest.raises(InvalidToken):
            parse_token(f"{b64(to_json(forge.header(alg=f'none-{number}')))}.{payload}.AAAA")
    assert _remembered_header.cache_info().currsize == 0

    for number in range(1000):
        parse_token(f"{b64(to_json(forge.header(kid=f'kid-{number}')))}.{payload}.AAAA")
    limit = _remembered_header.cache_info().maxsize
    assert limit is not None
    assert _remembered_header.cache_info().currsize == limit < 1000


def parse_plain(token: Any) -> UnverifiedToken:
    """As a user pool's token."""
    return parse_token(token)


def parse_padded(token: Any) -> UnverifiedToken:
    """As a load balancer's data, that here has the algorithm of a user pool."""
    return parse_padded_token(token, algorithm="RS256")[0]


both_parsers = pytest.mark.parametrize("parse", [parse_plain, parse_padded])


def compact(header: object, payload: str = "{}", signature: str = "AAAA") -> str:
    """A token of a header, of the text of a payload, and of a signature as it is spelled."""
    return f"{b64(to_json(header))}.{b64(payload.encode())}.{signature}"


GOOD = {"alg": "RS256", "kid": "k"}
NESTED = '{{"{}":' + "[" * 256 + "]" * 256 + "}}"
PARTS = "A signed token has three parts, separated by dots."
NO_SIGNATURE = "The token's signature is not canonical base64url."
NO_JSON = "The token's {} is not one strict JSON object in UTF-8."
NO_KID = 'The token\'s header has no usable "kid".'
UNPRINTABLE = 'The "kid" in the token\'s header is not printable ASCII.'
NO_TYP = 'The token\'s header has a "typ" other than JWT or at+jwt.'


@both_parsers
@pytest.mark.parametrize(
    ("token", "reason", "detail"),
    [
        (
            "\u00e9",
            Reason.MALFORMED_TOKEN,
            "The token holds characters outside the base64url alphabet.",
        ),
        ("e30.AAAA", Reason.MALFORMED_TOKEN, PARTS),
        ("e30..AAAA", Reason.MALFORMED_TOKEN, PARTS),
        ("e30.e30.e30.AAAA", Reason.MALFORMED_TOKEN, PARTS),
        (compact(GOOD, signature=""), Reason.MALFORMED_TOKEN, "The token has no signature."),
        (compact(GOOD, signature="AB"), Reason.MALFORMED_TOKEN, NO_SIGNATURE),
        (
            "AB.e30.AAAA",
            Reason.MALFORMED_TOKEN,
            "The token's header is not canonical base64url.",
        ),
        (
            compact(GOOD).replace(".e30.", ".AB."),
            Reason.MALFORMED_TOKEN,
            "The token's payload is not canonical base64url.",
        ),
        (compact([GOOD]), Reason.MALFORMED_TOKEN, NO_JSON.format("header")),
        *(
            (compact(GOOD, payload), Reason.MALFORMED_TOKEN, NO_JSON.format("payload"))
            for payload in (
                *("[]", "{", "{}x", "x{}", "X{}", "{}X", "\u00a0{}", "{}\u00a0", "\ufeff{}"),
                *('{"x":1e400}', '{"x":-1e400}', '{"x":NaN}', '{"x":"\\ud800"}', '{"\\udc00":1}'),
                *('{"x":"\\\\"}x', '["\\\\"]', '{"x":1}{}', '{"x":1,}', '{"x":1,"y"}'),
                *('{"x":1,"x":2}', '{"x":1,"y":2,"x":3}', '{"x":1,"x":",","x":[1,2]}'),
                *('{"x":{"y":1,"y":2}}', '{"x":[{"y":1,"y":2}]}', '{"x":{},"x":{}}'),
                '{"cognito:groups":["a"],"cognito:groups":["b","c"]}',
                '{"cognito:groups":["a","b"],"cognito:groups":"c"}',
                '{"cognito:groups":["b",1],"x":1,"x":2}',
                '{"x":1,"cognito:groups":[],"x":2}',
                *(NESTED.format("x"), NESTED.format("cognito:groups")),
                '{"x":' * 257 + "1" + "}" * 257,
            )
        ),
        (
            compact({"kid": "k"}),
            Reason.UNSUPPORTED_ALGORITHM,
            "The token must be signed with RS256.",
        ),
        *(
            (
                compact({**GOOD, name: None}),
                Reason.UNSUPPORTED_HEADER,
                f'The token\'s header has a "{name}" member.',
            )
            for name in ("crit", "b64", "zip")
        ),
        *(
            (compact({**GOOD, "typ": typ}), Reason.UNSUPPORTED_HEADER, NO_TYP)
            for typ in ("", "JWS", 1, None, ["JWT"])
        ),
        *(
            (compact({**GOOD, "kid": kid}), Reason.MALFORMED_TOKEN, NO_KID)
            for kid in ("", 1, None, ["k"], "k" * 257)
        ),
        *(
            (compact({**GOOD, "kid": kid}), Reason.MALFORMED_TOKEN, UNPRINTABLE)
            for kid in ("\u00e9", "k\n", "\0")
        ),
    ],
)
def test_what_is_wrong_is_told(parse: Any, token: str, reason: Reason, detail: str) -> None:
    """Each fault has its reason and a sentence, which names the part that has it."""
    with pytest.raises(InvalidToken) as caught:
        parse(token)

    assert (caught.value.reason, caught.value.detail) == (reason, detail)


def test_what_is_no_text() -> None:
    """A token that is no text at all is malformed, and no error of the program."""
    for token in (None, b"e30.e30.AAAA", 1):
        with pytest.raises(InvalidToken) as caught:
            parse_plain(token)
        assert caught.value.detail == "The token is not text."


@both_parsers
@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "AT+JWT"])
@pytest.mark.parametrize("kid", ["k", "k" * 256])
def test_headers_that_are_taken(parse: Any, typ: str, kid: str) -> None:
    """A ``typ`` is compared without case (RFC 7515, section 4.1.9); a ``kid`` may be this long."""
    parsed = parse(compact({"alg": "RS256", "kid": kid, "typ": typ}))

    assert (parsed.header.algorithm, parsed.header.kid) == ("RS256", kid)
    assert (parsed.claims, parsed.signature) == ({}, b"\0\0\0")
    assert parsed.signing_input.endswith(b".e30")
    assert repr(parsed) == "<UnverifiedToken>"


@both_parsers
@pytest.mark.parametrize(
    ("payload", "claims"),
    [
        ('{"x":1.5,"y":-1e3}', {"x": 1.5, "y": -1000.0}),
        (' \t\r\n{"x":"\\u00e9"} \t\r\n', {"x": "\u00e9"}),
        ('{"x":"\\ud83d\\ude00"}', {"x": "\U0001f600"}),
    ],
)
def test_payloads_that_are_taken(parse: Any, payload: str, claims: dict[str, Any]) -> None:
    """Fractions, white space around the object, and escapes that come in pairs."""
    assert parse(compact(GOOD, payload)).claims == claims


@both_parsers
@pytest.mark.parametrize(
    ("payload", "quick"),
    [
        *(("{}", False), ('{"x":1}', True), ('{"x":1,"y":"z"}', True), (' {"x":1}', False)),
        *(('{"cognito:groups":[],"x":1}', False), ('{"cognito:groups":["a"]}', True)),
        *(('{"x":1,"cognito:groups":["a","b","c"]}', True), ('{"x":["a"],"y":1}', True)),
        *(('{"x":["a","b"]}', False), ('{"x":",","y":1}', False), ('{"x":{"y":1}}', False)),
        *(('{"cognito:groups":["a","b"],"x":["c"]}', False), ('{"x":"\\n"}', False)),
        *(('{"x":[["a"]]}', False), ('{"cognito:groups":"a","x":1}', True)),
    ],
)
def test_plain_payloads_are_read_quickly(
    parse: Any, payload: str, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What surely has no name twice, and no depth, is read once; all else with care."""
    careful: list[str] = []

    def read(text: str) -> dict[str, Any]:
        careful.append(text)
        return _careful_json_object(text)

    monkeypatch.setattr(token_module, "_careful_json_object", read)
    parse(compact(GOOD, payload))
    assert careful == ([] if quick else [payload])


@pytest.mark.parametrize("name", ["header", "payload", "signature"])
def test_padding(name: str) -> None:
    """Each segment of a load balancer's data may be padded, and not with more or with less."""
    segments = {
        "header": b64(b'{"alg":"ES256","kid":"k"}').rstrip("="),
        "payload": b64(b'{"x":1}'),
        "signature": "AA",
    }
    padded = {key: text + "=" * (-len(text) % 4) for key, text in segments.items()}
    assert all(text.endswith("=") for text in padded.values())

    parsed, members = parse_padded_token(".".join(padded.values()))
    assert (parsed.claims, parsed.signature, members["kid"]) == ({"x": 1}, b"\0", "k")
    assert parsed.signing_input == f"{padded['header']}.{padded['payload']}".encode()
    for text in (f"{padded[name]}=", f"{segments[name]}==="):
        with pytest.raises(InvalidToken) as caught:
            parse_padded_token(".".join({**padded, name: text}.values()))
        assert caught.value.detail == (
            f"The token's {name} is not padded to a multiple of four letters."
        )


def test_only_padding_is_taken_off() -> None:
    """Letters that stand before it are a part of the segment."""
    signature = b64(b"\0\0W")
    assert signature.endswith("X")
    for padding in ("", "="):
        token = compact({"alg": "ES256", "kid": "k"}, signature=signature + padding)
        if not padding:
            assert parse_padded_token(token)[0].signature == b"\0\0W"
            continue
        with pytest.raises(InvalidToken):
            parse_padded_token(token)


def test_the_size_of_data_is_counted_first() -> None:
    """A load balancer's data of exactly the limit is looked at, one byte more is too large."""
    text = compact({"alg": "ES256", "kid": "k"})
    assert parse_padded_token(text, max_bytes=len(text))
    for token, limit in (("\u00e9" * 9, 8), (text, len(text) - 1), ("A" * 16385, None)):
        with pytest.raises(InvalidToken) as caught:
            parse_padded_token(token, **({} if limit is None else {"max_bytes": limit}))
        assert caught.value.reason is Reason.TOKEN_TOO_LARGE
        assert caught.value.detail == f"The token is longer than {limit or 16384} bytes."
