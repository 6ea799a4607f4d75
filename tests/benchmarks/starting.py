"""A fresh process that verifies one token: import, static keys, one verification. So for the data
of a load balancer, and for a function's first event."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from . import environments
from .bench import Bench
from .numbers import ratios, summary
from .results import Section

STARTS = Path(__file__).parent / "starts"
BARE = "bare cryptography"
LAMBDA = "cognito_guard_lambda, its first event"
BARE_ES256 = "bare cryptography, ES256"
BALANCER = "cognito_guard, data of a load balancer"


def measure(bench: Bench) -> dict[str, Section]:
    """Every script once a round."""
    material, jwks = bench.files
    given = json.loads(material.read_text(encoding="utf-8"))
    token, data = given["tokens"]["good"], given["tokens"]["data"]
    commands = {
        BARE: [bench.python, str(STARTS / "bare.py"), token, str(jwks)],
        "cognito_guard": [bench.python, str(STARTS / "with_cognito_guard.py"), token, str(jwks)],
        LAMBDA: [bench.python, str(STARTS / "with_lambda.py"), token, str(jwks)],
    }
    for peer in bench.peers:
        if peer.name == "aws-jwt-verify":
            node, folder = environments.node_modules()
            script = str(STARTS / "aws_jwt_verify.mjs")
            commands["aws-jwt-verify on Node"] = [node, script, token, str(jwks), str(folder)]
        elif peer.name in ("PyJWT", "joserfc"):
            script = str(STARTS / f"with_{peer.name.lower()}.py")
            commands[peer.name] = [
                environments.python_of(peer.name.lower()),
                script,
                token,
                str(jwks),
            ]
    times: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as scratch:
        balancer = Path(scratch) / "load_balancer.json"
        balancer.write_text(json.dumps(given["load_balancer"]), encoding="utf-8")
        for name, script in ((BARE_ES256, "bare_es256.py"), (BALANCER, "with_load_balancer.py")):
            commands[name] = [bench.python, str(STARTS / script), data, str(balancer)]
            times[name] = []
        # With bytecode, as an installed package has it, also where the environment forbids it.
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environ["PYTHONPYCACHEPREFIX"] = scratch
        for number in range(2 if bench.short else 21):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, env=environ, cwd=scratch)
                if number > 0:  # the first round writes the bytecode
                    times[name].append(time.perf_counter() - start)
    of_balancer = (BARE_ES256, BALANCER)
    return {
        "start": _section(
            "A fresh process that verifies one token",
            *(BARE, {name: each for name, each in times.items() if name not in of_balancer}),
        ),
        "start_load_balancer": _section(
            "A fresh process that verifies data of a load balancer once",
            *(BARE_ES256, {name: times[name] for name in of_balancer}),
        ),
    }


def _section(title: str, base: str, times: Mapping[str, list[float]]) -> Section:
    return {
        "title": title,
        "unit": "ms",
        "base": base,
        "rows": [
            {
                "name": name,
                "value": summary([seconds * 1e3 for seconds in each]),
                "ratio": ratios(each, times[base]),
            }
            for name, each in times.items()
        ],
    }
