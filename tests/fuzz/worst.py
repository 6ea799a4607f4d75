"""Inputs that are made to cost much: name -> (target, a function from a size to the bytes).

Each is what a regular expression, a scanner or a loop over a text would choke on that is careless:
long runs that nearly match, many small pieces, depth, numbers without end.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.forge import NOW, Forge

from .targets import KID

Build = Callable[[int], bytes]

TIMES = 16
"""How much longer the longer of two inputs is, where it is looked at how the work grows."""


def _text(piece: bytes, *, before: bytes = b"", after: bytes = b"") -> Build:
    """A piece again and again, between two ends."""
    return lambda size: before + piece * ((size - len(before) - len(after)) // len(piece)) + after


def _payload(piece: bytes, *, before: bytes = b'{"x":', after: bytes = b"}") -> Build:
    """A payload, or a header, such that the token that is made of it has the size asked for."""
    build = _text(piece, before=before, after=after)
    return lambda size: b"p" + build(size * 3 // 4 - 100)


def _header(piece: bytes, *, before: bytes = b'{"x":', after: bytes = b"}") -> Build:
    build = _text(piece, before=before, after=after)
    return lambda size: b"h" + build(size * 3 // 4 - 400)


def _numbered(form: bytes, *, before: bytes, after: bytes) -> Build:
    """Pieces that differ, between two ends."""

    def build(size: int) -> bytes:
        count = (size - len(before) - len(after)) // len(form % 10**6)
        pieces = b",".join(form % (10**6 + number) for number in range(count))
        return before + pieces + after

    return build


def _names(size: int) -> bytes:
    build = _numbered(b'"%d":0', before=b"{", after=b"}")
    return b"p" + build(size * 3 // 5)


def _claims(text: str) -> bytes:
    """Good claims, up to one of which the value is to follow."""
    return (
        f'{{"sub":"a","iss":"{Forge.issuer}","client_id":"{Forge.client_id}","token_use":"access",'
        f'"exp":{NOW + 3600},{text}'
    ).encode()


WORST: dict[str, tuple[str, Build]] = {
    "token: dots": ("token", _text(b".", before=b"t")),
    "token: one letter": ("token", _text(b"A", before=b"t")),
    "token: no canonical end": (
        "token",
        _text(b"A", before=b"tAAAA.", after=b"B.A"),
    ),
    "token: a long signature": ("token", _text(b"AAAA", before=b"te30.e30.")),
    "token: equals signs": ("token", _text(b"=", before=b"tAAAA.A")),
    "token: letters outside ASCII": ("token", _text("é".encode(), before=b"t")),
    "header: spaces": ("token", _header(b" ", before=b'{"alg":"RS256"', after=b"}")),
    "header: a long kid": ("token", _header(b"k", before=b'{"alg":"RS256","kid":"', after=b'"}')),
    "payload: open lists": ("token", _payload(b"[", after=b"")),
    "payload: depth at the limit": (
        "token",
        _payload(b" ", before=b'{"x":' + b"[" * 255, after=b"]" * 255 + b"}"),
    ),
    "payload: flat lists": ("token", _payload(b"[],", before=b'{"x":[', after=b"0]}")),
    "payload: escapes": ("token", _payload(b"\\u00e9", before=b'{"x":"', after=b'"}')),
    "payload: surrogate pairs": (
        "token",
        _payload(b"\\ud83d\\ude00", before=b'{"x":"', after=b'"}'),
    ),
    "payload: backslashes": ("token", _payload(b"\\\\", before=b'{"x":"', after=b'"}')),
    "payload: a text without an end": ("token", _payload(b"x", before=b'{"x":"', after=b"")),
    "payload: small texts": ("token", _payload(b'"a",', before=b'{"x":[', after=b'"a"]}')),
    "payload: names": ("token", _names),
    "payload: one name": ("token", _payload(b'"a":0,', before=b"{", after=b'"a":0}')),
    "payload: spaces": ("token", _payload(b" ")),
    "payload: a long integer": ("token", _payload(b"9")),
    "payload: integers of 4,300 digits": (
        "token",
        _payload(b"9" * 4300 + b",", before=b'{"x":[', after=b"0]}"),
    ),
    "payload: a long fraction": ("token", _payload(b"7", before=b'{"x":0.')),
    "payload: fractions": ("token", _payload(b"1.5e300,", before=b'{"x":[', after=b"0]}")),
    "payload: a long exponent": ("token", _payload(b"0", before=b'{"x":1e')),
    "payload: scopes": ("token", _payload(b"a ", before=_claims('"scope":"'), after=b'"}')),
    "payload: empty scopes": (
        "token",
        _payload(b" ", before=_claims('"scope":"'), after=b'"}'),
    ),
    "payload: groups": (
        "token",
        _payload(b'"a",', before=_claims('"cognito:groups":['), after=b'"a"]}'),
    ),
    "payload: roles": ("token", _payload(b"a,", before=_claims('"custom:role":"'), after=b'"}')),
    "authorization: commas": ("request", _text(b",", before=b"authorization:")),
    "authorization: commas and spaces": (
        "request",
        _text(b" ", before=b"authorization:Digest ,", after=b"!"),
    ),
    "authorization: a parameter without an end": (
        "request",
        _text(b"a", before=b"authorization:Digest ,"),
    ),
    "authorization: parameters": ("request", _text(b'a="b", ', before=b"authorization:Digest ")),
    "authorization: quotes": ("request", _text(b'"', before=b"authorization:x,")),
    "authorization: a quote without an end": ("request", _text(b"a,", before=b'authorization:x "')),
    "authorization: spaces": ("request", _text(b" ", before=b"authorization:Bearer", after=b"!")),
    "authorization: equals signs": (
        "request",
        _text(b"=", before=b"authorization:Bearer a", after=b"!"),
    ),
    "authorization: a scheme": ("request", _text(b"!", before=b"authorization:")),
    "cookie: semicolons": ("request", _text(b";", before=b"cookie:")),
    "cookie: cookies": ("request", _text(b"a=b; ", before=b"cookie:")),
    "cookie: the same cookie": ("request", _text(b"session=a; ", before=b"cookie:")),
    "cookie: equals signs": ("request", _text(b"=", before=b"cookie:session")),
    "request: many headers": ("request", _text(b"authorization:a\n")),
    "data: equals signs": ("forwarded", _text(b"=", before=b"tAAAA.AAAA.AA")),
    "data: commas": ("forwarded", _text(b",", before=b"t")),
    "data: dots": ("forwarded", _text(b".", before=b"t")),
    "data: a long signer": (
        "forwarded",
        _header(b"a", before=b'{"alg":"ES256","kid":"%b","signer":"' % KID.encode(), after=b'"}'),
    ),
    "data: a long kid": (
        "forwarded",
        _header(b"1-", before=b'{"alg":"ES256","kid":"', after=b'"}'),
    ),
    "data: groups": (
        "forwarded",
        _payload(b'"a",', before=_claims('"cognito:groups":['), after=b'"a"]}'),
    ),
    "key: lines": ("pem", _text(b"AAAA\n", before=b"-----BEGIN PUBLIC KEY-----\n")),
    "key: one line": ("pem", _text(b"A", before=b"-----BEGIN PUBLIC KEY-----\n")),
    "key: beginnings": ("pem", _text(b"-----BEGIN PUBLIC KEY-----\n")),
    "key set: open lists": ("jwks", _text(b"[", before=b'{"keys":')),
    "key set: keys": ("jwks", _text(b"{},", before=b'{"keys":[', after=b"{}]}")),
    "key set: a long modulus": (
        "jwks",
        _text(b"A", before=b'{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"', after=b'"}]}'),
    ),
    "key set: a long exponent": (
        "jwks",
        _text(b"_", before=b'{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"', after=b'"}]}'),
    ),
}
