"""The method and the path of a request as the log may show them: short, escaped, without secrets.

Whoever sends a request chooses both.
"""

from __future__ import annotations

__all__ = ["told_method", "told_path"]

LONGEST_METHOD = 20
LONGEST_PATH = 120
LONGEST_SEGMENT = 36
"""A UUID is that long. What is longer may be a token: of a password reset, an invitation, a JWT."""

HIDDEN = "..."

_LOOKED_AT = 2 * LONGEST_PATH

# No header of a JWT, `{"` in base64url, is to be seen, however short the token is.
_JWT = "eyJ"


def told_method(method: str | None) -> str | None:
    """The name of a method, such as ``GET``; ``?`` for what is none."""
    if method is None:
        return None
    name = method.replace("-", "")
    fits = len(method) <= LONGEST_METHOD and name.isascii() and name.isalpha()
    return method if fits else "?"


def told_path(path: str | None) -> str | None:
    """A path in printable ASCII, percent-encoded, of at most :data:`LONGEST_PATH` characters and
    the mark that it goes on.

    A segment that may be a token is ``...``. Nothing follows ``?``, ``#`` or ``;``, where a query,
    a fragment or a session id would begin.
    """
    if path is None:
        return None
    from urllib.parse import quote

    # So that a long one costs no more. What is cut through may be the beginning of a token.
    start = path if len(path) <= _LOOKED_AT else path[:_LOOKED_AT].rpartition("/")[0] + "/" + HIDDEN
    for mark in "?#;":
        start = start.partition(mark)[0]
    shown = "/".join([_segment(one) for one in start.split("/")])
    escaped = quote(shown.encode("utf-8", "replace"), safe="/:@!$&'()*+,=-._~")
    return escaped if len(escaped) <= LONGEST_PATH else escaped[:LONGEST_PATH] + HIDDEN


def _segment(segment: str) -> str:
    return HIDDEN if len(segment) > LONGEST_SEGMENT or _JWT in segment else segment
