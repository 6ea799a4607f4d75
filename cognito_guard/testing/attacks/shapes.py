"""Attacks by something that is no compact JWS, and by size.

RFC 7515, sections 3.1 and 7; RFC 7516 (JWE); RFC 8725, sections 2.7 and 2.8.
"""

from __future__ import annotations

from ...errors import Reason
from .attack import Row, tokens
from .forge import b64, to_json
from .recipes import header as changed_header
from .recipes import json_form, member, parts, raw_header, resigned, unsigned

__all__ = ["LARGE", "SHAPES"]

_ORDER = tokens(
    "shape",
    # A payload is a JSON object too, one that names no algorithm.
    (Reason.MALFORMED_TOKEN, Reason.UNSUPPORTED_ALGORITHM),
    {
        "the payload first": ("Has its payload before its header.", parts(1, 0, 2)),
        "the signature first": ("Has its signature before the rest.", parts(2, 0, 1)),
    },
)

SHAPES = _ORDER + tokens(
    "shape",
    Reason.MALFORMED_TOKEN,
    {
        "no part": ("Is empty.", lambda _: ""),
        "one part": ("Has a header alone.", parts(0)),
        "one word": ("Is a word.", lambda _: "none"),
        "two parts": ("Has no signature and no dot for one.", parts(0, 1)),
        "two parts, without the header": ("Has no header and no dot for one.", parts(1, 2)),
        "four parts": ("Has its signature twice.", parts(0, 1, 2, 2)),
        "four parts, two payloads": ("Has its payload twice.", parts(0, 1, 1, 2)),
        "five parts": ("Has as many parts as something encrypted.", parts(0, 1, 2, 0, 1)),
        "a dot before": ("Has an empty part before its header.", parts("", 0, 1, 2)),
        "a dot after": ("Has an empty part after its signature.", parts(0, 1, 2, "")),
        "two dots between": ("Has an empty part inside.", parts(0, "", 1, 2)),
        "a dot": ("Is a dot.", lambda _: "."),
        "dots alone": ("Has three empty parts.", lambda _: ".."),
        "ten thousand dots": ("Has more parts than anybody should count.", lambda _: "." * 10_000),
        "empty header": ("Has no header.", parts("", 1, 2)),
        "empty payload": ("Has no payload (a detached one).", parts(0, "", 2)),
        "empty payload, signed": (
            "Has no payload, and is signed like that.",
            resigned(lambda header, _: f"{header}."),
        ),
        "empty signature": ("Has an empty signature under RS256.", parts(0, 1, "")),
        "two tokens": (
            "Is two tokens in a row.",
            lambda forge: f"{forge.token()}.{forge.token()}",
        ),
        "flattened JSON": (
            "Is in the flattened JSON serialisation.",
            json_form(
                lambda *three: dict(zip(("protected", "payload", "signature"), three, strict=True))
            ),
        ),
        "general JSON": (
            "Is in the general JSON serialisation.",
            json_form(
                lambda header, payload, signature: {
                    "payload": payload,
                    "signatures": [{"protected": header, "signature": signature}],
                }
            ),
        ),
        "general JSON, two signatures": (
            "Is in the general JSON serialisation, with a bad signature before the good one.",
            json_form(
                lambda header, payload, signature: {
                    "payload": payload,
                    "signatures": [
                        {"header": {"alg": "none"}, "signature": ""},
                        {"protected": header, "signature": signature},
                    ],
                }
            ),
        ),
        "general JSON, no signatures": (
            "Is in the general JSON serialisation, and all of its no signatures are good.",
            json_form(lambda header, payload, signature: {"payload": payload, "signatures": []}),
        ),
        "its claims alone": (
            "Is the JSON of its claims.",
            lambda forge: to_json(forge.claims()).decode(),
        ),
        "a JWE": (
            "Is encrypted and not signed.",
            lambda _: ".".join(
                [
                    b64(b'{"alg":"RSA-OAEP","enc":"A256GCM"}'),
                    b64(bytes(256)),
                    b64(bytes(12)),
                    "AA",
                    "AA",
                ]
            ),
        ),
        "a JWS in a JWS": (
            "Is a good token in a signed envelope.",
            lambda forge: forge.token(forge.token().encode(), forge.header(cty="JWT")),
        ),
        "a JWS as JSON in a JWS": (
            "Is a good token, as a JSON text, in a signed envelope.",
            lambda forge: forge.token(to_json(forge.token())),
        ),
        "an unsigned JWT in a signed envelope": (
            "Is an unsigned token in a signed envelope.",
            lambda forge: forge.token(
                unsigned(alg="none")(forge).encode(), forge.header(cty="JWT")
            ),
        ),
    },
)

_LARGE: dict[str, Row] = {
    "a letter over the cap": ("Is longer than 16 KiB by a letter.", lambda _: "A" * 16_385),
    "17,000 letters": ("Is longer than what is looked at.", lambda _: "A" * 17_000),
    "30,000 dots": ("Has more parts than are looked at.", lambda _: "." * 30_000),
    "a good token of 20,000 letters": (
        "Is good, but for its size.",
        member(b'"x":"' + b"x" * 14_000 + b'"'),
    ),
    "10 MB of A": ("Keeps a reader busy with letters.", lambda _: "A" * 10_000_000),
    "a million dots": ("Keeps a reader busy with parts.", lambda _: "." * 1_000_000),
    "a kid of 1 MB": ("Keeps a reader busy with an id.", changed_header(kid="k" * 1_000_000)),
    "lists 100,000 deep": (
        "Makes a recursive reader run out of stack with lists.",
        member(b'"x":' + b"[" * 100_000 + b"]" * 100_000),
    ),
    "objects 100,000 deep": (
        "Makes a recursive reader run out of stack with objects.",
        member(b'"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ),
    "a header 100,000 deep": (
        "Makes a recursive reader run out of stack in the header.",
        raw_header(b'{"alg":"RS256","kid":"KID","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    ),
    "b64 false, a huge payload": (
        "Says that its payload is not encoded, and has 1 MB of it.",
        lambda forge: forge.sign(f"{b64(to_json(forge.header(b64=False)))}.{'x' * 1_000_000}"),
    ),
}
# Size is what is looked at first, whatever else is wrong.
LARGE = tokens("large", Reason.TOKEN_TOO_LARGE, _LARGE)
