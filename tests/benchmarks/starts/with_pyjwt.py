"""One token, PyJWT, its own checks."""

import json
import sys

import jwt

with open(sys.argv[2]) as file:
    keys = jwt.PyJWKSet.from_dict(json.load(file))
key = keys[jwt.get_unverified_header(sys.argv[1])["kid"]]
issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_LocalPool"
jwt.decode(sys.argv[1], key, algorithms=["RS256"], issuer=issuer)
