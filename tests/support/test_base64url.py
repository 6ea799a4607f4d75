"""base64url.py: one text for each value, and no other."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode

import pytest

from cognito_guard._support.base64url import decode_base64url


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
