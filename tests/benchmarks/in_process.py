"""One call in one process: verifying, the same token again, refusing junk, load balancer data."""

from __future__ import annotations

from .bench import NODE_PEERS, Bench, Peer
from .numbers import ratios, summary
from .results import Row, Section
from .workers import Turn, rounds

BARE = "bare public_key.verify"
FIRST_SIGHT = "cognito_guard as shipped, each token another one"
WHOLE_REQUEST = "cognito_guard, authenticate(headers)"
DATA_AGAIN = "cognito_guard, the same data again"
JUNK = ("another issuer", "expired", "another client", "bad shape")

# What else a worker can measure, and what the table calls it.
_MORE = {
    ("PyJWT", "key given, no claims"): "PyJWT, key given, fewer claims checked",
    ("flask-cognito-lib", "a context a call"): "flask-cognito-lib, in a request of its own",
    ("fast-jwt", "repeat"): "fast-jwt, its cache on, the same token again",
}


def measure(bench: Bench) -> dict[str, Section]:
    """All of it in the same rounds."""
    own = bench.own.worker
    turns = [Turn(peer.worker, call) for peer in (bench.own, *bench.peers) for call in _calls(peer)]
    turns += [Turn(own, "verify", kind) for kind in JUNK]
    turns += [Turn(own, call) for call in ("first sight", "first sight, no cache", "whole request")]
    turns += [Turn(own, "bare ES256")]
    turns += [Turn(own, call, "data") for call in ("load balancer", "load balancer, repeat")]
    peers = [peer for peer in bench.peers if peer.refuses["expired"]]
    turns += [Turn(peer.worker, "verify", "expired") for peer in peers]
    times = rounds(turns, 3 if bench.short else 40, batch=0.001 if bench.short else 0.010)

    def timed(name: str, turn: Turn, base: str = "bare") -> Row:
        return {
            "name": name,
            "value": summary([each * 1e6 for each in times[turn]]),
            "ratio": ratios(times[turn], times[Turn(turn.worker, base)]),
        }

    verify = _section("One call that verifies a token, not seen before", BARE)
    verify["rows"] += [
        timed(BARE, Turn(own, "bare")),
        timed(FIRST_SIGHT, Turn(own, "first sight")),
        timed("cognito_guard, the same tokens, cache off", Turn(own, "first sight, no cache")),
        {**timed("cognito_guard", Turn(own, "verify")), "refuses": bench.own.refuses},
    ]
    for peer in bench.peers:
        if peer.name == NODE_PEERS[0]:
            verify["rows"].append(timed("bare crypto.verify on Node", Turn(peer.worker, "bare")))
        verify["rows"].append(
            {**timed(peer.name, Turn(peer.worker, "verify")), "refuses": peer.refuses}
        )
        for call in _calls(peer):
            if (peer.name, call) in _MORE and call != "repeat":
                verify["rows"].append(timed(_MORE[peer.name, call], Turn(peer.worker, call)))
    verify["rows"] += [{"name": name, "missing": why} for name, why in bench.missing.items()]

    repeat = _section("The same token again", BARE)
    repeat["rows"].append(timed("cognito_guard, its cache on", Turn(own, "repeat")))
    repeat["rows"].append(timed(WHOLE_REQUEST, Turn(own, "whole request")))
    for peer in bench.peers:
        if "repeat" in peer.calls:
            repeat["rows"].append(timed(_MORE[peer.name, "repeat"], Turn(peer.worker, "repeat")))

    junk = _section("Refusing junk", BARE)
    for kind in JUNK:
        junk["rows"].append(timed(f"cognito_guard: {kind}", Turn(own, "verify", kind)))
    for peer in peers:
        junk["rows"].append(timed(f"{peer.name}: expired", Turn(peer.worker, "verify", "expired")))

    balancer = _section("Data of a load balancer, not seen before", "bare ES256 verify")
    balancer["rows"] += [
        timed("bare ES256 verify", Turn(own, "bare ES256"), "bare ES256"),
        timed("cognito_guard", Turn(own, "load balancer", "data"), "bare ES256"),
    ]
    balancer["rows"].append(
        timed(DATA_AGAIN, Turn(own, "load balancer, repeat", "data"), "bare ES256")
    )
    return {"verify": verify, "repeat": repeat, "junk": junk, "load_balancer": balancer}


def _calls(peer: Peer) -> list[str]:
    common = ["bare", "verify"]
    if peer.name == "cognito_guard":
        return [*common, "repeat"]
    return [*common, *(call for call in peer.calls if (peer.name, call) in _MORE)]


def _section(title: str, base: str) -> Section:
    return {"title": title, "unit": "us", "base": base, "rows": []}
