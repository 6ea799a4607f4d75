"""What people do to a token's text by mistake: copied too much or too little of it, or another
text. Each is told by its name."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from .._support.base64url import decode_base64url
from . import words

__all__ = [
    "foreign",
    "mistake",
    "no_text",
    "other_algorithm",
    "without_wrapping",
    "wrong_part",
]

_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_SCHEME = re.compile(r"(?i)^bearer[ \t:]+")
_HEADER_LINE = re.compile(r"(?i)^[a-z][a-z0-9-]{2,40}:[ \t]*(?=(bearer[ \t]|e))")
_NO_VALUES = frozenset({"undefined", "null", "none", "nil", "nan", "[object object]", "nat"})
_PLACEHOLDER = re.compile(r"^(\$\{?\w+\}?|<[^>]*>|\{\{.*\}\}|%\w+%)$")
_UUID = re.compile(r"(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
# A token that is all of a text but for what is around it: `{"` is `eyJ` in base64url. What follows
# it must be plainly no part of it, since a token may also be wrapped or altered.
_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]*\.eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
_BEHIND = re.compile(r"$|[\"'`,;)>\]}&\\#]")
_JWE_PARTS, _JWE_HEADER = 5, b'"enc"'
_LONGEST_SHOWN = 40


def no_text(found: object) -> str | None:
    """For what is no text at all, or a far too long one."""
    if isinstance(found, bytes | bytearray):
        return "These are bytes. Decode them first: token.decode()."
    if isinstance(found, str):
        return "No token of a user pool is that long. What is in this text besides the token?"
    return "Pass the token as text."


def foreign(text: str) -> str:
    """The first character that is no ASCII, by its name."""
    place = next((n for n, one in enumerate(text) if not one.isascii()), None)
    if place is None:
        return "ASCII"
    one = text[place]
    name = unicodedata.name(one, "no character")
    return f"U+{ord(one):04X} ({name}) as letter {place + 1} of {len(text)}"


def mistake(text: str) -> str | None:
    """What was probably done to a token, or what this is instead of one; ``None`` for no idea."""
    bare = text.strip()
    if not bare:
        return "The text is empty. Is the variable that should hold the token set?"
    return (
        _wrapped(text, bare)
        or _no_token(bare)
        or _surrounded(bare)
        or _altered(bare)
        or _other_token(bare)
    )


def _wrapped(text: str, bare: str) -> str | None:
    if _HEADER_LINE.match(bare):
        return "This is a whole header line. Pass only the token, without the header's name."
    if bare[0] in _QUOTES or (bare[-1] in _QUOTES and "." in bare):
        return "There are quotation marks around the token. They are not part of it."
    if _SCHEME.match(bare):
        again = _SCHEME.match(_SCHEME.sub("", bare))
        return (
            'The word "Bearer" is in front of the token twice. Send it once.'
            if again
            else 'The word "Bearer" is in front of the token. It belongs to the header.'
        )
    if text[-1] in "\r\n":
        return "There is a line break at the end. Strip it: token.strip()."
    if text != bare:
        return "There is white space around the token. Strip it: token.strip()."
    return None


def _no_token(bare: str) -> str | None:
    if bare.lower() in _NO_VALUES:
        return (
            "This is how a program writes a missing value. The client has no token, and sends "
            "this instead."
        )
    if _PLACEHOLDER.match(bare) and not _TOKEN.search(bare):
        return "This is a placeholder that was not replaced."
    if bare[0] in "{[":
        return "This is JSON. The token is one of its members, such as access_token."
    if _UUID.match(bare):
        return "This looks like an authorization code or an id. Exchange a code for tokens first."
    return None


def _surrounded(bare: str) -> str | None:
    if len(_TOKEN.findall(bare)) > 1:
        return "There is more than one token in this text. Pass one."
    found = _only_token(bare)
    if found is None:
        return None
    before, after = bare[: found.start()].strip(), bare[found.end() :].strip()
    if not before.isascii() or not before.isprintable():
        return None
    if before:
        return f"There is {_cut(before)} in front of the token. Pass only the token."
    return f"There is {_cut(after)} behind the token. Pass only the token." if after else None


def _only_token(text: str) -> re.Match[str] | None:
    """The one token in a text, if it is plain where it begins and ends."""
    several = list(_TOKEN.finditer(text))
    found = several[0] if len(several) == 1 else None
    return found if found is not None and _BEHIND.match(text, found.end()) else None


def _cut(text: str) -> str:
    return words.value(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")


def _altered(bare: str) -> str | None:
    if re.search(r"\s", bare):
        return "There is white space inside the token. Was it wrapped when it was copied?"
    if "%" in bare:
        return "The token is percent-encoded. Decode it once."
    if bare.endswith(("...", "\u2026")):
        return "The token was shortened for display. Copy the whole of it."
    if not bare.isascii() or not bare.isprintable():
        return "There is an invisible character in the token, or one that is not a Latin letter."
    return None


def _other_token(bare: str) -> str | None:
    segments = bare.split(".")
    if len(segments) == _JWE_PARTS:
        head = decode_base64url(segments[0].encode("ascii", "replace")) or b""
        if _JWE_HEADER in head:
            return (
                "This token is encrypted (JWE). A user pool's refresh token looks like this. "
                "Send the access token."
            )
        return "A token with five parts is encrypted (JWE). Access and ID tokens have three."
    if len(segments) == 2:
        return "The third part, the signature, is missing. Copy the whole token."
    if len(segments) == 1:
        return (
            "This is not a JSON Web Token. Session cookies, API keys and authorization codes "
            "look like this, and so does a token of which only the first part was copied."
        )
    return None


def wrong_part(segment: bytes, name: str, *, padded: bool) -> str:
    """What a part of a token is, where it is not what it should be."""
    if not segment:
        return f"an empty {name}"
    letters = segment.rstrip(b"=") if padded else segment
    data = decode_base64url(letters)
    if data is not None:
        return f"{len(data)} bytes"
    text = letters.decode("ascii", "replace")
    if not padded and text.endswith("="):
        return "base64url with padding (=)"
    if "+" in text or "/" in text:
        return "standard base64 (with + or /)"
    other = re.search(r"[^A-Za-z0-9_-]", text)
    if other:
        return f"{words.value(other[0])} as letter {other.start() + 1} of {len(text)}"
    if len(text) % 4 == 1:
        return (
            f"{len(text)} letters, which base64url cannot have: it was cut, or something was added"
        )
    return "stray bits at the end: it was altered or cut"


def without_wrapping(text: str) -> str:
    """A text without what does not belong to a token: what :func:`mistake` tells of its ends."""
    text = _HEADER_LINE.sub("", text.strip().strip(_QUOTES).strip())
    while (shorter := _SCHEME.sub("", text)) != text:
        text = shorter
    text = text.strip().strip(_QUOTES).strip()
    found = _only_token(text)
    return text if found is None else found[0]


def other_algorithm(header: dict[str, Any], algorithm: str) -> str | None:
    """Where a token comes from that is signed otherwise."""
    found = header.get("alg")
    if "signer" in header and algorithm == "RS256":
        return (
            "This is what a load balancer signs (x-amzn-oidc-data). Trust a LoadBalancer, and use "
            "explain_request."
        )
    if "enc" in header:
        return "This token is encrypted. A user pool's refresh token looks like this."
    if found in ("HS256", "HS384", "HS512"):
        return "It is signed with a shared secret. No user pool does that. Who made this token?"
    if found == "none":
        return "It is not signed at all. Anybody can make such a token."
    return None
