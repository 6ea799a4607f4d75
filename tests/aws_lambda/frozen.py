"""A function's environment, as a process of its own. It is told what to do, a line at a time.

``prefetch`` starts to fetch the keys; ``jump SECONDS`` sets both clocks ahead as a thaw does, or
the calendar back; anything else is a token, which an event brings to a guarded handler.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from cognito_guard import Guard, Identity, RemoteKeySet, UserPool
from cognito_guard_lambda import guarded


def main(user_pool_id: str, client_id: str, url: str) -> None:
    """Answer each line with one."""
    ahead = steady = 0.0
    keys = RemoteKeySet(url, clock=lambda: time.monotonic() + steady)
    pool = UserPool(user_pool_id, client_ids=[client_id], jwks=keys)
    guard = Guard(pool, clock=lambda: time.time() + ahead)

    @guarded(guard)
    def handler(event: Any, context: Any, identity: Identity) -> Any:
        return {"statusCode": 200, "body": json.dumps({"reason": "none"})}

    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        if word == "prefetch":
            guard.prefetch()
            answer = "started"
        elif word == "jump":
            ahead += float(rest)
            steady += max(0.0, float(rest))  # that clock never goes back
            answer = "jumped"
        else:
            http = {"http": {"method": "GET"}}
            headers = {"authorization": f"Bearer {word}"}
            said = handler({"version": "2.0", "requestContext": http, "headers": headers}, None)
            answer = f"{said['statusCode']} {json.loads(said['body'])['reason']}"
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
