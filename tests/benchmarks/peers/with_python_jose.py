"""python-jose on its `cryptography` backend: `jwt.decode` with a key that was made beforehand."""

from __future__ import annotations

from jose import jwk, jwt
from worker import Worker, material

given = material()
keys = {key["kid"]: jwk.construct(key) for key in given["jwks"]["keys"]}


def verify(token: str) -> None:
    """Every check that it can be asked for, and by hand what it does not know."""
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=given["issuer"],
        options={"require_exp": True, "require_iss": True, "require_sub": True},
    )
    if claims["token_use"] != "access" or claims["client_id"] != given["client_id"]:
        raise ValueError("another use or client")


Worker("python-jose", given, {"verify": verify}).serve()
