"""The start of a function, and its first tokens: the processor time that each step takes,
as JSON.

Arguments: which library, the file of the key set, and the file with tokens, one a line. The tokens
are bound to a resource, which Powertools' verifier demands.
"""

import json
import re
import sys
import time

RESOURCE = "https://orders.example.com"

library, jwks, tokens_path = sys.argv[1:]

if library == "cognito_guard":
    from cognito_guard import Guard, UserPool
    from cognito_guard_lambda import guarded  # noqa: F401 - what a function imports

    pool = UserPool(
        "eu-west-1_LocalPool", client_ids=["1example23456789"], jwks=jwks, resources=[RESOURCE]
    )
    verify = Guard(pool).verify
elif library == "powertools":
    from aws_lambda_powertools.utilities.auth_alpha import JWTVerifier

    with open(jwks, encoding="utf-8") as file:
        verify = JWTVerifier.cognito(
            user_pool_id="eu-west-1_LocalPool",
            client_id="1example23456789",
            audience=RESOURCE,
            jwks=json.load(file),
        ).verify
else:

    def verify(token):
        """Nothing: Python alone."""


init = time.process_time()
with open(tokens_path, encoding="utf-8") as file:
    first, *others = file.read().split()


def seconds(tokens):
    """How long one of them takes."""
    start = time.process_time()
    for token in tokens:
        verify(token)
    return (time.process_time() - start) / len(tokens)


def peak_kilobytes():
    """Of memory. `resource` would count that of the process which started this one, too."""
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


figures = {
    "init": init,
    "first": seconds([first]),
    "next": seconds(others),
    "again": seconds([first] * 200),
    "kilobytes": peak_kilobytes(),
}
sys.stdout.write(json.dumps(figures))
