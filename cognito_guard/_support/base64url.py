"""Strict base64url, which keys and tokens share."""

from __future__ import annotations

from binascii import a2b_base64

__all__ = ["PADDING", "decode_base64url"]

# The last character of a group of 2 or 3 carries 4 or 2 bits that are not data. Canonical text has
# them zero; otherwise one signature would have many spellings and a deny-list could be dodged.
_CANONICAL_END = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
_PLUS, _SLASH, _EQUALS = b"+/="
PADDING = (b"", b"", b"==", b"=")
"""What would fill up a text of each length, modulo four, where padding is used."""


def decode_base64url(text: bytes) -> bytes | None:
    """Decode canonical base64url without padding (RFC 4648, section 5; RFC 7515, appendix C).

    ``None`` for anything else: padding, white space, a foreign alphabet, set trailing bits.
    """
    rest = len(text) % 4
    if rest and text[-1] not in _CANONICAL_END[rest]:
        return None
    # As integers: `bytes in bytes` raises and swallows a TypeError first, which costs more than the
    # search.
    if _PLUS in text or _SLASH in text or _EQUALS in text:
        return None
    standard = text.replace(b"-", b"+").replace(b"_", b"/")
    try:
        return a2b_base64(standard + PADDING[rest], strict_mode=True)
    except ValueError:
        return None
