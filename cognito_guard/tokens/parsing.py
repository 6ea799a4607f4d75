"""Compact JWS text -> UnverifiedToken: size, strict base64url, strict JSON, header rules.

RFC 7515 (JWS), RFC 7519 (JWT), RFC 8725 (JWT best current practices). Nothing here trusts the
token and nothing here needs a key; whatever the input, the outcome is an ``UnverifiedToken`` or
``InvalidToken``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from json.scanner import make_scanner
from typing import Any, NoReturn, final

from .._support.base64url import PADDING, decode_base64url
from ..errors import InvalidToken, Reason

__all__ = [
    "DEFAULT_MAX_BYTES",
    "REFUSED_MEMBERS",
    "Header",
    "UnverifiedToken",
    "check_algorithm",
    "check_characters",
    "check_members",
    "check_size",
    "check_type",
    "json_object",
    "key_id",
    "parse_padded_token",
    "parse_token",
    "parts",
    "signature_bytes",
    "unpadded",
]

DEFAULT_MAX_BYTES = 16 * 1024

# The C scanner of `json` recurses once a level. Counting the brackets first bounds that depth
# before it can hurt a thread with a small stack. A Cognito token has about ten of them.
_MAX_BRACKETS = 256

# Cognito's kid is 44 characters long, an Application Load Balancer's 36.
_MAX_KID = 256

# Only header segments of a sane length are remembered, so that a flood of large ones costs nothing.
_REMEMBERED_HEADER = 512

# RFC 7515, section 4.1.11 (crit), RFC 7797 (b64), RFC 7516 (zip). Each changes what the bytes mean.
REFUSED_MEMBERS = ("crit", "b64", "zip")

_DOT = ord(".")


@final
class Header:
    """The members of a JOSE header that decide anything."""

    __slots__ = ("algorithm", "kid")

    def __init__(self, algorithm: str, kid: str) -> None:
        self.algorithm = algorithm
        self.kid = kid


@final
class UnverifiedToken:
    """A well-formed token that nobody has verified. ``claims`` must not be acted upon."""

    # No tuple: error reports show the members of one, whatever its `repr`.
    __slots__ = ("claims", "header", "signature", "signing_input")

    def __init__(
        self, header: Header, claims: dict[str, Any], signing_input: bytes, signature: bytes
    ) -> None:
        self.header = header
        self.claims = claims
        self.signing_input = signing_input
        self.signature = signature

    def __repr__(self) -> str:
        return "<UnverifiedToken>"


def parse_token(
    token: str, *, algorithm: str = "RS256", max_bytes: int = DEFAULT_MAX_BYTES
) -> UnverifiedToken:
    """Take a compact JWS apart.

    ``algorithm`` is the one JWS algorithm (RFC 7518, section 3.1) that the token may name;
    ``max_bytes`` bounds the token's length and is checked first.

    Raises :class:`InvalidToken` with ``token_too_large``, ``malformed_token``,
    ``unsupported_algorithm`` or ``unsupported_header``.
    """
    if not isinstance(token, str) or len(token) > max_bytes:
        check_size(token, max_bytes)
    if not token.isascii():
        check_characters(token)
    raw = token.encode("ascii")
    signing_input, _, signature = raw.rpartition(b".")
    header, _, payload = signing_input.partition(b".")
    if not payload or _DOT in payload:
        parts(raw)
    if len(header) <= _REMEMBERED_HEADER:
        parsed = _remembered_header(header, algorithm)
    else:
        parsed = _parse_header(header, algorithm)
    signed = decode_base64url(signature) or signature_bytes(signature)
    claims = json_object(payload, "payload")
    return UnverifiedToken(parsed, claims, signing_input, signed)


def _malformed(detail: str) -> NoReturn:
    # Never called inside an `except` block: the errors of the codecs carry the bytes they choked
    # on, and as `__context__` they would bring the token into somebody's error tracker.
    raise InvalidToken(Reason.MALFORMED_TOKEN, detail)


def _parse_header(segment: bytes, algorithm: str) -> Header:
    """The header segment, checked. ``jku``, ``x5u``, ``x5c`` and ``jwk`` are never looked at."""
    return _check_header(json_object(segment, "header"), algorithm)


def _check_header(header: dict[str, Any], algorithm: str) -> Header:
    check_algorithm(header, algorithm)
    check_members(header)
    check_type(header)
    return Header(algorithm, key_id(header))


# One pure function for each rule. `cognito_guard.explain` asks them one by one.


def check_size(token: object, max_bytes: int) -> None:
    """A text, and not too long a one."""
    if not isinstance(token, str):
        _malformed("The token is not text.")
    if len(token) > max_bytes:
        raise InvalidToken(Reason.TOKEN_TOO_LARGE, f"The token is longer than {max_bytes} bytes.")


def check_characters(token: str) -> None:
    """ASCII. What each part may hold of it, its decoder says."""
    if not token.isascii():
        _malformed("The token holds characters outside the base64url alphabet.")


def parts(token: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, payload and signature, none of them decoded. Only the payload is known not to be
    empty."""
    found = token.split(b".")
    if len(found) != 3 or not found[1]:
        _malformed("A signed token has three parts, separated by dots.")
    return found[0], found[1], found[2]


