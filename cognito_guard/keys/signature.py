"""Public keys that check signatures. There is a class for each algorithm; the key decides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

__all__ = ["RS256Key", "VerificationKey", "unchanged"]

_PADDING = PKCS1v15()
_HASH = SHA256()


class VerificationKey(ABC):
    """A public key with its ``kid``. ``algorithm`` is the one that it is used with (RFC 7518,
    3.1)."""

    __slots__ = ("_key", "kid")

    algorithm: ClassVar[str]

    def __init__(self, kid: str, key: Any) -> None:
        self.kid = kid
        self._key = key

    def __repr__(self) -> str:
        return f"<VerificationKey {self.algorithm}>"

    @property
    def bits(self) -> int:
        """The size of the key."""
        return int(self._key.key_size)

    @abstractmethod
    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is this key's signature over the bytes of ``signing_input``:
        ``True`` if it is. Any other result refuses the token."""

    def same_as(self, other: VerificationKey) -> bool:
        """Whether the two hold the same public key."""
        return bool(self._key.public_numbers() == other._key.public_numbers())


@final
class RS256Key(VerificationKey):
    """An RSA key, as user pools have (RFC 7518, section 3.3)."""

    __slots__ = ()

    algorithm = "RS256"

    _key: RSAPublicKey

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See :meth:`VerificationKey.verify`."""
        try:
            self._key.verify(signature, signing_input, _PADDING, _HASH)
        except InvalidSignature:
            return False
        return True


def unchanged(
    held: Mapping[str, VerificationKey], read: Mapping[str, VerificationKey]
) -> Mapping[str, VerificationKey]:
    """The keys that were read; those that are held already as the objects that they were.

    So what is remembered of a key, as that it verified a token, outlives a refresh.
    """
    return {
        kid: old if (old := held.get(kid)) is not None and old.same_as(key) else key
        for kid, key in read.items()
    }
