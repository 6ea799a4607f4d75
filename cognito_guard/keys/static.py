"""StaticKeySet: keys from a mapping, a text or a file. Nothing is ever fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, final

from ..errors import ConfigurationError
from ..jwk import KeySetError, parse_key_set
from ..signature import VerificationKey
from .health import KeyHealth
from .key_set import unknown_key

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
        """That nothing can happen to them."""
        return KeyHealth("static", keys=len(self._keys))


@final
class StaticKeySet(FixedKeys):
    """Keys that never change and never touch the network.

    ``jwks`` is a JWK set (RFC 7517): a mapping, its JSON as bytes, or the path of a file.
    Raises :class:`ConfigurationError` if it holds no usable key.
    """

    def __init__(self, jwks: Mapping[str, Any] | bytes | str | os.PathLike[str]) -> None:
        try:
            if isinstance(jwks, str | os.PathLike):
                with open(jwks, "rb") as file:
                    jwks = file.read()
            self._keys = parse_key_set(jwks)
        except OSError as error:
            raise ConfigurationError(f"jwks: the file cannot be read: {error.strerror}") from None
        except ValueError:
            raise ConfigurationError("jwks: no file has a NUL character in its name") from None
        except KeySetError as error:
            raise ConfigurationError(f"jwks is no usable key set: {error}") from None
