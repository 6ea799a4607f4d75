"""Attacks by the token's header: members that change what the token means, or bring a key along.

RFC 7515, section 4 (JOSE header); RFC 7797 (``b64``); RFC 8725, sections 3.1, 3.10 and 3.11.
"""

from __future__ import annotations

import json
from typing import Any

from ...errors import Reason
from .attack import tokens
from .forge import OMIT, Forge, b64, to_json
from .recipes import Recipe, header, raw_header

__all__ = ["KEYS_BROUGHT_ALONG", "MALFORMED_HEADERS", "UNKNOWN_KEYS", "UNSUPPORTED_HEADERS"]

UNSUPPORTED_HEADERS = tokens(
    "header",
    Reason.UNSUPPORTED_HEADER,
    {
        "crit unknown": ("Has an extension that must be understood.", header(crit=["exp"], exp=1)),
        "crit empty": ("Has an empty list of critical extensions.", header(crit=[])),
        "crit no list": ("Names its critical extensions in a text.", header(crit="exp")),
        "crit null": ("Has null for its critical extensions.", header(crit=None)),
        "crit b64": (
            "Says that its payload is encoded, critically.",
            header(crit=["b64"], b64=True),
        ),
        "crit alg": ("Says that a member of the standard is critical.", header(crit=["alg"])),
        "b64 false": ("Says that its payload is not encoded.", header(b64=False)),
        "b64 true": (
            "Says that its payload is encoded, where nobody may say so.",
            header(b64=True),
        ),
        "b64 false, a payload as it is": (
            "Has a payload that is not encoded, and is signed like that.",
            lambda forge: forge.sign(
                f"{b64(to_json(forge.header(b64=False, crit=['b64'])))}.unencoded"
            ),
        ),
        "zip": ("Says that its payload is compressed.", header(zip="DEF")),
        "zip null": ("Says null of its compression.", header(zip=None)),
        "typ of another kind": (
            "Is a signed token of another kind, a sign-out.",
            header(typ="logout+jwt"),
        ),
        "typ JWE": ("Says that it is encrypted.", header(typ="JWE")),
        "typ JOSE": ("Says that it is any JOSE object.", header(typ="JOSE")),
        "typ a number": ("Has a number for its type.", header(typ=1)),
        "typ a list": ("Has a list with the right type.", header(typ=["JWT"])),
        "typ null": ("Has null for its type.", header(typ=None)),
        "typ empty": ("Has an empty type.", header(typ="")),
    },
)

MALFORMED_HEADERS = tokens(
    "header",
    Reason.MALFORMED_TOKEN,
    {
        "kid missing": ("Leaves the choice of the key to the reader.", header(kid=OMIT)),
        "kid null": ("Has null for the key's id.", header(kid=None)),
        "kid a number": ("Has a number for the key's id.", header(kid=1)),
        "kid a bool": ("Has true for the key's id.", header(kid=True)),
        "kid a list": (
            "Has a list with the key's id, which cannot be looked up.",
            lambda forge: forge.token(header=forge.header(kid=[forge.kid])),
        ),
        "kid an object": ("Has an object for the key's id.", header(kid={"kid": "x"})),
        "kid empty": ("Has an empty text for the key's id.", header(kid="")),
        "kid too long": ("Has an id of 257 letters.", header(kid="k" * 257)),
        "kid of 8,000 letters": ("Has an id that fills the token.", header(kid="k" * 8000)),
        "kid with CRLF": (
            "Writes a header line of its own into whatever repeats the id.",
            header(kid="key\r\nX-Header: 1"),
        ),
        "kid with a newline": ("Writes a line of its own into a log.", header(kid="key\nforged")),
        "kid with an escape": ("Writes to the terminal that shows it.", header(kid="\x1b[2Jkey")),
        "kid with NUL": ("Ends the id early for a reader in C.", header(kid="key\0")),
        "kid with DEL": ("Has an unprintable letter in the id.", header(kid="key\x7f")),
        "kid not ASCII": ("Has a letter outside ASCII in the id.", header(kid="k\u00e9y")),
        "kid right to left": ("Turns the text around it in a log.", header(kid="\u202ekey")),
        "kid twice": (
            "Names two keys, for two readers.",
            raw_header(b'{"alg":"RS256","kid":"other","kid":"KID"}'),
        ),
        "alg twice": (
            "Names two algorithms, for two readers.",
            raw_header(b'{"alg":"none","alg":"RS256","kid":"KID"}'),
        ),
        "alg twice, none last": (
            "Names two algorithms, the last of which is none.",
            raw_header(b'{"alg":"RS256","kid":"KID","alg":"none"}'),
        ),
        "alg twice, once escaped": (
            "Names two algorithms, one under an escaped name.",
            raw_header(b'{"alg":"none","\\u0061lg":"RS256","kid":"KID"}'),
        ),
        "a name twice inside": (
            "Has a name twice in a member that nobody looks at.",
            raw_header(b'{"alg":"RS256","kid":"KID","jwk":{"a":1,"a":2}}'),
        ),
        "an array": ("Has an array for a header.", raw_header(b'["RS256","KID"]')),
        "an array around it": (
            "Has its header in an array.",
            raw_header(b'[{"alg":"RS256","kid":"KID"}]'),
        ),
        "a string": ("Has a text for a header.", raw_header(b'"RS256"')),
        "a number": ("Has a number for a header.", raw_header(b"256")),
        "true": ("Has true for a header.", raw_header(b"true")),
        "null": ("Has null for a header.", raw_header(b"null")),
        "empty": ("Has no bytes for a header.", raw_header(b"")),
        "white space": ("Has white space for a header.", raw_header(b"   ")),
        "garbage after it": (
            "Has a letter after its header.",
            raw_header(b'{"alg":"RS256","kid":"KID"}x'),
        ),
        "two objects": (
            "Has two headers in one segment.",
            raw_header(b'{"alg":"RS256","kid":"KID"}{"alg":"none"}'),
        ),
        "single quotation marks": (
            "Has a header that is Python and not JSON.",
            raw_header(b"{'alg':'RS256','kid':'KID'}"),
        ),
        "NaN": ("Has NaN in its header.", raw_header(b'{"alg":"RS256","kid":"KID","x":NaN}')),
        "1e400": (
            "Has a number in its header that becomes infinite.",
            raw_header(b'{"alg":"RS256","kid":"KID","x":1e400}'),
        ),
        "5,000 digits": (
            "Has a number in its header that takes long to read.",
            raw_header(b'{"alg":"RS256","kid":"KID","x":' + b"9" * 5000 + b"}"),
        ),
        "lists 300 deep": (
            "Has a header so deep that a recursive reader runs out of stack.",
            raw_header(b'{"alg":"RS256","kid":"KID","x":' + b"[" * 300 + b"]" * 300 + b"}"),
        ),
        "BOM": (
            "Has a byte order mark before its header.",
            raw_header(b'\xef\xbb\xbf{"alg":"RS256","kid":"KID"}'),
        ),
        "UTF-16": (
            "Has a header in UTF-16.",
            lambda forge: forge.token(header=json.dumps(forge.header()).encode("utf-16")),
        ),
        "invalid UTF-8": (
            "Has bytes in its header that are no text.",
            raw_header(b'{"alg":"RS256","kid":"KID","x":"\xff"}'),
        ),
        "lone surrogate": (
            "Has half a letter in its header, which no UTF-8 can hold.",
            raw_header(b'{"alg":"RS256","kid":"KID","x":"\\ud800"}'),
        ),
        "lone surrogate as kid": (
            "Has half a letter for the key's id.",
            raw_header(b'{"alg":"RS256","kid":"\\ud800"}'),
        ),
    },
)

