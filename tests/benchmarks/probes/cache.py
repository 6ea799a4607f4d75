"""What the cache of verified tokens costs. Prints JSON. Arguments: the material, a file of tokens.

Each token is a text of its own that only the cache keeps, as on a server. What counts is what
`tracemalloc` counts; the texts themselves are taken off.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from typing import Any

from cognito_guard import Guard, StaticKeySet, UserPool

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
with open(sys.argv[2], "rb") as file:
    tokens = file.read().split()

keys = StaticKeySet(given["jwks"])
pool = UserPool(given["user_pool_id"], client_ids=[given["client_id"]], jwks=keys)
good: str = given["tokens"]["good"]

# Room for all of them.
ROOM: dict[str, Any] = {"cache_entries": len(tokens) + 1, "cache_bytes": 1 << 30}


def held(options: dict[str, Any]) -> int:
    """Bytes that a guard keeps once it has seen all tokens."""
    guard = Guard(pool, **options)
    guard.verify(good)  # what is made once is not of the tokens
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for token in tokens:
        for _ in range(2):  # the second time, it is remembered
            guard.verify(token.decode("ascii"))
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


def again(count: int) -> list[float]:
    """Seconds for a token that is remembered, when so many take turns."""
    guard = Guard(pool, **ROOM)
    few = tokens[:count]
    for token in few:
        for _ in range(2):
            guard.verify(token.decode("ascii"))
    rounds = []
    for _ in range(9):
        texts = [token.decode("ascii") for token in few]
        start = time.perf_counter()
        for text in texts:
            guard.verify(text)
        rounds.append((time.perf_counter() - start) / count)
    return rounds


seconds = {count: again(count) for count in (1, 100, 1_000, 10_000) if count <= len(tokens)}
tracemalloc.start()
each = sum(sys.getsizeof(token.decode("ascii")) for token in tokens) / len(tokens)
few = len(tokens) // 10
found = {
    "a token remembered, beyond its text": held(ROOM) / len(tokens) - each,
    "the text of a token": each,
    "in all, as shipped": held({}),
    f"in all, where {few:,} may be remembered": held({"cache_entries": few}),
    "in all, without the cache": held({"cache_entries": 0}),
}
print(json.dumps({"bytes": found, "seconds": seconds}))