def signature_bytes(segment: bytes) -> bytes:
    """The signature."""
    if not segment:
        _malformed("The token has no signature.")
    signature = decode_base64url(segment)
    if signature is None:
        _malformed("The token's signature is not canonical base64url.")
    return signature


def check_algorithm(header: dict[str, Any], algorithm: str) -> None:
    """``alg``: the one that is accepted here."""
    if header.get("alg") != algorithm:
        raise InvalidToken(
            Reason.UNSUPPORTED_ALGORITHM, f"The token must be signed with {algorithm}."
        )


def check_members(header: dict[str, Any]) -> None:
    """No ``crit``, ``b64`` or ``zip``."""
    for member in REFUSED_MEMBERS:
        if member in header:
            raise InvalidToken(
                Reason.UNSUPPORTED_HEADER, f'The token\'s header has a "{member}" member.'
            )


def check_type(header: dict[str, Any]) -> None:
    """``typ``: optional; JWT or at+jwt (RFC 9068) in any case."""
    typ = header.get("typ", "JWT")
    if not isinstance(typ, str) or typ.lower() not in ("jwt", "at+jwt"):
        raise InvalidToken(
            Reason.UNSUPPORTED_HEADER, 'The token\'s header has a "typ" other than JWT or at+jwt.'
        )


def key_id(header: dict[str, Any]) -> str:
    """``kid``: a short text of printable ASCII."""
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        _malformed('The token\'s header has no usable "kid".')
    if not kid.isascii() or not kid.isprintable():
        _malformed('The "kid" in the token\'s header is not printable ASCII.')
    return kid


# A user pool signs with two keys, so its tokens have two distinct headers.
_remembered_header = lru_cache(maxsize=256)(_parse_header)


def json_object(segment: bytes, name: str) -> dict[str, Any]:
    """Strict RFC 8259: UTF-8 without a BOM, one object, unique names, finite numbers."""
    data = decode_base64url(segment)
    if data is None:
        _malformed(f"The token's {name} is not canonical base64url.")
    try:
        text = data.decode("utf-8")
        # One object and at most one array, as in nearly every token, so no nesting to speak of.
        # (`rfind` and `in` pass over a text many times faster than `count`.)
        if text.rfind("{") == 0 and "\\" not in text and text.find("[") == text.rfind("["):
            value, end = _scan(text, 0)
            # A comma stands before each member of an object but the first. So the text has no more
            # members than commas and one, less the commas that stand between groups. If `value` has
            # as many, none of them has taken the place of another one with its name. A comma in a
            # text only makes them look more; then the careful way is taken.
            members = text.count(",") + 1
            groups = value.get("cognito:groups")
            if type(groups) is list:
                members -= len(groups) - 1
            if members == len(value) and end == len(text):
                return value  # type: ignore[no-any-return]
        return _careful_json_object(text)
    except (ValueError, StopIteration, RecursionError):
        pass
    _malformed(f"The token's {name} is not one strict JSON object in UTF-8.")


def _careful_json_object(text: str) -> dict[str, Any]:
    """As :func:`json_object`, for any text. Raises ``ValueError`` and its like."""
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        raise ValueError("too many objects and arrays")
    text = text.strip(" \t\n\r")
    value, end = _scan_uniquely(text, 0)
    if "\\" in text:
        # Only an escape can bring in a lone surrogate, and only encoding shows it.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    if end == len(text) and type(value) is dict:
        return value
    raise ValueError("no object")


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate name")
    return members


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _scanner(object_pairs_hook: Any = None) -> Callable[[str, int], tuple[Any, int]]:
    """What is inside `json.loads`. It raises ``StopIteration`` where no value begins."""
    rules: Any = json.JSONDecoder(
        object_pairs_hook=object_pairs_hook, parse_float=_finite, parse_constant=_no_constant
    )
    return make_scanner(rules)


_scan = _scanner()
_scan_uniquely = _scanner(_unique_names)


# Load balancers.


def parse_padded_token(
    token: str, *, algorithm: str = "ES256", max_bytes: int = DEFAULT_MAX_BYTES
) -> tuple[UnverifiedToken, dict[str, Any]]:
    """As :func:`parse_token`, for the tokens of load balancers; with all members of the header.

    Each of their segments may be padded with ``=`` to a multiple of four letters. The signature is
    over the segments as they were sent, and all else is as strict.
    """
    check_size(token, max_bytes)
    check_characters(token)
    header, payload, signature = parts(token.encode("ascii"))
    members = json_object(unpadded(header, "header"), "header")
    parsed = _check_header(members, algorithm)
    signed = signature_bytes(unpadded(signature, "signature"))
    claims = json_object(unpadded(payload, "payload"), "payload")
    return UnverifiedToken(parsed, claims, header + b"." + payload, signed), members


def unpadded(segment: bytes, name: str) -> bytes:
    """A segment without the padding that it may have."""
    text = segment.rstrip(b"=")
    if len(text) != len(segment) and PADDING[len(text) % 4] != segment[len(text) :]:
        _malformed(f"The token's {name} is not padded to a multiple of four letters.")
    return text
