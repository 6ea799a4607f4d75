"""Attacks by another spelling of base64url, which a careless decoder takes for the same token.

One token with many spellings dodges every deny-list and every cache that knows its text. RFC 4648,
sections 3.5 and 5; RFC 7515, appendix C.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import Reason
from .attack import tokens
from .forge import Forge, b64, to_json
from .recipes import Recipe, edited, resigned

__all__ = ["ENCODINGS", "roomy_token"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _respelt(segment: str) -> str:
    """The same bytes to a careless decoder: a bit is set that stands for no data."""
    return segment[:-1] + _ALPHABET[_ALPHABET.index(segment[-1]) + 1]


def _padded(segment: str) -> str:
    return segment + "=" * (-len(segment) % 4)


def _as_it_is(segment: str) -> str:
    return segment


def _last(token: str) -> str:
    return token.rpartition(".")[2]


def roomy_token(
    header: Callable[[str], str] = _as_it_is, payload: Callable[[str], str] = _as_it_is
) -> Recipe:
    """Segments whose last characters have bits to spare, respelt and then signed."""

    def roomy(members: dict[str, Any]) -> str:
        spelt = (b64(to_json({**members, "x": "x" * number})) for number in range(2))
        return next(segment for segment in spelt if len(segment) % 4)

    return lambda forge: forge.sign(
        f"{header(roomy(forge.header()))}.{payload(roomy(forge.claims()))}"
    )


def _standard_alphabet(forge: Forge) -> str:
    # Bytes that both of the letters in which the alphabets differ are needed for, wherever they
    # fall in a group of three.
    text = b64(to_json(forge.claims())[:-1] + ',"x":"\u00fe\u00ff~~~???"}'.encode())
    return forge.sign(f"{b64(to_json(forge.header()))}.{text.translate({45: '+', 95: '/'})}")


def _spaced(part: int, where: str, character: str) -> Recipe:
    def change(token: str) -> str:
        parts = token.split(".")
        at = {"before": 0, "inside": len(parts[part]) // 2, "after": len(parts[part])}[where]
        parts[part] = parts[part][:at] + character + parts[part][at:]
        return ".".join(parts)

    return edited(change)


_WHITE_SPACE = {
    "a space": " ",
    "a newline": "\n",
    "CRLF": "\r\n",
    "a tab": "\t",
    "a form feed": "\f",
}
_SEGMENTS = ("header", "payload", "signature")

ENCODINGS = tokens(
    "encoding",
    Reason.MALFORMED_TOKEN,
    {
        "padding after the signature": (
            "Has the padding that JWS leaves out.",
            edited(lambda token: token + "=="),
        ),
        "one equals sign": ("Has half its padding.", edited(lambda token: token + "=")),
        "padding after the header": (
            "Has a padded header, and is signed like that.",
            roomy_token(header=_padded),
        ),
        "padding after the payload": (
            "Has a padded payload, and is signed like that.",
            roomy_token(payload=_padded),
        ),
        "four equals signs": (
            "Has padding where none is due, and is signed like that.",
            resigned(lambda header, payload: f"{header}.{payload}===="),
        ),
        "padding before the payload": (
            "Has padding at the wrong end.",
            resigned(lambda header, payload: f"{header}.=={payload}"),
        ),
        "the standard alphabet": (
            "Spells its payload with + and /, and is signed like that.",
            _standard_alphabet,
        ),
        "plus in the signature": (
            "Has a + in its signature.",
            edited(lambda token: f"{token[:-4]}+{token[-3:]}"),
        ),
        "slash in the signature": (
            "Has a / in its signature.",
            edited(lambda token: f"{token[:-4]}/{token[-3:]}"),
        ),
        "trailing bits in the header": (
            "Sets bits of the header that stand for nothing, signed.",
            roomy_token(header=_respelt),
        ),
        "trailing bits in the payload": (
            "Sets bits of the payload that stand for nothing, signed.",
            roomy_token(payload=_respelt),
        ),
        "trailing bits in the signature": (
            "Sets bits of the signature that stand for nothing, as anybody can.",
            edited(lambda token: token[: -len(_last(token))] + _respelt(_last(token))),
        ),
        "a character too many": (
            "Has a payload of a length that no bytes have.",
            resigned(lambda header, payload: f"{header}.{payload[: len(payload) // 4 * 4]}A"),
        ),
        "a letter outside ASCII": (
            "Ends in a letter outside the alphabet.",
            edited(lambda token: token[:-1] + "\u00e9"),
        ),
        "a full-width letter": (
            "Begins with a letter that a normaliser makes the right one.",
            edited(lambda token: chr(ord(token[0]) + 0xFEE0) + token[1:]),
        ),
        "a digit of another script": (
            "Ends in a digit that is one to a careless reader.",
            edited(lambda token: token[:-1] + "\u0661"),
        ),
        "a lone surrogate": (
            "Ends in half a letter, which cannot be encoded.",
            edited(lambda token: token + "\ud800"),
        ),
        "a zero-width space": (
            "Ends in a letter that nobody sees.",
            edited(lambda token: token + "\u200b"),
        ),
        "a no-break space": (
            "Ends in a space that is none.",
            edited(lambda token: token + "\xa0"),
        ),
        "four newlines in the signature": (
            "Breaks the lines of its signature, as MIME does.",
            edited(lambda token: token[:-100] + "\n" * 4 + token[-100:]),
        ),
        "four spaces in the payload": (
            "Has spaces before its payload, and is signed like that.",
            resigned(lambda header, payload: f"{header}.{'    '}{payload}"),
        ),
        "four spaces in the header": (
            "Has spaces after its header, and is signed like that.",
            resigned(lambda header, payload: f"{header}{'    '}.{payload}"),
        ),
        "a NUL": ("Ends in a NUL.", edited(lambda token: token + "\0")),
        "a NUL and more": ("Goes on after a NUL.", edited(lambda token: token + "\0.x")),
        "quotation marks": ("Is in quotation marks.", edited(lambda token: f'"{token}"')),
        "percent encoding": (
            "Has an encoded dot.",
            edited(lambda token: token.replace(".", "%2E", 1)),
        ),
        "all in percent encoding": (
            "Has both dots encoded.",
            edited(lambda token: token.replace(".", "%2E")),
        ),
        "a hyphen for a dot": (
            "Has its dots replaced by a letter of the alphabet.",
            edited(lambda token: token.replace(".", "-")),
        ),
        **{
            f"{name} {where} the {part}": (
                f"Has {name} {where} its {part}, which some decoders pass over.",
                _spaced(number, where, character),
            )
            for name, character in _WHITE_SPACE.items()
            for number, part in enumerate(_SEGMENTS)
            for where in ("before", "inside", "after")
        },
    },
)
