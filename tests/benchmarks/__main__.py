"""Measures verification and start-up against bare `cryptography` and other libraries.

All candidates take turns in every round, so that a drift of the machine's speed hits them alike;
what is printed are medians over the rounds, and the medians of the ratios within each round.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet as JoserfcKeySet

from cognito_guard import Guard, InvalidToken
from cognito_guard.testing import LocalUserPool
from cognito_guard.token import parse_token

ROUNDS, CALLS = 15, 1500
PROCESS_ROUNDS = 15

BARE_SCRIPT = """
import base64, json, sys
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
def decode(text): return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
token, jwks = sys.argv[1], json.load(open(sys.argv[2]))
head, payload, signature = token.split(".")
kid = json.loads(decode(head))["kid"]
jwk = next(key for key in jwks["keys"] if key["kid"] == kid)
n, e = (int.from_bytes(decode(jwk[name]), "big") for name in "ne")
RSAPublicNumbers(e, n).public_key().verify(
    decode(signature), (head + "." + payload).encode(), PKCS1v15(), SHA256())
json.loads(decode(payload))
"""

OUR_SCRIPT = """
import sys
from cognito_guard import Guard, UserPool
pool = UserPool("eu-west-1_LocalPool", client_ids=["1example23456789"], jwks=sys.argv[2])
Guard(pool).verify(sys.argv[1])
"""


def main() -> None:
    """Measure and print."""
    pool = LocalUserPool()
    token = pool.access_token(groups=["admins", "users"], scopes=["openid", "orders/read"])
    print(
        f"Python {platform.python_version()}, cryptography {version('cryptography')}, "
        f"PyJWT {version('PyJWT')}, joserfc {version('joserfc')}, {platform.machine()}; "
        f"RS256, a token of {len(token)} bytes\n"
    )
    _table("one call, microseconds", _in_process(pool, token), 1e6)
    _table("a fresh process that verifies one token, milliseconds", _processes(pool, token), 1e3)


def _in_process(pool: LocalUserPool, token: str) -> dict[str, list[float]]:
    parsed = parse_token(token)
    public = pool.signing_key("access").public_key()
    padding, digest = PKCS1v15(), SHA256()
    guard = Guard(pool.trust())
    keys: Any = JoserfcKeySet.import_key_set(pool.jwks())  # type: ignore[arg-type]
    expired = pool.access_token(expires_in=-60)

    def with_joserfc() -> None:
        decoded = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
        joserfc_jwt.JWTClaimsRegistry(iss={"essential": True, "value": pool.issuer}).validate(
            decoded.claims
        )

    def refuse() -> None:
        try:
            guard.verify(expired)
        except InvalidToken:
            return
        raise AssertionError("an expired token was accepted")

    candidates: dict[str, Callable[[], Any]] = {
        "bare public_key.verify": lambda: public.verify(
            parsed.signature, parsed.signing_input, padding, digest
        ),
        "cognito_guard": lambda: guard.verify(token),
        "cognito_guard, refusing an expired token": refuse,
        "PyJWT": lambda: jwt.decode(token, public, algorithms=["RS256"], issuer=pool.issuer),
        "joserfc": with_joserfc,
    }
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, call in candidates.items():
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            times[name].append((time.perf_counter() - start) / CALLS)
    return times


def _processes(pool: LocalUserPool, token: str) -> dict[str, list[float]]:
    scripts = {"bare cryptography": BARE_SCRIPT, "cognito_guard": OUR_SCRIPT}
    times: dict[str, list[float]] = {name: [] for name in scripts}
    with tempfile.TemporaryDirectory() as folder:
        jwks = Path(folder, "jwks.json")
        jwks.write_text(json.dumps(pool.jwks()))
        # With bytecode, as an installed package has it, also where the environment forbids it.
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        environ["PYTHONPYCACHEPREFIX"] = folder
        for number in range(PROCESS_ROUNDS + 1):
            for name, script in scripts.items():
                command = [sys.executable, "-c", script, token, str(jwks)]
                start = time.perf_counter()
                subprocess.run(command, check=True, env=environ)
                if number > 0:  # the first round writes the bytecode
                    times[name].append(time.perf_counter() - start)
    return times


def _table(title: str, times: dict[str, list[float]], unit: float) -> None:
    """Print medians, and ratios to the first row."""
    first = next(iter(times.values()))
    print(f"{title:<56}{'median':>8}{'ratio':>8}")
    for name, each in times.items():
        ratio = statistics.median(a / b for a, b in zip(each, first, strict=True))
        print(f"  {name:<54}{statistics.median(each) * unit:>8.1f}{ratio:>8.2f}")
    print()


if __name__ == "__main__":
    main()
