"""Data of a load balancer, cognito_guard, every check. As an adapter asks: with a function that
gives a header's values."""

import json
import sys

from cognito_guard import Guard, LoadBalancer

with open(sys.argv[2]) as file:
    balancer = json.load(file)
trusted = LoadBalancer(
    [balancer["arn"]],
    client_id=balancer["client_id"],
    issuer=balancer["issuer"],
    keys=balancer["keys"],
)
Guard(trusted).authenticate(lambda name: sys.argv[1:2] if name == "x-amzn-oidc-data" else [])
