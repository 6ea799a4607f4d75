"""The text of a token: one step for each rule of ``tokens.parsing``, in its order."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, final

from ..errors import InvalidToken
from ..tokens import parsing
from . import pasted, words
from .steps import Steps

__all__ = ["Text", "read"]

_SPACE_AND_INVISIBLE = re.compile(r"[^!-~]+")


@final
class Text:
    """What could be read of a token's text. Says nothing of what it holds."""

    __slots__ = ("claims", "header", "kid", "raw", "signature", "signing_input")

    raw: object
    header: dict[str, Any] | None
    kid: str | None
    claims: dict[str, Any] | None
    signing_input: bytes | None
    signature: bytes | None

    def __init__(self, raw: object) -> None:
        self.raw = raw
        self.header = self.kid = self.claims = self.signing_input = self.signature = None


def read(steps: Steps, text: Text, *, max_bytes: int, algorithm: str, padded: bool = False) -> None:
    """Take a token's text apart. What is wrong with one part keeps no other from being read, and
    what was plainly added when it was copied is left out, once it was refused for that.

    ``padded``: as load balancers write it.
    """
    raw = text.raw
    steps.check(
        "size",
        lambda: parsing.check_size(raw, max_bytes),
        expected=f"text of {max_bytes} bytes at most",
        actual=lambda: f"{len(raw)} bytes" if isinstance(raw, str) else type(raw).__name__,
        hint=lambda: pasted.no_text(raw),
    )
    whole = raw if isinstance(raw, str) and len(raw) <= max_bytes else None
    steps.check(
        "characters",
        lambda: parsing.check_characters(whole or ""),
        expected="ASCII",
        actual=lambda: pasted.foreign(whole or ""),
        hint=lambda: pasted.mistake(whole or ""),
        when=whole is not None,
    )
    # As many bytes as letters: what is no ASCII is none of any part either.
    sent = (whole or "").encode("ascii", "replace")
    segments = steps.check(
        "parts",
        lambda: parsing.parts(sent),
        expected="3 parts, separated by dots",
        actual=lambda: _count(sent),
        hint=lambda: pasted.mistake(whole or ""),
        when=whole is not None,
    )
    meant = _parts_meant(whole or "", padded)
    _read_parts(steps, text, segments or meant, meant, algorithm, padded)


def _read_parts(
    steps: Steps,
    text: Text,
    segments: tuple[bytes, bytes, bytes] | None,
    meant: tuple[bytes, bytes, bytes] | None,
    algorithm: str,
    padded: bool,
) -> None:
    head, payload, signature = segments or (b"", b"", b"")
    plain_head, plain_payload, plain_signature = meant or (b"", b"", b"")
    there = segments is not None

    def bare(segment: bytes, name: str) -> bytes:
        return parsing.unpadded(segment, name) if padded else segment

    def wrong(segment: bytes, name: str) -> str:
        return pasted.wrong_part(segment, name, padded=padded)

    def mistake() -> str | None:
        return pasted.mistake(str(text.raw))

    header = steps.check(
        "header",
        lambda: parsing.json_object(bare(head, "header"), "header"),
        expected="one JSON object in base64url",
        actual=lambda: wrong(head, "header"),
        hint=mistake,
        when=there,
    )
    if header is None:
        header = _object(plain_head)
    text.header = header
    members = {} if header is None else header
    known = header is not None
    steps.check(
        "algorithm",
        lambda: parsing.check_algorithm(members, algorithm),
        expected=f"alg {algorithm}",
        actual=lambda: f"alg {words.claim(members, 'alg')}",
        hint=lambda: pasted.other_algorithm(members, algorithm),
        when=known,
    )
    steps.check(
        "header_members",
        lambda: parsing.check_members(members),
        expected=f"no {', '.join(parsing.REFUSED_MEMBERS)}",
        actual=lambda: ", ".join(n for n in parsing.REFUSED_MEMBERS if n in members) or "none",
        when=known,
    )
    steps.check(
        "type",
        lambda: parsing.check_type(members),
        expected="typ JWT or at+jwt, or no typ",
        actual=lambda: f"typ {words.claim(members, 'typ')}",
        when=known,
    )
    text.kid = steps.check(
        "key_id",
        lambda: parsing.key_id(members),
        expected="kid: a short text",
        actual=lambda: f"kid {words.claim(members, 'kid')}",
        when=known,
    )
    text.signature = steps.check(
        "signature_text",
        lambda: parsing.signature_bytes(bare(signature, "signature")),
        expected="base64url",
        actual=lambda: wrong(signature, "signature"),
        hint=mistake,
        when=there,
    )
    claims = steps.check(
        "payload",
        lambda: parsing.json_object(bare(payload, "payload"), "payload"),
        expected="one JSON object in base64url",
        actual=lambda: wrong(payload, "payload"),
        hint=mistake,
        when=there,
    )
    text.claims = _object(plain_payload) if claims is None else claims
    text.signing_input = head + b"." + payload
    if not steps.good and meant is not None:
        text.signing_input = plain_head + b"." + plain_payload
        with suppress(InvalidToken):
            text.signature = parsing.signature_bytes(plain_signature.rstrip(b"="))


def _parts_meant(text: str, padded: bool) -> tuple[bytes, bytes, bytes] | None:
    """The parts without what was added by copying; an empty signature for one that was cut off."""
    found = pasted.without_wrapping(text).split(".")
    if len(found) not in (2, 3) or not found[1]:
        return None
    head, payload, signature = (
        _SPACE_AND_INVISIBLE.sub("", part).encode("ascii") for part in (*found, "")[:3]
    )
    if padded:
        return head, payload, signature
    return head.rstrip(b"="), payload.rstrip(b"="), signature.rstrip(b"=")


def _object(segment: bytes) -> dict[str, Any] | None:
    with suppress(InvalidToken):
        return parsing.json_object(segment.rstrip(b"="), "part")
    return None


def _count(sent: bytes) -> str:
    if not sent:
        return "nothing"
    count = sent.count(b".") + 1
    if count == 3 and b".." in sent:
        return "3 parts, the second of them empty"
    return "1 part, without a dot" if count == 1 else f"{count} parts"
