"""Where the time of one uncached verification goes. Prints JSON: microseconds by step, by round.

Steps that are functions of the engine are called by themselves; the others are what is left of the
whole. Arguments: the material, how many rounds, how many calls a round.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from cognito_guard import Guard, StaticKeySet, UserPool
from cognito_guard._support.base64url import decode_base64url
from cognito_guard.tokens.parsing import parse_token

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
ROUNDS, CALLS = int(sys.argv[2]), int(sys.argv[3])

keys = StaticKeySet(given["jwks"])
pool = UserPool(given["user_pool_id"], client_ids=[given["client_id"]], jwks=keys)
OFF: dict[str, Any] = {"cache_entries": 0}
guard = Guard(pool, **OFF)

token: str = given["tokens"]["good"]
head, payload, signature = token.encode("ascii").split(b".")
parsed = parse_token(token)
key: Any = keys.key(parsed.header.kid)
text = (decode_base64url(payload) or b"").decode("utf-8")
decoder = json.JSONDecoder()


def both_parts() -> None:
    """The base64url of a token: its payload and its signature."""
    decode_base64url(payload)
    decode_base64url(signature)


whole: dict[str, Callable[[], Any]] = {
    "verify": lambda: guard.verify(token),
    "parse": lambda: parse_token(token),
    "base64": both_parts,
    "json": lambda: decoder.raw_decode(text),
    "key": lambda: keys.key(parsed.header.kid),
    "signature": lambda: key.verify(parsed.signing_input, parsed.signature),
    "nothing": lambda: None,
}
rounds: list[dict[str, float]] = []
for _ in range(ROUNDS + 1):
    times: dict[str, float] = {}
    for name, call in whole.items():
        start = time.perf_counter()
        for _ in range(CALLS):
            call()
        times[name] = (time.perf_counter() - start) / CALLS * 1e6
    t = {name: seconds - times["nothing"] for name, seconds in times.items()}
    rounds.append(
        {
            "base64url of payload and signature": t["base64"],
            "JSON of the payload (what `json` itself takes)": t["json"],
            "taking apart, header, strictness": t["parse"] - t["base64"] - t["json"],
            "finding the key": t["key"],
            "the signature": t["signature"],
            "claims, Identity, the rest": t["verify"] - t["parse"] - t["key"] - t["signature"],
            "all": t["verify"],
        }
    )
print(json.dumps(rounds[1:]))
