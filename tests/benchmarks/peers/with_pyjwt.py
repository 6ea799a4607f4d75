"""PyJWT: `jwt.decode`, the key found by `kid` in a `PyJWKSet`; the claims it knows are checked."""

from __future__ import annotations

import jwt
from worker import Worker, material

given = material()
keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(given["jwks"]).keys}


def verify(token: str) -> None:
    """Every check that it can be asked for, and by hand what it does not know."""
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims = decode(token, key)
    if claims["token_use"] != "access" or claims["client_id"] != given["client_id"]:
        raise ValueError("another use or client")


def decode(token: str, key: jwt.PyJWK) -> dict[str, object]:
    """With a key that was found already."""
    return jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=given["issuer"],
        options={"require": ["exp", "iss", "sub"]},
    )


only_key = keys[given["kid"]]

Worker(
    "PyJWT",
    given,
    {"verify": verify, "key given, no claims": lambda token: decode(token, only_key)},
).serve()
