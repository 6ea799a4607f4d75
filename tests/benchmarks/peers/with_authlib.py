"""Authlib: `JsonWebToken.decode` with a `KeySet` and options for the claims, then `validate`."""

from __future__ import annotations

import warnings

from worker import Worker, material

with warnings.catch_warnings():
    # Authlib sends its users to joserfc from its version 2 on.
    warnings.simplefilter("ignore")
    from authlib.jose import JsonWebKey, JsonWebToken

given = material()
keys = JsonWebKey.import_key_set(given["jwks"])
decoder = JsonWebToken(["RS256"])
options = {
    "iss": {"essential": True, "value": given["issuer"]},
    "exp": {"essential": True},
    "sub": {"essential": True},
    "token_use": {"essential": True, "value": "access"},
    "client_id": {"essential": True, "value": given["client_id"]},
}


def verify(token: str) -> None:
    """Every check that it can be asked for."""
    decoder.decode(token, keys, claims_options=options).validate()


Worker("Authlib", given, {"verify": verify}).serve()
