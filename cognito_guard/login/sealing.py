"""Sealing: what leaves this process, to a browser or a store, can be read and made here alone.

AES-256-GCM by ``cryptography``. Each thing is sealed with a key of its own, which HKDF (RFC 5869)
makes of a secret and of what the thing is bound to: a browser's cookie, a session's id. So whoever
has all that is stored, and even the secret, opens nothing without that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from hmac import digest
from typing import final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..errors import ConfigurationError
from .secrecy import Secretive

__all__ = ["MAKE_SECRET", "MIN_SECRET", "Sealer"]

MIN_SECRET = 32
"""Bytes of a secret, at least."""

MAKE_SECRET = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'
"""The command that makes one."""

# These stood in our documentation, and whoever copied it has them.
_PUBLISHED = frozenset(
    {b"sTl2vV0Xk9QeR7uYw1Zb4Nc6Md8Pf3Hg", b"the-output-of-secrets.token_urlsafe"}
)
_MIN_DIFFERENT = 10  # letters; a word that is repeated is no secret
_NONCE = 12  # bytes, NIST SP 800-38D, section 5.2.1.1
# RFC 5869, section 2.2: without a salt, it is as many zeros as the hash has bytes.
_NO_SALT = bytes(32)


@final
class Sealer(Secretive):
    """Seals with the first of ``secrets`` and opens with all of them.

    ``context`` is what all its seals are for, such as a pool and an app client: two sealers with
    one secret and different contexts do not open each other's. Raises :class:`ConfigurationError`.
    """

    __slots__ = ("_context", "_keys")

    def __init__(self, secrets: Iterable[str | bytes], context: str) -> None:
        # The first half of HKDF. The second is one step, as a key is as long as the hash.
        self._keys = tuple(digest(_NO_SALT, secret, "sha256") for secret in _checked(secrets))
        self._context = context

    def seal(self, purpose: str, bound_to: str, content: bytes) -> bytes:
        """``content``, which :meth:`open` gives for the same purpose and binding only."""
        info = self._info(purpose, bound_to)
        nonce = os.urandom(_NONCE)
        return nonce + _cipher(self._keys[0], info).encrypt(nonce, content, info)

    def open(self, purpose: str, bound_to: str, sealed: bytes) -> bytes | None:
        """What was sealed; ``None`` for what was not sealed here, or not for this."""
        info = self._info(purpose, bound_to)
        nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
        if len(nonce) < _NONCE:
            return None
        for key in self._keys:
            try:
                return _cipher(key, info).decrypt(nonce, rest, info)
            except (InvalidTag, ValueError):  # shorter than a tag, in some versions
                continue
        return None

    def _info(self, purpose: str, bound_to: str) -> bytes:
        # None of the parts has a zero byte in it, so no two triples look alike.
        return "\0".join(["cognito_guard 1", self._context, purpose, bound_to]).encode("utf-8")


def _cipher(key: bytes, info: bytes) -> AESGCM:
    """RFC 5869, section 2.3. Not by ``cryptography``, which takes ten times as long."""
    return AESGCM(digest(key, info + b"\x01", "sha256"))


def _checked(secrets: object) -> tuple[bytes, ...]:
    if isinstance(secrets, str | bytes | Mapping) or not isinstance(secrets, Iterable):
        raise ConfigurationError("secrets must be a list of texts, the newest one first")
    found = []
    for secret in secrets:
        if isinstance(secret, str):
            secret = secret.encode("utf-8", "surrogatepass")
        if not isinstance(secret, bytes) or len(secret) < MIN_SECRET:
            raise ConfigurationError(
                f"each of secrets must have {MIN_SECRET} characters at least; make one with "
                f"{MAKE_SECRET}"
            )
        if secret in _PUBLISHED:
            raise ConfigurationError(
                "each of secrets must be your own; one is that of an example, which everybody "
                f"knows: make one with {MAKE_SECRET}"
            )
        if len(set(secret)) < _MIN_DIFFERENT:
            raise ConfigurationError("each of secrets must be made at random; one repeats itself")
        found.append(secret)
    if not found:
        raise ConfigurationError("secrets must not be empty")
    if len(set(found)) < len(found):
        raise ConfigurationError("secrets has one of them twice")
    return tuple(found)
