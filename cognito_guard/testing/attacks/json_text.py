"""Attacks by a payload that two readers of JSON take for two things, or that one cannot bear.

RFC 8259, sections 4, 8 and 9; RFC 7493 (I-JSON).
"""

from __future__ import annotations

import json

from ...errors import Reason
from .attack import tokens
from .recipes import member, payload

__all__ = ["JSON"]

JSON = tokens(
    "json",
    Reason.MALFORMED_TOKEN,
    {
        "a name twice": (
            "Has the subject twice.",
            member(b'"sub":"a0000001-subject-of-the-forge"'),
        ),
        "a name twice, another value": (
            "Has two subjects, for two readers.",
            member(b'"sub":"mallory-0001"'),
        ),
        "a name twice, once escaped": (
            "Has two subjects, one under an escaped name.",
            member(b'"\\u0073ub":"mallory-0001"'),
        ),
        "groups twice": (
            "Has its groups twice.",
            member(b'"cognito:groups":[],"cognito:groups":["admins"]'),
        ),
        "exp twice": ("Expires twice.", member(b'"exp":99999999999')),
        "a name twice in an object": (
            "Has a name twice further down.",
            member(b'"x":{"a":1,"a":1}'),
        ),
        "a name twice in a list": (
            "Has a name twice in an object in lists.",
            member(b'"x":[[{"a":1,"a":1}]]'),
        ),
        "lists 300 deep": (
            "Makes a recursive reader run out of stack with lists.",
            member(b'"x":' + b"[" * 300 + b"]" * 300),
        ),
        "lists 5,000 deep": (
            "Makes a recursive reader run out of stack, within the size that is let in.",
            member(b'"x":' + b"[" * 5000 + b"]" * 5000),
        ),
        "objects 300 deep": (
            "Makes a recursive reader run out of stack with objects.",
            member(b'"x":' + b'{"a":' * 300 + b"1" + b"}" * 300),
        ),
        "lists that are not closed": (
            "Makes a recursive reader run out of stack before it sees the end.",
            member(b'"x":' + b"[" * 8000),
        ),
        "5,000 digits": ("Has a number that takes long to read.", member(b'"x":' + b"9" * 5000)),
        "5,000 digits after a minus": (
            "Has a negative number that takes long to read.",
            member(b'"x":-' + b"9" * 5000),
        ),
        "NaN": ("Has a number that is none.", member(b'"x":NaN')),
        "Infinity": ("Has an infinite number.", member(b'"x":Infinity')),
        "-Infinity": ("Has a negative infinite number.", member(b'"x":-Infinity')),
        "1e400": ("Has a number that becomes infinite.", member(b'"x":1e400')),
        "-1e400": ("Has a number that becomes infinite, negative.", member(b'"x":-1e400')),
        "1e400 in an object": (
            "Has a number that becomes infinite further down.",
            member(b'"x":[{"y":1e400}]'),
        ),
        "a hexadecimal number": ("Has a number that is none in JSON.", member(b'"x":0x10')),
        "a number with a zero before": ("Has an octal number.", member(b'"x":010')),
        "a number with a plus": ("Has a number with a sign too many.", member(b'"x":+1')),
        "undefined": ("Has a word of JavaScript.", member(b'"x":undefined')),
        "True": ("Has a word of Python.", member(b'"x":True')),
        "garbage after the object": (
            "Goes on after its claims.",
            payload(lambda text: text + b"x"),
        ),
        "a second object": ("Has its claims twice.", payload(lambda text: text + text)),
        "another object after it": (
            "Has other claims after its claims.",
            payload(lambda text: text + b'{"sub":"mallory-0001"}'),
        ),
        "two lines of objects": (
            "Is a list of objects, one a line.",
            payload(lambda text: text + b"\n" + text),
        ),
        "a NUL after the object": ("Has a NUL at its end.", payload(lambda text: text + b"\0")),
        "a form feed before the object": (
            "Begins with white space that is none in JSON.",
            payload(lambda text: b"\f" + text),
        ),
        "a no-break space before the object": (
            "Begins with white space of Unicode.",
            payload(lambda text: "\u00a0".encode() + text),
        ),
        "a comma after the object": (
            "Has a comma after its claims.",
            payload(lambda text: text + b","),
        ),
        "a comma after the last member": (
            "Has a comma too many.",
            payload(lambda text: text[:-1] + b",}"),
        ),
        "no comma": ("Lacks a comma.", payload(lambda text: text.replace(b",", b" ", 1))),
        "a name without quotation marks": (
            "Has a name that is none in JSON.",
            payload(lambda text: text[:-1] + b",x:1}"),
        ),
        "a comment": ("Ends in a comment.", payload(lambda text: text + b"//")),
        "a comment inside": (
            "Has a comment inside.",
            payload(lambda text: b"{/* x */" + text[1:]),
        ),
        "no closing brace": ("Does not end.", payload(lambda text: text[:-1])),
        "single quotation marks": (
            "Is Python and not JSON.",
            payload(lambda text: text.replace(b'"', b"'")),
        ),
        "a newline in a string": ("Has a newline in a text.", member(b'"x":"a\nb"')),
        "a NUL in a string": ("Has a bare NUL in a text.", member(b'"x":"a\0b"')),
        "a bad escape": ("Has an escape that is none.", member(b'"x":"\\x41"')),
        "half an escape": ("Has an escape that is not finished.", member(b'"x":"\\u12"')),
        "an array": ("Has its claims in an array.", payload(lambda text: b"[" + text + b"]")),
        "a string": (
            "Has its claims in a text.",
            payload(lambda text: json.dumps(text.decode()).encode()),
        ),
        "a number": ("Has a number for its claims.", lambda forge: forge.token(b"1")),
        "true": ("Has true for its claims.", lambda forge: forge.token(b"true")),
        "null": ("Has null for its claims.", lambda forge: forge.token(b"null")),
        "white space alone": ("Has white space for its claims.", lambda forge: forge.token(b"  ")),
        "BOM": (
            "Begins with a byte order mark.",
            payload(lambda text: b"\xef\xbb\xbf" + text),
        ),
        "UTF-16": ("Is in UTF-16.", payload(lambda text: text.decode().encode("utf-16"))),
        "UTF-16 without BOM": (
            "Is in UTF-16 without saying so.",
            payload(lambda text: text.decode().encode("utf-16-le")),
        ),
        "UTF-32": ("Is in UTF-32.", payload(lambda text: text.decode().encode("utf-32"))),
        "Latin-1": ("Has a letter in Latin-1.", member('"x":"\u00e9"'.encode("latin-1"))),
        "invalid UTF-8": ("Has bytes that are no text.", member(b'"x":"\xff\xfe"')),
        "UTF-8 cut short": ("Has half a letter.", member(b'"x":"\xf0\x9f"')),
        "overlong UTF-8": (
            "Spells a letter with more bytes than it needs.",
            member(b'"x":"\xc0\xaf"'),
        ),
        "a surrogate as UTF-8": ("Has a surrogate as bytes.", member(b'"x":"\xed\xa0\x80"')),
        "a lone surrogate": (
            "Has half a letter, on which whoever writes it out chokes.",
            member(b'"x":"\\ud800"'),
        ),
        "a lone surrogate as a name": ("Has half a letter for a name.", member(b'"\\udfff":1')),
        "a lone surrogate in a list": (
            "Has half a letter further down.",
            member(b'"x":[["\\ud800 "]]'),
        ),
        "surrogates the wrong way round": (
            "Has two halves of a letter that do not fit.",
            member(b'"x":"\\udc00\\ud800"'),
        ),
    },
)
