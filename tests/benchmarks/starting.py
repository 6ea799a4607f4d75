"""A fresh process that verifies one token: import, static keys, one verification."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from . import environments
from .bench import Bench
from .numbers import ratios, summary
from .results import Section

STARTS = Path(__file__).parent / "starts"
BARE = "bare cryptography"


def measure(bench: Bench) -> dict[str, Section]:
    """Every script once a round."""
    material, jwks = bench.files
    token = json.loads(material.read_text(encoding="utf-8"))["tokens"]["good"]
    section: Section = {
        "title": "A fresh process that verifies one token",
        "unit": "ms",
        "base": BARE,
        "rows": [],
    }
    commands = {
        BARE: [bench.python, str(STARTS / "bare.py"), token, str(jwks)],
        "cognito_guard": [bench.python, str(STARTS / "with_cognito_guard.py"), token, str(jwks)],
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
        # With bytecode, as an installed package has it, also where the environment forbids it.
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environ["PYTHONPYCACHEPREFIX"] = scratch
        for number in range(2 if bench.short else 21):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, env=environ, cwd=scratch)
                if number > 0:  # the first round writes the bytecode
                    times[name].append(time.perf_counter() - start)
    for name, each in times.items():
        section["rows"].append(
            {
                "name": name,
                "value": summary([seconds * 1e3 for seconds in each]),
                "ratio": ratios(each, times[BARE]),
            }
        )
    return {"start": section}
