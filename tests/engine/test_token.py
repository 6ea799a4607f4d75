"""token.py: taking a compact JWS apart. What it must refuse is in the test_hostile files."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode

import pytest

from cognito_guard import InvalidToken, Reason
from cognito_guard.token import (
    Header,
    _remembered_header,
    decode_base64url,
    parse_token,
)

from .forge import Forge, b64, to_json
from .silence import assert_unsaid, secrets_of


def test_a_token_is_taken_apart(forge: Forge) -> None:
    """The parts are what was signed: header, claims, the very bytes, and the signature."""
    token = forge.token()
    text, _, signature = token.rpartition(".")

    parsed = parse_token(token)

    assert parsed.header == Header("RS256", forge.kid)
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


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (b"", b""),
        (b"AA", b"\0"),
        (b"AAA", b"\0\0"),
        (b"AAAA", b"\0\0\0"),
        (b"_-8", b"\xff\xef"),
        (b"Zm9vYmFy", b"foobar"),
    ],
)
def test_base64url(text: bytes, data: bytes) -> None:
    """Canonical base64url without padding is decoded (RFC 4648, sections 5 and 10)."""
    assert decode_base64url(text) == data


@pytest.mark.parametrize(
    "text",
    [
        *rb"A AAAAA AB AAB A= AA== AA=A A+AA A/AA ==== A.AA AA- A-_/".split(b" "),
        *(b"A AA", b"AA\n", b"AAAA\n", b"A\0AA", b"AA\xff\xff"),
        # As many foreign characters as a careless decoder drops without missing them.
        *(b"AAAA    ", b"AAAA\n\n\n\n", b"A A A A ", b"AAAA....", b"A!A!A!A!"),
    ],
)
def test_what_is_no_base64url(text: bytes) -> None:
    """Every other spelling is refused, so that a value has one text only."""
    assert decode_base64url(text) is None


def test_every_length_comes_back() -> None:
    """Data of any length survives, and only its one canonical text is taken."""
    for length in range(70):
        data = os.urandom(length)
        text = urlsafe_b64encode(data)
        assert decode_base64url(text.rstrip(b"=")) == data
        assert (decode_base64url(text) is None) == text.endswith(b"=")
