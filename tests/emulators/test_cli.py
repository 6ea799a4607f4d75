"""The command line and the tokens that an emulator issued, with keys from its address."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .emulator import Emulator, Pool


class Case(NamedTuple):
    """A token, the options it is verified with, and why it is refused, if it is."""

    token: str
    options: tuple[str, ...] = ()
    reason: str | None = None


CASES = {
    "an access token": Case("alice, access"),
    "an ID token": Case("ada, id", ("--token-use", "id")),
    "the group": Case("ada, access", ("--require-group", "admins")),
    "not the group": Case("alice, access", ("--require-group", "admins"), "missing_group"),
    "not the scope": Case("ada, access", ("--require-scope", "orders/read"), "missing_scope"),
    "an ID token by mistake": Case("ada, id", (), "wrong_token_use"),
    "another client": Case("another client, access", (), "wrong_client"),
    "another pool": Case("another pool, access", (), "unknown_issuer"),
    "tampered": Case("tampered, access", (), "bad_signature"),
    "expired": Case("ada, access", ("--at", str(int(time.time()) + 2 * 86400)), "token_expired"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_verify_gives_a_verdict(emulator: Emulator, case: Case) -> None:
    """``verify`` exits with 0 for a good token and with 1 for a refused one, and says why."""
    token = emulator.tokens[case.token]

    done = _verify(emulator.pool, "--json", *case.options, token)

    verdict = json.loads(done.stdout)
    assert done.returncode == (0 if case.reason is None else 1), done.stderr
    assert (verdict["valid"], verdict.get("reason")) == (case.reason is None, case.reason)


def test_verify_reads_many_tokens(emulator: Emulator) -> None:
    """Of many tokens on standard input each has its verdict, and one refused token shows in the
    exit status."""
    names = ("ada, access", "alice, access", "another pool, access", "ada, access")
    tokens = "".join(f"{emulator.tokens[name]}\n" for name in names)

    done = _verify(emulator.pool, "--json", "-", input=tokens)

    verdicts = [json.loads(line)["valid"] for line in done.stdout.splitlines()]
    assert verdicts == [True, True, False, True]
    assert done.returncode == 1


def test_keys_saved_to_a_file(emulator: Emulator, tmp_path: Path) -> None:
    """What ``jwks`` prints is a key set that ``verify`` takes as a file."""
    pool, file = emulator.pool, tmp_path / "jwks.json"
    file.write_text(_run("jwks", *_pool_options(pool)).stdout, encoding="utf-8")

    overrides = {**pool.overrides, "jwks": str(file)}
    done = _verify(pool, emulator.tokens["ada, access"], overrides=overrides)

    assert done.returncode == 0, done.stderr
    assert "admins" in done.stdout


def test_cognito_local_with_the_issuer_alone(cognito_local: Emulator) -> None:
    """Where ``--issuer`` is an address, the keys are found below it."""
    overrides = {"issuer": cognito_local.pool.overrides["issuer"]}

    done = _verify(cognito_local.pool, cognito_local.tokens["ada, access"], overrides=overrides)

    assert done.returncode == 0, done.stderr


def test_cognito_local_without_an_issuer(cognito_local: Emulator) -> None:
    """A pool id that names no AWS region is a mistake in the configuration, exit status 2."""
    done = _verify(cognito_local.pool, cognito_local.tokens["ada, access"], overrides={})

    assert done.returncode == 2
    assert "issuer" in done.stderr


def _verify(
    pool: Pool, *arguments: str, overrides: dict[str, str] | None = None, input: str = ""
) -> subprocess.CompletedProcess[str]:
    client = ("--client-id", pool.client_id)
    return _run("verify", *_pool_options(pool, overrides), *client, *arguments, input=input)


def _pool_options(pool: Pool, overrides: dict[str, str] | None = None) -> list[str]:
    options = ["--user-pool-id", pool.id]
    for name, value in (pool.overrides if overrides is None else overrides).items():
        options += [f"--{name}", value]
    return options


def _run(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cognito_guard.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        **more,
    )
