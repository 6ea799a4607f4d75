"""Data of a load balancer, `cryptography` alone: no check but the signature."""

import base64
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def decode(text: str) -> bytes:
    """base64url, padded or not."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


with open(sys.argv[2]) as file:
    pems = json.load(file)["keys"]
head, payload, signature = sys.argv[1].split(".")
pem = pems[json.loads(decode(head))["kid"]]
raw = decode(signature)
r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
load_pem_public_key(pem.encode()).verify(
    encode_dss_signature(r, s), f"{head}.{payload}".encode(), ECDSA(SHA256())
)
json.loads(decode(payload))
