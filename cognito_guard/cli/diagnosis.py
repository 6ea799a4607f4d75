"""What is inside the text of a token, as far as it can be read, and what exactly is wrong with it.

The engine's own decoder judges each part; here its refusal is put into words that say where to
look, and what it refuses is still read as far as possible. Nothing here verifies anything.
"""

from __future__ import annotations

import json
import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

from .._support.base64url import decode_base64url
from ..errors import InvalidToken, Reason
from ..tokens.parsing import DEFAULT_MAX_BYTES, UnverifiedToken, parse_padded_token, parse_token

__all__ = ["Diagnosis", "diagnose"]

# Parts that nothing is wrong with, so that the engine can be asked about one part alone.
_GOOD_HEADER = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ"  # {"alg":"RS256","kid":"1"}
_GOOD_DATA_HEADER = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ"  # {"alg":"ES256","kid":"1"}
_GOOD_PAYLOAD = "e30"  # {}
_GOOD_SIGNATURE = "AA"

# Deeper or longer than any token needs, and too much for a recursive printer.
_MAX_BRACKETS = 256

_HALF_PAIR = re.compile(r"[\ud800-\udfff]")


_NOT_BASE64URL = (
    (r"\s", "holds white space"),
    (r"=", "is padded with '='; base64url in a token has no padding"),
    (r"[+/]", "is standard base64 (it holds + or /), not base64url"),
    (r"[^A-Za-z0-9_-]", "holds characters outside the base64url alphabet"),
)

# An object, where one could be read, and what is wrong with it.
_Read: TypeAlias = tuple[dict[str, Any] | None, str | None]


class Diagnosis(NamedTuple):
    """What could be read of a token.

    ``header`` and ``claims`` are ``None`` where nothing could be read. ``problems`` are sentences
    that say why this is no well-formed token; ``refusals`` say why a well-formed one would be
    refused for its header alone. ``is_data``: by its header, it is a load balancer's data and no
    token of a user pool.
    """

    header: dict[str, Any] | None
    claims: dict[str, Any] | None
    signature_bytes: int | None
    problems: list[str]
    refusals: list[InvalidToken]
    is_data: bool = False


def diagnose(text: str) -> Diagnosis:
    """Read as much of a token as there is to read. Never raises, whatever the text."""
    if len(text) > DEFAULT_MAX_BYTES:
        sentence = f"The token is longer than {DEFAULT_MAX_BYTES} bytes; nothing of it was read."
        return Diagnosis(None, None, None, [sentence], [])
    if text.lstrip().startswith("{"):
        sentence = "This is JSON; a token here is compact: three parts, separated by dots."
        return Diagnosis(None, None, None, [sentence], [])
    parts = text.split(".")
    problems = _shape(parts)
    refusals: list[InvalidToken] = []
    header = claims = signature_bytes = None
    is_data = False
    if len(parts) > 1:
        header, problem = _object(parts[0], "header")
        is_data = header is not None and "signer" in header
        if is_data:
            # Padding is a load balancer's way, and its header could be read.
            parts = [part.rstrip("=") if _is_padded(part) else part for part in parts]
            header, problem = _object(parts[0], "header")
        refusal = _refusal(is_data, header=parts[0])
        if refusal is not None and refusal.reason is not Reason.MALFORMED_TOKEN:
            refusals.append(refusal)
        elif refusal is not None:
            problems.append(_better(problem, refusal, is_data))
    if len(parts) in (2, 3):
        claims, problem = _object(parts[1], "payload")
        if (refusal := _refusal(is_data, payload=parts[1])) is not None:
            problems.append(_better(problem, refusal, is_data))
    if len(parts) == 3:
        if (refusal := _refusal(is_data, signature=parts[2])) is None:
            signature_bytes = len(_bytes(parts[2]) or b"")
        else:
            problem = _base64_problem(parts[2], "signature")
            problems.append(_better(problem, refusal, is_data))
    return Diagnosis(header, claims, signature_bytes, problems, refusals, is_data)


