"""joserfc: `jwt.decode` with a `KeySet`, and a `JWTClaimsRegistry` for the claims."""

from __future__ import annotations

from joserfc import jwt
from joserfc.jwk import KeySet
from worker import Worker, material

given = material()
keys = KeySet.import_key_set(given["jwks"])
registry = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": given["issuer"]},
    exp={"essential": True},
    sub={"essential": True},
    token_use={"essential": True, "value": "access"},
    client_id={"essential": True, "value": given["client_id"]},
)


def verify(token: str) -> None:
    """Every check that it can be asked for."""
    registry.validate(jwt.decode(token, keys, algorithms=["RS256"]).claims)


Worker("joserfc", given, {"verify": verify}).serve()
