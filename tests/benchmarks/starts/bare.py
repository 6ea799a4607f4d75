"""One token, `cryptography` alone: no check but the signature."""

import base64
import json
import sys

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256


def decode(text: str) -> bytes:
    """base64url without its padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


with open(sys.argv[2]) as file:
    jwks = json.load(file)
head, payload, signature = sys.argv[1].split(".")
kid = json.loads(decode(head))["kid"]
jwk = next(key for key in jwks["keys"] if key["kid"] == kid)
n, e = (int.from_bytes(decode(jwk[name]), "big") for name in "ne")
RSAPublicNumbers(e, n).public_key().verify(
    decode(signature), f"{head}.{payload}".encode(), PKCS1v15(), SHA256()
)
json.loads(decode(payload))