def _better(problem: str | None, refusal: InvalidToken, is_data: bool) -> str:
    """The sentence that says more. About padding, which data may have, that is the engine's."""
    if problem is None or (is_data and "padded" in problem):
        return refusal.detail
    return problem


def _is_padded(part: str) -> bool:
    """Whether a part has the padding that base64 has, no more and no less."""
    return len(part) % 4 == 0 and len(part) - len(part.rstrip("=")) <= 2


def _refusal(
    is_data: bool,
    header: str | None = None,
    payload: str = _GOOD_PAYLOAD,
    signature: str = _GOOD_SIGNATURE,
) -> InvalidToken | None:
    parse: Callable[[str], UnverifiedToken | tuple[UnverifiedToken, dict[str, Any]]]
    parse, good = (
        (parse_padded_token, _GOOD_DATA_HEADER) if is_data else (parse_token, _GOOD_HEADER)
    )
    try:
        parse(f"{good if header is None else header}.{payload}.{signature}")
    except InvalidToken as refusal:
        return refusal
    return None


def _shape(parts: list[str]) -> list[str]:
    if len(parts) == 3:
        return []
    if parts == [""]:
        return ["The token is empty."]
    if len(parts) == 5:
        return ["The token has five parts: it is an encrypted one (JWE), not a signed one (JWS)."]
    count = "1 part" if len(parts) == 1 else f"{len(parts)} parts"
    return [f"A signed token has three parts, separated by dots; this one has {count}."]


def _base64_problem(part: str, name: str) -> str | None:
    if part.isascii() and decode_base64url(part.encode("ascii")) is not None:
        return None
    if part.lower().startswith("bearer "):
        return "The token starts with the word Bearer, which belongs to the HTTP header."
    for pattern, fault in _NOT_BASE64URL:
        if re.search(pattern, part):
            return f"The token's {name} {fault}."
    if len(part) % 4 == 1:
        return f"The token's {name} has a length that base64url cannot have; it may have been cut."
    return f"The token's {name} ends in stray bits; it may have been altered or cut."


def _bytes(part: str) -> bytes | None:
    """The bytes of a part, also of one that is not base64url as it should be."""
    standard = part.encode("ascii", "ignore").replace(b"-", b"+").replace(b"_", b"/")
    try:
        return a2b_base64(standard.rstrip(b"=") + b"==")
    except Base64Error:
        return None


def _object(part: str, name: str) -> _Read:
    """The JSON object in a part, as far as there is one, and the first thing wrong with it."""
    if not part:
        return None, f"The token's {name} is empty."
    problem = _base64_problem(part, name)
    data = _bytes(part)
    if data is None:
        return None, problem
    value, fault = _json(data)
    if fault is not None and problem is None:
        problem = f"The token's {name} {fault}."
    return value, problem


def _json(data: bytes) -> _Read:
    """As :func:`_object`, for the bytes. The fault continues a sentence."""
    faults: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            faults.append("names a member of an object twice")
        return found

    def number(digits: str) -> float:
        if not isfinite(value := float(digits)):
            faults.append("holds a number beyond what a double can hold")
        return value

    def constant(name: str) -> float:
        faults.append(f"holds {name}, which JSON does not know")
        return float(name)

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, f"is not UTF-8 (at byte {error.start + 1} of {len(data)})"
    if text.startswith("\ufeff"):
        faults.append("starts with a byte order mark")
        text = text[1:]
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        return None, f"holds more than {_MAX_BRACKETS} objects and arrays"
    decoder = json.JSONDecoder(
        object_pairs_hook=members, parse_float=number, parse_constant=constant
    )
    try:
        value = decoder.decode(text)
    except json.JSONDecodeError as error:
        return None, f"is not JSON: {error.msg} (at character {error.pos + 1} of {len(text)})"
    except ValueError:
        return None, "holds a number with thousands of digits"
    if not isinstance(value, dict):
        return None, "is JSON, but not an object"
    if _HALF_PAIR.search(json.dumps(value, ensure_ascii=False)):
        faults.append("holds half of a surrogate pair")
    return value, faults[0] if faults else None
