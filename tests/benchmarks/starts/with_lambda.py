"""One request of an HTTP API, the Lambda door: what a function imports, and its first event."""

import sys

from cognito_guard import Guard, UserPool
from cognito_guard_lambda import guarded

pool = UserPool("eu-west-1_LocalPool", client_ids=["1example23456789"], jwks=sys.argv[2])


@guarded(Guard(pool))
def handler(event, context, identity):
    """Says who is calling."""
    return {"statusCode": 200, "body": identity.subject}


event = {
    "version": "2.0",
    "routeKey": "GET /orders",
    "rawPath": "/orders",
    "rawQueryString": "",
    "headers": {"authorization": f"Bearer {sys.argv[1]}"},
    "requestContext": {"http": {"method": "GET", "path": "/orders"}},
    "isBase64Encoded": False,
}
if handler(event, None)["statusCode"] != 200:
    raise SystemExit("refused")
