"""Tokens that spell base64url or JSON in a way that another reader might take differently."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cognito_guard import Reason

from .forge import Forge, WatchedKeys, b64, to_json
from .recipes import Recipe, edited, member, payload, resigned, rows
from .refusal import assert_refused

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _respelt(segment: str) -> str:
    """The same bytes to a careless decoder: a bit is set that stands for no data."""
    assert len(segment) % 4 in (2, 3), "every bit of this segment counts"
    return segment[:-1] + _ALPHABET[_ALPHABET.index(segment[-1]) + 1]


def _padded(segment: str) -> str:
    assert len(segment) % 4 in (2, 3), "this segment needs no padding"
    return segment + "=" * (-len(segment) % 4)


def _as_it_is(segment: str) -> str:
    return segment


def _last(token: str) -> str:
    return token.rpartition(".")[2]


def _roomy_token(
    header: Callable[[str], str] = _as_it_is, payload: Callable[[str], str] = _as_it_is
) -> Recipe:
    """Segments whose last characters have bits to spare, respelt and then signed."""

    def roomy(members: dict[str, object]) -> str:
        spelt = (b64(to_json({**members, "x": "x" * number})) for number in range(2))
        return next(segment for segment in spelt if len(segment) % 4)

    return lambda forge: forge.sign(
        f"{header(roomy(forge.header()))}.{payload(roomy(forge.claims()))}"
    )


def _standard_alphabet(forge: Forge) -> str:
    text = b64(to_json(forge.claims()).replace(b"forged.alice", "\u00fe\u00ff~~~???".encode()))
    assert not {"-", "_"}.isdisjoint(text), "both alphabets spell this alike"
    return forge.sign(f"{b64(to_json(forge.header()))}.{text.translate({45: '+', 95: '/'})}")


def _spaced(part: int, where: str, character: str) -> Recipe:
    def change(token: str) -> str:
        parts = token.split(".")
        at = {"before": 0, "inside": len(parts[part]) // 2, "after": len(parts[part])}[where]
        parts[part] = parts[part][:at] + character + parts[part][at:]
        return ".".join(parts)

    return edited(change)


ENCODINGS: dict[str, Recipe] = {
    "padding after the signature": edited(lambda token: token + "=="),
    "padding after the header": _roomy_token(header=_padded),
    "padding after the payload": _roomy_token(payload=_padded),
    "four equals signs": resigned(lambda header, payload: f"{header}.{payload}===="),
    "the standard alphabet": _standard_alphabet,
    "plus in the signature": edited(lambda token: f"{token[:-4]}+{token[-3:]}"),
    "slash in the signature": edited(lambda token: f"{token[:-4]}/{token[-3:]}"),
    "trailing bits in the header": _roomy_token(header=_respelt),
    "trailing bits in the payload": _roomy_token(payload=_respelt),
    "trailing bits in the signature": edited(
        lambda token: token[: -len(_last(token))] + _respelt(_last(token))
    ),
    "a character too many": resigned(
        lambda header, payload: f"{header}.{payload[: len(payload) // 4 * 4]}A"
    ),
    "a letter outside ASCII": edited(lambda token: token[:-1] + "\u00e9"),
    "a full-width letter": edited(lambda token: chr(ord(token[0]) + 0xFEE0) + token[1:]),
    "a lone surrogate": edited(lambda token: token + "\ud800"),
    "a no-break space": edited(lambda token: token + "\xa0"),
    "four newlines in the signature": edited(lambda token: token[:-100] + "\n" * 4 + token[-100:]),
    "four spaces in the payload": resigned(lambda header, payload: f"{header}.{'    '}{payload}"),
    "four spaces in the header": resigned(lambda header, payload: f"{header}{'    '}.{payload}"),
    "a NUL": edited(lambda token: token + "\0"),
    "quotation marks": edited(lambda token: f'"{token}"'),
    "percent encoding": edited(lambda token: token.replace(".", "%2E", 1)),
    **{
        f"{name} {where} the {part}": _spaced(number, where, character)
        for name, character in {
            "a space": " ",
            "a newline": "\n",
            "CRLF": "\r\n",
            "a tab": "\t",
            "a form feed": "\f",
        }.items()
        for number, part in enumerate(("header", "payload", "signature"))
        for where in ("before", "inside", "after")
    },
}

JSON: dict[str, Recipe] = {
    "a name twice": member(b'"sub":"a0000001-subject-of-the-forge"'),
    "a name twice, once escaped": member(b'"\\u0073ub":"mallory-0001"'),
    "a name twice in an object": member(b'"x":{"a":1,"a":1}'),
    "a name twice in a list": member(b'"x":[[{"a":1,"a":1}]]'),
    "lists 300 deep": member(b'"x":' + b"[" * 300 + b"]" * 300),
    "objects 300 deep": member(b'"x":' + b'{"a":' * 300 + b"1" + b"}" * 300),
    "5,000 digits": member(b'"x":' + b"9" * 5000),
    "5,000 digits after a minus": member(b'"x":-' + b"9" * 5000),
    "NaN": member(b'"x":NaN'),
    "Infinity": member(b'"x":Infinity'),
    "-Infinity": member(b'"x":-Infinity'),
    "1e400": member(b'"x":1e400'),
    "-1e400": member(b'"x":-1e400'),
    "1e400 in an object": member(b'"x":[{"y":1e400}]'),
    "garbage after the object": payload(lambda text: text + b"x"),
    "a second object": payload(lambda text: text + text),
    "a NUL after the object": payload(lambda text: text + b"\0"),
    "a form feed before the object": payload(lambda text: b"\f" + text),
    "a comma after the object": payload(lambda text: text + b","),
    "a comma after the last member": payload(lambda text: text[:-1] + b",}"),
    "a comment": payload(lambda text: text + b"//"),
    "no closing brace": payload(lambda text: text[:-1]),
    "single quotation marks": payload(lambda text: text.replace(b'"', b"'")),
    "a newline in a string": member(b'"x":"a\nb"'),
    "an array": payload(lambda text: b"[" + text + b"]"),
    "a string": payload(lambda text: json.dumps(text.decode()).encode()),
    "a number": lambda forge: forge.token(b"1"),
    "null": lambda forge: forge.token(b"null"),
    "white space alone": lambda forge: forge.token(b"  "),
    "BOM": payload(lambda text: b"\xef\xbb\xbf" + text),
    "UTF-16": payload(lambda text: text.decode().encode("utf-16")),
    "UTF-16 without BOM": payload(lambda text: text.decode().encode("utf-16-le")),
    "UTF-32": payload(lambda text: text.decode().encode("utf-32")),
    "invalid UTF-8": member(b'"x":"\xff\xfe"'),
    "overlong UTF-8": member(b'"x":"\xc0\xaf"'),
    "a surrogate as UTF-8": member(b'"x":"\xed\xa0\x80"'),
    "a lone surrogate": member(b'"x":"\\ud800"'),
    "a lone surrogate as a name": member(b'"\\udfff":1'),
    "a lone surrogate in a list": member(b'"x":[["\\ud800 "]]'),
    "surrogates the wrong way round": member(b'"x":"\\udc00\\ud800"'),
}


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        *rows("encoding", ENCODINGS, Reason.MALFORMED_TOKEN),
        *rows("json", JSON, Reason.MALFORMED_TOKEN),
    ],
)
def test_ambiguous_spellings(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """A text that two readers could take for two things is malformed, however well it is signed."""
    keys = WatchedKeys({"keys": [forge.jwk()]})

    assert_refused(forge.guard(jwks=keys), recipe(forge), reason)

    assert keys.asked == []


@pytest.mark.parametrize(
    "recipe",
    [
        _roomy_token(),
        payload(lambda text: b" \t\r\n" + text + b"\n "),
        payload(lambda text: b" " + text),
        payload(lambda text: text + b"\n"),
        payload(lambda text: json.dumps(json.loads(text), indent=2).encode()),
        member(b'"x":"\\ud83d\\ude00"'),
        member('"x":"\u00e9\U0001f600\ufeff"'.encode()),
        member(b'"x":"\\u0000 [[[[ {{{{"'),
        member(b'"x":' + b"[" * 200 + b"]" * 200),
        member(b'"x":[{"a":1},{"a":1}]'),
        member(b'"x":-1e308'),
        member(b'"x":' + b"9" * 4000),
    ],
    ids=[
        "segments of any length",
        "white space around it",
        "white space before it",
        "white space after it",
        "white space in it",
        "a pair of surrogates",
        "letters outside ASCII",
        "escapes and brackets in a string",
        "lists 200 deep",
        "a name in two objects",
        "a large float",
        "4,000 digits",
    ],
)
def test_unusual_but_clear_spellings(forge: Forge, recipe: Recipe) -> None:
    """JSON that every reader takes alike is accepted, however unusual."""
    assert forge.guard().verify(recipe(forge)).subject == forge.claims()["sub"]
