"""A JWK set that somebody gave us, in a file or as it is. Each mistake has its own words."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError
from ..network import MAX_BODY
from .jwk import KeySetError, parse_key_set
from .signature import VerificationKey

if TYPE_CHECKING:
    from .._support.files import Mark

__all__ = ["UnreadableFile", "parse_given", "read_file", "unusable"]

# gzip, ZIP, bzip2, xz, Zstandard
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_PEM_WITHIN = 1024  # bytes: OpenSSL writes a key's attributes in front of it
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_COMPACT_TOKEN = b"eyJ"
_LONGEST_NAME = 200


class UnreadableFile(KeySetError):
    """Nothing can be said of what the file holds."""


def read_file(
    path: str | os.PathLike[str],
) -> tuple[Mapping[str, VerificationKey], Mark | None]:
    """The keys of a file, and what tells whether it has changed since; ``None`` if it already has.

    Raises :class:`KeySetError`, in words that tell one mistake from another.
    """
    from .._support.files import mark_of  # most keys are in no file

    before = mark_of(path)
    try:
        if not S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):  # noqa: PTH112, PTH116
            # It may hang.
            raise UnreadableFile("the file cannot be read: it is not a regular file")
        with open(path, "rb") as file:
            data = file.read(MAX_BODY + 1)
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    except ValueError:
        problem = "no file has a NUL character in its name"
    else:
        if len(data) > MAX_BODY:
            raise KeySetError(f"it has more than {MAX_BODY} bytes")
        keys = parse_given(data)
        return keys, before if before == mark_of(path) else None
    raise UnreadableFile(problem)


def unusable(error: KeySetError, path: str | os.PathLike[str] | None = None) -> ConfigurationError:
    """The error for a key set that was given, which names the file that it is in."""
    jwks = f"jwks ({name})" if (name := _shown(path)) else "jwks"
    if isinstance(error, UnreadableFile):
        relative = bool(name) and not os.path.isabs(name)  # noqa: PTH117
        where = "; a relative path begins at the working directory" if relative else ""
        return ConfigurationError(f"{jwks}: {error}{where}")
    return ConfigurationError(f"{jwks} is not a usable key set: {error}")


def _shown(path: str | os.PathLike[str] | None) -> str:
    """The name of a file; nothing of a text that may be the keys themselves, taken for one."""
    name = "" if path is None else str(path)
    is_name = len(name) <= _LONGEST_NAME and name.isprintable() and '"' not in name
    return name if is_name and not name.startswith("eyJ") else ""


def parse_given(jwks: Mapping[str, Any] | bytes) -> Mapping[str, VerificationKey]:
    """The keys of a JWK set. Raises as :func:`read_file`."""
    try:
        return parse_key_set(jwks)
    except KeySetError as error:
        problem = str(error)
    raise KeySetError(_mistake(jwks) or problem)


def _mistake(given: object) -> str | None:
    """What ``given`` is, if it is something that is often taken for a JWK set.

    Quotes nothing of it.
    """
    return _of_bytes(given) if isinstance(given, bytes) else _of_object(given)


def _of_bytes(data: bytes) -> str | None:
    text = data.strip()
    if not text:
        return "it is empty"
    if data.startswith(_COMPRESSED):
        return "it is compressed; unpack it"
    # JSON begins with ASCII (RFC 4627, section 3): a NUL beside it is UTF-16 or UTF-32.
    if data.startswith(_UTF16_MARKS) or b"\0" in data[:4]:
        return "it is in UTF-16 or UTF-32; save it as UTF-8"
    if data.startswith(_UTF8_MARK):
        return "it begins with a byte order mark; save it as UTF-8 without one"
    if not text.startswith(b"{") and b"-----BEGIN " in text[:_PEM_WITHIN]:
        return 'it is PEM; a JWK set is JSON with a list under "keys" (RFC 7517)'
    if text.startswith(b"<"):
        return "it is HTML or XML, such as a page that was saved in place of the keys"
    if text.startswith(_COMPACT_TOKEN) and text.count(b".") == 2:
        return "it is a token, not a key set"
    try:
        return _of_object(json.loads(data.decode("utf-8")))
    except UnicodeDecodeError:
        return "it is not UTF-8"
    except RecursionError:
        return None
    except ValueError:
        return "it is not JSON; is it whole?"


def _of_object(value: object) -> str | None:
    if isinstance(value, list | tuple):
        return 'it is a list; a JWK set has it under "keys"'
    if not isinstance(value, Mapping) or "keys" in value:
        return None
    if "kty" in value:
        return 'it is a single key; a JWK set has a list of them under "keys"'
    if "jwks_uri" in value or "issuer" in value:
        return "it is an OpenID configuration; the keys are at the address that its jwks_uri names"
    return None
