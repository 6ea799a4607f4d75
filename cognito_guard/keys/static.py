"""StaticKeySet: keys from a mapping, a text or a file. Nothing is ever fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

from .given import parse_given, read_file, unusable
from .jwk import KeySetError
from .key_set import unknown_key
from .signature import VerificationKey

if TYPE_CHECKING:
    from .health import KeyHealth

__all__ = ["FixedKeys", "StaticKeySet"]


class FixedKeys:
    """Keys that never change, by ``kid``."""

    _keys: Mapping[str, VerificationKey]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self._keys)} keys>"

    def key(self, kid: str, /) -> VerificationKey:
        """The key with this id. Raises ``InvalidToken`` (``unknown_key``)."""
        try:
            return self._keys[kid]
        except KeyError:
            pass
        raise unknown_key()

    def health(self) -> KeyHealth:
        """The state ``static``: fixed keys are never fetched."""
        from .health import KeyHealth

        return KeyHealth("static", keys=len(self._keys))


@final
class StaticKeySet(FixedKeys):
    """Keys that never change and never touch the network.

    ``jwks`` is a JWK set (RFC 7517): a mapping, its JSON as bytes, or the path of a file,
    which is read once.
    Raises :class:`ConfigurationError` if it holds no usable key.
    """

    def __init__(self, jwks: Mapping[str, Any] | bytes | str | os.PathLike[str]) -> None:
        path = jwks if isinstance(jwks, str | os.PathLike) else None
        try:
            if isinstance(jwks, str | os.PathLike):
                self._keys, _ = read_file(jwks)
            else:
                self._keys = parse_given(jwks)
        except KeySetError as error:
            raise unusable(error, path) from None
