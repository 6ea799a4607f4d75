"""One token, joserfc, signature, issuer and expiry."""

import json
import sys

from joserfc import jwt
from joserfc.jwk import KeySet

with open(sys.argv[2]) as file:
    keys = KeySet.import_key_set(json.load(file))
issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
claims = jwt.decode(sys.argv[1], keys, algorithms=["RS256"]).claims
jwt.JWTClaimsRegistry(iss={"essential": True, "value": issuer}).validate(claims)
