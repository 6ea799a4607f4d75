"""``make tour``: from a new user pool to an object in S3 and a sign-out, with moto as AWS."""