UNKNOWN_KEYS = tokens(
    "kid",
    Reason.UNKNOWN_KEY,
    {
        "a path": ("Leads out of the folder of the keys.", header(kid="../../etc/passwd")),
        "a path in Windows": ("Leads out of a folder, backwards.", header(kid="..\\..\\win.ini")),
        "a device": (
            "Names a file of nothing, whose contents everybody has.",
            header(kid="/dev/null"),
        ),
        "a URL": (
            "Names an address for the key.",
            header(kid="https://attacker.example/jwks.json"),
        ),
        "a query": ("Puts SQL where the id is looked up.", header(kid="x' UNION SELECT 'key' --")),
        "a command": ("Puts a command where the id is looked up.", header(kid="key|whoami")),
        "a template": (
            "Puts a template where the id is looked up.",
            header(kid="${jndi:ldap://x}"),
        ),
        "of another pool": ("Names a key of another pool.", header(kid="kid-of-another-pool=")),
        "in another case": (
            "Names the key in capitals.",
            lambda forge: forge.token(header=forge.header(kid=forge.kid.swapcase())),
        ),
        "and a space": (
            "Names the key and a space.",
            lambda forge: forge.token(header=forge.header(kid=forge.kid + " ")),
        ),
        "a prefix": (
            "Names the beginning of the key's id.",
            lambda forge: forge.token(header=forge.header(kid=forge.kid[:-1])),
        ),
        "of one letter": ("Names a key by one letter.", header(kid="k")),
        "of 256 letters": ("Names a key by as many letters as may be.", header(kid="k" * 256)),
        "a method": ("Names a method of whatever holds the keys.", header(kid="__class__")),
    },
    needs_key=True,
)


def _brings(member: str, *, own_kid: bool) -> Recipe:
    """Signed by an attacker's key, which the header brings along or says where to find."""

    def build(forge: Forge) -> str:
        jwk = forge.attacker.jwks()["keys"][1]
        value: Any = {
            "jwk": jwk,
            "jku": "https://attacker.example/jwks.json",
            "x5u": "https://attacker.example/x5u.pem",
            "x5c": [b64(bytes(300))],
        }[member]
        kid = jwk["kid"] if own_kid else forge.kid
        return forge.attacker.sign(forge.claims(), headers={"kid": kid, member: value})

    return build


_MEMBERS = {
    "jwk": "Brings the attacker's key along",
    "jku": "Says where the attacker's keys are",
    "x5u": "Says where the attacker's certificate is",
    "x5c": "Brings a certificate along",
}
KEYS_BROUGHT_ALONG = (
    *tokens(
        "key",
        Reason.UNKNOWN_KEY,
        {
            f"{member}, the attacker's kid": (f"{what}.", _brings(member, own_kid=True))
            for member, what in _MEMBERS.items()
        },
        needs_key=True,
    ),
    *tokens(
        "key",
        Reason.BAD_SIGNATURE,
        {
            f"{member}, the trusted kid": (
                f"{what}, under the id of the trusted one.",
                _brings(member, own_kid=False),
            )
            for member, what in _MEMBERS.items()
        },
        needs_key=True,
    ),
)
